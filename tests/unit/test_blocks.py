"""Embedded blocks on disk: there whole or not at all, and of no harm when they are of yesterday."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.config import Config
from rag.index import pending
from rag.index.bulk.blocks import FOLDER, Blocks, key_of, paper_of
from rag.index.bulk.worker import packed, unpacked
from rag.index.library import Library
from rag.models import embed_texts
from rag.types import Chunk
from tests.support.papers import make_paper

CHUNKS = [Chunk(f"c{n}", "2504.00001", 1, n, n + 5, "zebra\nü", "A Title\nzebra ü") for n in range(3)]
VECTORS = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_chunks_and_vectors_come_back_as_they_were() -> None:
    chunks, vectors = unpacked(packed(CHUNKS, VECTORS))
    assert chunks == CHUNKS
    assert vectors.tobytes() == VECTORS.tobytes()
    assert unpacked(packed([], np.empty((0, 4))))[0] == []


def test_a_block_is_read_again_by_whoever_comes_next(tmp_path: Path) -> None:
    first = Blocks(tmp_path, "recipe")
    written = [first.put({"a": b"1", "b": b""}), first.put({"c": packed(CHUNKS, VECTORS)})]
    again = Blocks(tmp_path, "recipe")
    assert again.files() == written
    assert [again.read(file) for file in written] == [{"a": b"1", "b": b""}, {"c": packed(CHUNKS, VECTORS)}]
    assert again.put({"d": b"4"}) not in written, "numbers go on"
    again.close()
    assert len(again.files()) == 3, "what is not in the index yet is kept"
    again.drop(again.files())
    again.close()
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize("spoil", [lambda content: content[:-1], lambda content: b"", lambda content: content + b"x"])
def test_a_damaged_block_holds_nothing(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    blocks = Blocks(tmp_path, "recipe")
    file = blocks.put({"a": b"1"})
    file.write_bytes(spoil(file.read_bytes()))
    assert blocks.read(file) == {}


def test_what_another_recipe_or_a_killed_writer_left_is_deleted(tmp_path: Path) -> None:
    Blocks(tmp_path, "old").put({"a": b"1"})
    (tmp_path / FOLDER / "new").mkdir()
    (tmp_path / FOLDER / "new" / "000000000.new").write_bytes(b"half")
    assert Blocks(tmp_path, "new").files() == []
    assert [one.name for one in (tmp_path / FOLDER).rglob("*")] == ["new"]


def test_a_key_changes_with_all_that_decides_chunks() -> None:
    paper = make_paper()
    changed = [
        replace(paper, title="Another"),
        replace(paper, abstract="Another."),
        replace(paper, version=2),
        replace(paper, body="A body."),
    ]
    assert len({key_of(one) for one in [paper, *changed]}) == 5
    assert {paper_of(key_of(one)) for one in [paper, *changed]} == {paper.paper_id}
    assert key_of(replace(paper, authors=("Bob",))) == key_of(paper)


def test_an_ordinary_ingest_leaves_no_blocks(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        Blocks(tmp_path, library.fingerprint).put({"a": b"1"})
        library.ingest([make_paper()])
        assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize("write", ["ingest", "remove"])
def test_any_other_write_takes_what_a_cluster_had_embedded(
    write: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cluster's hours are not thrown away by whoever writes between two runs of its ingest."""
    embedded: list[int] = []

    def counted(model: Any, texts: list[str], **more: Any) -> np.ndarray:
        embedded.append(len(texts))
        return embed_texts(model, texts, **more)

    monkeypatch.setattr(pending, "embed_texts", counted)
    first, *others = [make_paper(f"2504.0000{n}", abstract=f"About {n}.") for n in range(1, 5)]
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([first])
        library.shelf.record(others)
        blocks, known = Blocks(tmp_path, library.fingerprint), np.eye(1, 384, dtype=np.float32)
        for paper in library.shelf.papers(one.paper_id for one in others[:2]).values():
            blocks.put({key_of(paper): packed(library.chunker.split(paper), known)})
        embedded.clear()
        library.ingest([]) if write == "ingest" else library.remove([first.paper_id])
        assert sum(embedded) == 1
        assert not library.shelf.pending()
        assert not (tmp_path / FOLDER).exists()
        rows = {row.paper_id: row.chunk_id for row in library.shelf.chunks()}
        assert rows.keys() >= {one.paper_id for one in others}
        with library.indexes() as indexes:
            stored = indexes.vectors.vectors([rows[one.paper_id] for one in others])
        assert [bool(np.allclose(row, known[0])) for row in stored] == [True, True, False]


def test_an_engine_that_fails_leaves_what_it_wrote_and_the_rest_pending(tmp_path: Path) -> None:
    papers = [make_paper(f"2504.0000{n}", abstract=f"About {n}.") for n in range(1, 4)]

    def engine(library: Library, pending: object, progress: object) -> object:
        first = "2504.00001"
        chunks = library.chunker.split(library.shelf.paper(first))
        yield library.embedded({first: False}, chunks, np.eye(len(chunks), 384, dtype=np.float32))
        raise RuntimeError("the cluster burnt down")

    with Library(Config(data_dir=tmp_path)) as library:
        with pytest.raises(RuntimeError, match="burnt"):
            library.ingest(papers, None, engine)  # type: ignore[arg-type]
        assert [paper_id for paper_id, _ in library.shelf.pending()] == ["2504.00002", "2504.00003"]
        assert {row.paper_id for row in library.shelf.chunks()} == {"2504.00001"}
        report = library.ingest([])
        assert report.chunks_added == 2
