"""Written answers side by side with LlamaIndex's `CitationQueryEngine`: same questions, passages and model.

    python -m tests.support.bench_written --library DIR --qa FILE --model FILE.gguf --out DIR [--minutes N]

Asks a seeded sample of a QA set, stratified by type. Resumable: the model's replies stay in OUT/replies.jsonl, so a run
goes on where one ended, and after a change of the check everything is checked anew without the model; `--minutes` ends
it after that time. OUT/answers.jsonl and OUT/summary.json hold what was answered so far.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from llama_index.core import Settings
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM
from llama_index.core.llms.custom import CustomLLM
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle

from eval.datasets import Nugget, Question, read_questions
from eval.metrics.coverage import COVERED_SHARE, judgeable
from eval.metrics.text import content_tokens, figures, stands_in, without_markers
from rag.assistant import Assistant
from rag.config import Config, LLMConfig
from rag.index.library import Library
from rag.models.llm import build_llm
from rag.models.llm.client import GuardedLLM
from rag.retrieve.nodes import to_node
from rag.types import Answer, Done, Filters, Passage, Retrieved
from rag.write.grounding import SupportChecker, cited, split_stream
from rag.write.reply import most_useful
from tests.support.llama_server import LlamaServer

SEED = 20251101
SOURCES = 3
REPLY_TOKENS = 160


class Remembering(CustomLLM):
    """Asks a model once for each prompt and keeps its replies in a file, so that answers can be checked anew."""

    _llm: LLM = PrivateAttr()
    _file: Path = PrivateAttr()
    _known: dict[str, str] = PrivateAttr()

    @classmethod
    def of(cls, llm: LLM, file: Path) -> Remembering:
        """Keep a model's replies in a file."""
        model = cls()
        model._llm, model._file, model._known = llm, file, {}
        for line in file.read_text().splitlines() if file.exists() else ():
            model._known |= json.loads(line)
        return model

    @property
    def metadata(self) -> LLMMetadata:
        return self._llm.metadata

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self._reply([ChatMessage(role="user", content=prompt)], kwargs))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise NotImplementedError("CitationQueryEngine is asked without streaming")

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return ChatResponse(message=ChatMessage(role="assistant", content=self._reply(messages, kwargs)))

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return await asyncio.to_thread(self.chat, messages, **kwargs)

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        async def parts() -> ChatResponseAsyncGen:
            whole = await self.achat(messages, **kwargs)
            yield ChatResponse(message=whole.message, delta=whole.message.content)

        return parts()

    def _reply(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> str:
        content = json.dumps([[message.role, message.content] for message in messages])
        key = hashlib.sha256(content.encode()).hexdigest()
        if key not in self._known:
            asked = {name: value for name, value in kwargs.items() if name == "max_tokens"}
            self._known[key] = self._llm.chat(messages, **asked).message.content or ""
            with self._file.open("a") as output:
                output.write(json.dumps({key: self._known[key]}, ensure_ascii=False) + "\n")
        return self._known[key]


class Fixed(BaseRetriever):
    """Returns the passages it was made with."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._nodes = [to_node(passage) for passage in passages]
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes


def stratified(questions: Sequence[Question], count: int) -> list[Question]:
    """A seeded sample that keeps the share of each type (largest remainder), in mixed order."""
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.type].append(question)
    shares = {kind: count * len(group) / len(questions) for kind, group in groups.items()}
    quotas = {kind: int(share) for kind, share in shares.items()}
    for kind in sorted(shares, key=lambda kind: quotas[kind] - shares[kind])[: count - sum(quotas.values())]:
        quotas[kind] += 1
    chance = random.Random(SEED)
    chosen = [one for kind in sorted(groups) for one in chance.sample(groups[kind], quotas[kind])]
    chance.shuffle(chosen)
    return chosen


def ask_ours(assistant: Assistant, question: Question) -> tuple[Answer, list[Passage]]:
    """Our answer, and the passages it was retrieved from."""
    passages: list[Passage] = []
    for event in assistant.ask(question.question, question.history, Filters(), "llm"):
        if isinstance(event, Retrieved):
            passages = list(event.passages)
        elif isinstance(event, Done):
            return event.answer, passages
    raise AssertionError("no answer")


def ask_theirs(llm: LLM, question: str, passages: Sequence[Passage]) -> str:
    """`CitationQueryEngine`'s answer from the same passages."""
    engine = CitationQueryEngine(Fixed(passages), llm=llm, citation_chunk_size=2048)
    return str(engine.query(question))


def judged(library: Library, text: str, passages: Sequence[Passage]) -> dict[str, Any]:
    """What our check says to each sentence of another writer's answer."""
    sources = dict(enumerate(passages, 1))
    checker = SupportChecker(library)
    pieces = [piece for piece in split_stream([text]) if any(c.isalnum() for c in piece)]
    verdicts = [checker.check(piece, sources) for piece in pieces]
    known = [figure for passage in passages for figure in figures(f"{passage.title} {passage.text}")]
    return {
        "sentences": len(pieces),
        "struck": sum(not verdict.ok for verdict in verdicts),
        "kinds": sorted(verdict.kind for verdict in verdicts if not verdict.ok),
        "invalid_markers": sum(n not in sources for piece in pieces for n in cited(piece)),
        "wrong_figures": sum(not stands_in(figure, tuple(known)) for figure in figures(without_markers(text))),
    }


def share_held(question: Question, held: Callable[[Nugget], frozenset[str]]) -> float | None:
    """Share of the vital nuggets of whose span 70% of the content tokens are held; None where there are none."""
    nuggets = judgeable(question, "vital")
    spans = [content_tokens(nugget.span or "") for nugget in nuggets]
    hits = [len(span & held(n)) >= COVERED_SHARE * len(span) > 0 for span, n in zip(spans, nuggets, strict=True)]
    return sum(hits) / len(hits) if hits else None


def tokens_of(texts: Iterable[str]) -> frozenset[str]:
    """Content tokens of several texts together."""
    return frozenset[str]().union(*map(content_tokens, texts))


def fits(nugget: Nugget, paper_id: str) -> bool:
    """Whether a paper may state a nugget."""
    return nugget.paper in (None, paper_id)


def quotes(nugget: Nugget, answer: Answer) -> frozenset[str]:
    """Content tokens of our quotes from the nugget's paper."""
    return tokens_of(citation.quote for citation in answer.citations if fits(nugget, citation.paper_id))


def one(assistant: Assistant, llm: LLM, question: Question) -> dict[str, Any]:
    """Ask both, and measure."""
    begin = time.perf_counter()
    answer, passages = ask_ours(assistant, question)
    middle = time.perf_counter()
    asked = assistant.engine.reader.understand(answer.standalone_question, (), Filters())
    given = most_useful(asked, passages)[:SOURCES]
    theirs = ask_theirs(llm, answer.standalone_question, given)
    end = time.perf_counter()
    stored = [assistant.library.paper(c.paper_id, c.version).text[c.start : c.end] == c.quote for c in answer.citations]
    cites = [given[n - 1] for n in cited(theirs) if n <= len(given)]
    known = tuple(figure for p in passages for figure in figures(f"{p.title} {p.text}"))
    in_question = figures(answer.standalone_question)
    return {
        "id": question.id,
        "type": question.type,
        "ours": answer.model_dump(mode="json", exclude={"retrieved"}),
        "theirs": theirs,
        "ours_text": share_held(question, lambda nugget: content_tokens(without_markers(answer.answer))),
        "theirs_text": share_held(question, lambda nugget: content_tokens(without_markers(theirs))),
        "ours_evidence": share_held(question, lambda n: quotes(n, answer)),
        "theirs_evidence": share_held(question, lambda n: tokens_of(p.text for p in cites if fits(n, p.paper_id))),
        "invalid_quotes": stored.count(False),
        "wrong_figures": sum(
            not stands_in(figure, (*known, *in_question)) for figure in figures(without_markers(answer.answer))
        )
        * (answer.mode == "llm"),
        "their_check": judged(assistant.library, theirs, given),
        "seconds": [round(middle - begin, 1), round(end - middle, 1)],
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures over all questions so far."""

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return round(sum(known) / len(known), 3) if known else None

    ours = [row["ours"] for row in rows]
    written = [row for row in rows if row["ours"]["mode"] == "llm" and not row["ours"]["abstained"]]
    struck = sum(row["their_check"]["struck"] for row in rows)
    sentences = sum(row["their_check"]["sentences"] for row in rows)
    answerable = [row for row in rows if row["type"] != "unanswerable"]
    shown = sum(len(re.findall(r"(?<!\\)\[\d+\][.\s]", row["ours"]["answer"] + " ")) for row in written)
    return {
        "questions": len(rows),
        "answerable": len(answerable),
        "vital_in_text": {
            "ours": mean([r["ours_text"] for r in rows]),
            "theirs": mean([r["theirs_text"] for r in rows]),
        },
        "vital_in_evidence": {
            "ours": mean([r["ours_evidence"] for r in rows]),
            "theirs": mean([r["theirs_evidence"] for r in rows]),
        },
        "vital_in_text_where_written": {
            "n": len(written),
            "ours": mean([r["ours_text"] for r in written]),
            "theirs": mean([r["theirs_text"] for r in written]),
        },
        "ours_written": len(written),
        "ours_abstained": sum(answer["abstained"] for answer in ours),
        "ours_shown_sentences": shown,
        "ours_removed_sentences": sum(len(answer["removed"]) for answer in ours),
        "ours_invalid_quotes": sum(row["invalid_quotes"] for row in rows),
        "ours_wrong_figures": sum(row["wrong_figures"] for row in rows),
        "theirs_sentences": sentences,
        "theirs_share_struck": round(struck / sentences, 3) if sentences else None,
        "theirs_invalid_markers": sum(row["their_check"]["invalid_markers"] for row in rows),
        "theirs_wrong_figures": sum(row["their_check"]["wrong_figures"] for row in rows),
        "notes": sorted({note["code"] for answer in ours for note in answer["notes"]}),
        "mean_seconds": [mean([r["seconds"][i] for r in rows]) for i in (0, 1)],
    }


def main() -> None:
    """Run, or go on with a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("library", "qa", "model", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--questions", type=int, default=40)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    ends = time.monotonic() + 60 * options.minutes
    with LlamaServer(options.model) as server, Library(Config(data_dir=options.library)) as library:
        config = LLMConfig(
            provider="openai-compatible",
            model=options.model.stem,
            base_url=server.base_url,
            api_key_env="NO_SUCH_KEY",
            timeout_s=600,
            answer_timeout_s=1800,
            max_output_tokens=REPLY_TOKENS,
            context_tokens=4096,
            max_sources=SOURCES,
            repair=False,  # one call a writer
        )
        llm = Remembering.of(build_llm(config), options.out / "replies.jsonl")
        Settings.llm = llm
        assistant = Assistant(library, llm=GuardedLLM.around(llm, config))
        for question in stratified(read_questions(options.qa).questions, options.questions):
            if time.monotonic() >= ends:
                break
            rows.append(one(assistant, llm, question))
            print(len(rows), question.id, rows[-1]["seconds"], flush=True)
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (options.out / "answers.jsonl").write_text("".join(lines))
            (options.out / "summary.json").write_text(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
