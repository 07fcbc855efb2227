"""Measure the speeds we promise, as ratios within one run: `python -m tests.support.bench_speed REPORTS [--runs N]`.

ingest   time of a whole ingest ÷ time of embedding the same chunks alone (promised: at most 1.25)
again    time of a second ingest of the same files ÷ the first (promised: less than 1/50)
help     seconds of `paperchat --help` (promised: under 0.5)
ask      `paperchat ask` from a cold start ÷ importing llama_index.core and chromadb and loading the model
         (promised: at most 1.3)
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rag.config import Config
from rag.embedding import embed_texts
from rag.library import Library
from rag.sources import discover, read_source
from rag.types import Paper, Rejected

FLOOR = (
    "import llama_index.core, chromadb\n"
    "from rag.config import Config\n"
    "from rag.embedding import build_embedding\n"
    "build_embedding(Config().embedding)"
)


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for n in range(options.runs):
            ingest(options.reports, Path(folder) / str(n))
        library = Path(folder) / "0"
        start("help", [sys.executable, "-c", "from ui.cli import main; main()", "--help"], None, options.runs)
        ask = ["--data-dir", str(library), "ask", "How does IterQR rewrite queries?"]
        command = [sys.executable, "-c", "from ui.cli import main; main()", *ask]
        start("ask", command, [sys.executable, "-c", FLOOR], options.runs)


def rows(folder: Path) -> Iterator[Paper | Rejected]:
    """Everything the reports hold."""
    for path in discover([folder]).files:
        yield from read_source(path)


def ingest(reports: Path, data_dir: Path) -> None:
    """Compare an ingest with embedding its chunks alone, and with a second ingest."""
    with Library(Config(data_dir=data_dir)) as library:
        _ = library.recipe  # loads the model
        first = library.ingest(rows(reports))
        again = library.ingest(rows(reports))
        chunks = [chunk for paper in library.shelf.browse() for chunk in library.chunker.split(paper)]
        begin = time.perf_counter()
        embed_texts(library.embedding, [chunk.embedded_text for chunk in chunks])
        alone = time.perf_counter() - begin
    print(
        f"ingest {first.seconds:.1f} s, {first.papers_new} papers, {len(chunks)} chunks; "
        f"embedding alone {alone:.1f} s, "
        f"ratio {first.seconds / alone:.2f}; again {again.seconds:.2f} s, 1/{first.seconds / again.seconds:.0f}"
    )


def start(name: str, command: list[str], floor: list[str] | None, runs: int) -> None:
    """Time a command, and a floor in turn with it, after one warm-up each."""
    times: list[tuple[float, float]] = []
    for n in range(runs + 1):
        pair = (seconds(command), seconds(floor) if floor else 0.0)
        if n:
            times.append(pair)
    own = statistics.median(own for own, _ in times)
    if floor is None:
        print(f"{name} {own:.2f} s")
    else:
        ratios = [own / base for own, base in times]
        print(f"{name} {own:.2f} s, ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def seconds(command: list[str]) -> float:
    """Wall time of a command that must succeed."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
