"""What a `VectorStore` promises, on an embedded Chroma, on a server, and on one behind a gateway with quotas."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from chromadb.config import System

from rag.config import IndexConfig
from rag.errors import IndexMismatch, LibraryBusy
from rag.index import VectorStore
from rag.index import store as vector_store
from tests.support.chroma_gateway import gateway
from tests.support.chroma_server import ChromaServer
from tests.support.chunks import make_chunk, make_chunks, make_probes, make_vectors
from tests.support.data import REPOSITORY

Open = Callable[[], VectorStore]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ChromaServer(tmp_path_factory.mktemp("server") / "chroma") as running:
        yield running.url


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexConfig]:
    with gateway(tmp_path_factory.mktemp("hosted")) as config:
        yield config


@pytest.fixture(params=["embedded", "server", "hosted"])
def config(request: pytest.FixtureRequest) -> IndexConfig:
    if request.param == "hosted":
        found: IndexConfig = request.getfixturevalue("hosted")
        return found
    return IndexConfig(chroma_url=request.getfixturevalue("server") if request.param == "server" else None)


@pytest.fixture
def open_store(config: IndexConfig, tmp_path: Path) -> Iterator[Open]:
    """Opens the same, at first empty, collection again and again; whatever is open at the end is closed."""
    location = config.chroma_url or tmp_path / "chroma"
    name = f"papers-{uuid.uuid4().hex}"
    opened: list[VectorStore] = []

    def open_again() -> VectorStore:
        opened.append(VectorStore(location, name, config))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


def exact(matrix: np.ndarray, vector: np.ndarray, rows: Sequence[int], k: int) -> list[str]:
    """Brute force over some rows, by the rule that ties go to the smaller id."""
    scores = matrix[list(rows)] @ vector
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], rows[i]))
    return [f"c{rows[i]:04}" for i in order[:k]]


def found(hits: Sequence[tuple[str, float]]) -> list[str]:
    return [chunk_id for chunk_id, _ in hits]


def test_query_ranks_by_cosine_similarity(open_store: Open) -> None:
    matrix = make_vectors(300)
    store = open_store()
    store.upsert(make_chunks(300), matrix)
    for probe in make_probes(matrix, 20):
        hits = store.query(probe, 10)
        assert found(hits) == exact(matrix, probe, range(300), 10)
        assert [score for _, score in hits] == pytest.approx(sorted(matrix @ probe, reverse=True)[:10], abs=1e-5)


def test_equal_vectors_are_ordered_by_chunk_id_and_no_similarity_exceeds_one(open_store: Open) -> None:
    store = open_store()
    vector = make_vectors(1)
    store.upsert([make_chunk(i) for i in ("b", "c", "a")], np.repeat(vector, 3, axis=0))
    hits = store.query(vector[0], 3)
    assert found(hits) == ["a", "b", "c"]
    assert all(0.9999 < score <= 1.0 for _, score in hits)


def test_an_empty_store_answers_with_nothing(open_store: Open) -> None:
    store = open_store()
    assert store.query(make_vectors(1)[0], 5) == []
    assert store.query(make_vectors(1)[0], 5, frozenset({"p0001"})) == []
    assert store.query(make_vectors(1)[0], 5, frozenset(f"p{i:04}" for i in range(400))) == []
    assert store.ids() == {}
    assert store.count() == 0
    assert len(store.vectors([])) == 0
    store.delete(["c0001"])
    store.delete_papers([])
    store.upsert([], np.empty((0, 32), dtype=np.float32))
    assert store.count() == 0


def test_more_asked_than_stored_and_none_asked(open_store: Open) -> None:
    store = open_store()
    store.upsert(make_chunks(7), make_vectors(7))
    probe = make_vectors(1, seed=1)[0]
    assert sorted(found(store.query(probe, 100))) == [f"c{i:04}" for i in range(7)]
    assert store.query(probe, 0) == []
    assert store.query(probe, 5, frozenset()) == []


def test_a_number_that_chroma_cannot_hold_is_no_damage(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    store.upsert(make_chunks(1), make_vectors(1))
    with pytest.raises(OverflowError):
        store.query(make_vectors(1)[0], 10**20)
    store.close()


def test_upsert_twice_changes_nothing(open_store: Open) -> None:
    store, matrix, probe = open_store(), make_vectors(50), make_vectors(1, seed=1)[0]
    store.upsert(make_chunks(50), matrix)
    before = store.query(probe, 20)
    store.upsert(make_chunks(50), matrix)
    assert store.count() == 50
    assert store.query(probe, 20) == before


def test_upsert_replaces_the_vector_of_a_stored_chunk(open_store: Open) -> None:
    store, matrix = open_store(), make_vectors(50)
    store.upsert(make_chunks(50), matrix)
    replaced = -matrix[7]
    store.upsert([make_chunks(50)[7]], replaced[None])
    assert store.count() == 50
    assert store.query(replaced, 1)[0][0] == "c0007"
    assert "c0007" not in found(store.query(matrix[7], 10))
    assert store.vectors(["c0007"])[0] == pytest.approx(replaced, abs=1e-6)


def test_deleted_chunks_and_papers_are_gone_and_unknown_ids_are_no_error(open_store: Open) -> None:
    store, matrix = open_store(), make_vectors(40)
    store.upsert(make_chunks(40, per_paper=2), matrix)
    store.delete(["c0003", "unknown"])
    store.delete_papers(["p0010", "unknown"])
    left = sorted(set(range(40)) - {3, 20, 21})
    assert store.ids() == {f"c{i:04}": f"p{i // 2:04}" for i in left}
    for gone in (3, 20):
        assert found(store.query(matrix[gone], 5)) == exact(matrix, matrix[gone], left, 5)


def test_a_chunk_deleted_and_added_again_is_found(open_store: Open) -> None:
    store, matrix = open_store(), make_vectors(30)
    store.upsert(make_chunks(30), matrix)
    store.delete(["c0011"])
    store.upsert([make_chunks(30)[11]], matrix[11:12])
    assert store.query(matrix[11], 1)[0][0] == "c0011"


def test_ids_and_vectors_come_in_pages(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_store, "_PAGE", 7)
    store, matrix = open_store(), make_vectors(30)
    store.upsert(make_chunks(30, per_paper=3), matrix)
    assert store.ids() == {f"c{i:04}": f"p{i // 3:04}" for i in range(30)}
    wanted = [29, 0, 15, *range(1, 15)]
    assert store.vectors([f"c{i:04}" for i in wanted]) == pytest.approx(matrix[wanted], abs=1e-6)
    with pytest.raises(KeyError, match="unknown"):
        store.vectors(["c0001", "unknown"])


def test_paper_ids_may_hold_any_character(open_store: Open) -> None:
    store, odd = open_store(), ["cs/0101001", "a b", "ü/ß", "2504.1"]
    matrix = make_vectors(4)
    store.upsert([make_chunk(f"c{i}", paper) for i, paper in enumerate(odd)], matrix)
    assert store.ids() == {f"c{i}": paper for i, paper in enumerate(odd)}
    assert found(store.query(matrix[0], 5, frozenset({"cs/0101001"}))) == ["c0"]
    store.delete_papers(["ü/ß"])
    assert store.count() == 3


@pytest.mark.parametrize("strategy", ["fetch", "read on", "matrix"])
@pytest.mark.parametrize("far", [False, True], ids=["papers at random", "papers far from the question"])
def test_filters_lose_nothing(open_store: Open, monkeypatch: pytest.MonkeyPatch, strategy: str, far: bool) -> None:
    monkeypatch.setattr(vector_store, "_EXACT_PAPERS", 10_000 if strategy == "fetch" else 0)
    monkeypatch.setattr(vector_store, "_LEAST_DEPTH", 1)
    monkeypatch.setattr(vector_store, "_OVERFETCH_DEPTH", 10_000 if strategy == "read on" else 0)
    monkeypatch.setattr(vector_store, "_PAGE", 400)
    matrix = make_vectors(1500)
    store = open_store()
    store.upsert(make_chunks(1500), matrix)
    random = np.random.default_rng(3)
    for size in (12, 150, 700):
        for probe in make_probes(matrix, 4, seed=size):
            nearest_last = np.argsort(matrix @ probe)
            rows = sorted(nearest_last[:size] if far else random.choice(1500, size, replace=False))
            hits = store.query(probe, 20, frozenset(f"p{i:04}" for i in rows) | {"unknown"})
            assert found(hits) == exact(matrix, probe, rows, 20)


@pytest.mark.parametrize("kept", [True, False], ids=["kept in a folder", "kept in memory"])
def test_a_wide_filter_sees_what_was_written_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    monkeypatch.setattr(vector_store, "_EXACT_PAPERS", 0)
    monkeypatch.setattr(vector_store, "_OVERFETCH_DEPTH", 0)
    matrix, everything = make_vectors(40), frozenset(f"p{i:04}" for i in range(40))
    store = VectorStore(tmp_path / "chroma", "papers", IndexConfig(), tmp_path / "copy" / "1" if kept else None)
    store.upsert(make_chunks(39), matrix[:39])
    assert "c0039" not in found(store.query(matrix[39], 40, everything))
    store.upsert(make_chunks(40)[39:], matrix[39:])
    assert found(store.query(matrix[39], 1, everything)) == ["c0039"]
    with pytest.raises(IndexMismatch, match="another size"):
        store.query(np.ones(7, dtype=np.float32), 1, everything)
    store.close()


def test_what_was_written_is_there_after_opening_again(open_store: Open) -> None:
    matrix = make_vectors(60)
    first = open_store()
    first.upsert(make_chunks(60), matrix)
    first.delete(["c0005"])
    first.close()
    second = open_store()
    rows = [i for i in range(60) if i != 5]
    assert sorted(second.ids()) == [f"c{i:04}" for i in rows]
    assert all(found(second.query(matrix[i], 3)) == exact(matrix, matrix[i], rows, 3) for i in range(60))


_CHILD = """
import sys
from pathlib import Path
from rag.config import IndexConfig
from rag.index import VectorStore
from tests.support.chunks import make_chunks, make_vectors
config = IndexConfig.model_validate_json(sys.argv[2])
location = config.chroma_url or Path(sys.argv[1])
begin, end = int(sys.argv[4]), int(sys.argv[5])
store = VectorStore(location, sys.argv[3], config)
store.upsert(make_chunks(end)[begin:], make_vectors(end)[begin:])
print("written", flush=True)
if sys.argv[6] == "wait":
    sys.stdin.read()
