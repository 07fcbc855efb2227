"""The library with its real parts: ingest, removal, doctor and repair, on embedded Chroma and on a Chroma server."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import Config, IndexConfig
from rag.errors import EmptyLibrary, IndexDamaged, IndexMismatch, LibraryError, PaperNotFound, VectorStoreError
from rag.index.health import examine, repair
from rag.index.library import Library
from rag.sources import discover, read_source
from rag.types import Chunk, Rejected
from tests.support.chroma_gateway import gateway
from tests.support.chroma_server import ChromaServer, free_port
from tests.support.papers import make_paper

SAMPLE = Path(str(files("rag") / "sample"))
STORES = (("embedded", "sqlite"), ("embedded", "postgresql"), ("server", "postgresql"), ("hosted", "sqlite"))
"""Forms of Chroma, and where the papers lie: each of both, in the pairs that people run; neither knows of the other."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "form" in metafunc.fixturenames:
        metafunc.parametrize(("form", "database"), STORES, indirect=["database"], scope="module")
    else:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ChromaServer(tmp_path_factory.mktemp("chroma")) as server:
        yield server.url


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexConfig]:
    with gateway(tmp_path_factory.mktemp("hosted")) as config:
        yield config


@pytest.fixture
def settings(request: pytest.FixtureRequest, form: str, tmp_path: Path) -> Config:
    if form == "hosted":
        return Config(data_dir=tmp_path / "library", index=request.getfixturevalue("hosted"))
    url = request.getfixturevalue("server") if form == "server" else None
    return Config.model_validate({"data_dir": tmp_path / "library", "index": {"chroma_url": url}})


@pytest.fixture
def library(settings: Config) -> Iterator[Library]:
    with Library(settings) as opened:
        yield opened


def sample_rows() -> Iterator[object]:
    for path in discover([SAMPLE]).files:
        yield from read_source(path)


def test_ingesting_twice_changes_nothing(library: Library) -> None:
    first = library.ingest(sample_rows())  # type: ignore[arg-type]
    again = library.ingest(sample_rows())  # type: ignore[arg-type]
    assert first.papers_new > 20
    assert first.chunks_added >= first.papers_new
    assert (again.papers_new, again.papers_updated, again.chunks_added, again.chunks_removed) == (0, 0, 0, 0)
    assert again.papers_unchanged == first.papers_new
    assert examine(library).ok


def test_a_new_version_replaces_the_passages_of_the_old_one(library: Library) -> None:
    library.ingest([make_paper(abstract="Zebras graze on the wide savannah."), make_paper("2504.00002")])
    report = library.ingest([make_paper(abstract="Penguins swim under the ice.", day="2025-05-01")])
    assert (report.papers_updated, report.chunks_added, report.chunks_removed) == (1, 1, 1)
    texts = [hit.text for hit in Assistant(library).search("zebras savannah").passages]
    assert "Zebras graze on the wide savannah." not in texts
    assert "Penguins swim under the ice." in texts
    assert library.paper("2504.00001", 1).abstract == "Zebras graze on the wide savannah."
    assert examine(library).ok


def test_removed_papers_leave_no_trace(library: Library) -> None:
    library.ingest([make_paper(), make_paper("2504.00002", abstract="Another one.")])
    assert library.remove(["2504.00001"]).chunks_removed == 1
    assert [hit.paper_id for hit in Assistant(library).search("things").passages] == ["2504.00002"]
    assert examine(library).ok
    with pytest.raises(PaperNotFound, match=r"2504\.00001"):
        library.remove(["2504.00002", "2504.00001"])
    assert library.shelf.versions("2504.00002") == (1,), "an unknown id must not let the known ones go"
    library.remove(["2504.00002"])
    with pytest.raises(EmptyLibrary, match="paperchat ingest"), library.indexes():
        pass


