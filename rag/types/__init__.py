"""The values that travel along the one path. Nothing of ours is imported here.

What is written as JSON (`rag.types.records`) is imported when one of its names is first asked for: it needs pydantic,
which would make `paperchat --help` wait.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.types.filters import Filters as Filters

if TYPE_CHECKING:
    from rag.types.own_entry import OwnEntry
    from rag.types.records import AbstainReason as AbstainReason
    from rag.types.records import Answer as Answer
    from rag.types.records import AnswerPart as AnswerPart
    from rag.types.records import Cell as Cell
    from rag.types.records import Citation as Citation
    from rag.types.records import Clarify as Clarify
    from rag.types.records import ClosestPaper as ClosestPaper
    from rag.types.records import Confidence as Confidence
    from rag.types.records import Mode as Mode
    from rag.types.records import Note as Note
    from rag.types.records import Receipt as Receipt
    from rag.types.records import Record as Record
    from rag.types.records import RemovedText as RemovedText
    from rag.types.records import RetrievedPassage as RetrievedPassage
    from rag.types.records import Shape as Shape
    from rag.types.records import Theme as Theme
    from rag.types.records import Timings as Timings
    from rag.types.records import Topic as Topic
    from rag.types.records import TopicPaper as TopicPaper
    from rag.types.records import Turn as Turn
    from rag.types.records import Usage as Usage
else:

    def __getattr__(name: str) -> object:
        """One of the records."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(import_module("rag.types.records"), name)


SEPARATOR = "\n\n"
"""What stands between title, abstract and body in a paper's stored text."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a full text: what stands under its heading is ``paper.text[start:end]``.

    Attributes:
        heading: As printed, with its number; of a table or figure its label: ``Table 2``.
        kind: ``table``, ``figure``, ``note`` (footnotes), ``references`` (which are not searched), or empty for
            running text.
    """

    heading: str
    start: int
    end: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a paper, as a source wrote it.

    Attributes:
        paper_id: arXiv id without a version suffix, or another collection's own id.
        title: As written, white space at the ends removed.
        abstract: As written, white space at the ends removed; may hold LaTeX, entities and newlines.
        authors: Names in order, as written.
        date: The earliest report that listed the paper (read from a source: that source's day; from arXiv itself: the
            day on which its first version was submitted).
        url: Where the paper can be read, empty when unknown.
        version: 1-based; 0 for a paper that is not on the shelf yet.
        listed: All days on which a report listed the paper, ascending (read from arXiv itself: the day on which this
            version was submitted).
        categories: As its source names them, the first the primary one: ``cs.IR``.
        comment: What its authors say about it: pages, where it appears.
        doi: Of its publication elsewhere, without an address before it.
        licence: Name or address of the licence that it may be used under.
        withdrawn: Whether its authors or its archive have withdrawn it; None where the source does not say.
        undated: No source told a day: `date` only says where it stands among others.
        held: This text is held for review: no language model is shown it, and a clean paper stands before it.
        body: Its full text behind the abstract, as read from a document; empty where only the abstract is known.
        sections: Of the body, in order.
        arxiv_version: The N of arXiv's ``vN`` that this text is, as its source names it; 0 where that is unknown.
        pages: Offsets in `text` at which the body's pages begin, ascending, the first page first.
        key: What a reader's bibliography calls it; empty where it is called as `citation_key` makes it.
        own: The rest of that bibliography's entry, None where nothing is left.
        unkept: Names of what its source says of it besides, for which the library has no place; not stored.

    Raises:
        ValueError: a section or a page lies outside the body, or they are out of order.
    """

    paper_id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    date: datetime.date
    url: str = ""
    version: int = 0
    listed: tuple[datetime.date, ...] = ()
    categories: tuple[str, ...] = ()
    comment: str = ""
    doi: str = ""
    licence: str = ""
    withdrawn: bool | None = None
    body: str = ""
    sections: tuple[Section, ...] = ()
    pages: tuple[int, ...] = ()
    unkept: tuple[str, ...] = ()
    arxiv_version: int = 0
    undated: bool = False
    held: bool = False
    key: str = ""
    own: OwnEntry | None = None

    def __post_init__(self) -> None:
        places = [[one.start for one in self.sections], list(self.pages), *([s.start, s.end] for s in self.sections)]
        for offsets in filter(None, places):
            if offsets != sorted(offsets) or offsets[0] < self.body_start or offsets[-1] > len(self.text):
                raise ValueError(f"{self.paper_id}: sections and pages must lie in the body, in order")

    @property
    def told(self) -> str:
        """The date as ISO text, empty where no source told one."""
        return "" if self.undated else self.date.isoformat()

    @property
    def when(self) -> str:
        """The date in words."""
        return self.told or "date unknown"

    @property
    def day(self) -> datetime.date:
        """The newest day on which it was listed: the text of the newest is the current one."""
        return max(self.listed, default=self.date)

    @property
    def text(self) -> str:
        """The stored text that every offset counts into, in code points."""
        return paper_text(self.title, self.abstract, self.body)

    @property
    def lead(self) -> str:
        """Title and abstract: the beginning of `text`, all of it where there is no body."""
        return paper_text(self.title, self.abstract)

    @property
    def abstract_start(self) -> int:
        """Offset in `text` at which the abstract begins."""
        return len(self.title) + len(SEPARATOR) if self.abstract else len(self.title)

    @property
    def body_start(self) -> int:
        """Offset in `text` at which the body begins."""
        end = self.abstract_start + len(self.abstract)
        return end + len(SEPARATOR) if self.body else end

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """Spans of `text` that no passage reaches across: the abstract, then the body from section to section.

        What a paper cites is none of them; a table that is set among it is.
        """
        edges = {place for one in self.sections for place in (one.start, one.end)}
        borders = sorted({self.body_start, *edges, len(self.text)})
        abstract = (self.abstract_start, self.abstract_start + len(self.abstract))
        return tuple(
            part
            for part in (abstract, *pairwise(borders))
            if part[0] < part[1] and not ((section := self.section_at(part[0])) and section.kind == "references")
        )

    def page_at(self, offset: int) -> int | None:
        """Number of the page on which a place of `text` stands, 1-based; None where that is unknown."""
        return bisect_right(self.pages, offset) or None

    def section_at(self, offset: int) -> Section | None:
        """The innermost section in which a place of `text` stands."""
        around = (one for one in reversed(self.sections) if one.start <= offset < one.end)
        return next(around, None)


def paper_text(title: str, abstract: str, body: str = "") -> str:
    """Join title, abstract and body into the stored text of a version."""
    text = f"{title}{SEPARATOR}{abstract}" if abstract else title
    return f"{text}{SEPARATOR}{body}" if body else text


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row, file or address that could not be read.

    Attributes:
        source: File name or address.
        line: 1-based line on which the row begins; 0 when the whole source is meant.
        reason: What is wrong, for a person.
    """

    source: str
    line: int
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The row as the contract prints it."""
        return {"source": self.source, "line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader of an ingest's summary should know of a source that was read.

    Attributes:
        source: File name or address.
        text: For a person.
    """

    source: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """The remark as the contract prints it."""
        return {"source": self.source, "text": self.text}


