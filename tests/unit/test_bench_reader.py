"""What a measurement of the page writes does not reach the library that it is made over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from rag.index import passage_tokens
from rag.index.passage_tokens import FOLDER, forget_oldest, write_vectors
from tests.support.bench_reader import apart


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with what a library holds, its shelf's last line still in the log of a process that was killed."""
    made = tmp_path / "library"
    for folder in (FOLDER, "chroma", "vectors"):
        (made / folder).mkdir(parents=True)
    (made / "vectors" / "rows").write_text("only read")
    with closing(sqlite3.connect(made / "chroma" / "chroma.sqlite3")) as chroma:
        chroma.execute("CREATE TABLE opened (at TEXT)")
    write_vectors(made / FOLDER / "one", np.ones((2, 4), dtype=np.float16))
    with closing(_shelf(tmp_path)) as shelf:
        shelf.execute("INSERT INTO papers VALUES ('last')")
        for name in ("shelf.sqlite", "shelf.sqlite-wal"):
            (made / name).write_bytes((tmp_path / name).read_bytes())
    for name in ("kept.sqlite", "kept.sqlite-wal", "conversations.sqlite", "write.lock"):
        (made / name).write_text("as it was")
    return made


def _shelf(folder: Path) -> sqlite3.Connection:
    shelf = sqlite3.connect(folder / "shelf.sqlite", isolation_level=None)
    shelf.execute("PRAGMA journal_mode = WAL")
    shelf.execute("CREATE TABLE papers (id TEXT)")
    return shelf


def _held(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def test_a_library_is_measured_without_a_trace(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _held(library)
    monkeypatch.setattr(passage_tokens, "MOST", 0)
    with apart(library) as folder:
        assert sorted(one.name for one in folder.iterdir()) == ["chroma", "shelf.sqlite", "shelf.sqlite-wal", "vectors"]
        assert (folder / "vectors" / "rows").is_symlink(), "what is large and only read is not copied"
        (folder / "kept.sqlite").write_text("a star")
        with closing(sqlite3.connect(folder / "shelf.sqlite", isolation_level=None)) as shelf:
            assert shelf.execute("SELECT id FROM papers").fetchall() == [("last",)]
            shelf.execute("DELETE FROM papers")
            with closing(sqlite3.connect(folder / "chroma" / "chroma.sqlite3", isolation_level=None)) as chroma:
                chroma.execute("INSERT INTO opened VALUES ('now')")
            assert _held(library) == before, "neither a database nor a log beside it"
        (folder / FOLDER).mkdir(exist_ok=True)
        forget_oldest(folder / FOLDER)
    assert not folder.exists()
    assert _held(library) == before
