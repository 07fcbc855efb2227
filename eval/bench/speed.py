"""`bench`: how fast this machine ingests, searches, answers and starts, over given papers or the packaged sample.

Machines differ and are noisy: the ratios, taken side by side in one run, travel; the seconds do not.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from eval.files import write_json
from eval.runs.provenance import code_digest, versions
from eval.runs.scores import percentiles
from rag.config import Config, public_values
from rag.errors import DatasetError, UsageError
from rag.types import Filters, Paper, Row

if TYPE_CHECKING:
    from rag.assistant import Assistant

SAMPLE = Path(rag.__file__).parent / "sample"
"""Papers measured with where none are given."""
QUESTIONS = 100
"""Questions asked, made from as many papers."""
ANSWERS = 30
"""Questions answered whole."""
QUESTION_WORDS = 10
EMBEDDED = 2000
"""Chunks that are embedded alone for the ratio; more are taken to cost in proportion."""
STARTS = 3
"""Cold starts of each command; the median counts."""
PERIOD = timedelta(days=30)
"""Length of the period that restricts a search."""
_COMMAND = "from ui.cli import main; main()"
_FLOOR = (
    "import chromadb\n"
    "from rag.config import load_config\n"
    "from rag.models import build_embedding\n"
    "build_embedding(load_config().config.embedding)"
)
"""The imports and the model that no answer can do without."""

Progress = Callable[[str, int, int], None]
"""Called with a stage, the number done and the total (0 when unknown)."""


def measure(papers: Path | None, config: Config, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Measure with a throw-away library and write metrics.json and run.json.

    Args:
        papers: A file or folder of papers; None takes the packaged sample.
        config: How to index and search. Where the library lies and a Chroma server are ignored.
        out: Folder of the results.
        progress: Told of the ingest and of every question.

    Returns:
        The content of metrics.json: ``ingest`` (papers per second; ratio to embedding the same chunks alone; time of a
        second ingest as a share of the first), ``search_ms``, ``search_dates_ms``, ``search_author_ms`` and
        ``answer_ms`` (mean, p50, p95, max, n), ``start`` (seconds; ratio of a cold answer to its imports and model).

    Raises:
        DatasetError: there is no paper to measure with.
        UsageError: `out` cannot be such a folder.
    """
    from rag import open_assistant  # LlamaIndex and Chroma take seconds

    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out} is not a folder.", "Give the name of a folder.") from None
    source = papers or SAMPLE
    with tempfile.TemporaryDirectory(prefix="paperchat-bench-", ignore_cleanup_errors=True) as folder:
        index = config.index.model_copy(update={"chroma_url": None})
        own = config.model_copy(update={"data_dir": Path(folder), "index": index})
        with open_assistant(own) as assistant:
            metrics = _ingest(assistant, source, progress) | _ask(assistant, progress)
        metrics["start"] = _start(Path(folder), _questions(_first_papers(source))[0], progress)
    write_json(out / "metrics.json", metrics)
    info = {
        "papers": source.name,
        "config": public_values(own.model_dump(mode="json", exclude={"data_dir"})),
        "code_hash": code_digest(),
        "versions": versions(),
        "machine": platform.machine(),
    }
    write_json(out / "run.json", info)
    return metrics


def _first_papers(source: Path) -> list[Paper]:
    """The first papers of a source that can be read."""
    found: list[Paper] = []
    for row in _rows(source):
        if isinstance(row, Paper):
            found.append(row)
        if len(found) == QUESTIONS:
            break
    return found


def _rows(source: Path) -> Iterator[Row]:
    from rag.sources import discover, read_source

    for path in discover([source]).files:
        yield from read_source(path)


def _ingest(assistant: Assistant, source: Path, progress: Progress | None) -> dict[str, Any]:
    """Time two ingests, and embedding the chunks alone."""
    from rag.models import embed_texts

    library = assistant.library
    _ = library.recipe  # loads the model, which is not the ingest's time
    first = library.ingest(_rows(source), progress)
    if not first.papers_new:
        raise DatasetError(f"{source} holds no paper that can be read.", "Give reports (.md) or .jsonl[.gz].")
    again = library.ingest(_rows(source), progress)
    chunks = [chunk.embedded_text for paper in library.shelf.browse() for chunk in library.chunker.split(paper)]
    some = chunks[:: max(1, len(chunks) // EMBEDDED)]
    begin = time.perf_counter()
    embed_texts(library.embedding, some)
    alone = (time.perf_counter() - begin) * len(chunks) / len(some)
    return {
        "papers": first.papers_new,
        "chunks": len(chunks),
        "rejected": len(first.rejected),
        "ingest": {
            "seconds": round(first.seconds, 3),
            "papers_per_second": round(first.papers_new / first.seconds, 2),
            "ratio_to_embedding": round(first.seconds / alone, 3),
            "again_share": round(again.seconds / first.seconds, 5),
        },
    }


def _ask(assistant: Assistant, progress: Progress | None) -> dict[str, Any]:
    """Time searches, restricted ones and whole answers."""
    shelf = assistant.library.shelf
    papers = shelf.browse()
    papers = papers[:: max(1, len(papers) // QUESTIONS)][:QUESTIONS]
    questions = _questions(papers)
    free = [Filters()] * len(papers)
    dates = [Filters(paper.date - PERIOD / 2, paper.date + PERIOD / 2) for paper in papers]
    authors = [Filters(author=paper.authors[0] if paper.authors else None) for paper in papers]
    assistant.answer(questions[0])  # opening the index is no question's time
    total, done = 3 * len(questions) + min(ANSWERS, len(questions)), 0
    taken: dict[str, list[float]] = {}
    for name, restricted in (("search_ms", free), ("search_dates_ms", dates), ("search_author_ms", authors)):
        for question, filters in zip(questions, restricted, strict=True):
            begin = time.perf_counter()
            assistant.search(question, filters)
            taken.setdefault(name, []).append(1000 * (time.perf_counter() - begin))
            done += 1
            if progress:
                progress("asking", done, total)
    for question in questions[:ANSWERS]:
        taken.setdefault("answer_ms", []).append(assistant.answer(question).timings.total_ms)
        done += 1
        if progress:
            progress("asking", done, total)
    return {name: percentiles(values) for name, values in taken.items()}


def _questions(papers: Sequence[Paper]) -> list[str]:
    """What a reader might type who remembers a paper: the first words of its title."""
    from rag.text.readable import readable

    return [" ".join(readable(paper.title).split()[:QUESTION_WORDS]) for paper in papers]


def _start(data_dir: Path, question: str, progress: Progress | None) -> dict[str, Any]:
    """Time cold starts: `--help`, and `ask` in turn with the imports and the model alone."""
    python = [sys.executable, "-c"]
    ask = [*python, _COMMAND, "--data-dir", str(data_dir), "ask", question]
    helped, asked, floors = [], [], []
    for n in range(STARTS + 1):  # the first fills the machine's file cache
        helped.append(_seconds([*python, _COMMAND, "--help"]))
        asked.append(_seconds(ask))
        floors.append(_seconds([*python, _FLOOR]))
        if progress:
            progress("starting", n + 1, STARTS + 1)
    ratios = [own / floor for own, floor in zip(asked[1:], floors[1:], strict=True)]
    return {
        "help_seconds": round(statistics.median(helped[1:]), 3),
        "ask_seconds": round(statistics.median(asked[1:]), 3),
        "ask_ratio": round(statistics.median(ratios), 3),
    }


def _seconds(command: list[str]) -> float:
    """Wall time of a command that must succeed."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin
