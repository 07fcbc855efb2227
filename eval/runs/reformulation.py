"""Rewritten queries against plain ones, over one collection and one index, in one table.

After QueryGym (Bigdeli et al., arXiv 2511.15996): every figure is logged with the prompts that made it, their versions
and the model, and a rewriting that failed is searched for as the plain query and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.datasets import BeirSet
from eval.files import write_atomically
from eval.metrics.confidence import difference, estimate
from eval.metrics.ranking import rank_scores, ranking_scores
from eval.runs.retrieval import Compare, Progress, Rankings, rank_all, trec_run
from eval.runs.scores import percentiles
from rag.config import Config
from rag.errors import UsageError
from rag.models.llm import build_llm
from rag.types import Passage

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.models.llm.client import GuardedLLM
    from rag.retrieve.hybrid import Expanded
    from rag.write.reformulation import Reformulator

PLAIN = "plain"
COMPARED = "ndcg@10"


def comparison_of(names: str, config: Config, data: BeirSet, out: Path, progress: Progress | None = None) -> Compare:
    """Prepare the comparison of some methods with the plain queries.

    Args:
        names: Families of the bank with commas between them, or ``all``.
        config: Names the model.
        data: The collection.
        out: Folder for the rankings (``run-NAME.trec``).
        progress: Told of every query.

    Raises:
        UsageError: there is no such family.
        ConfigError: no model is configured.
    """
    from rag.write.reformulation import FAMILIES, Reformulator  # imports LlamaIndex

    wanted = list(FAMILIES) if names == "all" else list(dict.fromkeys(filter(None, map(str.strip, names.split(",")))))
    unknown = [name for name in wanted if name not in FAMILIES]
    if unknown or not wanted:
        raise UsageError(
            f"There is no rewriting {', '.join(unknown) or repr(names)}.", f"Choose from: {', '.join(FAMILIES)}, all."
        )
    model = build_llm(config.llm)

    def compare(assistant: Assistant, plain: Rankings) -> dict[str, Any]:
        lines = [_line(PLAIN, data, plain, None)]
        for name in wanted:
            reformulator = Reformulator(model, name)
            before = _tokens(model)
            found = rank_all(_search(assistant, reformulator), data.queries, config.retrieval.candidates, progress)
            write_atomically(out / f"run-{name}.trec", trec_run(found.ranked))
            lines.append(_line(name, data, found, plain) | _effort(reformulator, _tokens(model) - before))
        return {"reformulate": lines}

    return compare


def _search(assistant: Assistant, reformulator: Reformulator) -> Callable[..., list[Passage]]:
    """What an answer to a rewritten question may use; each is rewritten once, however often it is searched for."""
    rewritten: dict[str, Expanded | None] = {}

    def search(question: str, k: int) -> list[Passage]:
        asked = assistant.engine.understand(assistant.engine.checked(question))
        if question not in rewritten:
            rewritten[question] = reformulator.expand_for(assistant.retriever, asked)
        return assistant.engine.candidates(asked, rewritten[question], k)[:k]

    return search


def _line(name: str, data: BeirSet, found: Rankings, plain: Rankings | None) -> dict[str, Any]:
    """Figures of one way of asking; the difference is to the plain queries."""
    scores = _scores(data, found)
    against = None
    if plain is not None:
        before = _scores(data, plain)[COMPARED]
        pairs = [((before[query], 1.0), (scores[COMPARED][query], 1.0)) for query in before]
        against = difference([a for a, _ in pairs], [b for _, b in pairs]).as_json()
    return {
        "name": name,
        "measures": {name: estimate([(v, 1.0) for v in values.values()]).as_json() for name, values in scores.items()},
        "difference": against,
        "ms/query": percentiles(found.milliseconds)["mean"],
        "errors": found.failed,
        "failed": 0,
        "calls": 0,
        "tokens": None,
        "model": None,
        "prompts": [],
    }


def _scores(data: BeirSet, found: Rankings) -> dict[str, dict[str, float]]:
    return ranking_scores(data.qrels, {query: rank_scores(ranked) for query, ranked in found.ranked.items()})


def _effort(reformulator: Reformulator, tokens: int) -> dict[str, Any]:
    """What the rewriting took, and what it was made with."""
    tally, made = reformulator.tally, reformulator.provenance()
    return {
        "failed": tally.failed,
        "calls": tally.calls,
        "tokens": tokens,
        "model": made["model"],
        "prompts": made["prompts"],
    }


def _tokens(model: GuardedLLM) -> int:
    used = model.used()
    return used.prompt_tokens + used.completion_tokens if used else 0
