"""Both sides through all sizes, in turns: what each size takes, and what another thousand papers take at that size.

One library a side grows from size to size, a part of papers at a time: one side takes a part in, then the other, who
goes first changing. At each size both are asked the same questions in turns, each in a fresh process. A part and a size
are measured once; a course that was cut off goes on where it was, after what a killed part left is deleted.

Embedding is most of an ingest, and costs a paper the same at any size. So where vectors are at hand (a library of the
same papers, whose vectors are replayed), only the first papers and the last part before each size are embedded, by
both; of the others the rest of the ingest is measured, and their embedding is reckoned at the mean of those embedded.
"""

from __future__ import annotations

import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.growth.parts import PART, SEED, SIDES, Part, drawn, parts_of
from eval.bench.growth.side import OURS, THEIRS, Process
from eval.bench.scale import memory, page_memory
from eval.files import write_json
from eval.runs.provenance import code_digest, versions
from eval.runs.scores import percentiles
from rag.config import Config
from rag.errors import UsageError
from rag.types import Paper

SEARCHES, ANSWERS, WARM_UP, STARTS = 200, 30, 10, 3
SETTLED_S = 120.0
"""Longest wait for a page's memory to settle."""
WORDS = (3, 8)
"""Of a title, that a search has."""
FIGURES = "growth.json"

Say = Callable[[str], None]


