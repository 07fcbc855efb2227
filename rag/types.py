"""The values that travel along the one path. Nothing of ours is imported here."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TITLE_SEPARATOR = "\n\n"
"""What stands between title and abstract in a paper's stored text."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a paper, as a source wrote it.

    Attributes:
        paper_id: arXiv id without a version suffix, or another collection's own id.
        title: As written, white space at the ends removed.
        abstract: As written, white space at the ends removed; may hold LaTeX, entities and newlines.
        authors: Names in order, as written.
        date: The earliest report that listed the paper (read from a source: that source's day).
        url: Where the paper can be read, empty when unknown.
        version: 1-based; 0 for a paper that is not on the shelf yet.
        listed: All days on which a report listed the paper, ascending.
    """

    paper_id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    date: datetime.date
    url: str = ""
    version: int = 0
    listed: tuple[datetime.date, ...] = ()

    @property
    def text(self) -> str:
        """The stored text that every offset counts into, in code points."""
        return paper_text(self.title, self.abstract)

    @property
    def abstract_start(self) -> int:
        """Offset in `text` at which the abstract begins."""
        return len(self.title) + len(TITLE_SEPARATOR) if self.abstract else len(self.title)


def paper_text(title: str, abstract: str) -> str:
    """Join title and abstract into the stored text of a version."""
    return f"{title}{TITLE_SEPARATOR}{abstract}" if abstract else title


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
class Filters:
    """Restrictions on the papers that may answer: inclusive ISO dates on `Paper.date`, an author's name."""

    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    author: str | None = None

    def __bool__(self) -> bool:
        return bool(self.date_from or self.date_to or self.author)

    def as_json(self) -> dict[str, str | None]:
        """The filters as the contract prints them."""
        return {
            "from": self.date_from.isoformat() if self.date_from else None,
            "to": self.date_to.isoformat() if self.date_to else None,
            "author": self.author,
        }


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk with its paper's data and the reasons it was found.

    Attributes:
        score: Fused score; higher is better, comparable within one query only.
        ranks: 1-based rank in each candidate list that held it, e.g. ``{"dense": 1, "lexical": 4}``.
        scores: The lists' own scores: cosine similarity (``dense``), BM25 (``lexical``).
        matched: Words of the question that stand in the passage, as they stand there, the rarest first.
        boosts: What the score gained on top of the fused lists, by reason, e.g. ``{"conversation": 0.2}``.
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


class Record(BaseModel):
    """Base of everything that is written as JSON: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Mode = Literal["extractive", "llm"]
AbstainReason = Literal["nothing_found", "detail_absent", "outside_range"]
Confidence = Literal["high", "medium", "low"]


class Citation(Record):
    """A marker's evidence: ``quote == paper.text[start:end]`` of that version."""

    n: int
    paper_id: str
    version: int
    title: str
    authors: tuple[str, ...]
    date: str
    url: str
    chunk_id: str
    quote: str
    start: int
    end: int
    page: int | None = None
    section: str | None = None


class Note(Record):
    """Something the reader should know about the answer."""

    code: str
    text: str


class RemovedText(Record):
    """A sentence the citation check did not let through."""

    text: str
    reason: str


class Clarify(Record):
    """A short question back to the reader, with choices found in the corpus."""

    text: str
    choices: tuple[str, ...]


class ClosestPaper(Record):
    """A paper offered when nothing answers."""

    paper_id: str
    title: str


class RetrievedPassage(Record):
    """One line of the ranking behind an answer."""

    paper_id: str
    chunk_id: str
    score: float
    ranks: dict[str, int]


class Timings(Record):
    """Milliseconds spent."""

    retrieve_ms: float = 0.0
    answer_ms: float = 0.0
    total_ms: float = 0.0


class Usage(Record):
    """Tokens paid for; cost is None where the model's price is unknown."""

    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None = None


class Receipt(Record):
    """What the answer was made with: content hashes of corpus, config and prompts, and the model's name."""

    corpus: str
    config: str
    model: str
    prompts: dict[str, str] = Field(default_factory=dict)


class Answer(Record):
    """The checked answer, as `ask --json` prints it."""

    question: str
    standalone_question: str
    answer: str
    abstained: bool
    reason: AbstainReason | None
    confidence: Confidence
    mode: Mode
    notes: tuple[Note, ...] = ()
    clarify: Clarify | None = None
    citations: tuple[Citation, ...] = ()
    removed: tuple[RemovedText, ...] = ()
    closest: tuple[ClosestPaper, ...] = ()
    retrieved: tuple[RetrievedPassage, ...] = ()
    filters: dict[str, str | None] = Field(default_factory=lambda: Filters().as_json())
    timings: Timings = Timings()
    usage: Usage | None = None
    receipt: Receipt


class Cell(Record):
    """A cell of a topic's table: an exact quote, ``quote == paper.text[start:end]`` of the row's version."""

    quote: str
    start: int
    end: int


class TopicPaper(Record):
    """A paper of a topic, one row of its table; a cell is None where the abstract does not say."""

    paper_id: str
    version: int
    title: str
    authors: tuple[str, ...]
    date: str
    url: str
    theme: int
    method: Cell | None = None
    data: Cell | None = None
    result: Cell | None = None


class Theme(Record):
    """A group of a topic's papers: its name, Markdown with ``[n]`` markers, and its papers in order."""

    name: str
    text: str
    papers: tuple[str, ...]


class Topic(Record):
    """What the papers say about a topic, grouped by theme; `citations` are numbered through all themes.

    `disagreements` hold opposite findings of two papers, and what papers themselves declare against earlier ones, as
    Markdown with markers of the same numbering. `text` is all of it in Markdown; a theme's `name` is plain text, to be
    escaped. An abstention has no themes, `reason` and `closest` set, and says in `text` what was searched.
    """

    query: str
    text: str
    themes: tuple[Theme, ...] = ()
    papers: tuple[TopicPaper, ...] = ()
    citations: tuple[Citation, ...] = ()
    disagreements: tuple[str, ...] = ()
    removed: tuple[RemovedText, ...] = ()
    abstained: bool = False
    reason: AbstainReason | None = None
    closest: tuple[ClosestPaper, ...] = ()
    retrieved: tuple[RetrievedPassage, ...] = ()
    mode: Mode
    notes: tuple[Note, ...] = ()
    filters: dict[str, str | None] = Field(default_factory=lambda: Filters().as_json())
    timings: Timings = Timings()
    usage: Usage | None = None
    receipt: Receipt


class Turn(Record):
    """One earlier turn of the conversation."""

    role: Literal["user", "assistant"]
    content: str


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
