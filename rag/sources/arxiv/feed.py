"""arXiv's Atom, as its API and its daily announcements write it: bytes → `Feed` of `Entry`.

Read by expat and strictly: a feed that is cut off, or a page that says "Rate exceeded.", is no feed with few papers but
a reply to be asked for again (docs/adr/0020-fetch.md). Entities and document types are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from rag.errors import FetchError
from rag.sources.arxiv.connection import Reply, Unusable
from rag.sources.fields import LONGEST_ABSTRACT, LONGEST_REMARK, LONGEST_TITLE, split_authors
from rag.sources.identifiers import ImpossibleId, read_id
from rag.types import Paper, Rejected

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SOURCE = "arXiv"
"""What a row is said to come from."""
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_ERROR = re.compile(r"https?://(?:export\.)?arxiv\.org/api/errors")
_LISTED = re.compile(r"(?:https?://(?:export\.|www\.)?arxiv\.org/abs/|oai:arXiv\.org:)(?P<id>.+)")
_CATEGORY = re.compile(r"[a-z][a-z-]*(?:\.[A-Za-z][A-Za-z-]*)?")
"""Feeds also list classes of other schemes as categories: 68T05, H.3.3."""
_ANNOUNCED = re.compile(r"arXiv:\S+\s+Announce Type:\s*\S+\s+Abstract:\s*")
_WITHDRAWN = re.compile(
    r"\b(?:this|the)\s+(?:\w+[\s-]+){0,2}(?:paper|article|submission|manuscript|version|work|preprint|e-?print)\b[^.]{0,40}?"
    r"\b(?:has\s+been|is|was|have\s+been)\s+(?:\w+\s+)?withdrawn\b|^\W*withdrawn\b|\barxiv\s+admin\w*\b[^.]*\bwithdrawn\b",
    re.IGNORECASE,
)
"""How arXiv's form and its administrators word a withdrawal, in the comment."""


@dataclass(frozen=True, slots=True)
class ArxivId:
    """A paper of arXiv.

    Attributes:
        paper_id: Without a version.
        url: Where it can be read.
        version: arXiv's number of a version; 0 where none is named.
    """

    paper_id: str
    url: str
    version: int

    @classmethod
    def read(cls, written: str) -> ArxivId | None:
        """Read what is written as an id or an address of arXiv; None where it is neither."""
        try:
            found = read_id(written.strip())
        except ImpossibleId:
            return None
        return cls(found.paper_id, found.url, found.version) if found and found.is_arxiv else None

    @property
    def versioned(self) -> str:
        """The id, with the version where one is named: ``2504.05309v2``."""
        return f"{self.paper_id}v{self.version}" if self.version else self.paper_id


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of a paper, as a feed lists it.

    Attributes:
        paper: Its `listed` is the day on which the version was submitted, or announced.
        updated: When the version was submitted (in a daily feed: announced).
    """

    paper: Paper
    updated: datetime

    @property
    def key(self) -> tuple[str, int]:
        """What tells a version of a paper from all others."""
        return self.paper.paper_id, self.paper.arxiv_version


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of papers.

    Attributes:
        total: How many match, as the feed says; None where it doesn't.
        entries: Those on this page.
        rejected: Entries that could not be read.
        start: Place of the page's first entry among all, from 0, as the feed says.
    """

    total: int | None
    entries: tuple[Entry, ...]
    rejected: tuple[Rejected, ...] = ()
    start: int | None = None

    @property
    def size(self) -> int:
        """Entries on the page, also those that could not be read."""
        return len(self.entries) + len(self.rejected)


class Refused(FetchError):
    """arXiv says what is wrong with a request, in a feed whose only entry is an error."""


