"""All vectors of a collection as one matrix: what a query compares where a filter is too wide to fetch what it allows.

Chroma takes six times as long for a filter of thousands of papers as for none. The matrix is a cache and no second
truth: it is read from Chroma, holds for one state of the collection, and whoever deletes it loses time only.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

_VECTORS = "vectors.npy"
_KEYS = "keys.txt"

Page = tuple[Sequence[str], np.ndarray]
"""Keys (``chunk_id/paper_id``) and their vectors, float32 [len(keys), d]."""


class Matrix:
    """Vectors by row; safe to share between threads."""

    def __init__(self, keys: Sequence[str], vectors: np.ndarray) -> None:
        """Hold vectors, float32 [len(keys), d], L2-normalised, by their keys."""
        self.keys = keys
        self.vectors = vectors
        self._rows: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            self._rows.setdefault(key.partition("/")[2], []).append(row)

    def nearest(self, vector: np.ndarray, k: int, papers: Iterable[str]) -> list[tuple[str, float]]:
        """Compare a vector with every chunk of some papers.

        Returns:
            (key, cosine similarity) of the `k` nearest and of all that tie with the last, in no order.
        """
        rows = np.array(sorted(row for paper in papers for row in self._rows.get(paper, ())), dtype=np.intp)
        if not len(rows):
            return []
        if self.vectors.shape[1] != len(vector):
            raise ValueError(f"collection has dimension {self.vectors.shape[1]}, the question's vector {len(vector)}")
        scores = self.vectors[rows] @ vector
        if len(rows) > k:
            near = scores >= np.partition(scores, -k)[-k]
            rows, scores = rows[near], scores[near]
        return [(self.keys[row], float(score)) for row, score in zip(rows, scores, strict=True)]


def cached(folder: Path | None, count: int, pages: Callable[[], Iterable[Page]]) -> Matrix:
    """The matrix of a collection: read from a folder, else from the collection and kept in the folder.

    Args:
        folder: Stands for one state of the collection; its siblings, of other states, are deleted when it is made.
            None, or where it cannot be written: the matrix is kept in memory only.
        count: Chunks that the collection holds.
        pages: Reads the collection.
    """
    if folder and (found := _read(folder, count)):
        return found
    keys: list[str] = []
    parts: list[np.ndarray] = []
    for names, vectors in pages():
        keys += names
        parts.append(vectors)
    matrix = np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
    if folder:
        with suppress(OSError):  # a library that cannot be written to can still be searched
            _write(folder, keys, matrix)
            return _read(folder, count) or Matrix(keys, matrix)
    return Matrix(keys, matrix)


def _read(folder: Path, count: int) -> Matrix | None:
    """The kept matrix; None where there is none, or not one of so many chunks."""
    try:
        keys = (folder / _KEYS).read_text(encoding="utf-8").splitlines()
        vectors = np.load(folder / _VECTORS, mmap_mode="r")
    except (OSError, ValueError):
        return None
    return Matrix(keys, np.asarray(vectors)) if len(keys) == len(vectors) == count else None


def _write(folder: Path, keys: Sequence[str], vectors: np.ndarray) -> None:
    """Put both files in place at once: a reader finds all or nothing, and of two writers the first wins."""
    folder.parent.mkdir(exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    try:
        np.save(new / _VECTORS, vectors)
        (new / _KEYS).write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
        for old in folder.parent.iterdir():
            if old != new and not old.name.startswith("new-"):
                shutil.rmtree(old, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
