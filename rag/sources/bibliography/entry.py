"""An entry of a bibliography, whatever its layout, and the paper that it describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

from rag.sources.bibliography.own import own_key, rest_of
from rag.sources.fields import LONGEST_ABSTRACT, LONGEST_REMARK, LONGEST_TITLE, told
from rag.sources.identifiers import (
    ARXIV_ID,
    Identifier,
    ImpossibleId,
    bare_doi,
    doi_id,
    is_arxiv_doi,
    month_of,
    read_id,
    title_id,
)
from rag.text.months import SHORT
from rag.types import Paper, Rejected
from rag.types.own_entry import OwnEntry

PartialDate = tuple[int, int, int]
"""Year, month, day; what is not known is 0."""
UNKNOWN: PartialDate = (0, 0, 0)
MARK = "paperchat:"
"""Begins the remark in which an exported entry says what its own fields cannot."""

MOST_VERSIONS = 99
"""A higher number of arXiv's is a mistake or a trick, and would keep every other text from being the latest."""
_NUMBERS = re.compile(r"(?<!\d)([12]\d{3})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)")
_MONTH = re.compile(r"\b(" + "|".join(SHORT) + r")[a-z]*\b", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?!\d)")
_NAMED = re.compile(
    rf"(?:arxiv\s*:\s*|arxiv\.org/(?:abs|pdf|html)/|10\.48550/arxiv\.|\babs/)({ARXIV_ID}(?:v\d{{1,3}})?)(?!\d|/)",
    re.IGNORECASE,
)
_ONLY_AN_ID = re.compile(
    rf"\s*(?:arxiv\s*:\s*|abs/)?{ARXIV_ID}(?:v\d+)?(?:\s*\[[A-Za-z.-]+\])?(?:\s*\([^()]*\))?[\s.;,]*", re.IGNORECASE
)
_BRACKETED = re.compile(rf"(?<![A-Za-z-]){ARXIV_ID}(?:v\d+)?\s*\[([A-Za-z.-]+)\]", re.IGNORECASE)
_TITLED = re.compile(r"title:[0-9a-f]{16}")
_VERSION = re.compile(r"\d{1,2}", re.ASCII)
_WEB = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f]+", re.IGNORECASE)
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")
_NO_PLACE = re.compile(r"(?:arxiv(?:\.org)?|corr)?[\s,.]*(?:preprint)?[\s,.:]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says, in Unicode.

    Attributes:
        line: Where it begins in its file, 1-based.
        authors: As papers print them.
        date: When it was published.
        doi: As written, with or without an address.
        url: As written.
        eprint: An arXiv id, where the entry says that it is one.
        hints: Other fields that may name an arXiv id.
        categories: Named as such, the first the primary one.
        keywords: Tags, among them perhaps categories.
        place: Where it appeared: journal, volume, pages.
        note: A remark that belongs to the paper.
        mark: What an exported entry says of itself (`marked`).
        key: What its file calls it.
        own: What it says besides, None where its layout keeps none of that.
        others: Names of further fields, for which the library has no place.
    """

    line: int
    title: str
    authors: tuple[str, ...] = ()
    abstract: str = ""
    date: PartialDate = UNKNOWN
    doi: str = ""
    url: str = ""
    eprint: str = ""
    hints: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    place: str = ""
    note: str = ""
    mark: str = ""
    key: str = ""
    own: OwnEntry | None = None
    others: tuple[str, ...] = field(default=())


def row(entry: Entry, source: str, of_the_file: date) -> Paper | Rejected:
    """The paper of an entry, or why there is none.

    An entry belongs to the paper of its arXiv id, wherever it names one; else it is kept under its DOI, else under its
    title. An entry without a date is undated: it only stands among others as if listed when its file was written.

    Args:
        entry: As read.
        source: The file's name.
        of_the_file: When the file was last changed.
    """
    if reason := _fault(entry):
        return Rejected(source, entry.line, reason)
    marks = _marks(entry.mark)
    found = identified(entry, marks)
    if found is None:
        return Rejected(source, entry.line, "the entry has neither an id nor a title with letters")
    listed = _marked_day(marks) or _whole(entry.date, found.paper_id)
    doi, comment, categories = bare_doi(entry.doi), _comment(entry), categories_of(entry)
    all_told = all(arxiv_category(word) in categories for word in entry.keywords)
    unkept = {
        **dict.fromkeys(entry.others, True),
        "doi": bool(entry.doi and not doi),
        "note": comment is None and entry.own is None,
        "keywords": not all_told and entry.own is None and "category" not in marks,
        "no date": listed is None,
    }
    day = listed or of_the_file
    paper = Paper(
        paper_id=found.paper_id,
        title=entry.title,
        abstract=entry.abstract,
        authors=_several(marks["author"]) if "author" in marks else entry.authors,
        date=day,
        url=found.url if _WEB.fullmatch(found.url) else "",
        listed=(day,),
        categories=_several(marks["category"]) if "category" in marks else categories,
        comment=unquote(marks["comment"]) if "comment" in marks else comment or "",
        doi=unquote(marks["doi"]) if "doi" in marks else "" if is_arxiv_doi(doi) else doi,
        licence=unquote(marks.get("licence", "")),
        arxiv_version=int(marks["version"])
        if _VERSION.fullmatch(marks.get("version", ""))
        else found.version
        if found.version <= MOST_VERSIONS
        else 0,
        undated=listed is None,
        unkept=tuple(dict.fromkeys(told(name) for name, is_so in unkept.items() if is_so)),
    )
    if reason := _unkeepable(paper):
        return Rejected(source, entry.line, reason)
    key = own_key(paper, unquote(marks["key"]) if "key" in marks else entry.key)
    return replace(paper, key=key, own=rest_of(entry.own, entry.keywords, paper.categories, all_told))


def categories_of(entry: Entry) -> tuple[str, ...]:
    """The categories that an entry names as such, among its keywords or in brackets behind its id.

    An archive alone, ``cs``, says nothing beside a category of it.
    """
    behind = [found[1] for text in (entry.note, *entry.hints) if (found := _BRACKETED.search(text))]
    named = [*entry.categories, *map(arxiv_category, entry.keywords), *filter(None, map(arxiv_category, behind))]
    distinct = list(dict.fromkeys(filter(None, named)))
    return tuple(one for one in distinct if not any(other.startswith(f"{one}.") for other in distinct))


def arxiv_category(keyword: str) -> str:
    """The category of arXiv that a keyword is, by code or in words as Zotero tags it; empty where it is none."""
    known = arxiv_categories()
    return keyword if keyword in known.values() else known.get(" ".join(keyword.casefold().split()), "")


@cache
def arxiv_categories() -> dict[str, str]:
    """Code of each category of arXiv by its name in small letters: ``computer science - information retrieval``."""
    lines = (Path(__file__).parent / "arxiv_categories.tsv").read_text(encoding="utf-8").splitlines()
    return {name.casefold(): code for code, name in (line.split("\t") for line in lines if not line.startswith("#"))}


def _fault(entry: Entry) -> str:
    """Why an entry is no paper; empty where it is one."""
    if not entry.title:
        return "the entry has no title"
    return ""


def _unkeepable(paper: Paper) -> str:
    """Why the library cannot keep what an entry and its mark say; empty where it can."""
    remarks = {"comment": paper.comment, "DOI": paper.doi, "licence": paper.licence, "address": paper.url}
    several = {"list of authors": paper.authors, "list of categories": paper.categories}
    texts = {"title": paper.title, "abstract": paper.abstract, **remarks}
    for name, text in [*texts.items(), *((name, "\n".join(all_of)) for name, all_of in several.items())]:
        longest = {"title": LONGEST_TITLE}.get(name, LONGEST_REMARK if name in remarks else LONGEST_ABSTRACT)
        if len(text) > longest:
            return f"the {name} is longer than {longest} characters"
        if found := _UNKEEPABLE.search(text):
            return f"the {name} holds {'NUL characters' if found[0] == chr(0) else 'half a character (a surrogate)'}"
    return ""


def identified(entry: Entry, marks: Mapping[str, str]) -> Identifier | None:
    """The id that an entry's paper is kept under, and the address to read it at; None where it has none."""
    own = unquote(marks.get("id", ""))
    if own and (_TITLED.fullmatch(own) or (not own.startswith("title:") and _readable(own))):
        return Identifier(own, entry.url)
    doi = bare_doi(entry.doi) or bare_doi(entry.url)
    named = entry.note if _ONLY_AN_ID.fullmatch(entry.note) else ""
    cited = (match[1] for text in (entry.url, *entry.hints, named) if (match := _NAMED.search(text)))
    for written in (entry.eprint.strip(), doi if is_arxiv_doi(doi) else "", *cited):
        if (found := _readable(written)) and found.is_arxiv:
            return found
    if doi:
        return Identifier(doi_id(doi), entry.url or f"https://doi.org/{doi}")
    made = title_id(entry.title)
    return Identifier(made, entry.url) if made else None


def _readable(written: str) -> Identifier | None:
    try:
        return read_id(written)
    except ImpossibleId:
        return None


def marked(said: Mapping[str, str]) -> str:
    """What an exported entry's own fields cannot say, in a line: ``paperchat: listed=2025-11-22; id=4983``."""
    return f"{MARK} " + "; ".join(f"{key}={value}" for key, value in said.items())


def quoted(text: str) -> str:
    """A text as a value in a mark."""
    return quote(text, safe=" .:/,()-")


def _marks(mark: str) -> dict[str, str]:
    if not mark.startswith(MARK):
        return {}
    pairs = (piece.strip().partition("=") for piece in mark.removeprefix(MARK).split(";"))
    return {key: value for key, sign, value in pairs if sign}


def _several(value: str) -> tuple[str, ...]:
    """The texts of a value in a mark."""
    return tuple(map(unquote, value.split("|"))) if value else ()


def _marked_day(marks: Mapping[str, str]) -> date | None:
    return _whole(partial_date(marks.get("listed", "")), "")


def partial_date(text: str) -> PartialDate:
    """Read a date as people and programs write it: ``2023-10-15``, ``2023/10//``, ``October 2023``, ``2023``."""
    found = _NUMBERS.search(text)
    if not found:
        return UNKNOWN
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if not month and (name := _MONTH.search(text)):
        month = SHORT.index(name[1].lower()) + 1
        other = _DAY.search(text[: found.start()] + " " + text[found.end() :])
        day = int(other[1]) if other else 0
    return (year, month if month <= 12 else 0, day if month and day <= 31 else 0)


def month_number(text: str) -> int:
    """The month that a field names, by name or number; 0 where it names none."""
    if name := _MONTH.search(text):
        return SHORT.index(name[1].lower()) + 1
    number = text.strip()
    return int(number) if number.isdecimal() and 1 <= int(number) <= 12 else 0


def _whole(known: PartialDate, paper_id: str) -> date | None:
    """A date with what is missing filled in: the month of an arXiv id of that year, else the first of all."""
    year, month, day = known
    of_arxiv = month_of(paper_id)
    if not year:
        return date(*of_arxiv, 1) if of_arxiv else None
    if not month:
        month = of_arxiv[1] if of_arxiv and of_arxiv[0] == year else 1
    try:
        return date(year, month, day or 1)
    except ValueError:  # the 31st of a shorter month
        return date(year, month, 1)


def appeared(container: str, volume: str = "", number: str = "", pages: str = "") -> str:
    """Where a paper appeared, in a line: ``Journal 12(3), 4-5``; what only names arXiv and an id there is left out."""
    container, volume, number = ("" if _names_arxiv(text) else text for text in (container, volume, number))
    issue = f"{volume}({number})" if volume and number else volume or number
    return ", ".join(filter(None, (f"{container} {issue}".strip(), pages.replace("--", "-"))))


def _names_arxiv(text: str) -> bool:
    return len(text) < 100 and bool(_NO_PLACE.fullmatch(_NAMED.sub("", text)))


def _comment(entry: Entry) -> str | None:
    """Where a paper appeared and its note; None where that is longer than the library keeps."""
    note = "" if _ONLY_AN_ID.fullmatch(entry.note) else entry.note
    whole = "; ".join(filter(None, (entry.place, note)))
    return whole if len(whole) <= LONGEST_REMARK else None
