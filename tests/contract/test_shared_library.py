"""A library on a PostgreSQL server over the command line: the same as one in files, configured by URL alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.backup.inventory import DATABASES
from rag.config import Config, load_config
from rag.index.health import examine
from rag.index.library import Library
from rag.papers.readers.followed import FILE_NAME as FOLLOWED
from rag.papers.readers.followed import FollowedQuestions
from rag.papers.shelf import Shelf
from rag.sources import discover, read_source
from tests.support.page_server import served
from tests.support.papers import make_paper
from tests.support.postgres import PASSWORD, USER, PostgresServer, binaries
from tests.support.runs import Run
from tests.support.samples import sample_library

SAMPLE = str(files("rag") / "sample")
QUESTION = "How can large language models annotate documents for training retrievers?"
SECTION = "PAPERCHAT__LIBRARY__"
READ = (("ask", QUESTION), ("search", "query rewriting"), ("papers", "--facets"), ("keep", "export"))
OWN_NAME = "UPDATE shared.meta SET value = substr(md5(random()::text), 1, 8) WHERE key = 'library'"
"""What docs/postgresql.md has run on a library that becomes a second one."""


@pytest.fixture(scope="module")
def shared(postgres_server: PostgresServer) -> Iterator[None]:
    """Every command of this module uses one library on the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"{SECTION}DATABASE_URL", postgres_server.url)
        patch.setenv(f"{SECTION}DATABASE_SCHEMA", "shared")
        patch.setenv("PGPASSWORD", PASSWORD)
        yield


