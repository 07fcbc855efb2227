"""The command: what is measured, where it is kept, and what becomes of it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from eval.bench.growth.course import Course
from eval.bench.growth.table import markdown, plot
from eval.bench.quality import rewrite_block
from eval.bench.speed import SAMPLE
from eval.files import write_atomically
from rag.errors import PaperchatError, UsageError

SIZES = (1_000, 10_000, 59_654)
EMBEDDED = 10_000
SMALL = (17, 35)
"""Of the packaged sample."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write plot and README's block where asked."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.growth", description=__doc__)
    where = "file or folder (default: arxiv/ in PAPERCHAT_SHARED_DATA, else the packaged sample)"
    parser.add_argument("--papers", type=Path, help=where)
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of papers (default: 1000 10000 59654)")
    parser.add_argument("--vectors", type=Path, help="a paperchat library of these papers, whose vectors are replayed")
    parser.add_argument("--embedded", type=int, default=EMBEDDED, help="first papers embedded all the same (10000)")
    parser.add_argument("--out", type=Path, default=Path(".bench/growth"), help="folder of libraries and figures")
    parser.add_argument("--readme", type=Path, help="file whose block between the growth markers is rewritten")
    parser.add_argument("--plot", type=Path, help="SVG file for the plots")
    asked = parser.parse_args(arguments)
    begin = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begin:6.0f} s  {line}", file=sys.stderr, flush=True)

    try:
        if not find_spec("llama_index.vector_stores.chroma"):
            raise UsageError("The reference needs LlamaIndex's store for Chroma.", "pip install 'paperchat[bench]'")
        shared = os.environ.get("PAPERCHAT_SHARED_DATA")
        papers = asked.papers or (Path(shared) / "arxiv" if shared else SAMPLE)
        sizes = asked.sizes or (SMALL if papers.resolve() == SAMPLE.resolve() else SIZES)
        figures = Course(papers, sizes, asked.out, say, asked.vectors, asked.embedded).run()
        table = markdown(figures)
        print(table)
        if asked.plot:
            write_atomically(asked.plot, plot(figures))
        if asked.readme:
            rewrite_block(asked.readme, table, "growth")
    except PaperchatError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0
