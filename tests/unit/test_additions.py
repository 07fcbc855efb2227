"""`eval add`: rows checked against the library, appended in one step."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from eval.datasets import Nugget, read_questions
from eval.datasets.additions import add_feedback, add_question, parse_nugget, row_of_answer
from rag.errors import DatasetError, UsageError
from rag.papers.readers.conversations import Conversations
from rag.types import Answer, Filters
from tests.support.evaluation import PAPERS, ShelfOnly, answer, citation

if TYPE_CHECKING:
    from rag.index.library import Library

ONE, TWO, _ = (paper.paper_id for paper in PAPERS)
SPAN = "1,000 queries per second on $2$ cores"
ROW: dict[str, Any] = {
    "id": "n1", "question": "how fast", "gold_papers": [TWO], "type": "numeric",
    "nuggets": [{"text": "1,000 a second", "importance": "vital", "paper": TWO, "span": SPAN}],
}  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    shelf = ShelfOnly(tmp_path)
    yield cast("Library", shelf)
    shelf.close()


def test_a_row_is_appended_and_read_back(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "qa.jsonl"
    added = add_question(path, ROW, library)
    add_question(path, {"question": "another ü"}, library)
    found = read_questions(path)
    assert found.questions[0] == added
    assert found.questions[1].id.startswith("q-")
    assert not found.rejected
    assert json.loads(path.read_text().splitlines()[0]) == ROW


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"nuggets": [{"text": "t", "paper": TWO, "span": SPAN.replace("$2$", "2")}]},
            f"does not stand verbatim in {TWO}",
        ),
        ({"nuggets": [{"text": "t", "paper": ONE, "span": SPAN}]}, f"does not stand verbatim in {ONE}"),
        ({"nuggets": [{"text": "t", "paper": TWO}]}, "names no paper or no span"),
        ({"nuggets": [{"text": "t", "paper": "2599.1", "span": "x"}]}, r"lacks the paper 2599\.1"),
        ({"gold_papers": ["2599.2"]}, r"lacks the paper 2599\.2"),
        ({"related_papers": ["2599.3"]}, r"lacks the paper 2599\.3"),
        ({"nuggets": [{"importance": "vital"}]}, r"nuggets\.0\.text: Field required"),
        ({"question": ""}, "question: "),
    ],
)
def test_rows_that_would_mislead_are_refused(
    tmp_path: Path, library: Library, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        add_question(tmp_path / "qa.jsonl", ROW | change, library)
    assert not (tmp_path / "qa.jsonl").exists()


def test_a_taken_id_is_refused_and_nothing_changes(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "qa.jsonl"
    path.write_text('{"id": "n1", "question": "earlier"}')
    with pytest.raises(DatasetError, match="has the id 'n1' on line 1"):
        add_question(path, ROW, library)
    assert path.read_text() == '{"id": "n1", "question": "earlier"}'


def test_a_missing_newline_a_broken_line_and_a_link_are_respected(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "real.jsonl"
    path.write_bytes(b'{"id": "a", "question": "q"}\n{broken \xff')
    path.chmod(0o640)
    (tmp_path / "qa.jsonl").symlink_to(path)
    # The broken line is somebody's: it stays as it is, and the new row stands on a line of its own.
    add_question(tmp_path / "qa.jsonl", ROW, library)
    assert (tmp_path / "qa.jsonl").is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    content = path.read_bytes().splitlines()
    assert content[:2] == [b'{"id": "a", "question": "q"}', b"{broken \xff"]
    assert json.loads(content[2])["id"] == "n1"


def test_many_writers_lose_nothing(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "qa.jsonl"
    names = [f"n{number}" for number in range(12)]
    threads = [threading.Thread(target=add_question, args=(path, ROW | {"id": name}, library)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(question.id for question in read_questions(path).questions) == sorted(names)


def test_nuggets_as_typed() -> None:
    assert parse_nugget("a fact | okay | 2501.00002 | the |span| itself") == Nugget(
        text="a fact", importance="okay", paper="2501.00002", span="the |span| itself"
    )
    for wrong in ("", "a|vital|p", "a||p|s", "a|must|p|s"):
        with pytest.raises(UsageError):
            parse_nugget(wrong)


def test_an_answer_becomes_a_row(tmp_path: Path, library: Library) -> None:
    given = answer(
        "fast [1][2]", [citation(TWO, SPAN), citation(ONE, "It needs no labels.", n=2)], question="how fast?"
    )
    added = add_question(tmp_path / "qa.jsonl", row_of_answer(given), library)
    assert (added.question, added.gold_papers, added.type) == ("how fast?", (TWO, ONE), "untyped")
    assert [nugget.span for nugget in added.nuggets] == [SPAN, "It needs no labels."]


def test_an_abstention_becomes_an_unanswerable_question(tmp_path: Path, library: Library) -> None:
    given = answer("no", [citation(ONE, "GRACE")], abstained=True, reason="detail_absent", question="who paid?")
    added = add_question(tmp_path / "qa.jsonl", row_of_answer(given), library)
    assert (added.type, added.gold_papers, added.related_papers, added.nuggets) == ("unanswerable", (), (ONE,), ())


def test_an_altered_quote_is_refused(tmp_path: Path, library: Library) -> None:
    given = answer("fast [1]", [citation(TWO, SPAN).model_copy(update={"quote": SPAN.upper()})], question="how fast?")
    with pytest.raises(DatasetError, match="does not stand verbatim"):
        add_question(tmp_path / "qa.jsonl", row_of_answer(given), library)


def test_feedback_becomes_rows_once(tmp_path: Path, library: Library) -> None:
    conversations = Conversations(tmp_path / "conversations.sqlite")
    opened = conversations.start("ada", "q")
    good = answer("[1]", [citation(TWO, SPAN)], question="how fast")
    gone = answer("[1]", [citation(TWO, SPAN).model_copy(update={"paper_id": "2599.9"})])
    verdicts: list[tuple[str, Answer | None, Literal[1, -1] | None, str]] = [
        ("how fast", good, 1, ""),
        ("and why?", good, -1, "misses the reason"),
        ("where", gone, 1, ""),
        ("unrated", good, None, ""),
        ("stopped", None, 1, ""),
    ]
    for question, given, rating, comment in verdicts:
        kept = conversations.add("ada", opened, question, Filters(), "said", given)
        if rating:
            conversations.rate("ada", kept.exchange_id, rating, comment)
    path = tmp_path / "qa.jsonl"
    first = add_feedback(path, conversations, library)
    assert len(first.added) == 3
    assert [row.reason for row in first.rejected] == ["The library lacks the paper 2599.9."]
    fast, why, stopped = read_questions(path).questions
    assert (fast.question, fast.gold_papers, fast.nuggets[0].span, fast.history) == ("how fast", (TWO,), SPAN, ())
    assert (why.question, why.gold_papers, why.answerable) == ("and why?", None, None)
    assert [turn.content for turn in why.history] == ["how fast", "said"]
    assert (stopped.question, stopped.gold_papers) == ("stopped", None)

    again = add_feedback(path, conversations, library)
    assert (again.added, again.known) == ((), first.added)
    assert len(read_questions(path).questions) == 3
