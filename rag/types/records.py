"""What is written as JSON: answers, topics and their parts."""

from __future__ import annotations

from datetime import date as Day
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.types.filters import Filters

if TYPE_CHECKING:
    from rag.types import Passage


class Record(BaseModel):
    """Base of everything that is written as JSON: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Mode = Literal["extractive", "llm"]
AbstainReason = Literal["nothing_found", "detail_absent", "outside_range"]
Confidence = Literal["high", "medium", "low"]
Shape = Literal["single", "compare", "list", "topic"]


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
    held: bool = False
    """The paper is held for review (`Paper.held`)."""

    @property
    def when(self) -> str:
        """The date in words; `date` is empty where no source told one."""
        return self.date or "date unknown"

    @property
    def day(self) -> Day | None:
        """The date; None where no source told one."""
        return Day.fromisoformat(self.date) if self.date else None


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

    @classmethod
    def of(cls, passage: Passage) -> RetrievedPassage:
        """The line of a passage."""
        return cls(paper_id=passage.paper_id, chunk_id=passage.chunk_id, score=passage.score, ranks=dict(passage.ranks))


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


class AnswerPart(Record):
    """A part of a compound question: in the reader's words, and the numbers of the citations that answer it."""

    question: str
    abstained: bool
    reason: AbstainReason | None
    citations: tuple[int, ...] = ()


class Answer(Record):
    """The checked answer, as `ask --json` prints it.

    Attributes:
        confidence_p: The calibrated chance behind `confidence`; None for lists, counts and refusals.
        parts: Where several things were asked and answered one after the other; else empty.
        shape: What kind of answer it is: one paper's, papers side by side, a list, or papers by theme; None where it is
            none of them, and for answers kept from before this was noted.
    """

    question: str
    standalone_question: str
    answer: str
    abstained: bool
    reason: AbstainReason | None
    confidence: Confidence
    mode: Mode
    confidence_p: float | None = None
    notes: tuple[Note, ...] = ()
    parts: tuple[AnswerPart, ...] = ()
    clarify: Clarify | None = None
    citations: tuple[Citation, ...] = ()
    removed: tuple[RemovedText, ...] = ()
    closest: tuple[ClosestPaper, ...] = ()
    retrieved: tuple[RetrievedPassage, ...] = ()
    filters: dict[str, str | None] = Field(default_factory=lambda: Filters().as_json())
    timings: Timings = Timings()
    usage: Usage | None = None
    receipt: Receipt
    shape: Shape | None = None


class Cell(Record):
    """A cell of a topic's table: an exact quote, ``quote == paper.text[start:end]`` of the row's version."""

    quote: str
    start: int
    end: int


class TopicPaper(Record):
    """A paper of a topic, one row of its table; a cell is None where the abstract does not say.

    Without a card, from which cells come, nobody knows yet whether it says.
    """

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
    has_card: bool = True
    held: bool = False

    @property
    def when(self) -> str:
        """The date in words; `date` is empty where no source told one."""
        return self.date or "date unknown"

    @property
    def day(self) -> Day | None:
        """The date; None where no source told one."""
        return Day.fromisoformat(self.date) if self.date else None


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
