"""Ingests that are killed, run at once, or run beside readers: nothing is lost, doubled or orphaned."""

from __future__ import annotations

import random
import threading
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.health import examine
from rag.index.library import Library
from rag.sources import discover, read_source
from rag.types import Paper
from tests.support.writer import Writer

SAMPLE = Path(str(files("rag") / "sample"))
REPORTS = sorted(SAMPLE.glob("20*.md"))
KILLS = 20


def contents(folder: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Texts by paper and vectors by chunk of a library that must be healthy."""
    with Library(Config(data_dir=folder)) as library:
        health = examine(library)
        assert health.ok, health.checks
        texts = {paper.paper_id: paper.text for paper in library.shelf.browse()}
        with library.indexes() as indexes:
            ids = sorted(indexes.vectors.ids())
            assert ids == sorted(indexes.lexical.ids())
            return texts, dict(zip(ids, indexes.vectors.vectors(ids), strict=True))


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_killed_ingests_end_like_a_clean_one(tmp_path: Path) -> None:
    with Writer(tmp_path / "clean") as writer:
        begin = time.monotonic()
        writer.start(SAMPLE)
        writer.finish()
        duration = time.monotonic() - begin
    expected_texts, expected_vectors = contents(tmp_path / "clean")
    random_moment = random.Random(7)
    kills = libraries = interrupted = 0
    while kills < KILLS:
        folder = tmp_path / f"killed-{libraries}"
        libraries += 1
        while kills < KILLS:
            writer = Writer(folder)
            writer.start(SAMPLE)
            time.sleep(random_moment.uniform(0, duration))
            writer.kill()
            kills += 1
            with Library(Config(data_dir=folder)) as library:
                pending = library.shelf.pending()
                finished = library.shelf.coverage().papers == len(expected_texts) and not pending
                interrupted += bool(pending)
            if finished:
                break
        with Writer(folder) as last:
            last.start(SAMPLE)
            last.finish()
        texts, vectors = contents(folder)
        assert texts == expected_texts
        assert vectors.keys() == expected_vectors.keys()
        for chunk_id, vector in vectors.items():
            assert float(vector @ expected_vectors[chunk_id]) >= 0.999
    assert interrupted >= KILLS // 4, "too few kills fell into the work: the test would show nothing"


@pytest.mark.slow
def test_two_processes_write_in_turn_while_a_third_reads(tmp_path: Path) -> None:
    assert len(REPORTS) == 4
    with Writer(tmp_path) as one, Writer(tmp_path) as two, Assistant(Library(Config(data_dir=tmp_path))) as reader:
        stop, problems, searches = threading.Event(), [], [0]

        def read() -> None:
            while not stop.is_set():
                if reader.library.shelf.chunks():
                    try:
                        reader.search("query rewriting for product search")
                    except Exception as error:  # whatever it is, it must not happen
                        problems.append(error)
                    searches[0] += 1
                time.sleep(0.02)

        thread = threading.Thread(target=read)
        thread.start()
        try:
            for writer, report in zip((one, two, one, two), REPORTS, strict=True):
                writer.start(report)
                writer.finish()
                for paper in [row for row in read_source(report) if isinstance(row, Paper)][:5]:
                    hits = reader.search(paper.title).passages
                    found = [hit for hit in hits if hit.paper_id == paper.paper_id]
                    assert found, f"{paper.paper_id} is not found right after it was written"
                    assert "dense" in found[0].ranks, f"{paper.paper_id} has no vector that is found"
        finally:
            stop.set()
            thread.join(60)
        assert problems == []
        assert searches[0] > 10
    texts, vectors = contents(tmp_path)
    assert len(vectors) >= len(texts) > 20


@pytest.mark.slow
def test_two_ingests_at_once_both_finish(tmp_path: Path) -> None:
    with Writer(tmp_path) as one, Writer(tmp_path) as two:
        one.start(REPORTS[0])
        two.start(REPORTS[1])
        one.finish()
        two.finish()
    texts, _ = contents(tmp_path)
    wanted = {row.paper_id for path in REPORTS[:2] for row in read_source(path) if isinstance(row, Paper)}
    assert texts.keys() == wanted


def test_a_half_written_text_that_changed_meanwhile_leaves_no_orphan(tmp_path: Path) -> None:
    """Die between the index write and the shelf's note, then ingest another text of the same paper."""
    from tests.support.papers import make_paper

    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper(abstract="The first text of all.")])
        original = library.shelf.mark_indexed
        library.shelf.mark_indexed = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            library.ingest([make_paper(abstract="A second text.", day="2025-05-01")])
        library.shelf.mark_indexed = original  # type: ignore[method-assign]
    assert len(discover([SAMPLE]).files) == 4
    with Library(Config(data_dir=tmp_path)) as library:
        assert not examine(library).ok
        library.ingest([make_paper(abstract="A third text.", day="2025-06-01")])
        assert examine(library).ok
        assert [hit.text for hit in Assistant(library).search("text").passages] == ["A third text."]
