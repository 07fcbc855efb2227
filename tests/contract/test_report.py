"""`report`, `new`, `follow` and `watch` as a reader and a timer use them."""

from __future__ import annotations

import csv
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from rag.config import Config
from rag.follow.questions import Follower
from rag.index.library import Library
from rag.sources import read_source
from rag.types import Paper
from tests.support.arxiv_server import ArxivServer, Fault, arxiv_server, versions
from tests.support.papers import make_paper
from tests.support.runs import Run
from tests.support.samples import sample_library as copied_sample

SAMPLE = str(files("rag") / "sample")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path / "library", capsys, monkeypatch)


@pytest.fixture(scope="module")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def sample(run: Run, sample_library: Path) -> Run:
    run.folder = sample_library
    return run


# --- report ----------------------------------------------------------------------------------------------------------


def test_a_day_becomes_table_list_feed_digest_and_page(sample: Run, tmp_path: Path) -> None:
    out = tmp_path / "made" / "here"
    done = sample.json("report", "--date", "2025-04-30", "--out", str(out))
    names = ["2025-04-30.md", "2025-04-30.csv", "feed.atom", "2025-04-30-digest.md", "2025-04-30-digest.html"]
    assert done["files"] == [str(out / name) for name in names]
    assert sorted(os.listdir(out)) == sorted(names)
    assert (done["not_in_tables"], done["errors"], done["since"], done["until"]) == ([], [], "2025-04-30", "2025-04-30")
    read = {row.paper_id: row for row in read_source(out / names[0]) if isinstance(row, Paper)}
    written = {row.paper_id: row for row in read_source(Path(SAMPLE, "2025-04-30.md")) if isinstance(row, Paper)}
    assert read == written
    with (out / names[1]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["Paper ID"]: (row["Title"], row["Abstract"]) for row in rows} == {
        paper_id: (paper.title, paper.abstract) for paper_id, paper in written.items()
    }
    for paper in done["papers"]:
        text = sample.json("show", paper["paper_id"], "--version", str(paper["version"]))["text"]
        assert text[paper["start"] : paper["end"]] == paper["line"]
        assert paper["theme"] in done["themes"]


def test_a_report_names_the_newest_day_itself_and_spans_are_days_back(sample: Run, tmp_path: Path) -> None:
    done = sample.json("report", "--out", str(tmp_path))
    assert (done["since"], done["until"]) == ("2025-11-22", "2025-11-22")
    done = sample.json("report", "--date", "2025-10-12", "--since", "2d", "--out", str(tmp_path))
    assert (done["since"], done["until"]) == ("2025-10-11", "2025-10-12")
    assert (tmp_path / "2025-10-11.md").exists()
    assert not (tmp_path / "2025-10-12.md").exists()
    assert (tmp_path / "2025-10-11_2025-10-12-digest.html").exists()


def test_a_day_without_papers_is_said(sample: Run, tmp_path: Path) -> None:
    out, _ = sample("report", "--date", "2025-05-01", "--out", str(tmp_path))
    assert "No paper was listed for the first time" in out
    assert sorted(os.listdir(tmp_path)) == ["2025-05-01-digest.html", "2025-05-01-digest.md", "feed.atom"]


def test_what_a_table_cannot_hold_is_named(run: Run, tmp_path: Path) -> None:
    with Library(Config(data_dir=run.folder)) as library:
        library.ingest([make_paper(), make_paper("2504.00002", "Second", authors=("Ada, Countess of Lovelace",))])
    out, _ = run("report", "--out", str(tmp_path / "out"))
    assert "Not in the tables, which would read back otherwise, but in all other files: 2504.00002 (2025-04-10)." in out
    assert "Countess" in (tmp_path / "out" / "2025-04-10.csv").read_text()
    assert "Countess" in (tmp_path / "out" / "feed.atom").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--date", "2999-01-01"], "lies in the future"),
        (["--date", "yesterday"], "neither a date"),
        (["--date", "2025-04-30", "--since", "2025-05-01"], "comes after"),
        (["--since", "2999-01-01"], "lies in the future"),
    ],
)
def test_wrong_days(sample: Run, tmp_path: Path, words: list[str], said: str) -> None:
    _, error = sample("report", *words, "--out", str(tmp_path / "out"), code=2)
    assert said in " ".join(error.split())


