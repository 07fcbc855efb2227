"""`today` and `profile`: what is new for one reader and why, and what is known of them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME as CONVERSATIONS
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.kept import FILE_NAME
from rag.types import Filters
from tests.support.evaluation import quoting
from tests.support.papers import make_paper
from tests.support.runs import Run
from tests.support.samples import forget
from tests.support.tastes import BREAD, KEPT, QUERIES, tastes


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tastes")
    with Library(Config(data_dir=folder)) as opened:
        opened.ingest(tastes())
    return folder


@pytest.fixture
def run(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Nothing is kept before a test."""
    monkeypatch.chdir(tmp_path)
    _forget(library)
    return Run(library, capsys, monkeypatch)


def _forget(library: Path) -> None:
    """Delete the file of what is kept."""
    forget(library, FILE_NAME)


def test_what_is_new_is_ranked_and_explained(run: Run) -> None:
    run("keep", "star", *KEPT)
    found = run.json("today", "--since", "2025-05-01")
    assert (found["since"], found["from"], found["new"], found["standing"]) == ("2025-05-01", "new", 4, "known")
    assert {one["paper_id"] for one in found["papers"][:2]} == set(QUERIES)
    first = found["papers"][0]
    (reason,) = first["reasons"]
    shown = run.json("show", first["paper_id"])
    assert shown["text"][reason["start"] : reason["end"]] == reason["quote"]
    assert reason["because_of"] in KEPT
    assert reason["text"].startswith("like ")
    assert reason["both_on"].lower() == "search queries"
    assert reason["both_on"] in reason["quote"]
    assert reason["text"].endswith(f", both on “{reason['both_on']}”")
    assert (first["unread"], first["line"], first["date"]) == (True, None, "2025-05-05")
    assert [one["paper_id"] for one in run.json("today", "--since", "2025-05-01", "--most", "1")["papers"]] == [
        first["paper_id"]
    ]


def test_the_order_is_the_same_without_reasons(run: Run) -> None:
    run("keep", "star", *KEPT)
    told, untold = (run.json("today", "--since", "2025-05-01", *words) for words in ((), ("--no-reasons",)))
    assert [(one["paper_id"], one["score"]) for one in told["papers"]] == [
        (one["paper_id"], one["score"]) for one in untold["papers"]
    ]
    assert {tuple(one["reasons"] or ()) for one in untold["papers"]} == {()}
    assert untold["papers"][0]["reasons"] is None


def test_it_reads_well(run: Run) -> None:
    run("keep", "star", *KEPT)
    out, _ = run("today", "--since", "2025-05-01")
    said = " ".join(out.split())
    assert said.startswith("For you Of 4 papers new since 2025-05-01, those nearest to what you keep. 1. ")
    assert "” like " in said
    assert "A surprise Unlike all that you keep (" in said
    assert " apart), but of such papers one of the nearest to “" in said
    assert " aligned; most papers are near 0, full likeness is 1)." in said


def test_a_paper_without_a_reason_has_its_line_and_what_is_left_out_is_counted(run: Run) -> None:
    run("keep", "star", *KEPT, QUERIES[0])
    found = run.json("today", "--since", "2025-05-01")
    assert found["lead"].endswith(" 1 that you keep, have read or want less of is left out.")
    for one in found["papers"]:
        assert bool(one["line"]) != bool(one["reasons"])
    (line,) = {one["line"] for one in found["papers"] if one["paper_id"] == BREAD[0]}
    assert line in run.json("show", BREAD[0])["text"]
    assert line in " ".join(run("today", "--since", "2025-05-01")[0].split())
    assert {one["line"] for one in run.json("today", "--since", "2025-05-01", "--no-reasons")["papers"]} == {None}


def test_a_visit_is_remembered_and_where_nothing_came_since_the_library_is_ranked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("keep", "star", KEPT[0])
    assert run.json("today")["from"] == "new"
    monkeypatch.setattr("rag.papers.readers.kept.SAME_VISIT", timedelta(0))
    again = run.json("today")
    assert (again["from"], again["since"], again["new"]) == ("library", None, 0)
    assert again["papers"][0]["paper_id"] in {KEPT[1], *QUERIES}
    assert "Nothing is new: these are from the whole library." in " ".join(run("today")[0].split())


def test_a_reader_of_whom_nothing_is_known_is_told_what_to_do(run: Run) -> None:
    out, _ = run("today")
    assert "say in a sentence" in " ".join(out.split())
    assert run.json("today")["surprise"] is None
    assert "say in a sentence" in " ".join(run("profile")[0].split())
    assert run.json("profile")["interests"] == []


def test_a_profile_is_shown_in_words_and_changed(run: Run) -> None:
    run("keep", "star", *KEPT)
    kept_key = run.json("profile")["interests"][0]["key"]
    added = run.json("profile", "add", "How bread", "is baked in ovens")
    typed = next(one for one in added["interests"] if one["sentence"])
    assert (typed["sentence"], typed["papers"]) == ("How bread is baked in ovens", [])
    assert sum(one["weight"] for one in added["interests"]) == pytest.approx(1, abs=0.001)
    out = " ".join(run("profile", "show")[0].split())
    assert "in your own words" in out
    assert "from 2 papers that you keep: " in out
    run("profile", "remove", kept_key)
    assert {one["paper_id"] for one in run.json("today", "--since", "2025-05-01")["papers"][:2]} == set(BREAD)
    assert "No interest 'paper:none' is there" in run("profile", "remove", "paper:none", code=2)[1]
    assert run.json("profile")["muted"] == [{"key": kept_key, "paper_id": kept_key.partition(":")[2]}]
    assert "Taken out: Rewriting search queries" in run("profile")[0]
    assert kept_key in {one["key"] for one in run.json("profile", "remove", kept_key, "--off")["interests"]}
    assert "blank" in run("profile", "add", " ", code=2)[1]


