"""Quizzes on what a reader keeps: questions made of spans, the weakest topics first (TutorLLM, arXiv 2502.15709).

A seed decides the rest: the same library, answers and seed give the same quiz.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rag.errors import PaperNotFound, UsageError
from rag.follow.quiz.examiner import Examiner, Item, shuffled
from rag.follow.quiz.mastery import PRIOR, kept_papers, mastery_of
from rag.index.library import Library, Progress
from rag.papers.readers.answered import Answered, Given
from rag.papers.readers.kept import Kept
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Filters, Paper
from rag.types.filters import chosen

MOST = 5
"""Questions of a quiz."""
LONGEST = 50
NEWEST = 30
"""Papers asked about where none is kept."""
LOOKED_AT = 60
"""Papers in which questions are looked for, at least."""
AMPLE = 4
"""Papers that are looked at for each question that is wanted: not half of them give one."""
LEAST = 4
"""Papers that a choice of four needs."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a quiz is to be about; without any restriction, what the reader keeps.

    Attributes:
        papers: Ids of these papers only.
        name: Of a list of the reader.
        topic: A subject, by its tag or another name.
    """

    papers: tuple[str, ...] = ()
    name: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Quiz:
    """Questions, with what there is to say about their choice."""

    items: tuple[Item, ...]
    notes: tuple[str, ...]
    seed: int

    def as_json(self) -> dict[str, Any]:
        """As `quiz --json` prints it."""
        return {"items": [one.as_json() for one in self.items], "notes": list(self.notes), "seed": self.seed}


class Quizmaster:
    """Makes quizzes and keeps what is answered; safe to share between threads."""

    def __init__(self, library: Library, kept: Kept, answered: Answered) -> None:
        """Ask of a library.

        Args:
            library: Holds the papers.
            kept: What readers keep.
            answered: What they answered.
        """
        self._library = library
        self._kept = kept
        self._answered = answered
        self.examiner = Examiner(library)

    def quiz(
        self,
        user: str,
        asked: Asked | None = None,
        *,
        most: int = MOST,
        seed: int | None = None,
        progress: Progress | None = None,
    ) -> Quiz:
        """Make a quiz.

        Args:
            user: For whom.
            asked: About what.
            most: Questions, at most; each of another paper where there are enough.
            seed: What chance decides; None takes the number of answers given so far, so that each quiz is another.
            progress: Told how many questions are found.

        Raises:
            PaperNotFound: a paper that is named is not in the library.
            ListNotFound: the reader has no such list.
        """
        answers = self._answered.of(user)
        seed = len(answers) if seed is None else seed
        papers, notes = self._papers(user, asked or Asked())
        held = self._library.shelf.coverage().papers
        if held < LEAST:
            need = f"A question is a choice among {LEAST} papers, and the library holds {plural(held, 'paper')}."
            return Quiz((), (f"{need} Add more.",), seed)
        items = tuple(self._items(papers, answers, most, seed, progress))
        if items and (few := self._few(items, papers, most)):
            notes = [*notes, few]
        if papers and not items:
            one, more = f"the abstract of “{readable(papers[0].title)}”", f"the abstracts of these {len(papers)} papers"
            what = one if len(papers) == 1 else more
            notes = [*notes, f"Nothing in {what} can be asked so that exactly one of four answers is right."]
        return Quiz(items, tuple(notes), seed)

    def answers(self, user: str) -> tuple[Given, ...]:
        """All that a reader answered, oldest first."""
        return self._answered.of(user)

    def forget(self, user: str) -> None:
        """Forget all that a reader answered."""
        self._answered.forget(user)

    def item(self, item_id: str, seed: int) -> Item:
        """A question again.

        Raises:
            UsageError: the paper's text has changed, and it is no longer asked, or there never was such a question.
        """
        paper_id = item_id.rsplit("/", 4)[0]
        try:
            found = self.examiner.items(self._library.paper(paper_id), seed)
        except PaperNotFound:
            found = []
        for one in found:
            if one.item_id == item_id:
                return one
        raise UsageError("This question is no longer asked: the library has changed.", "Begin another quiz.")

    def answer(self, user: str, item: Item, choice: int) -> bool:
        """Keep an answer, and say whether it is right.

        Args:
            user: Who answers.
            item: The question.
            choice: Place of the chosen option, from 0.

        Raises:
            UsageError: there is no such option.
        """
        if not 0 <= choice < len(item.options):
            raise UsageError(f"There is no answer {choice + 1}.", f"Choose 1 to {len(item.options)}.")
        is_right = choice == item.right
        given = Given(item.item_id, item.paper_id, item.topic, item.options[choice].text, is_right, datetime.now(UTC))
        self._answered.add(user, given)
        return is_right

    def _few(self, items: Sequence[Item], papers: Sequence[Paper], most: int) -> str:
        """That there are fewer questions than wanted, or more than papers that give any; empty where neither is."""
        made, gave = len(items), len({one.paper_id for one in items})
        of = plural(min(len(papers), max(LOOKED_AT, AMPLE * most)), "paper")
        if made < most:
            return f"Only {plural(made, 'question')} of the {most} wanted could be made of {of}."
        if gave < made:
            gives = "gives one" if gave == 1 else "give one"
            return f"Only {gave} of {of} {gives}, so more than one is asked of a paper." if len(papers) > 1 else ""
        return ""

    # --- the choice -------------------------------------------------------------------------------------------------

    def _papers(self, user: str, asked: Asked) -> tuple[list[Paper], list[str]]:
        """The papers that may be asked about, and what is to be said of that."""
        shelf = self._library.shelf
        if asked.papers:
            return [shelf.paper(paper_id) for paper_id in shelf.resolved(asked.papers)], []
        notes: list[str] = []
        ids = list(self._kept.get_list(user, asked.name).papers) if asked.name else kept_papers(self._kept, user)
        held = shelf.select(Filters(paper=chosen(ids))) or frozenset() if ids else frozenset()
        if gone := len(ids) - len(held):
            notes.append(f"{plural(gone, 'kept paper')} left the library and {'is' if gone == 1 else 'are'} not asked.")
        if asked.name and not held:
            return [], [*notes, f"The list “{asked.name}” holds no paper of the library."]
        on_topic = shelf.select(Filters(tag=asked.topic)) or frozenset() if asked.topic else None
        if on_topic is not None and not on_topic:
            return [], [*notes, f"No paper of the library is on “{asked.topic}”."]
        among = held if on_topic is None else held & on_topic
        if not among:
            what = f"Nothing on {asked.topic} is kept" if asked.topic else "Nothing is kept"
            filters = Filters(tag=asked.topic) if asked.topic else Filters()
            newest = shelf.browse(filters=filters, limit=NEWEST)
            return newest, [*notes, f"{what} yet, so the newest papers are asked about."] if newest else notes
        papers = shelf.papers(sorted(among))
        return list(papers.values()), notes

    def _items(
        self, papers: Sequence[Paper], answers: Sequence[Given], most: int, seed: int, progress: Progress | None
    ) -> Iterator[Item]:
        """One question of each paper in turn, the least asked first; then second ones, where papers are few."""
        times = Counter(one.item_id for one in answers)
        latest = {one.item_id: one.is_right for one in answers}
        kinds: Counter[str] = Counter()
        turns = self._in_turn(papers, answers, seed)[: max(LOOKED_AT, AMPLE * most)]
        rest: list[list[Item]] = []
        found = 0
        for paper in turns:
            items = self.examiner.items(paper, seed)
            if not items:
                continue
            items.sort(
                key=lambda one: (
                    times[one.item_id],
                    latest.get(one.item_id, False),
                    kinds[one.kind],
                    shuffled(seed, one.item_id),
                )
            )
            first, *others = items
            rest.append(_apart(first, others))
            kinds[first.kind] += 1
            yield first
            found += 1
            if progress:
                progress("looking for questions", found, most)
            if found >= most:
                return
        yield from [one for others in rest for one in others][: most - found]

    def _in_turn(self, papers: Sequence[Paper], answers: Sequence[Given], seed: int) -> list[Paper]:
        """Papers in the order in which they are asked about: one of each topic, the weakest topic first, and again."""
        known = {one.topic.tag: one.chance for one in mastery_of(answers)}
        by_topic: dict[str, list[Paper]] = {}
        for paper in sorted(papers, key=lambda one: shuffled(seed, one.paper_id)):
            by_topic.setdefault(self.examiner.topic(paper.paper_id).tag, []).append(paper)
        topics = sorted(by_topic, key=lambda tag: (known.get(tag, PRIOR), shuffled(seed, tag)))
        longest = max(map(len, by_topic.values()), default=0)
        return [by_topic[tag][n] for n in range(longest) for tag in topics if n < len(by_topic[tag])]


def _apart(first: Item, others: Sequence[Item]) -> list[Item]:
    """Questions on other sentences than the first one's, one a sentence: a sentence with a gap fills the next one's."""
    kept = {(first.start, first.end): first}
    for one in others:
        kept.setdefault((one.start, one.end), one)
    return [one for one in kept.values() if one is not first]
