"""Which papers meet a reader's criteria best: candidates, a label with its quote for each criterion, and the order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag.engine import Engine
from rag.errors import UsageError
from rag.models.criteria import GROUPS, load_levels
from rag.query import Question
from rag.query.intents.criteria import LONGEST, MOST, Criterion, Wish, denied, distinct, read_criteria, read_wish
from rag.query.lexicon.phrases import Phrases
from rag.retrieve.hybrid import distinct_papers
from rag.text.grammar import plural
from rag.topics.best.evidence import Evidence, Measures
from rag.types import Filters, Note, Paper, Passage

if TYPE_CHECKING:
    from rag.index.library import Progress

LEVELS = ("not told", "touches", "partly", "fully")
SIGNS = ("–", "○", "◐", "●")
"""How far a paper meets a criterion, by number."""
MET = 2
"""The level from which a criterion is met."""
ON_SUBJECT, OF_SORT, BY_ALL = 12, 6, 6
"""Papers that are looked at: on the subject, of the sort on the subject, and by all words of the criteria together."""
SHOWN = 5
WEIGHT = {True: 2, False: 1}
"""What a level counts of what must be, and of what would be nice."""
_LEFT = frozenset({"negation", "best_paper"})
"""Notes of the reader that say how a search takes "without", here a criterion, and that lead here."""
_DENIED = "“{}” is judged by its words, as other criteria are: a paper that says the contrary in them may meet it."


@dataclass(frozen=True, slots=True)
class Label:
    """How far a paper meets a criterion, with the words that tell it.

    Attributes:
        level: 0 to 3, as `LEVELS` names them.
        start, end: Of the quote in the paper's text; both 0 where the paper does not tell.
    """

    level: int
    start: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        """The level in words."""
        return LEVELS[self.level]


@dataclass(frozen=True, slots=True)
class Row:
    """A paper with a label for each criterion.

    Attributes:
        points: Its levels, each by the weight of its criterion.
        missed: How many criteria that must be met it does not meet.
        untold: Of how many of these it tells nothing.
    """

    paper: Paper
    labels: tuple[Label, ...]
    points: int
    missed: int
    untold: int

    def quote(self, label: Label) -> str:
        """The words behind a label, empty where there are none."""
        return self.paper.text[label.start : label.end]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was read, before any paper is looked at.

    Attributes:
        request: As typed.
        wish: Its criteria, as the reader left them.
        filters: Which papers may be chosen at all: dates, authors and what else was named.
        notes: What there is to say about how it was read.
        left_out: Ids of the papers that it leaves out: "…, but not about shopping".
    """

    request: str
    wish: Wish
    filters: Filters
    notes: tuple[Note, ...] = ()
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Papers for a request, best first.

    Attributes:
        rows: Of all papers that were looked at.
        unmet: Numbers of the criteria, from 0, that none of them meets.
    """

    asked: Asked
    rows: tuple[Row, ...]
    unmet: tuple[int, ...]

    def unsaid(self) -> list[str]:
        """Sentences that name each criterion that no paper meets."""
        many = plural(len(self.rows), "paper")
        criteria = self.asked.wish.criteria
        return [f"None of the {many} looked at meets “{criteria[n].shown}”." for n in self.unmet if self.rows]

    def as_json(self, most: int = SHOWN) -> dict[str, Any]:
        """The choice as it is printed, with so many of its papers."""
        criteria = enumerate(self.asked.wish.criteria, 1)
        return {
            "request": self.asked.request,
            "criteria": [{"n": n, "kind": one.kind, "text": one.text, "must": one.must} for n, one in criteria],
            "newest": self.asked.wish.newest,
            "filters": self.asked.filters.as_json(),
            "notes": [one.model_dump(mode="json") for one in self.asked.notes],
            "papers": [_as_json(row) for row in self.rows[:most]],
            "unmet": [n + 1 for n in self.unmet],
            "looked_at": len(self.rows),
        }


def read(engine: Engine, request: str, filters: Filters | None = None) -> Asked:
    """Read a request into criteria and restrictions.

    Args:
        engine: Reads dates, authors and typing errors as it does in questions.
        request: As the reader typed it.
        filters: Given beside it.

    Raises:
        QuestionError: it is empty or too long.
        EmptyLibrary: there are no papers.
    """
    understood = engine.understand(engine.checked(request), filters=filters)
    wish = read_wish(understood.search_text, Phrases(engine.library).best)
    notes = [one for one in understood.notes if one.code not in _LEFT]
    notes += [Note(code="negation", text=_DENIED.format(one.text)) for one in wish.criteria if denied(one)]
    return Asked(request, wish, understood.filters, tuple(notes), understood.left_out)


def edited(asked: Asked, added: Sequence[str] = (), without: Sequence[int] = (), must: Sequence[int] = ()) -> Asked:
    """A request with criteria taken away, added and made required.

    Args:
        asked: As it was read.
        added: Further criteria, in words.
        without: Numbers of those to leave out, from 1, as they are shown.
        must: Numbers of those that have to be met.

    Raises:
        UsageError: no such number, or too many criteria, or one of too many words, or of none.
    """
    held = asked.wish.criteria
    for number in (*without, *must):
        if not 1 <= number <= len(held):
            raise UsageError(f"There is no criterion {number}.", f"There are {len(held)}, numbered from 1.")
    kept = [replace(one, must=one.must or n in must) for n, one in enumerate(held, 1) if n not in without]
    return replace(
        asked, wish=replace(asked.wish, criteria=checked([*kept, *(one for text in added for one in typed(text))]))
    )


def typed(text: str) -> tuple[Criterion, ...]:
    """What a reader typed as a criterion.

    Raises:
        UsageError: it says nothing, or is too long.
    """
    if len(text) > LONGEST:
        raise UsageError("A criterion is too long.", f"Say it in up to {LONGEST} characters.")
    found = read_criteria(text)
    if not found:
        raise UsageError("A criterion says nothing.", "Say what the paper is to be or to have: code available.")
    return found


def checked(criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Each criterion once, required where one of its like is.

    Raises:
        UsageError: there are too many.
    """
    kept = distinct(criteria)
    if len(kept) > MOST:
        raise UsageError(f"{len(kept)} criteria are too many.", f"Take up to {MOST}.")
    return kept


