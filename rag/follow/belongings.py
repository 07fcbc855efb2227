"""All that a library keeps of one reader beside conversations: marks, lists, notes, what they follow, and so on."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from rag.errors import LibraryError
from rag.follow.rewrites import Rewrites
from rag.papers.readers.answered import Answered
from rag.papers.readers.followed import FollowedQuestions
from rag.papers.readers.kept import Kept
from rag.types.places import Place


class Belongings:
    """What is a reader's in a library's folder; files that are not there are not made."""

    def __init__(self, answered: Place, kept: Kept, rewrites: Rewrites, followed: Place) -> None:
        """Look into a library.

        Args:
            answered: Where answers in quizzes lie.
            kept: What readers keep in it.
            rewrites: What was learnt there of their questions.
            followed: Where questions that they follow lie.
        """
        self._quiz = answered
        self._kept = kept
        self._rewrites = rewrites
        self._followed = followed

    def export(self, user: str) -> dict[str, Any]:
        """All of it, ready to be written as JSON.

        Raises:
            LibraryError: a file cannot be read.
        """
        answers = []
        if self._quiz.exists():
            with closing(Answered(self._quiz)) as answered:
                answers = [one.as_json() for one in answered.of(user)]
        learnt = [one.as_json() for one in self._rewrites.all(user)]
        followed = []
        if self._followed.exists():
            with closing(FollowedQuestions(self._followed)) as store:
                followed = [{"question": one.question, "added": one.added.isoformat()} for one in store.of(user)]
        return {**self._kept.export(user), "quiz": answers, "rewrites": learnt, "followed": followed}

    def forget(self, user: str) -> None:
        """Delete all of it; a file that cannot be used keeps none of the others.

        Raises:
            LibraryError: something is left, since its file cannot be written.
        """
        failed: LibraryError | None = None
        questions = self._kept.forget_questions  # conversations stay, and tell of nothing any more
        for forget in (self._kept.forget, questions, self._rewrites.clear, self._forget_answers, self._unfollow):
            try:
                forget(user)
            except LibraryError as error:
                failed = error
        if failed:
            raise failed

    def _forget_answers(self, user: str) -> None:
        if self._quiz.exists():
            with closing(Answered(self._quiz)) as answered:
                answered.forget(user)

    def _unfollow(self, user: str) -> None:
        if self._followed.exists():
            with closing(FollowedQuestions(self._followed)) as store:
                store.forget(user)
