"""The whole path with a real model behind a real llama.cpp server: far too small to be trusted, and so a good test."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import Config, LLMConfig
from rag.index.library import Library
from rag.models.llm import build_llm
from rag.sources import discover, read_source
from rag.write.grounding import split_stream
from tests.contract.test_written_answers import ask, assert_sound
from tests.support.llama_server import LlamaServer, smollm2

QUESTIONS = (
    "How does IterQR rewrite queries in e-commerce search?",
    "What does StealthRank manipulate?",
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with (
        LlamaServer(smollm2()) as server,
        Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as library,
    ):
        sample = Path(str(files("rag") / "sample"))
        library.ingest(row for path in discover([sample]).files for row in read_source(path))
        config = LLMConfig(
            provider="openai-compatible",
            model="SmolLM2-135M-Instruct",
            base_url=server.base_url,
            api_key_env="NO_SUCH_KEY",
            timeout_s=300,
            answer_timeout_s=300,
            max_output_tokens=120,
            max_sources=3,
            repair=False,
        )
        yield Assistant(library, llm=build_llm(config))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_check_protects_the_reader_from_a_small_model(assistant: Assistant, question: str) -> None:
    answer, events = ask(assistant, question)
    assert_sound(assistant, answer, events)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 300
    assert answer.usage.completion_tokens > 0
    assert "model_failed" not in [note.code for note in answer.notes]
    kept = [piece for piece in split_stream([answer.answer]) if piece.strip()] if answer.mode == "llm" else []
    print(f"\n{question}\n  shown {len(kept)}, removed {len(answer.removed)}, mode {answer.mode}")
    for item in answer.removed:
        print(f"  - {item.text!r}: {item.reason}")
    assert kept or answer.removed or answer.abstained
    assert answer.abstained or answer.citations