def asks_back(request: str) -> UsageError:
    """What is said to a request that has no criterion."""
    return UsageError(
        f"“{request}” does not say what the paper is to be good for.",
        "Say what it is to be about, and what it is to have: best survey of query rewriting, with code.",
    )


def choose(engine: Engine, asked: Asked, progress: Progress | None = None) -> Choice:
    """Label the papers that come into question, and put them in order; none where there is no criterion.

    Those that meet all that must be met come first, then those that at least touch it, the fewer they miss the sooner,
    then those of which one such thing is not told, and so on; of these the ones with more points, then those with more
    criteria met fully; of equals the newer one where a recent paper is wanted, then the one that was found nearer.
    """
    criteria = asked.wish.criteria
    found = candidates(engine, asked) if criteria else []
    held = engine.library.shelf.papers(found)
    papers = [held[paper_id] for paper_id in found if paper_id in held]
    evidence = Evidence(engine, papers)
    measured = []
    for n, one in enumerate(criteria):
        measured.append(evidence.of(one))
        if progress:
            progress("judging criterion", n + 1, len(criteria))
    rows = []
    for paper in papers:
        known = [by_paper.get(paper.paper_id) for by_paper in measured]
        labels = tuple(_label(one, what) for one, what in zip(criteria, known, strict=True))
        rows.append(_row(paper, labels, criteria))
    unmet = tuple(n for n in range(len(criteria)) if all(row.labels[n].level < MET for row in rows))
    return Choice(asked, tuple(in_order(rows, newest=asked.wish.newest)), unmet)


def in_order(rows: Sequence[Row], *, newest: bool) -> list[Row]:
    """Papers as `choose` says, those that are held for review last.

    Args:
        rows: Those that the search found nearer first.
        newest: Whether a recent paper is wanted.
    """

    def key(row: Row) -> tuple[bool, int, int, int, int, int]:
        full = sum(label.level == len(LEVELS) - 1 for label in row.labels)
        newer = -row.paper.date.toordinal() if newest and not row.paper.undated else 0  # undated last
        return row.paper.held, row.untold, row.missed, -row.points, -full, newer

    return sorted(rows, key=key)


def candidates(engine: Engine, asked: Asked) -> list[str]:
    """Ids of the papers that are looked at, nearest first."""
    criteria = asked.wish.criteria
    topic = " for ".join(one.text for one in criteria if one.kind in ("subject", "domain"))
    sorts = " ".join(one.text for one in criteria if one.kind == "sort").replace("introduction", "survey tutorial")
    everything = " ".join(one.text for one in criteria)
    found: dict[str, None] = {}
    if topic:
        found |= dict.fromkeys(_on(engine, topic, asked, ON_SUBJECT))
    if sorts:
        found |= dict.fromkeys(_on(engine, f"{sorts} {topic}".strip(), asked, OF_SORT))
    if len(criteria) > 1 or not found:
        passages = engine.retriever.search(everything, asked.filters, 4 * BY_ALL, explained=0)
        found |= dict.fromkeys(_ids(passages, BY_ALL if found else ON_SUBJECT, asked.left_out))
    return list(found)


def _on(engine: Engine, topic: str, asked: Asked, most: int) -> Iterator[str]:
    """Papers on a topic, searched for as those of a list are."""
    understood: Question = engine.understand(f"papers about {topic}", filters=asked.filters)
    understood = replace(understood, filters=asked.filters, papers=None, left_out=frozenset())
    return _ids(engine.candidates(understood), most, asked.left_out)


def _ids(passages: Sequence[Passage], most: int, left_out: frozenset[str]) -> Iterator[str]:
    wanted = [one for one in passages if one.paper_id not in left_out]
    return (one.paper_id for one in distinct_papers(wanted, most))


def _label(criterion: Criterion, measures: Measures | None) -> Label:
    if measures is None:  # on the shelf, and not indexed yet
        return Label(0)
    name = GROUPS[criterion.kind]
    group = load_levels().groups[name]
    best = group.evidence(measures.sentences)
    level = group.level(measures.sentences[best], measures.paper)
    if name == "topic" and measures.names_it:
        best = 0
    start, end = measures.told or measures.places[best]
    return Label(level, start, end) if level and start < end else Label(0)


def _row(paper: Paper, labels: tuple[Label, ...], criteria: Sequence[Criterion]) -> Row:
    points = sum(WEIGHT[one.must] * label.level for one, label in zip(criteria, labels, strict=True))
    must = [label.level for one, label in zip(criteria, labels, strict=True) if one.must]
    missed = sum(level < MET for level in must)
    return Row(paper, labels, points, missed, must.count(0))


def _as_json(row: Row) -> dict[str, Any]:
    paper = row.paper
    labels = [
        {"criterion": n, "level": one.level, "label": one.name}
        | ({"quote": row.quote(one), "start": one.start, "end": one.end} if one.level else {"quote": None})
        for n, one in enumerate(row.labels, 1)
    ]
    told = {"paper_id": paper.paper_id, "version": paper.version, "title": paper.title, "authors": list(paper.authors)}
    told |= {"date": paper.told, "url": paper.url, "points": row.points, "missed": row.missed, "untold": row.untold}
    return told | {"held": paper.held, "labels": labels}