store.close()
"""


def run_child(
    config: IndexConfig, store: VectorStore, begin: int, end: int, then: str = "close"
) -> subprocess.Popen[str]:
    arguments = [str(store.location), config.model_dump_json(), store.name, str(begin), str(end), then]
    command = [sys.executable, "-c", _CHILD, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)


def test_two_processes_that_write_in_turn_lose_nothing(config: IndexConfig, open_store: Open) -> None:
    for begin in (0, 100, 200):
        here = open_store()
        here.upsert(make_chunks(begin + 50)[begin:], make_vectors(begin + 50)[begin:])
        here.close()
        with run_child(config, here, begin + 50, begin + 100) as child:
            assert child.communicate(timeout=120)[0] == "written\n"
    reader = open_store()
    written = {
        f"c{i:04}": part[i] for end in range(50, 301, 50) for part in [make_vectors(end)] for i in range(end - 50, end)
    }
    assert reader.ids().keys() == written.keys()
    assert all(chunk_id in found(reader.query(vector, 3)) for chunk_id, vector in written.items())


def test_a_killed_writer_does_no_harm(config: IndexConfig, open_store: Open) -> None:
    here, matrix = open_store(), make_vectors(120)
    embedded = isinstance(here.location, Path)
    here.upsert(make_chunks(50), make_vectors(50))
    here.close()
    with run_child(config, here, 50, 120, "wait") as child:
        assert child.stdout
        assert child.stdout.readline() == "written\n"
        child.kill()
    reader = open_store()
    # An embedded store keeps what was closed; a server keeps what it was sent.
    expected = 50 if embedded else 120
    assert reader.count() == expected
    stored = make_vectors(50) if embedded else np.vstack([make_vectors(50), matrix[50:]])
    assert [reader.query(vector, 1)[0][0] for vector in stored] == [f"c{i:04}" for i in range(expected)]


def test_killed_at_any_moment_an_embedded_store_still_opens(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    matrix = make_vectors(2000)
    store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    store.upsert(make_chunks(2000)[:1000], matrix[:1000])
    store.close()
    for _ in range(5):
        with run_child(IndexConfig(), store, 0, 2000, "wait") as child:
            deadline = time.monotonic() + 30
            while not (tmp_path / "chroma" / "store-2").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(random.uniform(0, 1))
            child.kill()
        store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
        assert sorted(store.ids()) == [f"c{i:04}" for i in range(1000)]
        assert all(store.query(matrix[i], 1)[0][0] == f"c{i:04}" for i in range(0, 1000, 7))
        store.close()


def test_a_failed_write_is_undone_where_the_store_is_embedded(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    store.upsert(make_chunks(10), make_vectors(10))
    store.close()
    store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    store.delete(["c0001"])
    with pytest.raises(IndexMismatch):
        store.upsert(make_chunks(1), make_vectors(1, size=16))
    store.close()
    store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    assert store.count() == 10
    store.close()


def test_threads_that_open_and_close_one_folder_at_once_disturb_none_of_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    first.upsert(make_chunks(3), make_vectors(3))
    first.close()
    start = System.start

    def slowly(system: System) -> None:
        time.sleep(0.05)  # Chroma lists the store as open by now
        start(system)

    monkeypatch.setattr(System, "start", slowly)

    def look(_: int) -> int:
        store = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
        try:
            return store.count()
        finally:
            store.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, range(12))) == [3] * 12


def test_a_second_embedded_writer_is_refused(tmp_path: Path) -> None:
    first = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    first.upsert(make_chunks(3), make_vectors(3))
    second = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    with pytest.raises(LibraryBusy, match="writing"):
        second.delete(["c0001"])
    second.close()
    first.close()
    reader = VectorStore(tmp_path / "chroma", "papers", IndexConfig())
    assert reader.count() == 3
    reader.close()


def test_twenty_five_threads_get_what_one_gets(open_store: Open) -> None:
    store = open_store()
    store.upsert(make_chunks(400), make_vectors(400))
    probes = make_vectors(100, seed=1)
    few = frozenset(f"p{i:04}" for i in range(0, 400, 3))
    alone = [(store.query(probe, 10), store.query(probe, 10, few)) for probe in probes]
    with ThreadPoolExecutor(25) as pool:
        together = list(pool.map(lambda probe: (store.query(probe, 10), store.query(probe, 10, few)), probes))
    assert together == alone


def test_vectors_of_another_size_are_refused_with_both_sizes(open_store: Open) -> None:
    store = open_store()
    store.upsert(make_chunks(3), make_vectors(3))
    with pytest.raises(IndexMismatch, match=r"32.*16") as asked:
        store.query(make_vectors(1, size=16)[0], 3)
    assert "--repair" in asked.value.advice
    with pytest.raises(IndexMismatch, match=r"32.*16"):
        store.upsert(make_chunks(1), make_vectors(1, size=16))
    with pytest.raises(IndexMismatch, match=r"32.*16"):
        store.query(make_vectors(1, size=16)[0], 3, frozenset({"p0001"}))


def test_chunks_and_vectors_must_be_as_many(open_store: Open) -> None:
    with pytest.raises(ValueError, match="shorter"):
        open_store().upsert(make_chunks(3), make_vectors(2))


def test_dropping_removes_everything(open_store: Open) -> None:
    store = open_store()
    store.upsert(make_chunks(3), make_vectors(3))
    store.drop()
    store.close()
    assert open_store().count() == 0


def test_collections_of_one_store_do_not_mix(config: IndexConfig, open_store: Open) -> None:
    store = open_store()
    store.upsert(make_chunks(3), make_vectors(3))
    other = VectorStore(store.location, f"papers-{uuid.uuid4().hex}", config)
    assert other.count() == 0
    other.close()
    assert store.count() == 3


def test_the_settings_of_a_new_collection_are_ours(config: IndexConfig, open_store: Open) -> None:
    store = open_store()
    name = f"papers-{uuid.uuid4().hex}"
    settings = config.model_copy(update={"hnsw_m": 24, "ef_construction": 123, "ef_search": 321})
    own = VectorStore(store.location, name, settings)
    assert (
        own.settings.items()
        >= {"space": "cosine", "max_neighbors": 24, "ef_construction": 123, "ef_search": 321}.items()
    )
    own.close()


def test_more_rows_than_one_batch_takes(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store, matrix = open_store(), make_vectors(25)
    monkeypatch.setattr(store, "_batch", 10)
    store.upsert(make_chunks(25), matrix)
    assert store.count() == 25


def test_two_identical_builds_rank_alike(tmp_path: Path) -> None:
    matrix = make_vectors(3000, size=64)
    probes = make_probes(matrix, 50)
    rankings = []
    for run in ("first", "second"):
        store = VectorStore(tmp_path / run, "papers", IndexConfig())
        for begin in range(0, 3000, 500):
            store.upsert(make_chunks(3000)[begin : begin + 500], matrix[begin : begin + 500])
        rankings.append([store.query(probe, 50) for probe in probes])
        store.close()
    assert rankings[0] == rankings[1]