def test_less_like_one_leaves_out_its_kind_until_it_is_taken_back(run: Run) -> None:
    run("profile", "add", "How bread is baked in ovens")
    assert {one["paper_id"] for one in run.json("today", "--since", "2025-05-01")["papers"][:2]} == set(BREAD)
    assert run.json("profile", "less", BREAD[0])["less"][0]["paper_id"] == BREAD[0]
    shown = {one["paper_id"] for one in run.json("today", "--since", "2025-05-01")["papers"]}
    assert not shown & set(BREAD)
    assert "Less like 1 paper." in run("profile", "less")[1]
    assert "not in the library" in run("profile", "less", "9999.99999", code=1)[1]
    assert run.json("profile", "less", BREAD[0], "--off") == {"less": []}


def test_a_profile_is_written_to_a_file_and_forgotten_on_request(run: Run, tmp_path: Path) -> None:
    run("keep", "star", *KEPT)
    run("profile", "add", "How bread is baked in ovens")
    run("profile", "less", BREAD[0])
    file = tmp_path / "profile.json"
    run("profile", "export", str(file))
    assert json.loads(file.read_text(encoding="utf-8")) == run.json("profile")
    assert "Say --yes" in run("profile", "forget", code=2)[1]
    run("profile", "forget", "--yes")
    left = run.json("profile")
    assert [one["sentence"] for one in left["interests"]] == [None]
    assert (left["less"], left["muted"]) == ([], [])
    assert len(run.json("keep", "star")["papers"]) == 2


def test_questions_count_and_are_taken_out_or_forgotten(run: Run, library: Path, tmp_path: Path) -> None:
    question = "How are search queries rewritten?"
    with closing(Conversations(library / CONVERSATIONS)) as conversations:
        opened = conversations.start("", question)
        conversations.add("", opened, question, Filters(), "", quoting(KEPT[0]))
    found = run.json("profile")
    ((key, asked),) = [(one["key"], one["question"]) for one in found["questions"]]
    assert asked == question
    assert [(one["papers"], one["questions"]) for one in found["interests"]] == [([], [question])]
    out = " ".join(run("profile")[0].split())
    assert f"from 1 question that you asked, “{question}”" in out
    assert f"Asked: “{question}” {key}" in out
    assert {one["paper_id"] for one in run.json("today", "--since", "2025-05-01")["papers"][:2]} == set(QUERIES)
    assert run.json("profile", "remove", key)["interests"] == []
    assert f"Taken out: “{question}” {key}" in " ".join(run("profile")[0].split())
    assert len(run.json("profile", "remove", key, "--off")["interests"]) == 1
    run("profile", "forget", "--yes")
    assert (run.json("profile")["interests"], run.json("profile")["questions"]) == ([], [])
    _forget(library)
    assert len(run.json("profile")["questions"]) == 1
    run("keep", "forget", "--yes")
    assert run.json("profile")["questions"] == []
    forget(library, CONVERSATIONS)


@pytest.mark.sqlite_only
def test_questions_in_a_damaged_file_do_not_count_and_that_is_told(run: Run, library: Path) -> None:
    (library / CONVERSATIONS).write_bytes(b"no database" * 1000)
    assert "Your questions do not count." in run("profile")[1]
    forget(library, CONVERSATIONS)


def test_what_others_say_is_theirs(run: Run) -> None:
    run("--user", "ada", "profile", "add", "How bread is baked in ovens")
    assert run.json("profile")["interests"] == []
    assert {
        one["paper_id"] for one in run.json("--user", "ada", "today", "--since", "2025-05-01")["papers"][:2]
    } == set(BREAD)


def test_odd_readers_are_told_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(Config(data_dir=tmp_path)) as opened:
        opened.ingest([make_paper()])
    run = Run(tmp_path, capsys, monkeypatch)
    run("keep", "read", "2504.00001")
    assert "nothing is kept yet, and every paper here is read" in " ".join(run("today")[0].split())
    assert "newest" not in run("today")[0], "none follows"
    run("keep", "read", "2504.00001", "--off")
    run("keep", "star", "2504.00001")
    said = " ".join(run("today")[0].split())
    assert "Nothing is left to recommend: you keep" in said
    assert "A surprise" not in said, "nothing is left that could be one"
    run("keep", "star", "2504.00001", "--off")
    run("profile", "less", "2504.00001")
    only_less = run.json("today")
    assert (only_less["standing"], only_less["papers"]) == ("only_less", [])
    assert "every paper here is of a kind that you want less of" in only_less["lead"]
    run("profile", "forget", "--yes")
    run("keep", "star", "2504.00001")
    with Library(Config(data_dir=tmp_path)) as opened:
        opened.ingest([make_paper("2504.00009", "Another")])
        opened.remove(["2504.00001"])
    assert run.json("today")["standing"] == "gone"
    assert "1 paper that you keep has left the library" in run("profile")[0]


@pytest.mark.sqlite_only
def test_what_is_kept_in_a_damaged_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, capsys, monkeypatch)
    with Library(Config(data_dir=tmp_path)) as opened:
        opened.ingest([make_paper("2504.00001")])
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    assert "What you keep cannot be read." in " ".join(run("today")[0].split())
    assert "What you keep cannot be read." in " ".join(run("profile")[0].split())
    assert "move it away" in run.json("profile")["why"] or "backup" in run.json("profile")["why"]
    assert "damaged" in run("profile", "add", "Bread", code=1)[1]
