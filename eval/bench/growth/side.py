"""One of the two that are compared, in a process of its own: it takes an order a line and answers with a line.

Orders are JSON objects on stdin, answers on stdout; the other's process waits meanwhile. `do` is one of ``add``
(papers of a JSON-lines file), ``forget`` (what an addition that was killed may have left), ``count``, ``search`` and
``answer``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO, cast

import numpy as np

from rag.models.minilm import MiniLM

if TYPE_CHECKING:
    from eval.bench.growth.reference import Reference
    from rag.assistant import Assistant
    from rag.index.library import Library

OURS, THEIRS = "paperchat", "reference"


class Side(Protocol):
    """What either can do."""

    def add(self, papers: Path, vectors: Path | None) -> dict[str, float]:
        """Take papers in; vectors are replayed where a file of them is given. Seconds, and those of embedding."""

    def forget(self, papers: Path) -> None:
        """Delete papers, those of them that are there."""

    def count(self) -> int:
        """Papers or nodes that are held: more after an addition."""

    def search(self, question: str) -> Any:
        """Find the ten nearest."""

    def answer(self, question: str) -> Any:
        """Answer, without a language model."""


class Replayed(MiniLM):
    """The shipped model, which counts its seconds and takes vectors that it is given for texts' own."""

    spent = (0.0, 0.0)
    kept: dict[str, np.ndarray] = {}  # noqa: RUF012 (replaced, never changed)

    def get_text_embedding_batch(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of texts, in their order."""
        if self.kept and all(text in self.kept for text in texts):
            return [self.kept[text].tolist() for text in texts]
        begin, busy = time.perf_counter(), time.process_time()
        vectors = super().get_text_embedding_batch(texts)
        passed, used = self.spent
        self.spent = passed + time.perf_counter() - begin, used + time.process_time() - busy
        return vectors


class Ours:
    """paperchat over a folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is opened at the first order."""
        self._folder = folder
        self._library: Library | None = None
        self._assistant: Assistant | None = None

    @property
    def library(self) -> Library:
        """The library, with an embedder that counts."""
        if self._library is None:
            from rag.config import Config
            from rag.index.library import Library

            self._embedding = cast("Replayed", Replayed.load())
            self._library = Library(Config(data_dir=self._folder), self._embedding)
        return self._library

    @property
    def assistant(self) -> Assistant:
        """What searches and answers, as configured."""
        if self._assistant is None:
            from rag import open_assistant
            from rag.config import Config

            self._assistant = open_assistant(Config(data_dir=self._folder))
        return self._assistant

    def add(self, papers: Path, vectors: Path | None) -> dict[str, float]:
        """As `Side` has it."""
        from rag.sources import read_source
        from rag.types import Paper

        library = self.library
        _ = library.recipe
        self._embedding.kept = {}
        if vectors:
            kept = np.load(vectors)
            rows = [row for row in read_source(papers) if isinstance(row, Paper)]
            texts = [chunk.embedded_text for row in rows for chunk in library.chunker.split(row)]
            self._embedding.kept = dict(zip(texts, kept["ours"], strict=True))
        before = self._embedding.spent
        busy = time.process_time()
        report = library.ingest(read_source(papers))
        took = {"seconds": report.seconds, "cpu_s": time.process_time() - busy}
        return took | _spent(before, self._embedding.spent)

    def forget(self, papers: Path) -> None:
        """As `Side` has it."""
        named = [row["arxiv_id"] for row in _rows(papers)]
        held = self.library.shelf.papers(named)
        if held:
            self.library.remove(list(held))

    def count(self) -> int:
        """As `Side` has it; before the first addition, of whose time what is loaded then is no part."""
        import chromadb  # noqa: F401 (as the reference has by now)

        return self.library.shelf.coverage().papers

    def search(self, question: str) -> object:
        """As `Side` has it."""
        return self.assistant.search(question)

    def answer(self, question: str) -> object:
        """As `Side` has it."""
        return self.assistant.answer(question)


class Theirs:
    """The reference over a folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder."""
        from eval.bench.growth.reference import Reference

        self._reference: Reference = Reference(folder)
        self.search, self.answer = self._reference.search, self._reference.answer
        self.count = self._reference.count

    def add(self, papers: Path, vectors: Path | None) -> dict[str, float]:
        """As `Side` has it."""
        begin, busy = time.perf_counter(), time.process_time()
        rows = [(row["arxiv_id"], row["title"], row["abstract"]) for row in _rows(papers)]
        read, used = time.perf_counter() - begin, time.process_time() - busy
        self._reference.replay(rows if vectors else [], np.load(vectors)["theirs"] if vectors else [])
        before = self._reference.embedding.spent
        begin, busy = time.perf_counter(), time.process_time()
        self._reference.add(rows)
        took = {"seconds": read + time.perf_counter() - begin, "cpu_s": used + time.process_time() - busy}
        return took | _spent(before, self._reference.embedding.spent)

    def forget(self, papers: Path) -> None:
        """As `Side` has it."""
        self._reference.forget([row["arxiv_id"] for row in _rows(papers)])


def _spent(before: tuple[float, float], after: tuple[float, float]) -> dict[str, float]:
    return {"embedding_s": after[0] - before[0], "embedding_cpu_s": after[1] - before[1]}


def _rows(papers: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in papers.read_text(encoding="utf-8").splitlines()]


def carried_out(side: Side, order: dict[str, Any]) -> dict[str, Any]:
    """Do what an order says, and say how long it took."""
    match order["do"]:
        case "add":
            given = order.get("vectors")
            return side.add(Path(order["papers"]), Path(given) if given else None)
        case "forget":
            side.forget(Path(order["papers"]))
            return {}
        case "count":
            return {"count": side.count()}
        case "search" | "answer" as asked:
            ask: Callable[[str], Any] = getattr(side, asked)
            begin, busy = time.perf_counter(), time.process_time()
            ask(order["question"])
            return {"ms": 1000 * (time.perf_counter() - begin), "cpu_ms": 1000 * (time.process_time() - busy)}
    raise ValueError(order["do"])


class Process:
    """A side at work in a process of its own, seen from here."""

    def __init__(self, name: str, folder: Path) -> None:
        """Start it on a folder."""
        command = [sys.executable, "-m", "eval.bench.growth.side", name, str(folder)]
        self.name = name
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def __call__(self, **order: Any) -> dict[str, Any]:
        """Have an order carried out.

        Raises:
            RuntimeError: the process has ended; what it said of that stands on stderr.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended at {order}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()


def main() -> None:
    """Take orders until there are no more."""
    out: TextIO = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    folder = Path(sys.argv[2])
    side: Side = Ours(folder) if sys.argv[1] == OURS else Theirs(folder)
    for line in sys.stdin:
        print(json.dumps(carried_out(side, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
