"""`paperchat replay`: what would differ today, told from an answer or its receipt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eval.runs.replay import replay
from rag.assistant import Assistant
from rag.config import Config, RetrievalConfig
from rag.index.library import Library
from rag.prompts import load_prompt
from rag.types import Answer, RetrievedPassage, Turn
from rag.write.reformulation import load_bank
from tests.support import children
from tests.support.data import REPOSITORY
from tests.support.papers import make_paper
from tests.support.samples import sample_library

QUESTION = "How does IterQR rewrite queries in e-commerce search?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def answer(folder: Path) -> Answer:
    with Assistant(Library(Config(data_dir=folder))) as assistant:
        return assistant.answer(QUESTION)


def replayed(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", str(folder), "replay"]
    done = subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": children.path_with(REPOSITORY)},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def kept(tmp_path: Path, content: Any) -> str:
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(content))
    return str(file)


def test_nothing_differs_right_after(folder: Path, answer: Answer, tmp_path: Path) -> None:
    document = answer.model_dump(mode="json") | {"id": "q1", "bibtex": []}
    code, out, _ = replayed(folder, kept(tmp_path, document), "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["differs"], result["changes"]) == (False, [])
    assert result["passages"] == {"same": len(answer.retrieved), "new": [], "gone": [], "moved": []}


def test_what_changed_is_named(folder: Path, answer: Answer, tmp_path: Path) -> None:
    first, second, third, *rest = answer.retrieved
    lost = RetrievedPassage(paper_id="9999.00001", chunk_id="f" * 32, score=1.0, ranks={})
    receipt = answer.receipt.model_copy(
        update={"corpus": "old", "model": "m", "prompts": {"answer": "old", "gone": "x"}}
    )
    then = answer.model_copy(update={"retrieved": (second, first, lost, *rest), "receipt": receipt})
    code, out, _ = replayed(folder, kept(tmp_path, then.model_dump(mode="json")), "--json")
    result = json.loads(out)
    assert code == 0
    assert {one["what"]: one["then"] for one in result["changes"]} == {
        "corpus": "old",
        "model": "m",
        "prompt answer": "old",
        "prompt gone": "x",
    }
    assert next(one for one in result["changes"] if one["what"] == "prompt gone")["now"] == "none"
    passages = result["passages"]
    assert [one["chunk_id"] for one in passages["new"]] == [third.chunk_id]
    assert [one["paper_id"] for one in passages["gone"]] == ["9999.00001"]
    assert [(one["then"], one["now"]) for one in passages["moved"]] == [(2, 1), (1, 2)]
    assert passages["same"] == len(rest)


def test_prompts_are_found_wherever_they_are_kept(folder: Path, answer: Answer) -> None:
    entry = next(iter(load_bank().values()))
    prompts = {entry.id: entry.digest, "answer": load_prompt("answer").digest}
    kept_with = answer.model_copy(update={"receipt": answer.receipt.model_copy(update={"prompts": prompts})})
    with Assistant(Library(Config(data_dir=folder))) as assistant:
        assert replay(assistant.engine, kept_with).changes == ()


def test_a_person_reads_the_same(folder: Path, answer: Answer, tmp_path: Path) -> None:
    code, out, _ = replayed(folder, kept(tmp_path, answer.model_dump(mode="json")))
    assert code == 0
    assert "Corpus, configuration, model and prompts are what they were." in out
    assert f"The same {len(answer.retrieved)} passages are retrieved" in out


def test_a_receipt_alone_is_compared_as_far_as_it_goes(folder: Path, answer: Answer, tmp_path: Path) -> None:
    receipt = answer.receipt.model_dump(mode="json") | {"config": "other"}
    code, out, _ = replayed(folder, kept(tmp_path, receipt))
    assert code == 0
    assert "Config: other then" in out
    assert "cannot be compared" in out


@pytest.mark.parametrize("content", [[], {"question": "x"}, {"receipt": {}}])
def test_anything_else_is_wrong_usage(folder: Path, tmp_path: Path, content: Any) -> None:
    code, out, err = replayed(folder, kept(tmp_path, content))
    assert (code, out) == (2, "")
    assert "holds neither" in err


def test_a_new_paper_and_another_setting_show(folder: Path, answer: Answer, tmp_path: Path) -> None:
    held = sample_library(tmp_path / "library")
    with Library(Config(data_dir=held, retrieval=RetrievalConfig(dense_weight=0.1))) as library:
        library.ingest(
            [make_paper("2511.00001", QUESTION, "IterQR rewrites queries in e-commerce search iteratively.")]
        )
        result = replay(Assistant(library).engine, answer)
    assert {change.what for change in result.changes} == {"corpus", "config"}
    assert "2511.00001" in {passage.paper_id for passage in result.new}
    assert result.differs


def test_a_conversation_is_replayed_with_its_history(folder: Path) -> None:
    history = (
        Turn(role="user", content=QUESTION),
        Turn(role="assistant", content="**IterQR** rewrites queries with large language models."),
    )
    with Assistant(Library(Config(data_dir=folder))) as assistant:
        answer = assistant.answer("Which datasets is it tested on?", history)
        assert not replay(assistant.engine, answer, history).differs