@pytest.fixture(scope="module")
def folder(shared: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the server that ingested the sample."""
    made = tmp_path_factory.mktemp("first") / "library"
    with Library(load_config(data_dir=made).config) as library:
        library.ingest(row for path in discover([Path(SAMPLE)]).files for row in read_source(path))
    return made


@pytest.fixture
def run(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(folder, capsys, monkeypatch)


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """What two libraries say alike: not the time, nor a score's last digits (texts embedded beside others)."""
    rounded = json.loads(json.dumps(answer), parse_float=lambda digits: round(float(digits), 4))
    return {key: value for key, value in rounded.items() if key != "timings"}


def test_answers_are_those_of_a_library_in_files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = [run.json("ask", QUESTION), run.json("search", "query rewriting"), run.json("papers", "--facets")]
    for name in ("DATABASE_URL", "DATABASE_SCHEMA"):
        monkeypatch.delenv(f"{SECTION}{name}")
    local = Run(sample_library(tmp_path / "local"), run.capsys, monkeypatch)
    own = [local.json("ask", QUESTION), local.json("search", "query rewriting"), local.json("papers", "--facets")]
    assert [comparable(one) for one in shared] == [comparable(one) for one in own]


def test_nothing_is_ingested_twice(run: Run) -> None:
    again = run.json("ingest", SAMPLE)
    assert (again["papers_new"], again["papers_updated"], again["chunks_added"]) == (0, 0, 0)


def test_doctor_says_which_database_it_looked_at(run: Run, postgres_server: PostgresServer) -> None:
    document = run.json("doctor")
    assert document["ok"] is True
    assert document["database"] == f"{postgres_server.url}, schema shared"
    out, _ = run("doctor")
    assert out.splitlines()[0].split(maxsplit=1) == ["database", document["database"]]
    assert PASSWORD not in out + str(document)


def stores(folder: Path) -> list[str]:
    """SQLite files of a folder that hold what nothing else does."""
    return [path.name for path in folder.glob("*.sqlite") if path.name in DATABASES]


def test_what_a_reader_keeps_is_there_on_every_server(run: Run, tmp_path: Path) -> None:
    first, second = [paper["paper_id"] for paper in run.json("papers", "--limit", "2")]
    run("star", first)
    run("list", "Thesis", "--add", second)
    run("note", first, "Read again.")
    run("follow", QUESTION)
    other = Run(tmp_path / "second", run.capsys, run.monkeypatch)
    kept = other.json("keep", "export")
    assert [one["paper_id"] for one in kept["starred"]] == [first]
    assert [(one["name"], one["papers"]) for one in kept["lists"]] == [("Thesis", [second])]
    assert [(one["paper_id"], one["text"]) for one in kept["notes"]] == [(first, "Read again.")]
    with closing(FollowedQuestions(load_config(data_dir=other.folder).config.store(FOLLOWED))) as followed:
        assert [one.question for one in followed.all()] == [QUESTION]
    assert not stores(run.folder)


def test_papers_are_held_and_released_on_the_server(run: Run) -> None:
    paper_id = run.json("papers", "--limit", "1")[0]["paper_id"]
    run("review", paper_id, "--hold")
    assert [one["paper_id"] for one in run.json("review")["papers"]] == [paper_id]
    assert run.json("show", paper_id)["held"] is True
    run("review", paper_id, "--release")
    assert run.json("review") == {"papers": []}
    assert not stores(run.folder)


def test_a_backup_is_refused_with_both_parts_of_one(run: Run, tmp_path: Path) -> None:
    _, error = run("backup", str(tmp_path / "library.tar"), code=1)
    assert "pg_dump" in error
    assert f"copy {run.folder} beside it" in error
    assert len(error.splitlines()) == 2
    assert not (tmp_path / "library.tar").exists()


def test_a_dump_put_back_answers_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    """As docs/postgresql.md says it, into another database and an empty folder."""
    (starred,) = [paper["paper_id"] for paper in run.json("papers", "--limit", "1")]
    run("star", starred)
    programs, dump = binaries(), str(tmp_path / "library.dump")
    assert programs
    to = ["--host", "127.0.0.1", "--port", str(postgres_server.port), "--username", USER]
    for words in (
        ["pg_dump", *to, "--schema=shared", "--format=custom", f"--file={dump}", "postgres"],
        ["createdb", *to, "elsewhere"],
        ["pg_restore", *to, "--dbname=elsewhere", dump],
        ["psql", *to, "--dbname=elsewhere", f"--command={OWN_NAME}"],
    ):
        subprocess.run([str(programs / words[0]), *words[1:]], check=True, timeout=120)
    before = [run.json(*words) for words in READ]
    with monkeypatch.context() as patch:
        patch.setenv(f"{SECTION}DATABASE_URL", f"{postgres_server.url.removesuffix('/postgres')}/elsewhere")
        copy = Run(tmp_path / "copy", run.capsys, patch)
        copy("doctor", "--repair")
        assert copy.json("doctor")["ok"] is True
        assert [comparable(copy.json(*words)) for words in READ] == [comparable(one) for one in before]
    assert run.json("doctor")["ok"] is True, "the first goes on"


def test_an_index_that_lags_behind_is_said_and_mended(run: Run, tmp_path: Path) -> None:
    second = Run(tmp_path / "second", run.capsys, run.monkeypatch)
    _, error = second("search", "query rewriting", code=1)
    assert "doctor --repair" in error
    second("doctor", "--repair")
    assert second.json("search", "query rewriting")["hits"] == run.json("search", "query rewriting")["hits"]


def test_a_copied_folder_that_another_server_passed_by_is_refused_until_it_is_mended(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update takes as many passages out as it puts in, and a removal leaves more: neither shows in their number."""
    monkeypatch.setenv(f"{SECTION}DATABASE_SCHEMA", "passed_by")
    first = Run(tmp_path / "first", run.capsys, monkeypatch)
    one, other = (written(tmp_path, n, f"Paper {n} studies widgets.") for n in (1, 2))
    first("ingest", one, other)
    shutil.copytree(first.folder, tmp_path / "second")
    second = Run(tmp_path / "second", run.capsys, monkeypatch)
    assert second.json("search", "widgets")["hits"] == first.json("search", "widgets")["hits"]
    changes = [("ingest", written(tmp_path, 1, "Paper 1 studies quokkas.")), ("remove", "2504.00002")]
    for change in changes:
        first(*change)
        for command in (("search", "quokkas"), ("ingest", other)):
            _, error = second(*command, code=1)
            assert "lags behind" in error
            assert "doctor --repair" in error
        assert second.json("doctor", code=1)["ok"] is False
        second("doctor", "--repair")
        assert second.json("doctor")["ok"] is True
        assert second.json("search", "quokkas")["hits"] == first.json("search", "quokkas")["hits"]
    first("remove", "2504.00001")
    second("ingest", other, code=1)
    second("doctor", "--repair")
    second("ingest", other)


def test_an_ingest_killed_at_its_end_leaves_a_folder_that_opens(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{SECTION}DATABASE_SCHEMA", "killed")
    paper, marked = make_paper(abstract="It studies widgets."), Shelf.mark_indexed
    with Library(load_config(data_dir=tmp_path / "library").config) as library:
        library.ingest([make_paper("2504.00002", abstract="Another.")])
        for is_noted in (False, True):

            def die(shelf: Shelf, *values: Any, is_noted: bool = is_noted) -> None:
                if is_noted:
                    marked(shelf, *values)
                raise KeyboardInterrupt

            with monkeypatch.context() as patch:
                patch.setattr(Shelf, "mark_indexed", die)
                with pytest.raises(KeyboardInterrupt):
                    library.ingest([paper])
            with library.indexes():
                pass
        assert library.ingest([paper]).papers_unchanged == 1
        assert examine(library).ok


def written(folder: Path, number: int, abstract: str) -> str:
    """A file of one paper."""
    row = {"id": f"2504.{number:05}", "title": "A Title", "abstract": abstract, "date": "2025-04-08"}
    path = folder / f"{len(list(folder.glob('*.jsonl')))}.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return str(path)


@pytest.mark.usefixtures("shared")
def test_a_page_whose_database_went_away_is_not_ready_until_it_is_back(tmp_path: Path) -> None:
    with PostgresServer() as server:
        sections = {"library": {"database_url": server.url, "database_schema": "away"}}
        with Library(Config.model_validate({"data_dir": tmp_path, **sections})) as library:
            library.ingest([make_paper()])
        with served(tmp_path, sections=sections) as address:

            def ready() -> httpx.Response:
                return httpx.get(f"{address}/readyz", timeout=60)

            assert ready().json()["checks"] == {"page": "ok", "library": "ok", "index": "ok"}
            server.stop()
            wait_until(lambda: ready().status_code == 503)
            assert ready().json()["checks"] == {"page": "ok", "library": "LibraryError", "index": "unknown"}
            assert str(server.port) not in ready().text
            assert httpx.get(f"{address}/healthz").status_code == 200
            server.start()
            wait_until(lambda: ready().status_code == 200)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_wrong_password_is_two_lines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "a-wrong-secret")
    monkeypatch.setenv(f"{SECTION}DATABASE_SCHEMA", "another")  # whose connections are not open yet
    _, error = run("papers", code=1)
    assert "password authentication failed" in error
    assert "a-wrong-secret" not in error
    assert len(error.splitlines()) == 2
