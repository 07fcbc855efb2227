"""Stores of an earlier schema: upgraded, read only where they may not be written, and no reason for that otherwise."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from rag.errors import LibraryError
from rag.papers import database
from rag.papers.database import Database

STEPS = ("CREATE TABLE notes (text TEXT)", "CREATE TABLE marks (note INTEGER)")
THREADS = 8


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A file of the first schema."""
    file = tmp_path / "notes.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(f"{STEPS[0]}; INSERT INTO notes VALUES ('kept'); PRAGMA user_version = 1")
    return file


def test_all_threads_read_one_copy_where_the_file_may_not_be_written(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "_is_still", lambda self: True)
    grown: list[object] = []
    grow = database._grow

    def counted(*given: Any) -> None:
        grow(*given)
        grown.append(given)

    monkeypatch.setattr(database, "_grow", counted)
    store = Database.stepped(earlier, STEPS)
    at_once = Barrier(THREADS)

    def read(_: int) -> tuple[list[tuple[str]], list[tuple[int]]]:
        at_once.wait(60)
        return store.all("SELECT text FROM notes"), store.all("SELECT note FROM marks")

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(read, range(THREADS))) == [([("kept",)], [])] * THREADS
    assert len(grown) == 1
    with pytest.raises(LibraryError, match="is only read"):
        store.execute("INSERT INTO notes VALUES ('lost')")
    store.close()
    assert store.all("SELECT text FROM notes") == [("kept",)]


def test_two_files_that_may_not_be_written_are_two_copies(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = earlier.with_name("other.sqlite")
    with closing(sqlite3.connect(other)) as db:
        db.executescript(f"{STEPS[0]}; PRAGMA user_version = 1")
    monkeypatch.setattr(Database, "_is_still", lambda self: True)
    one, two = Database.stepped(earlier, STEPS), Database.stepped(other, STEPS)
    assert [len(each.all("SELECT text FROM notes")) for each in (one, two)] == [1, 0]


def test_a_full_disk_is_no_reason_to_read_only(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has room again, and whoever comes then writes as ever."""
    ahead = database._write_ahead

    def full(connection: sqlite3.Connection) -> None:
        ahead(connection)
        connection.execute("PRAGMA max_page_count = 1")  # which is as many as there are, at least

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(database, "_write_ahead", full)
        with pytest.raises(LibraryError, match="cannot be opened or written: database or disk is full"):
            Database.stepped(earlier, STEPS)
    store = Database.stepped(earlier, STEPS)
    store.execute("INSERT INTO notes VALUES ('more')")
    assert store.all("SELECT text FROM notes") == [("kept",), ("more",)]
