"""The command line as somebody meets it: where to begin, help, titles for ids, conversations that go on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.papers.readers.conversations import FILE_NAME
from tests.support.runs import Run
from tests.support.samples import forget, sample_library
from ui.cli import COMMANDS

ITERQR = "2504.05309"
QUESTION = "How does IterQR rewrite queries?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_library(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def run(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Nobody has asked anything before a test."""
    monkeypatch.chdir(tmp_path)
    forget(library, FILE_NAME)
    return Run(library, capsys, monkeypatch)


def piped(run: Run, text: str, *words: str) -> str:
    run.monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return run(*words)[0]


def test_without_a_command_it_says_where_to_begin(run: Run, tmp_path: Path) -> None:
    full, _ = run()
    assert len(full.splitlines()) == 3
    assert full.startswith("35 papers, ")
    assert "`paperchat chat --resume`" in full
    run.folder = tmp_path / "none"
    empty, _ = run()
    assert len(empty.splitlines()) == 3
    assert "no papers yet" in empty
    assert "paperchat ingest" in empty
    assert not run.folder.exists()


def test_help_stands_in_groups_with_examples_and_no_line_cut(run: Run) -> None:
    shown, _ = run("--help")
    assert [line for line in shown.splitlines() if line in ("Every day:", "The library:", "Evaluation:")] == [
        "Every day:", "The library:", "Evaluation:"]  # fmt: skip
    assert shown.count("Example: paperchat ") == 3
    assert "..." not in shown.partition("Options:")[2]
    for name, _function, _panel, example in COMMANDS:
        assert f"\n  {name} " in shown
        assert example.split()[1] == name
        assert " ".join(f"Example: {example}".split()) in " ".join(run(name, "--help")[0].split())


def test_all_that_is_missing_is_named_at_once(run: Run) -> None:
    assert "Missing: --qa FILE, --out DIR." in run("eval", "run", code=2)[1]
    assert "Missing: DIR_A, DIR_B, --out DIR." in run("eval", "compare", code=2)[1]
    assert "'--out'" in run("eval", "run", "--qa", "x", code=2)[1]
    assert "--qa FILE" in run("eval", "run", "--help")[0]


def test_shells_complete_commands_and_options(library: Path) -> None:
    script = "import sys; sys.argv = ['paperchat', *sys.argv[1:]]\nfrom ui.cli import main\nmain()"
    for words, found in (("paperchat conv", "conversations"), ("paperchat ask --sta", "--starred")):
        place = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_PAPERCHAT_COMPLETE": "complete_bash"}
        done = subprocess.run(
            [sys.executable, "-c", script], env=os.environ | place, capture_output=True, text=True, check=False
        )
        assert done.stdout.split() == [found], done.stderr


def test_papers_near_one_are_found_and_it_is_not_among_them(run: Run) -> None:
    found = run.json("similar", ITERQR, "-k", "5")
    assert list(found) == ["papers", "since", "themes"]
    ids = [paper["paper_id"] for paper in found["papers"]]
    assert len(set(ids)) == 5
    assert ITERQR not in ids
    scores = [paper["score"] for paper in found["papers"]]
    assert scores == sorted(scores, reverse=True)
    assert run.json("similar", "IterQR", "-k", "5") == found
    everything = {paper["paper_id"] for paper in run.json("papers")}
    assert {paper["paper_id"] for paper in run.json("similar", ITERQR, "-k", "1000")["papers"]} == everything - {ITERQR}
    assert "not in the library" in run("similar", "2401.99999", code=1)[1]


def test_a_paper_is_shown_by_its_title(run: Run) -> None:
    title = run.json("show", ITERQR)["title"]
    for written in ("IterQR", "iterqr", title, title.lower(), "iterative framework query rewrite"):
        assert run.json("show", written)["paper_id"] == ITERQR, written
    assert run.json("show", *title.split())["paper_id"] == ITERQR
    _, error = run("show", "retrieval", code=1)
    listed = [line.split()[0] for line in error.splitlines() if line.startswith("  ")]
    assert len(listed) > 1
    assert "papers may be meant by “retrieval”" in error
    assert all("retrieval" in run.json("show", paper_id)["title"].lower() for paper_id in listed[:3])
    assert "not in the library" in run("show", "zzz no such title", code=1)[1]


def test_a_conversation_goes_on_where_it_stopped(run: Run) -> None:
    assert "There is no conversation yet" in run("chat", "--resume", code=1)[1]
    piped(run, f"{QUESTION}\n", "chat")
    assert "about IterQR" in piped(run, "Is it deployed?\n", "chat", "--resume")
    piped(run, "What is SUPERB?\n", "--user", "ada", "chat")
    (kept,) = run.json("conversations")["conversations"]
    assert (kept["title"], kept["questions"]) == (QUESTION, 2)
    shown = run.json("conversations", "show")
    assert [one["question"] for one in shown["exchanges"]] == [QUESTION, "Is it deployed?"]
    assert shown["exchanges"][0]["answer"]["citations"][0]["paper_id"] == ITERQR
    assert run("conversations", "show", kept["conversation"])[0].startswith(f"# {QUESTION}\n")
    piped(run, "Is it deployed?\n/new\nWhich papers are about agents?\n", "chat", "--resume")
    assert [one["questions"] for one in run.json("conversations")["conversations"]] == [1, 3]


def test_a_conversation_is_written_as_one_page(run: Run, tmp_path: Path) -> None:
    piped(run, f"{QUESTION}\n", "chat")
    assert "Written to talk.html." in run("conversations", "show", "--html", "talk.html")[1]
    page = (tmp_path / "talk.html").read_text()
    assert f"https://arxiv.org/abs/{ITERQR}" in page
    assert "<script" not in page
    assert "exists already" in run("conversations", "show", "--html", "talk.html", code=2)[1]
    assert "There is no conversation" in run("conversations", "show", "nothing", code=1)[1]
    assert "is a digest" in run("ingest", "talk.html", code=1)[1], "a page to read is no list of papers"


def test_doctor_and_search_use_words_of_people(run: Run) -> None:
    said = run("doctor")[0]
    assert "search by meaning" in said
    assert not [word for word in ("chroma", "shelf", "lexical", "chunk", "embed") if word in said.lower()]
    assert [check["name"] for check in json.loads(run("doctor", "--json")[0])["checks"]][:2] == ["shelf", "pending"]
    said = run("search", "query rewriting", "-k", "3")[0]
    assert "1st by meaning" in said
    assert "by shared words: " in said
    assert not [word for word in ("dense", "lexical", "score", "rank ") if word in said.lower()]


def test_a_report_of_days_outside_the_library_says_so(run: Run) -> None:
    assert "The library begins on 2025-04-" in run("report", "--date", "2024-01-01", "--out", "out")[1]
    assert "The library begins" not in run("report", "--date", "2025-04-10", "--out", "out")[1]
