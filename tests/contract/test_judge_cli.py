"""`eval nuggets` and `eval judge` as a person calls them, against a real server with a scripted model behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from eval.datasets import read_questions
from eval.runs import run
from rag.config import Config
from rag.errors import JudgeError
from rag.types import Receipt
from tests.support.chat_server import ChatServer, Fault, chat_server
from tests.support.evaluation import PAPERS, ScriptedAssistant, answer, citation
from tests.support.judges import judge
from ui.cli.evaluation import judge as commands

GRACE, HUBS = "It needs no labels.", "Hubs reach 1,000 queries per second on $2$ cores."
QUESTION = "What is new?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two finished runs of one question, `a` citing both papers and `b` one, and a library that lacks them."""
    (tmp_path / "qa.jsonl").write_text(json.dumps({"id": "q1", "question": QUESTION}))
    both = [citation(PAPERS[0].paper_id, GRACE, chunk_id="c1"), citation(PAPERS[1].paper_id, HUBS, 2, chunk_id="c2")]
    for name, citations in (("a", both), ("b", both[:1])):
        (tmp_path / f"library-{name}").mkdir()
        text = " ".join(f"{one.quote} [{one.n}]" for one in citations)
        written = answer(text, citations, receipt=Receipt(corpus="c", config="f", model="extractive"))
        assistant = ScriptedAssistant(tmp_path / f"library-{name}", {QUESTION: written})
        run(assistant, Config(), read_questions(tmp_path / "qa.jsonl"), tmp_path / name)
        assistant.library.close()
    return tmp_path


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server(judge()) as running:
        yield running


def call(folder: Path, server: ChatServer, command: str, *options: str) -> Result:
    settings = {"model": "qwen-scripted", "base_url": server.base_url, "max_retries": 0}
    (folder / "judge.yaml").write_text(yaml.safe_dump(settings))
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("nuggets")(commands.nuggets)
    app.command("judge")(commands.judge)
    fixed = ["--judge", str(folder / "judge.yaml"), "--out", str(folder / "out"), "--data-dir", str(folder / "library")]
    return CliRunner().invoke(app, [command, str(folder / "a"), str(folder / "b"), *fixed, *options])


def test_judge_says_who_wins_what_was_missed_and_whether_to_believe_it(folder: Path, server: ChatServer) -> None:
    result = call(folder, server, "judge")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "NOT VALID"
    assert any("is not pinned" in line for line in lines)
    assert "a: vital_strict 1.000, vital 1.000, all_strict 1.000, all 1.000" in lines
    assert "b: vital_strict 0.500, vital 0.500, all_strict 0.500, all 0.500" in lines
    assert "a against b: a; topics 1 to 0, 0 tied" in lines
    assert f"q1, b misses: {HUBS.rstrip('.')} (vital, not_support)" in lines
    assert "label-sheet.jsonl" in result.stderr


def test_json_is_one_document_and_the_files_are_there(folder: Path, server: ChatServer) -> None:
    result = call(folder, server, "judge", "--json")
    assert json.loads(result.stdout) == json.loads((folder / "out" / "judged.json").read_text())
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {"judged.json", "report.html", "nuggets.jsonl", "label-sheet.jsonl", "replies.jsonl"}


def test_nuggets_prints_and_writes_them(folder: Path, server: ChatServer) -> None:
    result = call(folder, server, "nuggets")
    assert result.stdout == "q1: 2 vital, 0 okay\n"
    [row] = [json.loads(line) for line in (folder / "out" / "nuggets.jsonl").read_text().splitlines()]
    assert [nugget["text"] for nugget in row["nuggets"]] == [GRACE.rstrip("."), HUBS.rstrip(".")]
    assert json.loads(call(folder, server, "nuggets", "--json").stdout) == [row]


def test_a_failing_server_is_an_error_of_the_tree(folder: Path, server: ChatServer) -> None:
    server.script = lambda asked: Fault(401)
    result = call(folder, server, "judge")
    assert isinstance(result.exception, JudgeError)
