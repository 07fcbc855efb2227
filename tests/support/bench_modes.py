"""What a real model makes of the modes that are off by default, each against the plain written answer.

    python -m tests.support.bench_modes MODE --library DIR --qa FILE --model FILE.gguf --out DIR [--questions N]

MODE is `research` (questions with several parts), `heads` (questions of low or medium confidence), `utility` (a sample
stratified by type) or `themes` (topics: what the check strikes of a theme's text; `--prompts` reads the prompt from
another folder). Resumable as `bench_written` is: the model's replies stay in OUT/replies.jsonl. OUT/MODE.json holds the
figures so far.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.datasets import Question, read_questions
from eval.metrics.confidence import difference, estimate
from eval.metrics.text import content_tokens, without_markers
from rag.assistant import Assistant
from rag.config import Config, LLMConfig
from rag.index.library import Library
from rag.models.llm import build_llm
from rag.models.llm.client import GuardedLLM
from rag.prompts import Prompt, load_prompt
from rag.query.intents.intent import Intents
from rag.retrieve.hybrid import passage_of
from rag.text.untrusted import as_data
from rag.topics.sections import THEME_PROMPT, in_turn
from rag.types import Answer, Filters, Passage, Step
from rag.write.writer import GroundedWriter, Numbering, Task
from tests.support.bench_written import REPLY_TOKENS, SEED, SOURCES, Remembering, quotes, share_held, stratified
from tests.support.llama_server import LlamaServer
from tests.support.models import played

CONTEXT_TOKENS = 8192
SWITCHES = {"research": "research", "heads": "two_heads", "utility": "utility"}
MEASURES = ("text", "evidence", "gold_cited", "struck")
THEMES = 3
"""Themes written of a topic."""


def chosen(mode: str, questions: Sequence[Question], count: int, assistant: Assistant) -> list[Question]:
    """The questions that a mode is for, a seeded sample; none that nothing answers."""
    answerable = [question for question in questions if question.type != "unanswerable"]
    if mode == "research":
        intents = Intents(lambda: assistant.library.embedding)
        fitting = [one for one in answerable if intents.read(one.question).several(one.question)]
    elif mode == "heads":
        fitting = [one for one in answerable if _is_unsure(assistant, one)]
    elif mode == "themes":
        fitting = [one for one in answerable if one.type == "topic"]
    else:
        return stratified(answerable, count)
    return random.Random(SEED).sample(fitting, min(count, len(fitting)))


def _is_unsure(assistant: Assistant, question: Question) -> bool:
    answer = assistant.answer(question.question, question.history, Filters(), "extractive")
    return not answer.abstained and answer.confidence != "high"


def measured(assistant: Assistant, question: Question) -> dict[str, Any]:
    """One answer: what it covers, what was struck, and what it took."""
    begin = time.perf_counter()
    *events, last = assistant.ask(question.question, question.history, Filters(), "llm")
    answer: Answer = last.answer  # type: ignore[union-attr]
    shown = answer.answer.count("]. ") + answer.answer.rstrip().endswith("].") if answer.mode == "llm" else 0
    gold = set(question.gold_papers or ())
    cited = {citation.paper_id for citation in answer.citations}
    return {
        "mode": answer.mode,
        "answer": answer.answer,
        "text": share_held(question, lambda _: content_tokens(without_markers(answer.answer))),
        "evidence": share_held(question, lambda nugget: quotes(nugget, answer)),
        "gold_cited": len(gold & cited) / len(gold) if gold else None,
        "struck": len(answer.removed) / (shown + len(answer.removed)) if shown + len(answer.removed) else None,
        "steps": [f"{event.kind}: {event.text}" for event in events if isinstance(event, Step)],
        "notes": [note.code for note in answer.notes],
        "tokens": answer.usage.prompt_tokens + answer.usage.completion_tokens if answer.usage else 0,
        "seconds": round(time.perf_counter() - begin, 1),
    }


def compared(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means with intervals, and the paired differences, over all questions so far."""
    figures: dict[str, Any] = {"questions": len(rows)}
    for name in MEASURES:
        pairs = [(row["plain"][name], row["with"][name]) for row in rows]
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        plain, changed = [(a, 1.0) for a, _ in both], [(b, 1.0) for _, b in both]
        figures[name] = {
            "plain": estimate(plain).as_json(),
            "with": estimate(changed).as_json(),
            "difference": difference(plain, changed).as_json(),
        }
    for way in ("plain", "with"):
        written = [row[way] for row in rows if row[way]["mode"] == "llm"]
        figures[f"{way}_written"] = len(written)
        figures[f"{way}_tokens"] = round(sum(row[way]["tokens"] for row in rows) / len(rows))
    return figures


