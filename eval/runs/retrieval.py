"""`eval retrieval`: a BEIR collection through the real ingest and the real retriever, scored as trec_eval does.

The collection goes into a library of its own, thrown away afterwards unless it is to be kept. Passages are folded to
documents by their best rank.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.datasets import BeirSet, beir_papers
from eval.files import write_atomically, write_json
from eval.metrics.base import distinct
from eval.metrics.confidence import estimate
from eval.metrics.ranking import rank_scores, ranking_scores
from eval.runs.provenance import code_digest, versions
from eval.runs.scores import percentiles
from rag import open_assistant
from rag.config import Config, public_values
from rag.errors import DatasetError, PaperchatError, RunMismatch, UsageError
from rag.types import Paper, Passage, Rejected

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.index.library import IngestReport, Library

DEPTH = 100
"""Documents ranked for every query, where the collection has them."""
MARKER = "collection.json"
"""Says in a kept library's folder which collection it holds."""
TAG = "paperchat"

Progress = Callable[[str, int, int], None]
"""Called with a stage, the number done and the total (0 when unknown)."""


@dataclass(slots=True)
class Rankings:
    """What the retriever found.

    Attributes:
        ranked: Document ids by query id, best first.
        milliseconds: What each query took.
        failed: Error by query id; such a query has an empty ranking and scores 0.
    """

    ranked: dict[str, list[str]] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


Compare = Callable[["Assistant", Rankings], dict[str, Any]]
"""Ranks the same queries in other ways."""


def evaluate_retrieval(
    data: BeirSet,
    config: Config,
    out: Path,
    keep: Path | None = None,
    progress: Progress | None = None,
    compare: Compare | None = None,
) -> dict[str, Any]:
    """Ingest a collection, rank its documents for every judged query, and write metrics.json, run.trec and run.json.

    Args:
        data: Queries and judgements.
        config: How to index and search. Where the library lies and a Chroma server are ignored: a collection must not
            meet the papers of a real library.
        out: Folder of the results.
        keep: Folder in which the library is kept for another run over the same collection; None throws it away.
        progress: Told of the ingest and of every query.
        compare: Given the open collection and the rankings of the plain queries; what it returns joins the metrics.

    Returns:
        The content of metrics.json.

    Raises:
        DatasetError: the collection holds none of the judged documents.
        RunMismatch: `keep` holds another collection.
        UsageError: `keep` or `out` cannot be such a folder.
    """
    begin = time.perf_counter()
    _make_folder(out)
    with _open_alone(data, config, keep) as assistant:
        seen: set[str] = set()
        ingested = assistant.library.ingest(_noting(beir_papers(data.folder), seen), progress)
        lacking = _lacking(data, seen)
        found = rank_all(_search(assistant), data.queries, config.retrieval.candidates, progress)
        compared = compare(assistant, found) if compare else {}
        made_with = _made_with(data, assistant.library)
    metrics = metrics_of(data, found, ingested) | compared
    info = {
        **made_with,
        "left_out": [row.as_json() for row in (*data.rejected, *ingested.rejected, *lacking)],
        "failed": found.failed,
        "seconds": round(time.perf_counter() - begin, 3),
    }
    write_atomically(out / "run.trec", trec_run(found.ranked))
    write_json(out / "metrics.json", metrics)
    write_json(out / "run.json", info)
    return metrics


@contextmanager
def _open_alone(data: BeirSet, config: Config, keep: Path | None) -> Iterator[Assistant]:
    """An assistant over a library that is the collection's own."""
    index = config.index.model_copy(update={"chroma_url": None})
    with (
        _library_folder(data, keep) as folder,
        open_assistant(config.model_copy(update={"data_dir": folder, "index": index})) as assistant,
    ):
        yield assistant


def _made_with(data: BeirSet, library: Library) -> dict[str, Any]:
    """What run.json tells of the collection, the settings and the code."""
    config = library.config
    return {
        "dataset": data.folder.name,
        "split": data.split,
        "corpus_hash": library.corpus_digest(),
        "config_hash": config.digest(),
        "config": public_values(config.model_dump(mode="json", exclude={"data_dir"})),
        "code_hash": code_digest(),
        "versions": versions(),
    }


def _search(assistant: Assistant) -> Callable[..., list[Passage]]:
    """What an answer may use (`paperchat search --rerank`), the question read as an answer reads it."""
    return lambda question, k: list(assistant.search(question, k=k, rerank=True).passages)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out} is not a folder.", "Give the name of a folder.") from None


