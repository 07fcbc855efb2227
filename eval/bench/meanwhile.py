"""How long a question takes alone, and while a PDF is read or ingested beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import SourceError
from rag.index.library import Library
from rag.sources import read_source

QUESTIONS = (
    "What learning rate was the model trained with?",
    "On how many documents is the system evaluated?",
    "Which baselines are compared in the main table?",
)
BEGUN = 3.0
"""Seconds after which an ingest has begun to read."""
ROUNDS = 2
"""Times that each way is measured, in turns: other work on the machine must not fall on one of them alone."""


def measured(folder: Path, big: Path) -> Iterator[str]:
    """Ask about the PDFs of a folder, alone and meanwhile; lines of milliseconds (median) and their ratio.

    Args:
        folder: Its PDFs make a library, which is thrown away.
        big: What is read meanwhile.
    """
    with tempfile.TemporaryDirectory() as place, Library(Config(data_dir=Path(place))) as library:
        library.ingest(row for path in sorted(folder.glob("*.pdf")) for row in read_source(path))
        _asked(library)  # what is loaded once is loaded
        for name, meanwhile in (("read", _reading), ("ingested", _ingest)):
            alone: list[float] = []
            beside: list[float] = []
            for _ in range(ROUNDS):
                alone += _asked(library)
                with meanwhile(big):
                    beside += _asked(library)
            one, other = median(alone), median(beside)
            yield f"{big.name} {name:<9} alone {one:6.0f} ms  meanwhile {other:6.0f} ms  ratio {other / one:.2f}"


def _asked(library: Library) -> list[float]:
    """Milliseconds of questions, of which nothing is remembered."""
    times = []
    for question in QUESTIONS:
        begin = time.perf_counter()
        Assistant(library).answer(question)
        times.append(1000 * (time.perf_counter() - begin))
    return times


@contextmanager
def _reading(big: Path) -> Iterator[None]:
    """A thread that reads the file again and again, as an upload on the page does."""
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            with suppress(SourceError):  # on a busy machine its time runs out
                list(read_source(big))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stopped.set()
        worker.join()


@contextmanager
def _ingest(big: Path) -> Iterator[None]:
    """Another process that ingests the file into a library of its own."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", place, "ingest", str(big)]
        with open(os.devnull, "w") as nowhere:
            work = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
            try:
                time.sleep(BEGUN)
                yield
            finally:
                work.terminate()
                work.wait()