@pytest.mark.sqlite_only("on a server a library that nobody filled is an empty one")
@pytest.mark.parametrize("command", [["report", "--out", "out"], ["new"], ["follow"], ["follow", "rewriting"]])
def test_no_library_is_two_lines(run: Run, command: list[str]) -> None:
    _, error = run(*command, code=1)
    assert len(error.splitlines()) == 2
    assert not run.folder.exists()


@pytest.mark.parametrize("command", [["report", "--out", "out"], ["new"], ["follow", "rewriting"]])
def test_an_empty_library_is_two_lines(run: Run, command: list[str]) -> None:
    Library(Config(data_dir=run.folder)).close()
    _, error = run(*command, code=1)
    assert "is empty" in error.splitlines()[0]
    assert len(error.splitlines()) == 2


def test_a_folder_that_cannot_be_written_is_two_lines(sample: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    _, error = sample("report", "--out", str(tmp_path / "file"), code=1)
    assert error.startswith(f"Nothing can be written into {tmp_path / 'file'}: ")
    assert len(error.splitlines()) == 2


# --- new -------------------------------------------------------------------------------------------------------------


def test_new_follows_the_contract(sample: Run) -> None:
    done = sample.json("new", "--since", "2025-10-01")
    assert done.keys() >= {"papers", "since", "themes", "changed"}
    assert {paper["date"] for paper in done["papers"]} == {"2025-10-11", "2025-11-22"}
    keys = {"paper_id", "title", "authors", "date", "url", "line", "theme", "unread", "score", "reasons"}
    for paper in done["papers"]:
        assert paper.keys() >= keys
        assert (paper["unread"], paper["score"], paper["reasons"]) == (None, None, None)
        assert paper["line"] in sample.json("show", paper["paper_id"])["text"]
        assert paper["theme"] in done["themes"]
    newest = sample.json("new")
    assert newest["since"] == "2025-11-16"
    assert {paper["date"] for paper in newest["papers"]} == {"2025-11-22"}


def test_new_is_read_by_a_person(sample: Run) -> None:
    for since in ("2025-10-01", "7d", "1d", "40w"):
        new = {one["paper_id"] for one in sample.json("new", "--since", since)["papers"]}
        assert {one["paper_id"] for one in sample.json("papers", "--since", since)} == new, "one meaning of --since"
    found = sample.json("search", "recommendation", "--since", "7d")
    assert found["filters"]["from"] == "2025-11-16"
    assert sample.json("ask", "Which papers are there?", "--since", "7d")["filters"]["from"] == "2025-11-16"
    assert "not both" in sample("papers", "--since", "7d", "--from", "2025-10", code=2)[1]
    assert "neither a date" in sample("papers", "--since", "soon", code=2)[1]
    out, _ = sample("new", "--since", "2025-10-01")
    assert "(2025-10-11, 2510." in out
    out, _ = sample("new", "--since", "1d")
    assert out.count("2025-11-22") > 1, "a day back from the newest one held, however long ago that was"
    assert "2025-10-11" not in out
    out, _ = sample("new", "--since", "2026-01-01")
    assert out.startswith("Nothing new since 2026-01-01: the newest day in the library is 2025-11-22.")


# --- follow ----------------------------------------------------------------------------------------------------------

QUESTION = "Which papers rewrite queries?"
ANSWERING = "We propose {}, which rewrites queries: each query is rewritten by a language model before retrieval."


def add_papers(run: Run, *papers: Paper) -> None:
    with Library(Config(data_dir=run.folder)) as library:
        library.ingest(papers)


def rewriter(n: int, day: str, name: str = "") -> Paper:
    name = name or f"Rewriter{n}"
    return make_paper(f"2504.0000{n}", f"{name}: Query Rewriting", ANSWERING.format(name), day=day)


def test_followed_questions_bring_new_dropped_and_changed_papers(run: Run, tmp_path: Path) -> None:
    add_papers(run, rewriter(1, "2025-04-10"), rewriter(2, "2025-04-10"))
    (first,) = run.json("follow", *QUESTION.split())["followed"]
    assert (first["number"], first["question"], first["problem"]) == (1, QUESTION, None)
    assert {paper["paper_id"] for paper in first["papers"]} == {"2504.00001", "2504.00002"}
    assert (first["new"], first["dropped"], first["changed"]) == ([], [], [])
    add_papers(run, rewriter(3, "2025-04-11"), rewriter(2, "2025-04-11", "SecondRewriter"))
    run("remove", "2504.00001")
    done = run.json("report", "--out", str(tmp_path / "out"))
    assert (done["since"], done["until"]) == ("2025-04-11", "2025-04-11")
    for told in (done["followed"], run.json("follow")["followed"]):
        (one,) = told
        assert [paper["paper_id"] for paper in one["new"]] == ["2504.00003"]
        assert [paper["paper_id"] for paper in one["dropped"]] == ["2504.00001"]
        (changed,) = one["changed"]
        assert changed["paper_id"] == "2504.00002"
        assert "SecondRewriter" in " ".join(changed["quotes"])
        assert "SecondRewriter" not in " ".join(changed["quotes_before"])
    for name in ("2025-04-11-digest.md", "2025-04-11-digest.html", "feed.atom"):
        text = (tmp_path / "out" / name).read_text()
        assert QUESTION in text
        for said in ("New: Rewriter3", "No longer cited: Rewriter1", "Quoted anew: SecondRewriter"):
            assert said in text, name
    assert run.json("report", "--out", str(tmp_path / "out"))["followed"] == done["followed"]
    out, _ = run("follow")
    assert out.startswith(f"1. {QUESTION}")
    assert "New: Rewriter3" in out
    run("follow", "--remove", "1")
    assert run.json("follow")["followed"] == []


def test_wrong_uses_of_follow(sample: Run, run: Run) -> None:
    add_papers(run, rewriter(1, "2025-04-10"))
    for words, code, said in (
        (["a question", "--remove", "1"], 2, "not both"),
        ([" "], 2, "blank"),
        (["x" * 5000], 2, ""),
        (["--remove", "7"], 1, "No followed question has the number 7."),
    ):
        _, error = run("follow", *words, code=code)
        assert said in " ".join(error.split())
    assert run.json("follow")["followed"] == []


def test_a_followed_question_that_fails_is_told_and_the_report_written(run: Run, tmp_path: Path) -> None:
    add_papers(run, rewriter(1, "2025-04-10"))
    run("follow", QUESTION)
    add_papers(run, rewriter(2, "2025-04-11"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.engine.Engine.checked", _refuse)
        out, error = run("report", "--out", str(tmp_path / "out"), "--json", code=1)
    assert len(error.splitlines()) == 2
    assert json.loads(out)["errors"] == [f"The followed question “{QUESTION}” could not be answered. Not today."]
    digest = (tmp_path / "out" / "2025-04-11-digest.md").read_text()
    assert "Could not be asked again: Not today." in digest
    assert "Rewriter2" in digest


def test_what_a_reader_follows_is_in_no_report_though_it_fails(run: Run, tmp_path: Path) -> None:
    add_papers(run, rewriter(1, "2025-04-10"))
    with Library(Config(data_dir=run.folder)) as library:
        Follower(library, "ada").add(QUESTION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.engine.Engine.checked", _refuse)
        out, error = run("report", "--out", str(tmp_path / "out"), "--json", code=1)
    assert json.loads(out)["errors"] == ["1 question that readers follow could not be answered."]
    assert QUESTION not in out + error


def _refuse(*_: object) -> str:
    from rag.errors import LibraryError

    raise LibraryError("Not today.", "Ask again.")


# --- watch -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with arxiv_server() as running:
        running.versions = versions(6)
        running.announced = running.versions[:2]
        yield running
        running.assert_polite()


@pytest.fixture
def watched(run: Run, server: ArxivServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in server.environment(since_days=9000).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PAPERCHAT__WATCH__CATEGORIES", "[cs.IR]")
    return run


def test_a_round_fetches_and_reports(watched: Run, server: ArxivServer) -> None:
    done = watched.json("watch")
    assert (done["fetch"]["papers_new"], done["ingest"], done["errors"]) == (6, None, [])
    folder = watched.folder / "reports"
    assert f"{folder}/feed.atom" in done["files"]
    days = [row.paper_id for row in read_source(folder / "2025-04-10.md") if isinstance(row, Paper)]
    assert days == [f"2504.{n:05}" for n in range(1, 7)]
    server.versions.append(
        replace(server.versions[4], number=2, updated="2025-04-12T08:00:00Z", abstract="We study it again.")
    )
    out, _ = watched("watch")
    assert out.startswith("Fetched: 0 new, 1 updated,")
    assert "1 paper in a new version" in out
    assert "Version 2" in (folder / "feed.atom").read_text()


def test_other_sources_are_ingested_and_one_that_fails_stops_nothing(
    watched: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERCHAT__WATCH__SOURCES", json.dumps([SAMPLE, str(tmp_path / "missing.md")]))
    monkeypatch.setenv("PAPERCHAT__WATCH__OUT", str(tmp_path / "out"))
    out, error = watched("watch", "--json", code=1)
    done = json.loads(out)
    assert done["ingest"]["papers_new"] > 20
    assert done["errors"] == [f"{tmp_path / 'missing.md'} does not exist."]
    assert error.splitlines()[-2:] == [f"{tmp_path / 'missing.md'} does not exist.", "Check the path."]
    assert (tmp_path / "out" / "2025-11-22.md").exists()


def test_without_a_network_the_report_of_what_is_held_is_written(
    watched: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched("watch")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for key in ("API_URL", "FEED_URL", "PDF_URL"):
        monkeypatch.setenv(f"PAPERCHAT__ARXIV__{key}", f"{address}/x")
    monkeypatch.setenv("PAPERCHAT__WATCH__OUT", str(tmp_path / "later"))
    _, error = watched("watch", code=1)
    lines = error.splitlines()
    assert len(lines) == 2, error
    assert "cannot be reached" in lines[0]
    assert (tmp_path / "later" / "2025-04-10.md").exists()


def test_a_fetch_that_stops_half_way_is_reported_with_what_it_brought(watched: Run, server: ArxivServer) -> None:
    server.script = [Fault(), Fault(), *[Fault(403)] * 9]
    out, error = watched("watch", "--json", code=1)
    done = json.loads(out)
    assert done["fetch"]["papers_new"] == 4
    assert len(done["papers"]) == 4
    assert len(error.splitlines()) == 2


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "Nothing is watched"),
        ({"CATEGORIES": "[CS IR]"}, "no category of arXiv"),
        ({"CATEGORIES": "[cs.IR]", "DAYS": "0"}, "watch.days"),
    ],
)
def test_what_is_configured_wrongly(run: Run, variables: dict[str, str], said: str) -> None:
    for name, value in variables.items():
        run.monkeypatch.setenv(f"PAPERCHAT__WATCH__{name}", value)
    _, error = run("watch", code=2)
    assert said in error
    assert len(error.splitlines()) == 2
    assert not run.folder.exists()


def test_a_round_that_finds_nothing_for_an_empty_library_says_so(watched: Run, server: ArxivServer) -> None:
    server.versions, server.announced = [], []
    _, error = watched("watch", code=1)
    assert "is empty" in error.splitlines()[0]
