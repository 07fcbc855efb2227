"""What readers keep, also over a library that may not be written: there it is nothing, and stays so."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from rag.errors import IndexDamaged, LibraryBusy, LibraryError
from rag.papers.database import Database
from rag.papers.kept import FILE_NAME, STEPS, Kept
from rag.papers.lists import PaperLists

_log = logging.getLogger(__name__)


def kept_in(folder: Path) -> Kept:
    """What readers keep in a library's folder.

    Raises:
        IndexDamaged: the file is none of ours, or one of a later version.
        LibraryBusy: another process makes the file, and takes too long.
    """
    path = folder / FILE_NAME
    try:
        return Kept(path)
    except (IndexDamaged, LibraryBusy):
        raise
    except LibraryError as error:
        _log.warning("Nothing can be kept (stars, lists, notes): %s", error.message)
        return _Nothing(path)


class _Nothing(Kept):
    """Nothing; whatever would be kept is refused with `LibraryError`."""

    def __init__(self, path: Path) -> None:
        PaperLists.__init__(self, _Empty(path))


class _Empty(Database):
    """In place of a file that cannot be made, an empty one in memory that refuses to be written."""

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for step in STEPS:
            connection.executescript(step)
        connection.execute("PRAGMA query_only = ON")
        return connection
