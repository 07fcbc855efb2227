"""BibTeX entries of papers, ready to paste into a draft, or whole, to be read again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date

from rag.papers.bibliography.marks import mark_of, published
from rag.sources.bibliography.biblatex import authors
from rag.sources.bibliography.entry import Entry, arxiv_category
from rag.sources.identifiers import bare_doi, month_of
from rag.text.latex import encode, is_balanced
from rag.text.months import SHORT
from rag.text.names import name_words
from rag.text.persons import Person, person
from rag.text.readable import readable
from rag.types import Paper

_PLAIN_WORD = re.compile(r"[a-z]{2,}")
_PLAIN_ID = re.compile(r"[a-z0-9.:-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9.:-]")
_VERBATIM = {char: f"%{ord(char):02X}" for char in '{}\\ \n"<>^`|'}


def bibtex(paper_id: str, title: str, authors: Iterable[str], listed: date | None, url: str) -> str:
    """One `@misc` entry of a paper of which only this is known.

    Args:
        paper_id: arXiv id, or another collection's id.
        title: As the paper writes it; its LaTeX is kept, bare special characters are escaped.
        authors: Names in order.
        listed: Day of the earliest report; None where none is known.
        url: Where it can be read, may be empty.
    """
    return entry_of(Paper(paper_id, title, "", tuple(authors), listed or date.min, url, undated=listed is None))


def entry_of(paper: Paper, *, whole: bool = False) -> str:
    """One `@misc` entry.

    Year and month are those of the arXiv id, since a report lists papers long after they appeared; of other
    collections, those of the earliest report.

    Args:
        paper: What is known of it.
        whole: Write abstract, categories and remarks too, so that reading the entry gives the same paper again.
    """
    year, month, day = published(paper)
    on_arxiv = month_of(paper.paper_id) is not None
    fields = {
        "title": f"{{{encode(paper.title, exact=whole)}}}",
        "author": _people(paper),
        "year": str(year or ""),
        "month": SHORT[month - 1] if month else "",
    }
    if on_arxiv:
        fields |= {"eprint": paper.paper_id, "archivePrefix": "arXiv"}
        fields["primaryClass"] = _primary(paper)
    fields |= {"doi": _verbatim(doi_of(paper)), "url": _verbatim(paper.url)}
    if whole:
        fields |= {
            "day": str(day) if day else "",
            "note": encode(paper.comment),
            "keywords": ", ".join(map(encode, paper.categories)),
            "abstract": encode(paper.abstract),
            "usera": encode(mark_of(paper, _as_read(paper))),
        }
    values = {name: value if name == "month" else f"{{{value}}}" for name, value in fields.items() if value}
    lines = ",\n".join(f"  {name} = {value}" for name, value in values.items())
    return f"@misc{{{citation_key(paper)},\n{lines}\n}}"


def _as_read(paper: Paper) -> Entry:
    """What the fields of a whole entry say to whoever reads them, but for the mark."""
    listed = ", ".join(paper.categories)
    return Entry(
        line=1,
        title=" ".join(paper.title.split()),
        authors=authors(_people(paper))[0],
        date=published(paper),
        doi=_verbatim(doi_of(paper)),
        url=_verbatim(paper.url),
        eprint=paper.paper_id if month_of(paper.paper_id) else "",
        categories=tuple(filter(None, [_primary(paper)])),
        keywords=tuple(word for word in re.split(r"\s*[,;]\s*", listed) if word),
        note=" ".join(paper.comment.split()),
    )


def _primary(paper: Paper) -> str:
    """The primary category on arXiv."""
    return arxiv_category(paper.categories[0]) if paper.categories and month_of(paper.paper_id) else ""


def doi_of(paper: Paper) -> str:
    """A paper's DOI: of its publication elsewhere, else the one that arXiv gives it."""
    if not paper.doi and month_of(paper.paper_id):
        return f"10.48550/arXiv.{paper.paper_id}"
    return paper.doi or (bare_doi(paper.paper_id) if paper.paper_id.startswith("doi:") else "")


def citation_key(paper: Paper) -> str:
    """A key in ASCII that is the paper's alone and stays: ``heath2025:2503.69001``.

    Where the first author's name cannot be written so, the first word of the title that can takes its place; an id that
    cannot be part of a key gets a hash behind it.
    """
    family = name_words(readable(person(paper.authors[0]).family or paper.authors[0]))[-1:] if paper.authors else ()
    words = (*family, *name_words(readable(paper.title)), "paper")
    word = next(one for one in words if _PLAIN_WORD.fullmatch(one))
    shown = _UNSAFE.sub("-", paper.paper_id)
    if not _PLAIN_ID.fullmatch(paper.paper_id) and not month_of(paper.paper_id):
        shown += f"-{hashlib.sha256(paper.paper_id.encode()).hexdigest()[:6]}"
    return f"{word}{published(paper)[0] or ''}:{shown}"


def _people(paper: Paper) -> str:
    return " and ".join(_author(person(name)) for name in paper.authors)


def _author(one: Person) -> str:
    """A name so that BibTeX takes it apart as we do; an organisation's stands in braces."""
    if one.literal:
        return f"{{{encode(one.literal, exact=False)}}}"
    family = encode(one.whole_family, exact=False)
    if one.suffix and one.comma:
        return ", ".join(filter(None, (family, encode(one.suffix, exact=False), encode(one.given, exact=False))))
    if one.suffix or one.given[:1].islower():
        return f"{family}, {encode(one.given, exact=False)}"
    return encode(one.name, exact=False)


def _verbatim(text: str) -> str:
    """An address or a DOI, in which TeX reads no escapes."""
    kept = all(char.isprintable() and char not in _VERBATIM for char in text) and is_balanced(text)
    return text if kept else "".join(_VERBATIM.get(char, char) for char in text if char.isprintable() or char == "\n")
