"""Followed questions, asked again where the library has changed; what their answers brought, by the days of reports.

A question is asked through the one path, in quotes, whatever `answer.mode` says: so the same library gives the same
answer, and a difference is the papers', not a model's mood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from rag.errors import PaperchatError
from rag.follow.changes import Change, difference
from rag.index.library import Library, Progress
from rag.papers.browse.days import ReportDays, today
from rag.papers.readers.followed import FILE_NAME, Asking, Followed, FollowedQuestions
from rag.papers.shelf import Shelf
from rag.text.grammar import plural
from rag.types import Answer, Citation

Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Brought:
    """What a followed question brought.

    Attributes:
        answer: The newest answer that differed from the one before; None where it was never answered.
        change: How it differs from an earlier one.
    """

    followed: Followed
    answer: Asking | None = None
    change: Change = field(default_factory=Change)


class Follower:
    """Follows questions over a library; one that is never used costs a look at whether a file is there."""

    def __init__(self, library: Library, user: str = "") -> None:
        """Follow for a reader.

        Args:
            library: Answers the questions.
            user: Who follows; empty where there are no users.
        """
        self._library = library
        self._user = user
        self._place = library.config.store(FILE_NAME)

    def add(self, question: str) -> Followed:
        """Follow a question; what it brings is told from its first answer on."""
        with self._store() as store:
            return store.add(self._user, question, self._state())

    def remove(self, number: int) -> Followed:
        """Follow a question no longer (`FollowedNotFound` where the reader follows none that has the number)."""
        with self._store() as store:
            return store.remove(self._user, number)

    def all(self) -> list[Followed]:
        """All that the reader follows."""
        if not self._place.exists():
            return []
        with self._store() as store:
            return store.of(self._user)

    def outdated(self, *, everybodys: bool = False) -> list[Followed]:
        """The questions whose last answer rests on another library or configuration than there is now.

        Args:
            everybodys: Those of all readers, not of this one alone.
        """
        if not self._place.exists():
            return []
        state = self._state()
        with self._store() as store:
            found = store.all() if everybodys else store.of(self._user)
        return [one for one in found if one.state != state]

    def ask_again(
        self, ask: Ask, progress: Progress | None = None, *, everybodys: bool = False, number: int | None = None
    ) -> list[PaperchatError]:
        """Ask the outdated questions again, and keep the answers that differ.

        Args:
            ask: Answers a question over this library.
            progress: Told how far it is.
            everybodys: Those of all readers, not of this one alone.
            number: The only one that is asked; None: all of them.

        Returns:
            An error for each of the reader's own that could not be answered, and one for all of others, without their
            words; they are asked again the next time.
        """
        errors: list[PaperchatError] = []
        outdated = [one for one in self.outdated(everybodys=everybodys) if number in (None, one.number)]
        own, others = {one.number for one in self.all()}, 0
        for n, one in enumerate(outdated, start=1):
            try:
                self._ask(one, ask)
            except PaperchatError as error:
                with self._store() as store:
                    store.fail(one.number, error.message)
                if one.number in own:
                    problem = f"The followed question “{one.question}” could not be answered. {error.message}"
                    errors.append(PaperchatError(problem, error.advice))
                else:
                    others += 1
            if progress:
                progress("asking followed questions", n, len(outdated))
        if others:
            said = f"{plural(others, 'question')} that readers follow could not be answered."
            errors.append(PaperchatError(said, "Today tells each of them why; the next report asks again."))
        return errors

    def brought(self, since: date | None = None, until: date = date.max) -> list[Brought]:
        """What each question brought.

        Args:
            since: Compare with what stood before this day's reports; None: with the answer before the last change.
            until: Leave out what came with the reports of later days.
        """
        if not self._place.exists():
            return []
        led_on = self._led_on()
        with self._store() as store:
            return [_brought(one, store.told(one, since, until), led_on) for one in store.of(self._user)]

    def _ask(self, one: Followed, ask: Ask) -> None:
        state, reach = self._state(), self._reach()
        answer = ask(one.question)
        asking, led_on = Asking(datetime.now(UTC), reach, answer.citations), self._led_on()
        with self._store() as store:
            if self._state() == state:  # else it may come after the answer of a newer library; it is asked again
                store.note(
                    one.number,
                    state,
                    asking,
                    lambda before: bool(difference(led_on(before).citations, asking.citations)),
                )

    def _led_on(self) -> Callable[[Asking], Asking]:
        """Puts the papers of an answer under the ids that they have now: another id is no other paper."""
        shelf, renamed = self._library.shelf, self._library.shelf.renamed()
        return lambda one: replace(one, citations=tuple(_led_on(shelf, renamed, cited) for cited in one.citations))

    def _state(self) -> str:
        """What an answer rests on."""
        return f"{self._library.corpus_digest()}:{self._library.config.digest()}"

    def _reach(self) -> date:
        """The newest day that the library holds, none that lies in the future."""
        days = ReportDays(self._library.shelf)
        try:
            return days.newest(today()) or date.min
        finally:
            days.close()

    @contextmanager
    def _store(self) -> Iterator[FollowedQuestions]:
        store = FollowedQuestions(self._place)
        try:
            yield store
        finally:
            store.close()


def _brought(one: Followed, told: tuple[Asking, Asking] | None, led_on: Callable[[Asking], Asking]) -> Brought:
    """The last answer and how it differs; who else follows the question, and since when, is told to nobody."""
    if told is None:
        return Brought(one)
    before, last = map(led_on, told)
    answer = replace(last, asked=max(last.asked, one.added))
    return Brought(one, answer, difference(before.citations, last.citations))


def _led_on(shelf: Shelf, renamed: Mapping[str, str], citation: Citation) -> Citation:
    """A citation of a paper that left its id as one of the paper that it is now, in the version that has the quote.

    As it was stored where the paper has its id still, or is gone.
    """
    paper_id = renamed.get(citation.paper_id, "")
    paper = shelf.papers([paper_id]).get(paper_id) if paper_id else None
    if paper is None:
        return citation
    versions = (paper, *(shelf.paper(paper_id, version) for version in shelf.versions(paper_id)))
    place = slice(citation.start, citation.end)
    held = next((one for one in versions if one.text[place] == citation.quote), paper)
    return citation.model_copy(
        update={"paper_id": paper_id, "version": held.version, "title": held.title, "url": held.url}
    )
