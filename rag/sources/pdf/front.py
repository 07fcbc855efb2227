"""The first page: title, authors, abstract, and by which ids the paper is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rag.sources.fields import ARXIV_ID, LONGEST_ABSTRACT, LONGEST_TITLE
from rag.sources.pdf.blocks import Block
from rag.sources.pdf.hyphens import Hyphens
from rag.sources.pdf.lines import Line
from rag.sources.pdf.margins import at_edge
from rag.text.folding import fold
from rag.text.months import SHORT

_ABSTRACT = re.compile(r"(?:\d\.?\s+)?a\s?b\s?s\s?t\s?r\s?a\s?c\s?t\s*[.:]?", re.I)
_RUN_IN = re.compile(r"(?:abstract|summary)\s*[.:—–-]+\s*(?=\S)", re.I)
_BEGINS = re.compile(r"(?:1|I|A)\.?\s+\S|introduction", re.I)
_STAMP = re.compile(
    rf"arXiv\s*:\s*(?P<id>{ARXIV_ID})\s*(?P<version>v\d+)(?:\s*\[[\w.-]+\])?\s*"
    r"(?P<day>\d{1,2} [A-Z][a-z]{2} \d{4})",
    re.I,
)
"""arXiv's own, with version and day: what a citation of another paper hardly ever has."""
_ARXIV_DOI = re.compile(rf"10\.48550/arXiv\.(?P<id>{ARXIV_ID})", re.I)
_DOI = re.compile(
    r"(?:(?:article\s+)?doi\s*:?\s*|digital object identifier:?\s*)?(?:https?://(?:dx\.)?doi\.org/)?"
    r"(?P<doi>10\.\d{4,9}/[^\s\"<>\]),;]*[^\s\"<>\]),;.])\.?",
    re.I,
)
"""A line that says a DOI and nothing else."""
_IMPRINT = re.compile(r"\bIS[BS]N\b|©|\bcopyright\b|\bproceedings\b|\bjournal\b|\bvol(?:\.|ume)", re.I)
"""What a publisher prints above a document's DOI; a DOI below any other line may be a footnote's."""
_NAMED = re.compile(rf"(?P<id>{ARXIV_ID.replace('/', '[/_]?')})(?P<version>v\d+)?(?:-[0-9a-f]{{12}})?", re.I)
_ANTHOLOGY = re.compile(r"[A-Z]\d{2}-\d{4}|\d{4}\.[a-z0-9_]+-[a-z0-9]+\.\d+")
_MARKS = re.compile(r"[^\w.)]+$|[\d²³¹⁰⁴-⁹_]+$|^[\W\d_]+")
_NO_NAME = re.compile(
    r"@|\b(?:univ\w*|institut\w*|dep\w*|laborator\w*|labs?|school|college|faculty|research|academy|inc|corp|ltd|google|"
    r"microsoft|meta|amazon|allen|technolog\w*|centre|center|group|science|usa|china|germany|uk|abstract|preprint|"
    r"correspond\w*|equal|contribut\w*|version|under review)\b",
    re.I,
)
_PARTICLES = frozenset("van von de der den del della di da dos du la le bin ibn al el ten ter zu zum y e".split())
_MOST_AUTHORS = 200
_LONGEST_PRINTED = 5_000
"""Characters of a printed abstract; the longest of 60,000 on arXiv has 3,441."""


@dataclass(frozen=True, slots=True)
class Ids:
    """By what a document is known: arXiv's id and version, a DOI, another collection's id, arXiv's day."""

    arxiv: str = ""
    version: int = 0
    doi: str = ""
    other: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """What the first page says of the paper; `rest` are the blocks that follow it."""

    title: str
    authors: tuple[str, ...]
    abstract: str
    rest: tuple[Block, ...]


def front(blocks: Sequence[Block], lines: Sequence[Line], about: Mapping[str, str], hyphens: Hyphens) -> Front:
    """Read the first page.

    Args:
        blocks: Of the document.
        lines: Of its first page, without those in the margins.
        about: What the file says of itself: ``Title``, ``Author``.
        hyphens: Joins lines.
    """
    begin, abstract_of, rest = _parts(blocks)
    head = list(blocks[:begin])
    above = {id(line) for block in head for line in block.lines}
    top = [line for line in lines if id(line) in above]
    shown = _title_lines(top)
    printed = hyphens.joined([line.text for line in shown])[0]
    seen = fold(" ".join(line.text for line in lines))
    said = " ".join(about.get("Title", "").split())
    title = said if len(said.split()) > 1 and fold(said) in seen else printed
    names = _said_authors(about.get("Author", ""), seen) or _printed_authors([one for one in top if one not in shown])
    abstract = "\n\n".join(hyphens.joined([line.text for line in block.lines])[0] for block in abstract_of)
    abstract = _RUN_IN.sub("", abstract, count=1) if _RUN_IN.match(abstract) else abstract
    others = [block for block in head if block.kind not in ("text", "heading")]
    return Front(title[:LONGEST_TITLE], names, abstract[:LONGEST_ABSTRACT], (*others, *rest))


