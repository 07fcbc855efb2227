"""`ingest --engine ray` on a real cluster of two nodes: the same library as an ordinary ingest, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.config import BulkConfig, Config
from rag.errors import IndexMismatch
from rag.index.bulk.blocks import FOLDER, Blocks
from rag.index.bulk.cluster import RayEngine
from rag.index.bulk.worker import Recipe, Worker
from rag.index.health import examine
from rag.index.library import Library
from rag.papers.database import Database
from rag.types import Paper
from tests.support.children import with_children
from tests.support.children.sitecustomize import RAY
from tests.support.papers import make_paper
from tests.support.ray_cluster import WARNINGS, ray_cluster, why_not
from tests.support.runs import Run

pytestmark = [
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for workers in /proc"),
    pytest.mark.filterwarnings(*WARNINGS),
    pytest.mark.local_only("with clusters of their own"),
]
COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]
PAPERS, BLOCK = 120, 8


def papers() -> list[Paper]:
    """Some of one passage, some of several."""
    return [
        make_paper(f"2504.{n:05}", f"Title {n}", (f"Paper {n} is about subject {n % 7}. " * (1 + n % 3 * 20)).strip())
        for n in range(1, PAPERS + 1)
    ]


def stored(library: Library) -> tuple[dict[str, str], np.ndarray, set[str]]:
    """All chunks with their papers, their vectors in that order, and the chunks of the lexical index."""
    chunks = {row.chunk_id: row.paper_id for row in library.shelf.chunks()}
    with library.indexes() as indexes:
        assert indexes.vectors.ids() == chunks
        return chunks, indexes.vectors.vectors(sorted(chunks)), set(indexes.lexical.ids())


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], np.ndarray, set[str]]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("ordinary"))) as library:
        library.ingest(papers())
        return stored(library)


def agrees(library: Library, ordinary: tuple[dict[str, str], np.ndarray, set[str]]) -> None:
    chunks, vectors, words = stored(library)
    assert chunks == ordinary[0]
    assert vectors == pytest.approx(ordinary[1], abs=1e-6)
    assert words == ordinary[2]
    assert examine(library).ok
    assert not (library.folder / FOLDER).exists(), "what was embedded is in the index, and nowhere else"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one processor each."""
    with ray_cluster(nodes=2) as running:
        yield running