def test_rejected_rows_are_passed_on(library: Library) -> None:
    rejected = Rejected("x.md", 3, "no link")
    assert library.ingest([rejected, make_paper()]).rejected == (rejected,)


def lose_a_vector(library: Library) -> None:
    chunk = library.shelf.chunks()[0].chunk_id
    vectors = library.open_vectors(library.fingerprint)
    vectors.delete([chunk])
    vectors.close()


def orphan_a_vector(library: Library) -> None:
    vectors = library.open_vectors(library.fingerprint)
    vector = library.embedding.get_text_embedding("stray")
    import numpy as np

    vectors.upsert([Chunk("f" * 32, "2504.99999", 1, 0, 5, "stray", "stray")], np.asarray([vector], np.float32))
    vectors.close()


def lose_lexical_papers(library: Library) -> None:
    index = library.open_lexical()
    index.replace([library.shelf.chunks()[0].paper_id], [])
    index.close()


def lose_the_lexical_index(library: Library) -> None:
    shutil.rmtree(library.lexical_folder)


def wipe_the_vectors(library: Library) -> None:
    """Lose the folder of the vectors, or their collection on a server."""
    if isinstance(library.vectors_location, Path):
        shutil.rmtree(library.vectors_location)
        return
    vectors = library.open_vectors(library.fingerprint)
    vectors.drop()
    vectors.close()


def swap_two_vectors(library: Library) -> None:
    one, other = [library.chunker.split(paper)[0] for paper in library.shelf.browse()[:2]]
    vectors = library.open_vectors(library.fingerprint)
    vectors.upsert([one, other], vectors.vectors([other.chunk_id, one.chunk_id]))
    vectors.close()


def forget_a_paper_everywhere(library: Library) -> None:
    paper_id = library.shelf.chunks()[0].paper_id
    lose_lexical_papers(library)
    vectors = library.open_vectors(library.fingerprint)
    vectors.delete_papers([paper_id])
    vectors.close()
    library.shelf._db.execute("DELETE FROM chunks WHERE paper_id = ?", (paper_id,))


def spoil_the_lexical_index(library: Library) -> None:
    (library.lexical_folder / "meta.json").write_text("{")


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (lose_a_vector, "chroma"),
        (orphan_a_vector, "chroma"),
        (swap_two_vectors, "chroma"),
        (forget_a_paper_everywhere, "chunks"),
        (lose_lexical_papers, "lexical"),
        (lose_the_lexical_index, "lexical"),
        (spoil_the_lexical_index, "lexical"),
    ],
)
def test_doctor_finds_damage_and_repair_mends_it(
    library: Library, damage: Callable[[Library], None], check: str
) -> None:
    library.ingest([make_paper(f"2504.0000{n}", abstract=f"This is text {n}.") for n in range(1, 6)])
    damage(library)
    health = examine(library)
    assert [c.name for c in health.checks if not c.ok] == [check]
    assert repair(library).ok
    assert len(Assistant(library).search("text").passages) == 5


def test_a_wiped_chroma_is_rebuilt_from_the_shelf(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper()])
        wipe_the_vectors(library)
    with Library(Config(data_dir=tmp_path)) as library:
        assert not examine(library).ok
        assert repair(library).ok
        assert Assistant(library).search("things").passages[0].ranks["dense"] == 1


def test_another_chunker_or_embedder_is_refused_until_repaired(settings: Config) -> None:
    with Library(settings) as library:
        library.ingest([make_paper()])
    other = settings.model_copy(update={"chunking": settings.chunking.model_copy(update={"max_tokens": 64})})
    with Library(other) as library:
        with pytest.raises(IndexMismatch, match="doctor --repair"):
            Assistant(library).search("things")
        with pytest.raises(IndexMismatch):
            library.ingest([make_paper("2504.00002")])
        assert [c.name for c in examine(library).checks if not c.ok] == ["settings"]
        assert repair(library).ok
        assert Assistant(library).search("things").passages
    with Library(settings) as library, pytest.raises(IndexMismatch):
        Assistant(library).search("things")


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="file"):
        Library(Config(data_dir=tmp_path / "file" / "library"))


