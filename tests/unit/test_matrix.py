"""The matrix of all vectors: exact, read once, and never another state's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.index.matrix import Matrix, Page, cached
from tests.support.chunks import make_vectors

VECTORS = make_vectors(30)
KEYS = [f"c{row:02}/p{row // 3}" for row in range(30)]


class Source:
    """A collection of 30 chunks, three a paper, that counts how often it is read."""

    def __init__(self, keys: list[str] = KEYS) -> None:
        self.keys = keys
        self.read = 0

    def pages(self) -> Iterator[Page]:
        self.read += 1
        for start in range(0, len(self.keys), 7):
            yield self.keys[start : start + 7], VECTORS[start : start + 7][: len(self.keys) - start]


def test_it_compares_with_every_chunk_of_the_papers_asked_for() -> None:
    matrix = Matrix(KEYS, VECTORS)
    probe = VECTORS[4]
    hits = matrix.nearest(probe, 5, ["p1", "p4", "unknown"])
    expected = {KEYS[row]: float(VECTORS[row] @ probe) for row in (3, 4, 5, 12, 13, 14)}
    assert dict(hits) == pytest.approx(dict(sorted(expected.items(), key=lambda item: -item[1])[:5]))
    assert matrix.nearest(probe, 5, ["unknown"]) == []


def test_all_that_tie_with_the_last_are_found() -> None:
    matrix = Matrix(["a/p", "b/p", "c/p", "d/p"], np.eye(2, dtype=np.float32)[[0, 0, 0, 1]])
    assert {key for key, _ in matrix.nearest(np.array([1, 0], dtype=np.float32), 2, ["p"])} == {"a/p", "b/p", "c/p"}


def test_a_vector_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="dimension"):
        Matrix(KEYS, VECTORS).nearest(np.ones(3, dtype=np.float32), 1, ["p1"])


def test_it_is_read_from_the_collection_once_and_kept(tmp_path: Path) -> None:
    source = Source()
    for _ in range(2):
        matrix = cached(tmp_path / "copies" / "1", 30, source.pages)
        assert list(matrix.keys) == KEYS
        assert np.array_equal(matrix.vectors, VECTORS)
    assert source.read == 1
    assert [folder.name for folder in (tmp_path / "copies").iterdir()] == ["1"]


def test_another_state_is_read_anew_and_replaces_the_old(tmp_path: Path) -> None:
    cached(tmp_path / "copies" / "1", 30, Source().pages)
    later = Source(KEYS[:9])
    assert len(cached(tmp_path / "copies" / "2", 9, later.pages).keys) == 9
    assert later.read == 1
    assert [folder.name for folder in (tmp_path / "copies").iterdir()] == ["2"]


@pytest.mark.parametrize("damage", ["fewer keys", "no vectors", "no array", "another count"])
def test_a_damaged_copy_is_read_anew(tmp_path: Path, damage: str) -> None:
    folder, source = tmp_path / "copies" / "1", Source()
    cached(folder, 30, source.pages)
    if damage == "fewer keys":
        (folder / "keys.txt").write_text("c00/p0\n", encoding="utf-8")
    elif damage == "no vectors":
        (folder / "vectors.npy").unlink()
    elif damage == "no array":
        (folder / "vectors.npy").write_bytes(b"not an array")
    count = 9 if damage == "another count" else 30
    source.keys = KEYS[:count]
    for _ in range(2):
        assert len(cached(folder, count, source.pages).keys) == count
    assert source.read == 2, "read anew once, and kept"


def test_where_nothing_can_be_written_it_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("a file where the folder should be", encoding="utf-8")
    assert np.array_equal(cached(tmp_path / "copies" / "1", 30, Source().pages).vectors, VECTORS)
    assert np.array_equal(cached(None, 30, Source().pages).vectors, VECTORS)


def test_an_empty_collection_is_no_error() -> None:
    assert cached(None, 0, Source([]).pages).nearest(VECTORS[0], 3, ["p1"]) == []