@dataclass(frozen=True, slots=True)
class FullText:
    """A document that was read as a paper; which paper it belongs to is told by the shelf.

    Attributes:
        paper: As the document has it, with its body.
        file: Where it lies.
    """

    paper: Paper
    file: Path

    @property
    def source(self) -> str:
        """Its name, for a person."""
        return self.file.name


Row = Paper | FullText | Rejected | Remark
"""What a source yields: papers, what could not be read (nothing vanishes), and what there is to say."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of one paper version: `paper.text[start:end] == text`, always.

    Attributes:
        chunk_id: Hash of (paper id, version text, start, end).
        embedded_text: What the embedder and the lexical index see: readable title and readable span.
    """

    chunk_id: str
    paper_id: str
    version: int
    start: int
    end: int
    text: str
    embedded_text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk with its paper's data and the reasons it was found.

    Attributes:
        score: Fused score; higher is better, comparable within one query only.
        ranks: 1-based rank in each candidate list that held it, e.g. ``{"dense": 1, "lexical": 4}``.
        scores: The lists' own scores: cosine similarity (``dense``), BM25 (``lexical``); of papers that had a second
            look how near their wording is (``nearness``), and the chance that they belong to a list (``membership``).
        matched: Words of the question that stand in the passage, as they stand there, the rarest first.
        boosts: What the score gained on top of the fused lists, by reason, e.g. ``{"conversation": 0.2}``.
        held: Its paper is held for review (`Paper.held`).
        set_back: It was the first of a ranking, and stands further down because it is held.
    """

    chunk_id: str
    paper_id: str
    version: int
    title: str
    authors: tuple[str, ...]
    date: datetime.date
    url: str
    start: int
    end: int
    text: str
    score: float = 0.0
    ranks: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    matched: tuple[str, ...] = ()
    boosts: Mapping[str, float] = field(default_factory=dict)
    undated: bool = False
    held: bool = False
    set_back: bool = False

    @property
    def told(self) -> str:
        """The date as ISO text, empty where no source told one."""
        return "" if self.undated else self.date.isoformat()


@dataclass(frozen=True, slots=True)
class Understood:
    """How the question was read: the standalone form, the filters in force, and what there is to say about it."""

    standalone_question: str
    filters: Filters
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of work worth showing: a search, a plan, a read."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages the answer may use, best first."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """Checked text to append; never taken back."""

    text: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A sentence that failed the check, with its reason."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the stream, with the whole answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class TopicDone:
    """The end of a topic's stream, with the whole summary."""

    topic: Topic


Event = Understood | Step | Retrieved | Delta | Removed | Done | TopicDone
"""What `Assistant.ask` yields, in this order, up to `Done`; `Assistant.topic` yields the same kinds up to `TopicDone`.

Consumers ignore kinds they don't know.
"""
