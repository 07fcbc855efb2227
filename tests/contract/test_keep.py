"""What is kept over the command line: marks, lists and notes, and questions put to them alone."""

from __future__ import annotations

import io
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.answered import FILE_NAME as ANSWERED
from rag.papers.readers.answered import Answered, Given
from rag.papers.readers.kept import FILE_NAME
from rag.papers.readers.rewritten import FILE_NAME as REWRITES
from rag.papers.readers.rewritten import Rewriting, Rewritten
from rag.types.card import Tag
from tests.support.papers import make_paper
from tests.support.runs import Run
from tests.support.samples import forget, sample_library

ITERQR = "2504.05309"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_library(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def run(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Nothing is kept before a test."""
    monkeypatch.chdir(tmp_path)
    forget(library, FILE_NAME)
    return Run(library, capsys, monkeypatch)


@pytest.fixture
def ids(run: Run) -> list[str]:
    return [paper["paper_id"] for paper in run.json("papers")]


def test_papers_are_starred_kept_for_later_and_read(run: Run, ids: list[str]) -> None:
    first, second = ids[:2]
    marked = run.json("keep", "star", f"https://arxiv.org/abs/{first}v1", second)
    assert [(row["paper_id"], row["starred"]) for row in marked["papers"]] == [(first, True), (second, True)]
    run("star", ITERQR)
    assert [row["paper_id"] for row in run.json("keep", "star")["papers"]] == [ITERQR, second, first]
    run("keep", "later", second)
    run("keep", "read", first, second)
    run("keep", "read", first, "--off")
    out, error = run("keep", "read")
    assert out.split()[1] == second
    assert error.strip() == "1 paper read."
    assert [paper["paper_id"] for paper in run.json("papers", "--later")] == [second]
    assert {paper["paper_id"] for paper in run.json("papers", "--starred")} == {first, second, ITERQR}
    assert "9999.99999 is not in the library" in run("keep", "star", first, "9999.99999", code=1)[1]


@pytest.mark.parametrize(
    "words",
    [("show",), ("similar",), ("keep", "star"), ("list", "mine", "--add"), ("note",), ("remove",)],
    ids=lambda words: words[0],
)
def test_a_mistyped_id_names_the_paper_that_is_meant(run: Run, words: tuple[str, ...]) -> None:
    _, said = run(*words, "2504.05039", code=1)
    assert said.splitlines()[1].startswith(f"Did you mean {ITERQR} (“IterQR: An Iterative Framework")
    assert f"Did you mean {ITERQR} (“" in run("papers", "--paper", "2504.05039")[1]


def test_a_mistyped_title_and_a_mistyped_list_name_what_is_meant(run: Run) -> None:
    assert f"Did you mean {ITERQR} (“" in run("show", "iterqr", "an", "itreative", "framework", code=1)[1]
    run("list", "Thesis", "--make")
    assert "Did you mean 'Thesis'?" in run("papers", "--list", "thesiss", code=1)[1]


def test_what_is_kept_of_a_paper_is_found_by_the_id_that_it_left(tmp_path: Path, run: Run) -> None:
    doi = "10.1145/3726302.3730000"
    with Library(Config(data_dir=tmp_path)) as opened:
        opened.ingest([make_paper(f"doi:{doi}", url="", undated=True)])
        run.json("--data-dir", str(tmp_path), "note", f"doi:{doi}", "Read this.")
        (row,) = run.json("--data-dir", str(tmp_path), "keep", "star", doi)["papers"]
        assert (row["paper_id"], row["date"]) == (f"doi:{doi}", None)
        shown = run.json("--data-dir", str(tmp_path), "show", doi)
        assert (shown["date"], shown["listed"], shown["undated"]) == (None, [], True), "a supposed day is no fact"
        assert [one["date"] for one in run.json("--data-dir", str(tmp_path), "papers")] == [None]
        opened.ingest([make_paper("2504.00001", doi=doi)])
    held = run.json("--data-dir", str(tmp_path), "note", f"doi:{doi}")
    assert (held["paper_id"], held["text"]) == ("2504.00001", "Read this.")
    (row,) = run.json("--data-dir", str(tmp_path), "keep", "star")["papers"]
    assert (row["paper_id"], row["date"]) == ("2504.00001", "2025-04-10")
    assert run.json("--data-dir", str(tmp_path), "show", f"doi:{doi}")["paper_id"] == "2504.00001"
    assert [one["paper_id"] for one in run.json("--data-dir", str(tmp_path), "papers", "--paper", doi)] == [
        "2504.00001"
    ]


def test_what_others_keep_is_theirs(run: Run) -> None:
    run("keep", "star", ITERQR)
    assert run.json("--user", "ada", "keep", "star") == {"papers": []}
    run("--user", "ada", "note", ITERQR, "hers")
    assert "There is no note" in run("note", ITERQR)[1]


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def test_all_that_is_kept_is_written_to_a_file_and_forgotten_on_request(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("keep", "star", ITERQR)
    run("list", "zoo", "--add", ITERQR)
    run("note", ITERQR, "größer")
    run("--user", "ada", "note", ITERQR, "hers")
    with closing(Answered(run.folder / ANSWERED)) as answered, closing(Rewritten(run.folder / REWRITES)) as rewritten:
        answered.add("", Given("q", ITERQR, Tag("rag", "RAG"), "yes", True, datetime.now(UTC)))
        rewritten.add("", Rewriting(0, "better words?", "e", "n", "", "IterQR", "reader", datetime.now(UTC)))
    file = tmp_path / "kept.json"
    assert run.json("keep", "export", str(file)) == {"file": str(file)}
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["starred"][0]["paper_id"] == ITERQR
    assert (written["lists"][0]["name"], written["notes"][0]["text"]) == ("zoo", "größer")
    assert (written["quiz"][0]["chosen"], written["rewrites"][0]["question"]) == ("yes", "better words?")
    assert run.json("keep", "export") == written
    assert "exists already" in run("keep", "export", str(file), code=2)[1]
    assert "Say --yes" in run("keep", "forget", code=2)[1]
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert "Nothing was deleted." in run("keep", "forget", code=1)[1]
    assert run.json("keep", "export") == written
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    run("keep", "forget")
    assert run.json("list") == {"lists": [], "starred": 0, "later": 0, "noted": 0}
    forgotten = run.json("keep", "export")
    assert (forgotten["quiz"], forgotten["rewrites"]) == ([], [])
    assert run("--user", "ada", "note", ITERQR)[0] == "hers\n"
    assert run.json("show", ITERQR)["paper_id"] == ITERQR


def test_a_list_is_made_filled_renamed_and_dropped(run: Run, ids: list[str]) -> None:
    name = "RAG / <b>bold</b> 📚"
    made = run.json("list", name, "--add", ITERQR, "--put", ids[0], "--add", ITERQR)
    assert (made["name"], made["paper_ids"]) == (name, [ITERQR, ids[0]])
    assert [row["in_library"] for row in made["papers"]] == [True, True]
    assert run.json("list", name.upper(), "--take", ids[0])["paper_ids"] == [ITERQR]
    assert "already" in run("list", name, "--make", code=2)[1]
    assert run.json("list", name, "--rename", "rewriting")["name"] == "rewriting"
    assert run.json("list")["lists"][0]["paper_ids"] == [ITERQR]
    assert "1 paper, changed" in run("list")[0]
    assert f"There is no list '{name}'" in run("list", name, code=1)[1]
    assert "not in the library" in run("list", "rewriting", "--add", "9999.99999", code=1)[1]
    assert "--drop stands alone" in run("list", "rewriting", "--drop", "--make", code=2)[1]
    assert "name the list" in run("list", "--make", code=2)[1]
    assert run.json("list", "rewriting", "--drop") == {"dropped": "rewriting"}
    assert run.json("list") == {"lists": [], "starred": 0, "later": 0, "noted": 0}


def test_a_note_is_written_shown_and_deleted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("note", ITERQR, "first")
    monkeypatch.setattr("sys.stdin", io.StringIO("piped\nin two lines\n"))
    assert run.json("note", ITERQR, "-")["text"] == "piped\nin two lines\n"
    assert run("note", ITERQR)[0] == "piped\nin two lines\n\n"
    assert "    piped in two lines\n" in run("note")[0]
    assert "100,001 characters" in run("note", ITERQR, "x" * 100_001, code=2)[1]
    assert run.json("note", ITERQR, "")["text"] == ""
    assert run.json("note") == {"notes": []}


def test_questions_are_put_to_what_is_kept_alone(run: Run, ids: list[str]) -> None:
    others = [paper_id for paper_id in ids if paper_id != ITERQR][:2]
    run("list", "others", "--add", others[0], "--add", others[1])
    run("list", "mine", "--add", ITERQR)
    run("keep", "star", ITERQR, others[0])
    question = "How does IterQR rewrite queries?"
    assert {one["paper_id"] for one in run.json("ask", question, "--list", "mine")["citations"]} == {ITERQR}
    asked = run.json("ask", question, "--list", "others")
    assert ITERQR not in {one["paper_id"] for one in asked["citations"]}
    assert asked["filters"]["paper"] == " ".join(others)
    found = run.json("search", "retrieval", "--list", "others", "--starred", "-k", "50")["hits"]
    assert {hit["paper_id"] for hit in found} == {others[0]}
    found = run.json("search", "retrieval", "--list", "others", "--list", "mine", "-k", "50")["hits"]
    assert {hit["paper_id"] for hit in found} == {ITERQR, *others}
    assert {paper["paper_id"] for paper in run.json("topic", "queries", "--list", "mine")["papers"]} <= {ITERQR}
    assert {paper["paper_id"] for paper in run.json("papers", "--paper", f"arXiv:{ITERQR}v3")} == {ITERQR}
    assert "There is no list 'none'" in run("ask", question, "--list", "none", code=1)[1]
    run("list", "empty", "--make")
    assert "No paper of the library is kept so" in run("ask", question, "--list", "empty", code=1)[1]


def test_a_list_leaves_as_a_bibliography_in_its_order(run: Run, ids: list[str]) -> None:
    chosen = [ids[3], ids[0], ids[2]]
    run("list", "thesis", *(word for paper_id in chosen for word in ("--add", paper_id)))
    text, _ = run("export", "--list", "thesis", "--format", "md")
    assert [next(i for i in ids if i in line) for line in text.splitlines()] == chosen
    for form, sign in (("bibtex", "@misc{"), ("ris", "TY  - "), ("csl", '"title"')):
        assert run("export", "--list", "thesis", "--format", form)[0].count(sign) == 3


def test_a_removed_paper_stays_kept(run: Run, library: Path, tmp_path: Path) -> None:
    gone = "2401.00001"
    (tmp_path / "more.jsonl").write_text(
        f'{{"id": "{gone}", "title": "Gone soon", "abstract": "It is about to leave.", "date": "2024-01-05"}}\n'
    )
    run("ingest", "more.jsonl")
    run("list", "mixed", "--add", gone, "--add", ITERQR)
    run("keep", "star", gone)
    run("note", gone, "about to leave")
    run("remove", gone)
    assert "(no longer in the library)" in run("list", "mixed")[0]
    assert run.json("list", "mixed")["papers"][0]["in_library"] is False
    assert "(no longer in the library)" in run("keep", "star")[0]
    assert run("note", gone, "left")[0] == "left\n"
    out, error = run("papers", "--list", "mixed")
    assert ITERQR in out
    assert f"Kept, but no longer in the library: {gone}." in error
    run("keep", "star", gone, "--off")
    assert run.json("keep", "star") == {"papers": []}