def ids(name: str, turned: str, lines: Sequence[Line], height: float) -> Ids:
    """Read the ids of a document: its file's name before arXiv's stamp, that before a DOI in its head or foot.

    What running text and footnotes mention are the ids of other papers.

    Args:
        name: Of its file.
        turned: What is set at an angle on its first page: arXiv's stamp.
        lines: All lines of that page.
        height: Of that page, in points.
    """
    stem = name.removesuffix(".pdf").removesuffix(".PDF")
    named = _NAMED.fullmatch(stem)
    level = (_STAMP.fullmatch(" ".join(line.text.split())) for line in lines)
    stamp = _STAMP.search(" ".join(turned.split())) or next(filter(None, level), None)
    dois = _dois(lines, height)
    found = named or stamp or next(filter(None, map(_ARXIV_DOI.fullmatch, dois)), None)
    other = stem if _ANTHOLOGY.fullmatch(stem) else ""
    own = next((doi for doi in dois if not re.search(r"n{4}|x{4}|^10\.48550/", doi, re.I)), "")
    if not found:
        return Ids(doi=own, other=other)
    arxiv = _spelt(found["id"])
    of_it = [one for one in (named, stamp) if one and _spelt(one["id"]) == arxiv]
    version = next((one["version"] for one in of_it if one["version"]), "v0")
    return Ids(arxiv, int(version[1:]), own, other, _day(stamp["day"]) if stamp and stamp in of_it else None)


def _spelt(written: str) -> str:
    """An id as arXiv writes it: in a file's name the stroke of an old one is missing."""
    return re.sub(r"^([a-z-]+(?:\.[A-Z]{2})?)_?(\d{7})$", r"\1/\2", written, flags=re.I)


def _dois(lines: Sequence[Line], height: float) -> list[str]:
    """DOIs that stand alone on a line of the page's head or foot, below no line but a publisher's."""
    found = []
    for line in lines:
        doi = _DOI.fullmatch(line.text.strip()) if at_edge(line, height) else None
        above = [
            one.text for one in lines if 0 < one.y - line.y < 1.8 * line.size and one.x0 < line.x1 and line.x0 < one.x1
        ]
        if doi and all(map(_IMPRINT.search, above)):
            found.append(doi["doi"])
    return found


def _day(written: str) -> date | None:
    day, month, year = (*written.split(), "", "", "")[:3]
    try:
        return date(int(year), SHORT.index(month.lower()) + 1, int(day))
    except ValueError:
        return None


def _parts(blocks: Sequence[Block]) -> tuple[int, list[Block], list[Block]]:
    """Where the front ends, the blocks of the abstract, and what follows."""
    for n, block in enumerate(blocks):
        if block.page > 1:
            break
        text = block.lines[0].text if block.lines else ""
        if block.kind == "heading" and _ABSTRACT.fullmatch(text.strip()):
            return n, *_until_heading(blocks[n + 1 :])
        if block.kind in ("text", "heading") and _RUN_IN.match(text):
            return n, *_until_heading(blocks[n:], 1)
    for n, block in enumerate(blocks):
        if block.page > 0:
            break
        if block.kind == "heading" and n and _BEGINS.match(block.lines[0].text):
            return n, [], list(blocks[n:])
    title = next((n for n, block in enumerate(blocks) if block.kind == "heading"), None)
    return (
        (title + 1 if title is not None and blocks[title].page == 0 else 0),
        [],
        list(blocks[title + 1 if title is not None and blocks[title].page == 0 else 0 :]),
    )


def _until_heading(blocks: Sequence[Block], least: int = 0) -> tuple[list[Block], list[Block]]:
    """Running text up to the next heading, or as much as an abstract has where none follows; and all other blocks."""
    end = next((n for n, block in enumerate(blocks) if n >= least and block.kind == "heading"), len(blocks))
    told: list[Block] = []
    letters = 0
    for n, block in enumerate(blocks[:end]):
        if block.kind == "text" or n < least:
            letters += sum(len(line.text) for line in block.lines)
            if told and letters > _LONGEST_PRINTED:
                break
            told.append(block)
    taken = set(map(id, told))
    return told, [block for block in blocks if id(block) not in taken]


def _title_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines in the largest print, those next to each other."""
    worded = [line for line in lines if sum(char.isalpha() for char in line.text) > 3]
    if not worded:
        return []
    largest = max(line.size for line in worded)
    first = next(n for n, line in enumerate(worded) if line.size == largest)
    found = [worded[first]]
    for line in worded[first + 1 :]:
        if abs(line.size - largest) > 0.4 or found[-1].y - line.y > 2 * largest:
            break
        found.append(line)
    return found


def _said_authors(said: str, seen: str) -> tuple[str, ...]:
    """The names that the file gives, where its first page has nearly all of them."""
    names = [_bare(" ".join(name.split())) for name in re.split(r"\s*;\s*|\s*,\s*|\s+and\s+", said) if name.strip()]
    found = [fold(name.split()[-1]) in seen for name in names]
    return tuple(names) if names and sum(found) >= 0.8 * len(names) else ()


def _printed_authors(lines: Sequence[Line]) -> tuple[str, ...]:
    """The names between title and abstract: pieces of words with capitals that are no institution's."""
    names: list[str] = []
    for line in lines:
        if _NO_NAME.search(line.text) and "," not in line.text:
            continue
        for cell in line.cells:
            for piece in re.split(r",|;|\band\b|&|(?<=[a-z])[\d*∗†‡§]+(?=\s+[A-Z])", cell.text):
                name = _bare(piece.strip())
                if _is_name(name) and name not in names:
                    names.append(name)
    return tuple(names[:_MOST_AUTHORS])


def _bare(name: str) -> str:
    """A name without the marks that point to institutions."""
    while (bare := _MARKS.sub("", name).strip()) != name:
        name = bare
    return name


def _is_name(written: str) -> bool:
    words = written.split()
    if not 2 <= len(words) <= 5 or _NO_NAME.search(written) or any(char.isdigit() for char in written):
        return False
    return all(word[:1].isupper() or word in _PARTICLES for word in words) and not written.isupper()