def read_feed(reply: Reply) -> Feed:
    """Read a feed.

    Raises:
        Unusable: it is no whole feed.
        Refused: it holds arXiv's error instead of papers.
    """
    try:
        root = fromstring(reply.content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        shown = " ".join(reply.content[:60].decode("utf-8", "replace").split())
        raise Unusable(f"it is no whole feed ({error}; it begins {shown!r})") from None
    if root.tag != f"{_ATOM}feed":
        raise Unusable(f"it is no Atom feed but begins with <{root.tag}>")
    found = [_entry(element) for element in root.iter(f"{_ATOM}entry")]
    return Feed(
        _number(root, f"{_SEARCH}totalResults"),
        tuple(one for one in found if isinstance(one, Entry)),
        tuple(one for one in found if isinstance(one, Rejected)),
        _number(root, f"{_SEARCH}startIndex"),
    )


def is_withdrawn(comment: str) -> bool:
    """Whether a version's comment says that the paper was withdrawn."""
    return bool(_WITHDRAWN.search(comment))


def _entry(element: Element) -> Entry | Rejected:
    """An entry; raises Refused for an error."""
    address = _text(element, f"{_ATOM}id")
    if _ERROR.match(address):
        raise Refused(
            f"arXiv refuses the request: {_line(_text(element, f'{_ATOM}summary'))[:300]}.",
            "Correct the query, the category or the id.",
        )
    listed = _LISTED.fullmatch(address)
    found = ArxivId.read(listed["id"]) if listed else None
    if not found:
        return Rejected(SOURCE, 0, f"{address[:100] or 'an entry'} is no arXiv id")
    updated = _moment(_text(element, f"{_ATOM}updated")) or _moment(_text(element, f"{_ATOM}published"))
    title = _line(_text(element, f"{_ATOM}title"))
    abstract = _unwrapped(_ANNOUNCED.sub("", _text(element, f"{_ATOM}summary"), count=1))
    fault = _fault(title, abstract, updated)
    if fault or not updated:
        return Rejected(SOURCE, 0, f"{found.paper_id}: {fault}")
    published = _moment(_text(element, f"{_ATOM}published")) or updated
    return Entry(_paper(element, found, title, abstract, (published.date(), updated.date())), updated)


def _fault(title: str, abstract: str, updated: datetime | None) -> str:
    """What is missing from an entry, or too long in it."""
    if not updated:
        return "it has no date"
    if not title:
        return "it has no title"
    if len(title) > LONGEST_TITLE or len(abstract) > LONGEST_ABSTRACT:
        return "its title or abstract is longer than any paper's"
    return ""


def _paper(element: Element, found: ArxivId, title: str, abstract: str, days: tuple[date, date]) -> Paper:
    """The paper of an entry; `days` are of the first version and of this one."""
    names = [_line(_text(author, f"{_ATOM}name")) for author in element.iter(f"{_ATOM}author")]
    creators = [_line(one.text or "") for one in element.iter(f"{_DUBLIN}creator")]
    authors = tuple(filter(None, names)) or tuple(name for one in creators for name in split_authors(one))
    primary = element.find(f"{_ARXIV}primary_category")
    comment = _line(_text(element, f"{_ARXIV}comment"))[:LONGEST_REMARK]
    journal = _line(_text(element, f"{_ARXIV}journal_ref"))
    terms = [primary.get("term", "")] if primary is not None else []
    terms += [category.get("term", "") for category in element.iter(f"{_ATOM}category")]
    return Paper(
        paper_id=found.paper_id,
        title=title,
        abstract=abstract,
        authors=authors,
        date=min(days),
        url=found.url,
        listed=(days[1],),
        categories=tuple(dict.fromkeys(filter(_CATEGORY.fullmatch, map(_line, terms)))),
        comment="; ".join(filter(None, (journal, comment)))[:LONGEST_REMARK],
        doi=_line(_text(element, f"{_ARXIV}doi") or _text(element, f"{_ARXIV}DOI"))[:LONGEST_REMARK],
        licence=_line(_text(element, f"{_DUBLIN}rights"))[:LONGEST_REMARK],
        withdrawn=is_withdrawn(comment),
        arxiv_version=found.version,
    )


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _number(element: Element, name: str) -> int | None:
    text = _text(element, name)
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _line(text: str) -> str:
    """A text in one line: feeds break titles and names."""
    return " ".join(text.split())


def _unwrapped(text: str) -> str:
    """An abstract without the line breaks of the feed; an indented line begins a paragraph, which stays one."""
    return "\n".join(_line(paragraph) for paragraph in re.split(r"\n\s*\n|\n(?=[ \t]+\S)", text) if paragraph.strip())


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