class Course:
    """A comparison in a folder."""

    def __init__(
        self, source: Path, sizes: Sequence[int], out: Path, say: Say, vectors: Path | None = None, embedded: int = 0
    ) -> None:
        """Draw the papers, and find what was measured already.

        Args:
            source: A file or folder of papers.
            sizes: Numbers of papers at which both are measured.
            out: Folder of the libraries and the figures.
            say: Told of each step.
            vectors: A paperchat library of these papers whose vectors are replayed; None: all are embedded.
            embedded: First papers that are embedded all the same.
        """
        self._say = say
        self._out = out
        self._vectors = vectors
        self._embedded = embedded
        self.sizes = sorted(set(sizes))
        self._papers = drawn(source, self.sizes[-1])
        (out / "parts").mkdir(parents=True, exist_ok=True)
        kept = out / FIGURES
        self.figures: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {"parts": {}, "sizes": {}}
        codes = self.figures.setdefault("code_hashes", [])
        if (code := code_digest()) not in codes:
            codes.append(code)
        if len(codes) > 1:
            say("the code has changed since the first of these figures was measured: delete the folder to begin anew")

    def run(self) -> dict[str, Any]:
        """Measure what was not measured; the content of growth.json."""
        engines = {name: version(name) for name in ("onnxruntime", "llama-index-vector-stores-chroma")}
        self.figures |= {"machine": machine(), "versions": versions() | engines, "seed": SEED}
        whole = [name for name, row in self.figures["parts"].items() if all(side in row for side in SIDES)]
        begun = max((int(name.partition("-")[2]) for name in whole), default=0)
        late = [size for size in self.sizes if size < begun and str(size) not in self.figures["sizes"]]
        if late:
            raise UsageError(f"The libraries in {self._out} hold more than {late[0]} papers.", "Begin in a new folder.")
        parts = parts_of(self.sizes, self._embedded if self._vectors else self.sizes[-1], begun)
        for size in self.sizes:
            self._grow([part for part in parts if part.end <= size])
            if str(size) not in self.figures["sizes"]:
                self.figures["sizes"][str(size)] = self._measured(size)
                self._keep()
        return self.figures

    def _keep(self) -> None:
        write_json(self._out / FIGURES, self.figures)

    def folder(self, side: str) -> Path:
        """Where a side's library lies."""
        return self._out / side

    # --- growing ----------------------------------------------------------------------------------------------------

    def _grow(self, parts: Sequence[Part]) -> None:
        """Have both take in what they lack."""
        known = self.figures["parts"]
        missing = [part for part in parts if not all(side in known.get(part.name, {}) for side in SIDES)]
        if not missing:
            return
        replays = self._replays([part for part in missing if not part.real])
        with ExitStack() as stack:
            sides = [stack.enter_context(Process(name, self.folder(name))) for name in SIDES]
            for part in missing:
                papers = self._written(part.name, self._papers[part.begin : part.end])
                vectors = next(replays) if not part.real else None
                row = known.setdefault(part.name, {"papers": part.end - part.begin, "embedded": vectors is None})
                for side in sides if (part.begin // PART) % 2 else sides[::-1]:
                    if side.name not in row:
                        row[side.name] = self._added(side, part, papers, vectors)
                        self._keep()
                took = ", ".join(f"{name} {row[name]['seconds']:.1f} s" for name in SIDES)
                how = "" if vectors is None else " (vectors replayed)"
                self._say(f"papers {part.begin:,} to {part.end:,}: {took}{how}")

    def _added(self, side: Process, part: Part, papers: Path, vectors: Path | None) -> dict[str, Any]:
        held = [row[side.name]["count"] for name, row in self.figures["parts"].items() if side.name in row]
        if side(do="count")["count"] != max(held, default=0):
            side(do="forget", papers=str(papers))
        took = side(do="add", papers=str(papers), vectors=vectors and str(vectors))
        load = os.getloadavg()[0]
        return {name: round(value, 3) for name, value in took.items()} | side(do="count") | {"load": round(load, 1)}

    def _written(self, name: str, papers: Sequence[Paper]) -> Path:
        """Papers as JSON lines, as paperchat reads them."""
        file = self._out / "parts" / f"{name}.jsonl"
        rows = (
            {
                "arxiv_id": paper.paper_id,
                "title": paper.title,
                "abstract": paper.abstract,
                "authors": ", ".join(paper.authors),
                "date": paper.date.isoformat(),
            }
            for paper in papers
        )
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return file

    def _replays(self, parts: Sequence[Part]) -> Iterator[Path | None]:
        """A file of vectors for each part: of paperchat's passages, and of each paper's first; None where some lack."""
        if self._vectors is None or not parts:
            return
        from rag import open_library

        self._say(f"reading vectors of {self._vectors}")
        with open_library(Config(data_dir=self._vectors)) as library:
            with library.indexes() as indexes:
                stored = indexes.vectors.matrix()
                places = {key.partition("/")[0]: row for row, key in enumerate(stored.keys)}
                matrix = np.array(stored.vectors)
            split = library.chunker.split
        for part in parts:
            ours: list[int] = []
            theirs: list[int] = []
            for paper in self._papers[part.begin : part.end]:
                rows = [places.get(chunk.chunk_id, -1) for chunk in split(paper)]
                ours += rows
                theirs.append(rows[0])
            if min(ours) < 0:
                yield None
                continue
            file = self._out / "parts" / f"{part.name}.npz"
            np.savez(file, ours=matrix[ours], theirs=matrix[theirs])
            yield file
            file.unlink()

    # --- measuring --------------------------------------------------------------------------------------------------

    def _measured(self, size: int) -> dict[str, Any]:
        """All figures of a size."""
        self._say(f"asking at {size:,} papers")
        found: dict[str, Any] = {"load_before": list(os.getloadavg())}
        found |= self._asked(size)
        self._say(f"starting at {size:,} papers")
        found["start"] = self._started()
        found["disk_mb"] = {name: round(_bytes(self.folder(name)) / 1e6, 1) for name in SIDES}
        self._say(f"ingesting {size:,} unchanged papers")
        with Process(OURS, self.folder(OURS)) as side:
            took = side(do="add", papers=str(self._written("unchanged", self._papers[:size])))
        found["again"] = {name: round(value, 3) for name, value in took.items()}
        self._say(f"opening the page at {size:,} papers")
        own, files = page_memory(self.folder(OURS), SETTLED_S)
        found["page_mb"] = {"own": round(own / 1e6), "files": round(files / 1e6)}
        return found | {"load_after": list(os.getloadavg())}

    def _asked(self, size: int) -> dict[str, Any]:
        """Searches and answers in turns, and what memory they leave taken."""
        chance = random.Random(SEED)
        some = chance.sample(self._papers[:size], min(size, WARM_UP + SEARCHES))
        questions = [" ".join(paper.title.split()[: chance.randint(*WORDS)]) for paper in some]
        found: dict[str, Any] = {}
        with ExitStack() as stack:
            sides = [stack.enter_context(Process(name, self.folder(name))) for name in SIDES]
            for do, number in (("search", SEARCHES), ("answer", ANSWERS)):
                took: dict[str, list[dict[str, float]]] = {name: [] for name in SIDES}
                for place, question in enumerate(questions[: WARM_UP + number]):
                    for side in sides if place % 2 else sides[::-1]:
                        took[side.name].append(side(do=do, question=question))
                for unit in ("ms", "cpu_ms"):
                    found[f"{do}_{unit}"] = {
                        name: percentiles([one[unit] for one in rows[min(WARM_UP, len(rows) - 1) :]])
                        for name, rows in took.items()
                    }
            memories = {side.name: memory(side.pid) for side in sides}
        found["memory_mb"] = {
            name: {"own": round(own / 1e6), "files": round(files / 1e6)} for name, (own, files) in memories.items()
        }
        return found

    def _started(self) -> dict[str, dict[str, float]]:
        """Seconds of a command that answers one question, from nothing; the first fills the machine's file cache."""
        question = " ".join(self._papers[0].title.split()[: WORDS[1]])
        paperchat = ["-c", "from ui.cli import main; main()", "--data-dir", str(self.folder(OURS)), "ask", question]
        reference = ["-m", "eval.bench.growth.reference", str(self.folder(THEIRS)), question]
        took: dict[str, list[tuple[float, float]]] = {OURS: [], THEIRS: []}
        for _ in range(STARTS + 1):
            for name, arguments in ((OURS, paperchat), (THEIRS, reference)):
                begin, busy = time.perf_counter(), _children()
                subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
                took[name].append((time.perf_counter() - begin, _children() - busy))
        return {
            unit: {name: round(statistics.median(one[place] for one in times[1:]), 3) for name, times in took.items()}
            for place, unit in enumerate(("s", "cpu_s"))
        }


def machine() -> str:
    """What the figures were measured on, in words."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
        total = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    except OSError:  # not Linux
        return f"{model}, {os.cpu_count()} processors"
    return f"{model}, {len(os.sched_getaffinity(0))} processors, {total:.0f} GB of memory, {platform.system()}"


def _children() -> float:
    """Processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
