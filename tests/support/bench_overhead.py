"""What checking costs: the time from a sentence's last token to the reader, and the share it adds to a whole answer.

    python -m tests.support.bench_overhead --library DIR --qa FILE [--questions N] [--tokens-per-second N] [--rounds N]

A scripted server writes honest sentences, a word at a time, at the speed of a small model on a processor, and reads its
prompt in no time: the shares are those of the worst case. The best of some rounds counts, since other programs may take
the processor away. `writing` is what stands between the request to the model and the end of the answer; `total` adds
reading the question and searching.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from eval.datasets import Question, read_questions
from rag.assistant import Assistant
from rag.config import Config, LLMConfig
from rag.index.library import Library
from rag.models.llm import build_llm
from rag.types import Delta, Done, Filters
from tests.support import roles
from tests.support.bench_written import stratified
from tests.support.chat_server import ChatServer, chat_server


def timed(assistant: Assistant, server: ChatServer, question: Question) -> dict[str, Any] | None:
    """One answer's times in seconds; None where the model did not write it."""
    server.sent_at.clear()
    delays, words = [], 0
    begin = time.perf_counter()
    for event in assistant.ask(question.question, question.history, Filters(), "llm"):
        if isinstance(event, Delta) and server.sent_at:
            words += len(event.text.split())
            delays.append(time.perf_counter() - server.sent_at[min(words, len(server.sent_at)) - 1])
        elif isinstance(event, Done):
            answer = event.answer
    whole = time.perf_counter() - begin
    if answer.mode != "llm" or answer.abstained or answer.removed:
        return None
    stream = (server.sent_at[-1] - server.sent_at[0]) * len(server.sent_at) / (len(server.sent_at) - 1)
    return {
        "delays": delays,
        "stream": stream,
        "writing": answer.timings.answer_ms / 1000 - stream,
        "total": whole - stream,
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--qa", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--tokens-per-second", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    asked = stratified(read_questions(options.qa).questions, options.questions)
    script = roles.slowly(roles.honest, 1 / options.tokens_per_second)
    best: dict[str, dict[str, Any]] = {}
    with chat_server(script) as server, Library(Config(data_dir=options.library)) as library:
        config = LLMConfig(
            provider="openai-compatible", model="scripted", base_url=server.base_url, api_key_env="NO_SUCH_KEY",
            repair=False,
        )  # fmt: skip
        assistant = Assistant(library, llm=build_llm(config))
        for _ in range(options.rounds):
            for question in asked:
                row = timed(assistant, server, question)
                if row and row["total"] <= best.get(question.id, row)["total"]:
                    best[question.id] = row
    rows = list(best.values())
    delays = sorted(1000 * delay for row in rows for delay in row["delays"])
    stream = sum(row["stream"] for row in rows)
    figures = {
        "answers": len(rows),
        "sentences": len(delays),
        "delay_ms": {"median": round(statistics.median(delays), 1), "largest": round(delays[-1], 1)},
        "stream_s": round(stream / len(rows), 2),
        "writing_share": round(sum(row["writing"] for row in rows) / stream, 4),
        "total_share": round(sum(row["total"] for row in rows) / stream, 4),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
