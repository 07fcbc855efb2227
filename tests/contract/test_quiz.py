"""Quizzes and rewritings over the command line: the same seed asks the same, answers are kept, bad input is told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.answered import FILE_NAME
from rag.papers.readers.conversations import FILE_NAME as CONVERSATIONS
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.papers.readers.rewritten import FILE_NAME as REWRITES
from tests.support.papers import make_paper
from tests.support.runs import Run
from tests.support.samples import forget, sample_library

ITERQR = "2504.05309"
WRONG, RIGHT = (
    "How are the searches of shoppers put into better words?",
    "How does IterQR rewrite the searches of shoppers?",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_library(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def run(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Nothing is kept, answered or learnt before a test."""
    monkeypatch.chdir(tmp_path)
    forget(library, FILE_NAME, KEPT, REWRITES, CONVERSATIONS)
    return Run(library, capsys, monkeypatch)


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_quiz_of_what_is_kept_is_the_same_for_a_seed_and_quotes_its_papers(run: Run) -> None:
    newest = run.json("quiz", "--most", "3", "--seed", "4")
    assert newest["notes"] == ["Nothing is kept yet, so the newest papers are asked about."]
    assert newest == run.json("quiz", "--most", "3", "--seed", "4")
    assert len(newest["items"]) == 3
    for item in newest["items"]:
        text = run.json("show", item["paper_id"])["text"]
        assert text[item["start"] : item["end"]] == item["quote"]
        assert len({option["text"] for option in item["options"]}) == 4
        right = item["options"].pop(item["right"] - 1)
        assert right["paper_id"] == item["paper_id"]
        assert item["paper_id"] not in {option["paper_id"] for option in item["options"]}
    kept = newest["items"][0]["paper_id"]
    run("keep", "star", kept)
    asked = run.json("quiz", "--most", "1")
    assert asked["notes"] == []
    assert [item["paper_id"] for item in asked["items"]] == [kept]


def test_answers_are_kept_and_lower_or_raise_what_is_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = run.json("quiz", "--most", "2", "--seed", "4")["items"]
    wrong = "abcd"[second["right"] % 4]
    types(monkeypatch, f"{'abcd'[first['right'] - 1]}\ncertainly\n{wrong.upper()})\n")
    out, error = run("quiz", "--most", "2", "--seed", "4")
    assert "Choose a, b, c or d" in error
    assert "1 of 2 right." in out
    assert "Right." in out
    assert f"Wrong: it is {'abcd'[second['right'] - 1]})" in out
    said = run.json("quiz", "--mastery")
    assert [answer["right"] for answer in said["answers"]] == [True, False]
    known = {one["topic"]["label"]: one["mastery"] for one in said["mastery"]}
    if first["topic"] != second["topic"]:
        assert known[second["topic"]["label"]] < 0.3 < known[first["topic"]["label"]]
    for paper in said["next"]:
        assert paper["paper_id"] not in {first["paper_id"], second["paper_id"]}
        assert "right so far" in paper["reason"]
    out, error = run("quiz", "--mastery")
    assert f"{second['topic']['label']}  " in out
    assert "2 answers, 1 right" in error
    assert run.json("quiz", "--forget") == {"forgotten": True}
    assert run.json("quiz", "--mastery") == {"mastery": [], "next": [], "answers": []}


def test_leaving_keeps_what_was_answered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    types(monkeypatch, "a\n")
    assert "of 1 right." in run("quiz", "--most", "2")[0]
    types(monkeypatch, "")
    assert "Nothing was answered." in run("quiz", "--most", "2")[0]
    assert len(run.json("quiz", "--mastery")["answers"]) == 1


def test_what_cannot_be_asked_is_told(run: Run, library: Path, tmp_path: Path) -> None:
    assert "9999.99999 is not in the library" in run("quiz", "--paper", "9999.99999", code=1)[1]
    assert "no list" in run("quiz", "--list", "thesis", code=1)[1].lower()
    run("list", "thesis", "--make")
    assert run.json("quiz", "--list", "thesis")["notes"] == ["The list “thesis” holds no paper of the library."]
    assert run.json("quiz", "--topic", "potato peeling")["notes"] == ["No paper of the library is on “potato peeling”."]
    assert "not both" in run("quiz", "--list", "thesis", "--paper", ITERQR, code=2)[1]


@pytest.mark.sqlite_only
def test_answers_in_a_damaged_file_are_told(run: Run, library: Path) -> None:
    (library / FILE_NAME).write_bytes(b"no database at all, but long enough to be read as one" * 20)
    assert "move it away: quizzes then begin anew" in run("quiz", code=1)[1]
    (library / FILE_NAME).unlink()


