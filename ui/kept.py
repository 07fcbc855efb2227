"""What readers keep, also over a library that may not be written or whose file is damaged: there it is nothing."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing

from rag.errors import IndexDamaged, LibraryBusy, LibraryError
from rag.papers.database import Database
from rag.papers.readers.answered import Answered, Given
from rag.papers.readers.kept import STEPS, Kept
from rag.papers.readers.lists import PaperLists
from rag.types.places import Place

_log = logging.getLogger(__name__)


def kept_in(place: Place) -> Kept:
    """What readers keep in a library; `problem_of` says why it is nothing and stays so.

    Raises:
        LibraryBusy: another process makes the file, and takes too long.
    """
    try:
        kept = Kept(place)
        _check(place)
        return kept
    except LibraryBusy:
        raise
    except LibraryError as error:
        _log.warning("Nothing can be kept (stars, lists, notes): %s", error.message)
        return _Nothing(place, error)


def problem_of(kept: Kept) -> str:
    """Why nothing is kept and nothing can be, in a sentence or two; empty where all is well."""
    return kept.problem if isinstance(kept, _Nothing) else ""


def answered_in(place: Place) -> tuple[Answered, str]:
    """What readers answered in a library, and why answers are not kept; empty where all is well.

    Raises:
        LibraryBusy: another process makes the file, and takes too long.
    """
    try:
        answered = Answered(place)
        _check(place)
        return answered, ""
    except LibraryBusy:
        raise
    except IndexDamaged as error:
        _log.warning("Answers in quizzes are not kept: %s", error.message)
        problem = f"Answers are not kept. {error.message} {error.advice} Then start paperchat again."
        return _Unanswered(), problem
    except LibraryError as error:
        _log.warning("Answers in quizzes are not kept: %s", error.message)
        return _Unanswered(), "This library may not be written, so answers are not kept."


def _check(place: Place) -> None:
    """Raise `IndexDamaged` for a file that begins well and goes on otherwise, before a page rests on it."""
    with closing(Database.at(place)) as store:
        found = store.integrity()
    if found != "ok":
        raise IndexDamaged(f"{place} is damaged: {found}.", "Restore it from a backup, or move it away.")


class _Nothing(Kept):
    """Nothing; whatever would be kept is refused with `LibraryError`."""

    def __init__(self, place: Place, error: LibraryError) -> None:
        PaperLists.__init__(self, _Empty(place))
        if isinstance(error, IndexDamaged):
            self.problem = f"What you keep cannot be read. {error.message} {error.advice} Then start paperchat again."
        else:
            self.problem = "This library may not be written, so nothing can be kept: no star, no list, no interest."


class _Unanswered(Answered):
    """No answers; those that are given are not kept, which the page says."""

    def __init__(self) -> None:  # there is no file
        pass

    def close(self) -> None:
        """Close nothing."""

    def of(self, user: str) -> tuple[Given, ...]:
        """Nothing."""
        return ()

    def add(self, user: str, answer: Given) -> None:
        """Keep nothing."""

    def forget(self, user: str) -> None:
        """Forget nothing: there is nothing."""


class _Empty(Database):
    """In place of a file that cannot be used, an empty one in memory that refuses to be written."""

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for step in STEPS:
            connection.executescript(step)
        connection.execute("PRAGMA query_only = ON")
        return connection