def theme_rows(prompt: Prompt, llm: GuardedLLM, assistant: Assistant, topic: Question) -> Iterator[dict[str, Any]]:
    """What the check makes of the first themes of a topic; planned without the model."""
    library = assistant.library
    summary = assistant.summary(topic.question, mode="extractive")
    for theme in summary.themes[:THEMES]:
        passages = in_turn([_passages(library, paper_id) for paper_id in theme.papers])
        values = {"topic": as_data(topic.question), "theme": as_data(theme.name)}
        numbering = Numbering()
        writer = GroundedWriter(library)
        _, written = played(writer.write(llm.for_answer(), Task(prompt, values, passages), numbering))
        yield {
            "topic": topic.question,
            "theme": theme.name,
            "prompt": prompt.digest,
            "shown": len(written.supports),
            "struck": len(written.removed),
            "papers": min(len(theme.papers), llm.config.max_sources),
            "cited": len({citation.paper_id for citation in numbering.citations}),
            "text": written.text,
            "removed": [item.model_dump() for item in written.removed],
        }


def _passages(library: Library, paper_id: str) -> list[Passage]:
    paper = library.paper(paper_id)
    return [passage_of(paper, chunk) for chunk in library.shelf.chunks([paper_id])]


def written_themes(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The share of sentences that was struck, and of papers that were cited, over all themes so far."""
    share = estimate([(row["struck"], row["struck"] + row["shown"]) for row in rows])
    cited = estimate([(row["cited"], row["papers"]) for row in rows])
    return {
        "themes": len(rows),
        "written": sum(bool(row["text"]) for row in rows),
        "sentences": sum(row["struck"] + row["shown"] for row in rows),
        "struck": share.as_json(),
        "papers_cited": cited.as_json(),
    }


@contextmanager
def bench(options: argparse.Namespace) -> Iterator[tuple[Library, Callable[..., GuardedLLM]]]:
    """A running server, a library, and the model with some settings."""
    with LlamaServer(options.model, CONTEXT_TOKENS) as server, Library(Config(data_dir=options.library)) as library:

        def model(**switches: Any) -> GuardedLLM:
            config = LLMConfig(
                provider="openai-compatible", model=options.model.stem, base_url=server.base_url,
                api_key_env="NO_SUCH_KEY", timeout_s=600, answer_timeout_s=1800, max_output_tokens=REPLY_TOKENS,
                context_tokens=CONTEXT_TOKENS, max_sources=SOURCES, repair=False, **switches,
            )  # fmt: skip
            return GuardedLLM.around(Remembering.of(build_llm(config), options.out / "replies.jsonl"), config)

        yield library, model


def main() -> None:
    """Run, or go on with a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=[*SWITCHES, "themes"])
    for name in ("library", "qa", "model", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--prompts", type=Path)
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=1e9)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    ends = time.monotonic() + 60 * options.minutes
    rows: list[dict[str, Any]] = []
    with bench(options) as (library, model):
        plain = Assistant(library, llm=model())
        wanted = chosen(options.mode, read_questions(options.qa).questions, options.questions, plain)
        for question in wanted:
            if time.monotonic() >= ends:
                break
            if options.mode == "themes":
                rows += theme_rows(load_prompt(THEME_PROMPT, options.prompts), model(), plain, question)
                figures = written_themes(rows)
            else:
                row = {"id": question.id, "plain": measured(plain, question)}
                changed = Assistant(library, llm=model(**{SWITCHES[options.mode]: True}))  # knows the plain replies
                rows.append(row | {"with": measured(changed, question)})
                figures = compared(rows)
            print(len(rows), question.id, flush=True)
            figures |= {"of": len(wanted)}
            (options.out / f"{options.mode}.json").write_text(json.dumps({"figures": figures, "rows": rows}, indent=1))
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
