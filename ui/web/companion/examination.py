"""What the quiz's page asks of the core: questions found, answers kept, what is known, what to read next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from markupsafe import Markup

from rag.errors import UsageError
from rag.follow.quiz.mastery import mastery_of, next_to_read
from rag.follow.quiz.quiz import Asked, Quizmaster
from rag.index.library import Library
from rag.papers.readers.answered import FILE_NAME as ANSWERED
from rag.papers.readers.kept import Kept
from ui.kept import answered_in
from ui.web.companion import quiz
from ui.web.html.rendering import EMPTY


class Examination:
    """The quizzes of all readers; safe from many threads. Its file is opened when somebody first wants to be asked."""

    def __init__(
        self, library: Library, kept: Kept, marks: Callable[[Iterable[str], str], Mapping[str, Markup]]
    ) -> None:
        """Ask about a library.

        Args:
            library: Holds the papers.
            kept: What readers keep of them.
            marks: The buttons of some papers, for a reader.
        """
        self._library = library
        self._kept = kept
        self._marks = marks
        self._opened: Quizmaster | None = None
        self._problem = ""
        self._guard = threading.Lock()

    def page(self, fields: Mapping[str, str], owner: str, lost: Markup = EMPTY) -> Markup:
        """The page of a quiz, whose questions come when they are found.

        Args:
            fields: What the quiz is about.
            owner: Who is asked.
            lost: What stands in the place of the questions, where there is nothing to be asked about.
        """
        lists = [one.name for one in self._kept.lists(owner)]
        known = self.known(owner)
        return quiz.page(fields, lists, known, self._problem, lost)

    def questions(self, fields: Mapping[str, str], owner: str) -> Markup:
        """The questions of a quiz, as its address says what it is about."""
        papers = tuple(self._library.shelf.resolved(fields.get("paper", "").split()))
        asked = Asked(papers, fields.get("list", ""), " ".join(fields.get("topic", "").split()))
        seed = _number(fields, "seed") if fields.get("seed") else None
        return quiz.questions(self._master().quiz(owner, asked, seed=seed), fields)

    def answer(self, fields: Mapping[str, str], owner: str) -> Mapping[str, str]:
        """Keep an answer; the question drawn anew, and what is known now."""
        seed, choice, number = (_number(fields, name) for name in ("seed", "choice", "number"))
        item = self._master().item(fields.get("item", ""), seed)
        self._master().answer(owner, item, choice)
        return {"question": str(quiz.answered(item, number, choice)), "known": str(self.known(owner))}

    def forget(self, owner: str) -> Mapping[str, str]:
        """Forget what a reader answered; what is known then."""
        self._master().forget(owner)
        return {"known": str(self.known(owner))}

    def known(self, owner: str) -> Markup:
        """What a reader knows of each topic, and what to read next."""
        answers = self._master().answers(owner)
        advised = next_to_read(self._library, self._kept, owner, answers)
        return quiz.known(mastery_of(answers), advised, self._marks([one.paper.paper_id for one in advised], owner))

    def _master(self) -> Quizmaster:
        with self._guard:
            if self._opened is None:
                answered, self._problem = answered_in(self._library.config.store(ANSWERED))
                self._opened = Quizmaster(self._library, self._kept, answered)
            return self._opened


def _number(fields: Mapping[str, str], name: str) -> int:
    """A number that the page sends along.

    Raises:
        UsageError: it is none.
    """
    text = fields.get(name, "")
    if not (text.isdecimal() and len(text) < 10):
        raise UsageError("That is no answer to a question of a quiz.", "Reload the page.")
    return int(text)
