"""Token vectors of passages are made once, and whatever became of what is kept, an answer never depends on it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.backup.inventory import left_out
from rag.config import Config
from rag.index import passage_tokens
from rag.index.library import Library
from rag.index.passage_tokens import FOLDER, PassageTokens, forget_oldest, read_vectors, write_vectors
from rag.index.query_vector import read_tokens
from rag.models import TokenVectors

TEXTS = ("Tiny rankers are distilled.", "Astronauts bake bread in orbit.", "")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(Config(data_dir=tmp_path))


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts that the model was asked for."""
    asked: list[str] = []

    def counted(library: Library, texts: Sequence[str]) -> list[TokenVectors] | None:
        asked.extend(texts)
        return read_tokens(library, texts)

    monkeypatch.setattr(passage_tokens, "read_tokens", counted)
    return asked


def vectors(library: Library, texts: Sequence[str] = TEXTS) -> list[bytes]:
    found = PassageTokens(library).of(texts)  # as another process would begin
    assert found is not None
    assert not any(one.spans for one in found)
    assert all(one.vectors.dtype == np.float16 for one in found)
    assert all(one.vectors.shape[1] == 384 for one in found)
    return [one.vectors.tobytes() for one in found]


def kept(library: Library) -> list[Path]:
    return sorted((library.folder / FOLDER).iterdir())


def test_a_text_is_embedded_once_for_all_processes_and_its_vectors_are_the_same(
    library: Library, embedded: list[str]
) -> None:
    first = vectors(library)
    assert embedded == list(TEXTS)
    assert vectors(library) == first
    assert vectors(library, [TEXTS[1], TEXTS[1]]) == [first[1], first[1]]
    assert embedded == list(TEXTS)


def test_another_text_or_model_is_embedded_anew(
    library: Library, embedded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors(library)
    vectors(library, ["Tiny rankers are distilled!"])
    assert embedded == [*TEXTS, "Tiny rankers are distilled!"]
    monkeypatch.setattr(passage_tokens, "reads_tokens", lambda _: "another")
    vectors(library, TEXTS[:1])
    assert embedded[-1] == TEXTS[0]


@pytest.mark.parametrize("content", [b"", b"short", None])
def test_what_was_damaged_is_made_anew(library: Library, embedded: list[str], content: bytes | None) -> None:
    first = vectors(library)
    for file in kept(library):
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if content is None else content)
    assert vectors(library) == first
    assert embedded == [*TEXTS, *TEXTS]
    assert vectors(library) == first
    assert embedded == [*TEXTS, *TEXTS]


def test_where_nothing_can_be_kept_answers_are_the_same(library: Library, embedded: list[str]) -> None:
    (library.folder / FOLDER).write_text("a file where a folder should be")
    assert vectors(library) == vectors(library)
    assert embedded == [*TEXTS, *TEXTS]


def test_the_folder_stays_small_and_what_was_used_lately_stays_in_it(
    library: Library, embedded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage_tokens, "MOST", 2)
    monkeypatch.setattr(passage_tokens, "SLACK", 0)
    for hours_ago, text in zip((3, 2), TEXTS[:2], strict=True):
        vectors(library, [text])
        now = time.time()
        for file in kept(library):
            if now - file.stat().st_mtime < 1800:
                os.utime(file, (now, now - 3600 * hours_ago))
    vectors(library, TEXTS[:1])  # used just now
    vectors(library, TEXTS[2:])
    assert len(kept(library)) == 2
    assert embedded == list(TEXTS)
    vectors(library, TEXTS[:1])
    assert embedded == list(TEXTS)
    vectors(library, TEXTS[1:2])
    assert embedded == [*TEXTS, TEXTS[1]]


def test_memory_holds_few(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage_tokens, "KEPT", 2)
    tokens = PassageTokens(library)
    tokens.of(TEXTS)
    assert len(tokens._recent._kept) == 2


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    new, old = tmp_path / "new-1", tmp_path / "new-2"
    for file in (new, old):
        file.touch()
    os.utime(old, (0, 0))
    forget_oldest(tmp_path)
    assert list(tmp_path.iterdir()) == [new]


def test_many_write_and_delete_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage_tokens, "MOST", 3)
    made = [np.full((5, 4), n, dtype=np.float16) for n in range(10)]

    def work(n: int) -> bool:
        write_vectors(tmp_path / str(n % 10), made[n % 10])
        forget_oldest(tmp_path)
        found = read_vectors(tmp_path / str(n % 10))
        return found is None or np.array_equal(found, made[n % 10])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
    forget_oldest(tmp_path)
    left = list(tmp_path.iterdir())
    assert len(left) <= 3, "fewer where two that looked at different times both deleted"
    assert all(read_vectors(file) is not None for file in left)
    for n in range(4):
        write_vectors(tmp_path / f"alone-{n}", made[n])
    forget_oldest(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_no_backup_holds_them(library: Library) -> None:
    vectors(library)
    assert (FOLDER, "made anew when it is needed") in left_out(library.folder)


@pytest.mark.skipif(os.name != "posix", reason="no modes of files here")
def test_what_one_account_keeps_another_reads_as_it_reads_the_library(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    write_vectors(tmp_path / "kept", np.ones((1, 2), dtype=np.float16))
    assert (tmp_path / "kept").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_file_that_cannot_be_deleted_does_not_end_the_cleaning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        write_vectors(tmp_path / str(n), np.ones((1, 2), dtype=np.float16))
        os.utime(tmp_path / str(n), (n, n))
    monkeypatch.setattr(passage_tokens, "MOST", 1)
    unlink = Path.unlink

    def held(self: Path, missing_ok: bool = False) -> None:
        if self.name == "2":
            raise PermissionError(13, "in use", str(self))
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", held)
    forget_oldest(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["2", "3"]