def test_25_threads_ask_while_one_writes(library: Library) -> None:
    library.ingest(sample_rows())  # type: ignore[arg-type]
    assistant = Assistant(library)
    question = "How does IterQR rewrite queries in e-commerce search?"
    expected = assistant.answer(question)
    assert not expected.abstained
    answers, errors = [], []

    def ask() -> None:
        try:
            answers.append(assistant.answer(question))
        except Exception as error:  # whatever it is, it must not happen
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(25)]
    threads.append(threading.Thread(target=lambda: library.ingest([make_paper(abstract="Wholly unrelated words.")])))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(answers) == 25
    assert {answer.citations for answer in answers} == {expected.citations}


@pytest.mark.parametrize("lose", [wipe_the_vectors, lose_the_lexical_index])
def test_an_index_that_vanished_is_no_empty_index(tmp_path: Path, lose: Callable[[Library], None]) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper()])
        lose(library)
    with Library(Config(data_dir=tmp_path)) as library:
        with pytest.raises(IndexDamaged, match="doctor --repair"):
            Assistant(library).search("things")
        with pytest.raises(IndexDamaged, match="doctor --repair"):
            library.ingest([make_paper("2504.00002")])
        assert repair(library).ok
        assert Assistant(library).search("things").passages[0].ranks == {"dense": 1, "lexical": 1}


def test_a_paper_that_takes_another_id_hides_no_lost_index(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("doi:10.1000/182"), make_paper("2504.00002"), make_paper("2504.00003")])
        lose_the_lexical_index(library)
        wipe_the_vectors(library)
    with Library(Config(data_dir=tmp_path)) as library:
        joined = make_paper("2504.00001", doi="10.1000/182")
        with pytest.raises(IndexDamaged, match="doctor --repair"):
            library.ingest([joined, make_paper("2504.00004")])


def test_an_ingest_without_news_sees_that_an_index_is_gone(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper()])
        shutil.rmtree(library.lexical_folder)
    with Library(Config(data_dir=tmp_path)) as library, pytest.raises(IndexDamaged, match="doctor --repair"):
        library.ingest([make_paper()])


def test_a_reader_that_stayed_open_sees_what_a_repair_did(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as reading, Library(Config(data_dir=tmp_path)) as other:
        reading.ingest([make_paper()])
        assistant = Assistant(reading)
        assert assistant.search("things").passages
        spoil_the_lexical_index(other)
        assert repair(other).ok
        assert "lexical" in assistant.search("things").passages[0].ranks


def test_doctor_runs_nothing_from_the_folder_it_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rag").mkdir()
    (tmp_path / "rag" / "__init__.py").write_text("raise SystemExit('run from the wrong place')")
    with Library(Config(data_dir=tmp_path / "library")) as library:
        library.ingest([make_paper()])
        monkeypatch.chdir(tmp_path)
        assert examine(library).ok


def test_a_server_that_is_down_is_no_damage(server: str, tmp_path: Path) -> None:
    settings = Config.model_validate({"data_dir": tmp_path, "index": {"chroma_url": server}})
    with Library(settings) as library:
        library.ingest([make_paper()])
    down = settings.model_copy(
        update={"index": settings.index.model_copy(update={"chroma_url": f"http://127.0.0.1:{free_port()}"})}
    )
    with Library(down) as library:
        with pytest.raises(VectorStoreError, match="reached"):
            repair(library)
        assert library.shelf.pending() == []


def test_a_model_is_loaded_once_however_many_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    def build(_: object) -> object:
        built.append(object())
        return built[-1]

    monkeypatch.setattr("rag.index.library.build_embedding", build)
    with Library(Config(data_dir=tmp_path)) as library:
        threads = [threading.Thread(target=lambda: library.embedding) for _ in range(25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(built) == 1