@pytest.mark.sqlite_only
def test_what_only_reads_makes_no_file_and_a_damaged_one_of_what_is_kept_is_told(run: Run, library: Path) -> None:
    run.json("quiz", "--mastery")
    run.json("quiz", "--most", "1")
    assert not (library / FILE_NAME).exists()
    forget(library, KEPT)
    (library / KEPT).write_bytes(b"no database at all, but long enough to be read as one" * 20)
    assert "What you keep cannot be read." in run("quiz", "--mastery")[1]
    found = run.json("quiz", "--most", "1")
    assert "What you keep cannot be read." in found["notes"][0]
    assert len(found["items"]) == 1


def test_fewer_questions_than_wanted_and_second_ones_of_a_paper_are_told(run: Run) -> None:
    some = run.json("quiz", "--most", "5")
    one = some["items"][0]["paper_id"]
    assert len({item["paper_id"] for item in some["items"]}) == len(some["items"]) == 5
    few = run.json("quiz", "--paper", one, "--most", "50")
    made = len(few["items"])
    assert few["notes"] == [f"Only {made} question{'s' * (made != 1)} of the 50 wanted could be made of 1 paper."]
    all_of_two = run.json("quiz", "--paper", one, "--paper", ITERQR, "--most", str(made))
    assert all_of_two["notes"] == (
        ["Only 1 of 2 papers gives one, so more than one is asked of a paper."] if made > 1 else []
    )
    assert {item["kind"] for item in run.json("quiz", "--most", "50")["items"]} <= {
        "figure",
        "data",
        "system",
        "result",
    }


def test_one_paper_makes_no_quiz(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Library(Config(data_dir=tmp_path / "one")) as opened:
        opened.ingest([make_paper()])
    alone = Run(tmp_path / "one", capsys, monkeypatch)
    (note,) = alone.json("quiz")["notes"]
    assert note == "A question is a choice among 4 papers, and the library holds 1 paper. Add more."


def test_a_paper_of_which_nothing_can_be_asked_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Library(Config(data_dir=tmp_path / "doors")) as opened:
        opened.ingest([make_paper(f"2511.0000{n}", f"Painting Door {n}", "We paint doors.") for n in range(1, 5)])
    doors = Run(tmp_path / "doors", capsys, monkeypatch)
    (note,) = doors.json("quiz", "--paper", "2511.00002")["notes"]
    assert note.startswith("Nothing in the abstract of “Painting Door 2” can be asked")


def test_a_rewriting_that_helped_is_used_again_until_a_thumb_down(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run.json("rewrites") == {"rewrites": []}
    types(monkeypatch, f"{RIGHT}\n/good\n")
    assert "No rewording was learnt from it. What teaches one is " in run("chat")[0]
    assert "What teaches one is " in run("rewrites")[1]
    types(monkeypatch, f"{WRONG}\n/bad\n{RIGHT}\n/good\n")
    assert f"Learnt: “{WRONG}” is searched for as “{RIGHT}” from now on." in run("chat")[0]
    (kept,) = run.json("rewrites", "show")["rewrites"]
    assert (kept["question"], kept["rewriting"], kept["origin"]) == (WRONG, RIGHT, "reader")
    types(monkeypatch, f"{WRONG.lower()}\n")
    out, error = run("chat")
    assert f"Searched for what helped before: {RIGHT}" in out + error
    assert ITERQR in out
    assert run.json("ask", WRONG)["notes"] == []  # scripts get the same answer to the same question
    types(monkeypatch, f"{WRONG}\n/bad\n")
    assert "1 rewording of questions forgotten." in run("chat")[0]
    assert run.json("rewrites") == {"rewrites": []}


def test_a_kept_paper_teaches_and_rewritings_can_be_removed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    types(monkeypatch, f"{WRONG}\n/bad\n{RIGHT}\n")
    run("chat")
    run("keep", "later", ITERQR)
    out, _ = run("rewrites")
    assert f"{WRONG}\n   → {RIGHT}  (your own words; number 1)" in out
    assert "number 7" in run("rewrites", "remove", "7", code=1)[1]
    assert run.json("rewrites", "remove", "1")["removed"]["rewriting"] == RIGHT
    run("keep", "star", ITERQR)
    out, said = run("rewrites")
    assert out.startswith(f"{WRONG}\n"), "what is no place in the list does not begin it"
    assert "(your own words; number 2)" in out
    assert "`paperchat rewrites remove 2` forgets the last" in said
    assert RIGHT not in run("rewrites", "remove", "2")[0] + run("rewrites")[0]
    run("keep", "later", ITERQR)
    assert run.json("rewrites", "clear") == {"cleared": 1}
    assert "none of show, clear and remove" in run("rewrites", "forget", code=2)[1]
    assert "only for remove" in run("rewrites", "clear", "1", code=2)[1]
