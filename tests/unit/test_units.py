"""In how many papers at a time a library is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.config import Config
from rag.index import pending, units
from rag.index.library import Library
from tests.support.papers import make_paper


def test_a_full_text_counts_as_often_as_it_is_longer_than_an_abstract() -> None:
    long = 10 * units.ABSTRACT
    assert list(units.weighed([("a", 10), ("b", 10), ("c", 10)], 2)) == [("a", "b"), ("c",)]
    assert list(units.weighed([("a", 10), ("b", long), ("c", 10)], 10)) == [("a",), ("b",), ("c",)]
    assert list(units.weighed([("a", 10), ("b", long), ("c", 10)], 12)) == [("a", "b", "c")]
    assert list(units.weighed([], 2)) == []


def _written(library: Library, monkeypatch: pytest.MonkeyPatch, ids: Sequence[str]) -> list[int]:
    """How many papers each write of an ingest takes in."""
    sizes: list[int] = []
    write = pending._write

    def counted(into: Library, embedded: pending.Embedded) -> tuple[int, int]:
        sizes.append(len(embedded.unit))
        return write(into, embedded)

    def vectors(_: Any, texts: Sequence[str], **__: Any) -> np.ndarray:
        return np.full((len(texts), 384), 1 / 384**0.5, dtype=np.float32)

    monkeypatch.setattr(pending, "_write", counted)
    monkeypatch.setattr(pending, "embed_texts", vectors)
    library.ingest([make_paper(one, f"Elephants {one}", f"We weigh {one} elephants.") for one in ids])
    monkeypatch.setattr(pending, "_write", write)
    return sizes


def test_a_library_is_written_in_shares_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "UNIT", 4)
    monkeypatch.setattr(units, "SHARE", 2)
    ids = [f"2511.{n:05}" for n in range(40)]
    with Library(Config(data_dir=tmp_path)) as library:
        assert _written(library, monkeypatch, ids[:20]) == [4, 4, 4, 6, 2]
        assert _written(library, monkeypatch, ids[20:]) == [10, 10]


def test_what_is_gone_from_the_shelf_is_cleared_from_the_indexes(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2511.00001", "Elephants", "We weigh elephants."), make_paper("2511.00002")])
        library.shelf.mark_pending()
        library.shelf.remove(["2511.00001"])
        library.index_pending()
        assert not library.shelf.pending()
        with library.indexes() as indexes:
            assert indexes.vectors.count() == 1
