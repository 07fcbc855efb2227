"""QA sets and BEIR folders: what is read, and how every unusable line is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from eval.datasets import Question, beir_papers, read_beir, read_questions
from rag.errors import DatasetError
from rag.types import Paper, Rejected
from tests.support.data import shared_data


def write(path: Path, *lines: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


# --- QA sets ----------------------------------------------------------------------------------------------------------


def test_an_id_and_a_question_are_enough(tmp_path: Path) -> None:
    (question,) = read_questions(
        write(tmp_path / "qa.jsonl", {"id": 7, "question": "why?", "mood": "curious"})
    ).questions
    assert question == Question(id="7", question="why?", type="untyped")
    assert question.gold_papers is None
    assert question.answerable is None


def test_every_unusable_line_is_named(tmp_path: Path) -> None:
    path = write(
        tmp_path / "qa.jsonl",
        {"id": "a", "question": "one"},
        "",
        '{"id": "b", "question":',
        '["not", "an", "object"]',
        {"id": "a", "question": "again"},
        {"question": "no id"},
        {"id": "c", "question": ""},
        {"id": "d", "question": "q", "nuggets": [{"text": "t", "importance": "huge"}]},
        {"id": "e", "question": "q", "history": [{"role": "system", "content": "x"}]},
        {"id": "f", "question": "last"},
    )
    with path.open("ab") as file:
        file.write(b'{"id": "g", "question": "\xff"}')
    found = read_questions(path)
    assert [question.id for question in found.questions] == ["a", "f"]
    assert found.lines == {"a": 1, "f": 10}
    reasons = {row.line: row.reason for row in found.rejected}
    assert reasons.keys() == {3, 4, 5, 6, 7, 8, 9, 11}
    assert reasons[3].startswith("not JSON")
    assert reasons[4] == "not a JSON object"
    assert reasons[5] == "the id 'a' already stands on line 1"
    assert reasons[6] == "id: field required"
    assert reasons[7].startswith("question: ")
    assert reasons[8].startswith("nuggets.0.importance: ")
    assert reasons[9].startswith("history.0.role: ")
    assert reasons[11] == "not UTF-8 text"
    assert {row.source for row in found.rejected} == {"qa.jsonl"}


@pytest.mark.parametrize(
    ("content", "part"), [("", "it is empty"), ("\n \n", "it is empty"), ("{\n}\n", "line 1: not JSON")]
)
def test_a_file_without_a_question_is_refused(tmp_path: Path, content: str, part: str) -> None:
    (tmp_path / "qa.jsonl").write_text(content)
    with pytest.raises(DatasetError, match="holds no question") as caught:
        read_questions(tmp_path / "qa.jsonl")
    assert part in caught.value.message


def test_a_missing_file_a_folder_and_a_false_gz_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "qa.jsonl.gz", "no gzip")
    for path in (tmp_path / "none.jsonl", tmp_path, tmp_path / "qa.jsonl.gz"):
        with pytest.raises(DatasetError, match="cannot be read") as caught:
            read_questions(path)
        assert str(path) in caught.value.message


def test_byte_order_mark_crlf_and_gzip(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"id": "a", "question": "one"}\r\n{"id": "b", "question": "two"}\r\n'
    with gzip.open(tmp_path / "qa.jsonl.gz", "wb") as file:
        file.write(content)
    found = read_questions(tmp_path / "qa.jsonl.gz")
    assert [question.id for question in found.questions] == ["a", "b"]
    assert not found.rejected


def test_the_digest_is_of_the_questions_and_not_of_the_layout(tmp_path: Path) -> None:
    one, two = {"id": "a", "question": "one"}, {"id": "b", "question": "two"}
    plain = read_questions(write(tmp_path / "1.jsonl", one, two)).digest
    assert read_questions(write(tmp_path / "2.jsonl", one, "", "{", two)).digest == plain
    assert read_questions(write(tmp_path / "3.jsonl", two, one)).digest != plain
    assert read_questions(write(tmp_path / "4.jsonl", one, two | {"gold_papers": []})).digest != plain


def test_whether_a_question_is_answerable() -> None:
    row = {"id": "a", "question": "q"}
    assert Question.model_validate(row | {"type": "unanswerable"}).answerable is False
    assert Question.model_validate(row | {"gold_papers": ["x"], "type": "mine"}).answerable is True
    assert Question.model_validate(row | {"type": "single"}).answerable is True
    assert Question.model_validate(row | {"type": "mine"}).answerable is None


def test_the_development_set_is_read_whole() -> None:
    found = read_questions(shared_data() / "qa" / "dev.jsonl")
    assert len(found.questions) == 141
    assert not found.rejected


# --- BEIR folders -----------------------------------------------------------------------------------------------------


def beir(folder: Path, qrels: str = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\n") -> Path:
    write(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "One", "text": "first"},
        {"_id": "d2", "title": "", "text": "second"},
    )
    write(folder / "queries.jsonl", *({"_id": f"q{n}", "text": f"query {n}"} for n in (1, 2, 3)))
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder


def test_only_judged_queries_are_kept_and_grades_are_graded(tmp_path: Path) -> None:
    data = read_beir(beir(tmp_path), "test")
    assert data.queries == {"q1": "query 1", "q2": "query 2"}
    assert data.qrels == {"q1": {"d1": 2, "d2": 0}, "q2": {"d2": 1}}
    assert not data.rejected


def test_judgements_without_a_heading(tmp_path: Path) -> None:
    assert read_beir(beir(tmp_path, "q1\td1\t3\n"), "test").qrels == {"q1": {"d1": 3}}


def test_unusable_judgements_and_queries_are_named(tmp_path: Path) -> None:
    folder = beir(
        tmp_path, "query-id\tcorpus-id\tscore\nq1\td1\n q1 d1 1\nq1\td1\t-1\nq1\td1\t1\nq1\td1\t2\nq9\td1\t1\n"
    )
    write(folder / "queries.jsonl", {"_id": "q1", "text": "one"}, {"text": "x"}, {"_id": "q1", "text": "two"}, "{")
    data = read_beir(folder, "test")
    assert data.queries == {"q1": "one"}
    assert data.qrels == {"q1": {"d1": 1}}
    named = {(row.source, row.line) for row in data.rejected}
    assert named == {("test.tsv", n) for n in (0, 2, 3, 4, 6)} | {("queries.jsonl", n) for n in (2, 3, 4)}


def test_missing_files_are_named_with_the_splits_there_are(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"dev\.tsv is missing") as caught:
        read_beir(beir(tmp_path), "dev")
    assert "Splits here: test." in caught.value.advice
    with pytest.raises(DatasetError, match=r"train\.tsv is missing"):
        read_beir(tmp_path / "none", "train")


def test_judgements_of_other_queries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No query"):
        read_beir(beir(tmp_path, "zz\td1\t1\n"), "test")


def test_a_corpus_becomes_papers(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    write(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "One", "text": "first", "metadata": {}},
        {"_id": "d2", "title": "", "text": "second"},
        {"_id": "d3", "title": "", "text": " "},
        {"_id": "d1", "title": "again", "text": "x"},
        {"_id": "d 4", "title": "white space", "text": "x"},
        {"_id": "d5", "title": 5, "text": "x"},
        "{",
    )
    rows = list(beir_papers(folder))
    papers = [row for row in rows if isinstance(row, Paper)]
    assert [(paper.paper_id, paper.text) for paper in papers] == [("d1", "One\n\nfirst"), ("d2", "second")]
    assert [row.line for row in rows if isinstance(row, Rejected)] == [3, 4, 5, 6, 7]


def test_scifact_is_read_whole() -> None:
    data = read_beir(shared_data() / "scifact", "test")
    assert len(data.queries) == 300
    assert not data.rejected
    rows = list(beir_papers(data.folder))
    assert len(rows) == 5183
    assert all(isinstance(row, Paper) for row in rows)