@contextmanager
def _library_folder(data: BeirSet, keep: Path | None) -> Iterator[Path]:
    """A folder for the library: a temporary one, or `keep` if it is empty or holds this very collection."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="paperchat-eval-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    _make_folder(keep)
    digest = hashlib.sha256()
    for row in beir_papers(data.folder):
        digest.update(repr((row.paper_id, row.title, row.abstract)).encode() if isinstance(row, Paper) else b"-")
    collection = {"collection": digest.hexdigest()[:16]}
    marker = keep / MARKER
    if marker.is_file():
        if json.loads(marker.read_text(encoding="utf-8")) != collection:
            raise RunMismatch(f"{keep} holds another collection than {data.folder}.", "Keep this one elsewhere.")
    elif any(keep.iterdir()):
        raise UsageError(
            f"{keep} is not empty and holds no kept collection.",
            "Keep it in a new folder: a collection must not be mixed with the papers of a real library.",
        )
    write_json(marker, collection)
    yield keep


def _noting(rows: Iterator[Paper | Rejected], seen: set[str]) -> Iterator[Paper | Rejected]:
    for row in rows:
        if isinstance(row, Paper):
            seen.add(row.paper_id)
        yield row


def _lacking(data: BeirSet, seen: set[str]) -> list[Rejected]:
    """Judged documents that the corpus lacks. They stay in the judgements, as trec_eval has it, and are listed."""
    source = f"{data.split}.tsv"
    judged = {document for grades in data.qrels.values() for document in grades}
    if judged.isdisjoint(seen):
        advice = "Check that corpus.jsonl and the judgements belong together."
        raise DatasetError(f"{data.folder}/corpus.jsonl holds none of the judged documents.", advice)
    return [Rejected(source, 0, f"the judged document {i!r} is not in the corpus") for i in sorted(judged - seen)]


def rank_all(
    search: Callable[..., list[Passage]], queries: dict[str, str], candidates: int, progress: Progress | None = None
) -> Rankings:
    """Rank documents for every query; one whose search fails gets an empty ranking and its error.

    The first query is asked once before the clock runs: opening the index is not a query's time.
    """
    found = Rankings()
    for number, (query, text) in enumerate(queries.items(), 1):
        try:
            if number == 1:
                search(text, k=candidates)
            begin = time.perf_counter()
            passages = search(text, k=candidates)
            found.milliseconds.append((time.perf_counter() - begin) * 1000)
            found.ranked[query] = _deep_enough(search, text, distinct(p.paper_id for p in passages), candidates)
        except PaperchatError as error:
            found.ranked[query], found.failed[query] = [], f"{type(error).__name__}: {error.message}"
        if progress:
            progress("asking", number, len(queries))
    return found


def _deep_enough(search: Callable[..., list[Passage]], text: str, ranked: list[str], candidates: int) -> list[str]:
    """Lengthen a ranking to `DEPTH` documents by a deeper search, below what the normal search ranked."""
    if len(ranked) < DEPTH:
        deeper = search(text, k=max(candidates, DEPTH) * 4)
        ranked = distinct([*ranked, *(passage.paper_id for passage in deeper)])
    return ranked


def metrics_of(data: BeirSet, found: Rankings, ingested: IngestReport) -> dict[str, Any]:
    """The content of metrics.json: means over the judged queries, their intervals, and speeds."""
    run = {query: rank_scores(ranked) for query, ranked in found.ranked.items()}
    scores = ranking_scores(data.qrels, run)
    intervals = {name: estimate([(value, 1.0) for value in values.values()]) for name, values in scores.items()}
    speed = ingested.papers_new / ingested.seconds if not ingested.papers_unchanged and ingested.seconds else None
    return {
        **{name: figure.as_json()["mean"] for name, figure in intervals.items()},
        "queries": len(data.queries),
        "failed": len(found.failed),
        "documents": ingested.papers_new + ingested.papers_updated + ingested.papers_unchanged,
        "docs/s": round(speed, 2) if speed else None,
        "ms/query": percentiles(found.milliseconds)["mean"],
        "intervals": {name: figure.as_json() for name, figure in intervals.items()},
        "timings": {"query_ms": percentiles(found.milliseconds), "ingest_seconds": round(ingested.seconds, 3)},
    }


def trec_run(ranked: dict[str, list[str]]) -> str:
    """Rankings in TREC format: query, Q0, document, rank, score, tag.

    The score is 1 / rank. trec_eval sorts by the score alone, in single precision; fused scores, which lie close
    together, would come out as ties and in another order than ours.
    """
    return "".join(
        f"{query} Q0 {document} {rank} {1 / rank:.9f} {TAG}\n"
        for query, documents in ranked.items()
        for rank, document in enumerate(documents, 1)
    )
