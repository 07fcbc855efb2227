"""What a reader follows on the page: asked at once, and again when papers have come in, as `paperchat follow` does."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup

from rag.assistant import Assistant
from rag.errors import LibraryError, PaperchatError, UsageError
from rag.follow.questions import Follower
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Answer
from ui.web.companion import followed
from ui.web.companion.followed import Shown
from ui.web.html.rendering import EMPTY

MOST = 100
"""Questions that one reader follows on the page: each is asked again whenever papers come in."""


class Follows:
    """Follows and draws what is followed; safe from many threads."""

    def __init__(self, assistant: Assistant) -> None:
        """Follow questions that an assistant answers."""
        self._assistant = assistant
        self._library = assistant.library

    def follow(self, written: str, owner: str) -> None:
        """Follow a question from now on, and ask it.

        Raises:
            UsageError: it is empty, too long, or one too many.
            LibraryError: it cannot be kept.
        """
        question = self._assistant.engine.checked(followed.folded(written))
        follower = Follower(self._library, owner)
        known = [one.question for one in follower.all()]
        if len(known) >= MOST and question not in known:
            said = f"You follow {plural(MOST, 'question')} already, the most there can be."
            raise UsageError(said, "End one on Today first.")
        added = follower.add(question)
        follower.ask_again(self._ask, number=added.number)

    def end(self, written: str, owner: str) -> None:
        """Follow a question no longer; one that is not followed stays so."""
        question = followed.folded(written)
        follower = Follower(self._library, owner)
        for one in follower.all():
            if one.question == question:
                follower.remove(one.number)

    def control(self, written: str, owner: str) -> Markup:
        """The button that follows a question; none where nothing can be followed."""
        question = followed.folded(written)
        with suppress(PaperchatError):
            return followed.control(question, question in self._questions(owner))
        return EMPTY

    def authors(self, names: list[str], owner: str) -> Markup:
        """The choice of authors to follow; none where nothing can be followed."""
        read = dict.fromkeys(filter(None, map(readable, names)))
        with suppress(PaperchatError):
            questions = self._questions(owner)
            return followed.authors({one: followed.folded(followed.author_question(one)) in questions for one in read})
        return EMPTY

    def shown(self, owner: str, since: date, until: date, *, asked: bool = False) -> Shown:
        """What followed questions brought in some days.

        Args:
            owner: Who reads.
            since: The first day.
            until: The last one.
            asked: Whether outdated questions have just been asked again.
        """
        follower, days = Follower(self._library, owner), f"{since}/{until}"
        try:
            brought = follower.brought(since, until)
            is_outdated = not asked and bool(follower.outdated())
        except PaperchatError as error:
            return Shown((), days, problem=f"What you follow cannot be read. {error.message} {error.advice}")
        awaited = f"/view/followed?{urlencode({'place': days})}" if is_outdated else ""
        most = self._library.config.answer.max_question_chars
        dropped = {paper.paper_id for one in brought for paper in one.change.dropped}
        return Shown(brought, days, awaited, most=most, gone=dropped - self._library.shelf.papers(dropped).keys())

    def ask_again(self, owner: str) -> None:
        """Ask what papers that have come in may have changed; what fails is told beside its question."""
        with suppress(LibraryError):  # a library that may not be written keeps the answers of before
            Follower(self._library, owner).ask_again(self._ask)

    def _ask(self, question: str) -> Answer:
        return self._assistant.answer(question, mode="extractive")

    def _questions(self, owner: str) -> set[str]:
        return {one.question for one in Follower(self._library, owner).all()}


def days_of(written: str) -> tuple[date, date] | None:
    """The days that a section names (`Shown.days`); None where it names none."""
    since, _, until = written.partition("/")
    try:
        return date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        return None