def workers(raylet: int) -> list[int]:
    """Processes that embed under a node's raylet."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_bytes()
            except OSError:  # it ended
                continue
            if parent == raylet and b"MapWorker" in command:
                found.append(int(entry.name))
    return found


def settings(folder: Path, cluster: Any) -> Config:
    return Config(data_dir=folder, bulk=BulkConfig(ray_address=cluster.address, block_papers=BLOCK))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worker_killed_in_the_middle_changes_nothing(
    tmp_path: Path, cluster: Any, ordinary: tuple[dict[str, str], np.ndarray, set[str]]
) -> None:
    (second,) = cluster.worker_nodes
    raylet = second.all_processes["raylet"][0].process.pid
    killed: list[int] = []

    def kill_one(stage: str, done: int, total: int) -> None:
        if stage == "embedding" and not killed:
            deadline = time.monotonic() + 60
            while not (found := workers(raylet)) and time.monotonic() < deadline:
                time.sleep(0.1)
            for pid in found[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            assert done < total, "it was to be killed in the middle"

    config = settings(tmp_path, cluster)
    with Library(config) as library:
        report = library.ingest(papers(), kill_one, RayEngine(config.bulk))
        assert killed, "both nodes embed"
        assert (report.papers_new, report.chunks_added) == (PAPERS, len(ordinary[0]))
        agrees(library, ordinary)
        again = library.ingest(papers(), None, RayEngine(config.bulk))
        assert (again.papers_unchanged, again.chunks_added) == (PAPERS, 0)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_writer_goes_on_where_it_was(
    tmp_path: Path, cluster: Any, ordinary: tuple[dict[str, str], np.ndarray, set[str]]
) -> None:
    source = tmp_path / "papers.jsonl"
    rows = (
        {"id": one.paper_id, "title": one.title, "abstract": one.abstract, "date": one.date.isoformat()}
        for one in papers()
    )
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder = tmp_path / "library"
    command = [*COMMAND, "--data-dir", str(folder), "ingest", str(source), "--engine", "ray", "--json"]
    environ = os.environ | {
        "PAPERCHAT__BULK__RAY_ADDRESS": cluster.address,
        "PAPERCHAT__BULK__BLOCK_PAPERS": str(BLOCK),
    }
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        deadline = time.monotonic() + 300
        while first.poll() is None and not list(folder.glob(f"{FOLDER}/*/*.block")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        first.kill()
    with closing(Database.at(Config(data_dir=folder).store("shelf.sqlite"))) as shelf:
        ((left,),) = shelf.all("SELECT count(*) FROM pending")
    assert left, "it was killed in the middle"
    second = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=True)
    assert json.loads(second.stdout)["papers_unchanged"] == PAPERS
    with Library(settings(folder, cluster)) as library:
        agrees(library, ordinary)


def test_what_had_come_back_is_not_embedded_again(tmp_path: Path) -> None:
    """A block on disk is enough: no cluster is asked for its papers, and none for a changed one's old text."""
    from rag.index.bulk.blocks import key_of
    from rag.index.bulk.worker import packed
    from rag.models import embed_texts

    config = Config(data_dir=tmp_path, bulk=BulkConfig(ray_address="127.0.0.1:1"))
    with Library(config) as library:
        one, other = papers()[:2]
        library.shelf.record([one, other])
        held = library.shelf.papers([one.paper_id, other.paper_id])
        blocks = Blocks(library.folder, library.fingerprint)
        rows = {}
        for paper in held.values():
            chunks = library.chunker.split(paper)
            vectors = embed_texts(library.embedding, [chunk.embedded_text for chunk in chunks])
            rows[key_of(paper)] = packed(chunks, vectors)
        blocks.put(rows)
        blocks.put({"0" * 64 + f":{one.paper_id}": packed([], np.empty((0, 0)))})  # of a text that is no more
        blocks.put(rows)
        (blocks.files()[-1]).write_bytes(b"torn")
        report = library.ingest([], None, RayEngine(config.bulk))
        assert report.chunks_added == len(library.shelf.chunks()) > 0
        assert examine(library).ok
        assert not (library.folder / FOLDER).exists()


def test_a_machine_whose_vectors_have_another_length_is_refused_with_its_reason() -> None:
    embedding = Config().embedding.model_dump(mode="json")
    with pytest.raises(IndexMismatch, match="another embedder"):
        Worker(Recipe(embedding, None, "another embedder", "a chunker", (1.0, 0.0)))


def test_what_a_cluster_says_of_its_workers_is_no_part_of_the_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(engine: object, *_: object) -> list[object]:
        print("(raylet) A worker died or was killed while executing a task by an unexpected system error.")
        return []

    monkeypatch.setattr("rag.index.bulk.cluster.RayEngine.__call__", lost)
    source = tmp_path / "papers.jsonl"
    source.write_text(json.dumps({"id": "2504.00001", "title": "A title", "abstract": "A text."}) + "\n")
    report = Run(tmp_path / "library", capsys, monkeypatch).json("ingest", str(source), "--engine", "ray")
    assert report["papers_new"] == 1


def test_an_option_of_the_tests_has_ray_embed_for_whoever_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str | None, list[str]]] = []

    def note(engine: RayEngine, _: object, pending: dict[str, bool], *__: object) -> list[object]:
        asked.append((engine._config.ray_address, sorted(pending)))
        return []

    monkeypatch.setattr(RayEngine, "__call__", note)
    monkeypatch.setenv(RAY, "127.0.0.1:1")
    with_children(monkeypatch)
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(papers()[:2])
    assert asked == [("127.0.0.1:1", ["2504.00001", "2504.00002"])]


def test_an_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--data-dir", str(tmp_path), "ingest", str(Path("rag/sample")), "--engine", "spark"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "there are: local, ray" in done.stderr
