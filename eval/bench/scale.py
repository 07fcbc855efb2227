"""What a library of millions of papers takes, reckoned from what libraries here take: `python -m eval.bench.scale`.

Disk and memory are measured on libraries of two sizes or more, a straight line through the smallest and the largest
gives what a paper costs and what is paid anyway; processor time is measured on a sample, as processor seconds, which a
busy machine does not change much. The line is carried on to the wanted number: what is not linear is said in
docs/scale.md. Prices are assumptions, given on the command line.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from rag.config import Config
from rag.papers.shelf import FILE_NAME

SAMPLE = 120
"""Papers that are ingested into a throw-away library for the processor's time."""
LOOK_S, QUIET, PATIENCE_S = 0.5, 12, 900.0
"""A page has warmed up when it neither works nor grows at so many looks in a row, so far apart; the longest wait."""
MEGA, GIGA = 1e6, 1e9
_PAGE = "from ui.cli import main; main()"
_SEEN = ("/", "/library", "/today", "/map")


@dataclass(frozen=True, slots=True)
class Measured:
    """One library.

    Attributes:
        disk: Bytes by part of the library.
        page_own: Bytes of memory that its page holds for itself when it has warmed up.
        page_files: Bytes of files that it has mapped: the system's to keep or to drop, and shared between pages.
    """

    papers: int
    chunks: int
    disk: dict[str, int]
    page_own: int
    page_files: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the libraries that are named, and print what the wanted number of papers would take."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.scale", description=__doc__)
    parser.add_argument("libraries", nargs="+", type=Path, help="two or more libraries of different sizes")
    parser.add_argument("--papers", type=int, default=3_000_000, help="how many papers to reckon for")
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 64, 256], help="processors that embed")
    parser.add_argument("--usd-core-hour", type=float, default=0.04, help="price of a processor for an hour")
    parser.add_argument("--usd-gb-month", type=float, default=0.10, help="price of a gigabyte of disk for a month")
    parser.add_argument("--usd-memory-gb-month", type=float, default=3.0, help="the same of memory")
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    asked = parser.parse_args(arguments)
    if len(asked.libraries) < 2:
        parser.error("two libraries of different sizes are needed: one gives no line")
    found = sorted((_measure(folder) for folder in asked.libraries), key=lambda one: one.papers)
    if found[0].papers == found[-1].papers:
        parser.error("the libraries hold the same number of papers")
    seconds = _processor_seconds(max(asked.libraries, key=_size))
    lines = reckoned(found, seconds, asked.papers)
    print(f"Measured: {' and '.join(f'{one.papers:,} papers ({one.chunks:,} passages)' for one in found)}.\n")
    print(_table(lines, asked.papers))
    print(_bill(lines, asked))
    if asked.out:
        figures = {"measured": [asdict(one) for one in found], "seconds_a_paper": seconds, "lines": lines}
        asked.out.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def reckoned(found: Sequence[Measured], seconds: dict[str, float], papers: int) -> list[dict[str, Any]]:
    """Each part's cost a paper, what is paid anyway, and both for a number of papers.

    Args:
        found: Libraries, the smallest first.
        seconds: Processor seconds a paper, by step.
        papers: How many to reckon for.

    Returns:
        Rows with ``name``, ``unit`` (``bytes`` or ``seconds``), ``each``, ``anyway`` and ``total``.
    """
    first, last = found[0], found[-1]
    parts = {f"disk: {name}": (first.disk[name], last.disk[name]) for name in last.disk}
    parts["memory: a page's own"] = (first.page_own, last.page_own)
    parts["memory: mapped files"] = (first.page_files, last.page_files)
    rows = []
    for name, (small, large) in parts.items():
        each = (large - small) / (last.papers - first.papers)
        anyway = max(0.0, small - each * first.papers)
        row = {"name": name, "unit": "bytes", "each": each, "anyway": anyway, "total": anyway + each * papers}
        rows.append(row)
    for name, each in seconds.items():
        rows.append({"name": f"time: {name}", "unit": "seconds", "each": each, "anyway": 0.0, "total": each * papers})
    return rows


def _table(lines: Sequence[dict[str, Any]], papers: int) -> str:
    rows = [f"| | a paper | paid anyway | {papers:,} papers |", "|---|---|---|---|"]
    for line in lines:
        if line["unit"] == "bytes":
            each, anyway = f"{line['each']:,.0f} B", f"{line['anyway'] / MEGA:,.0f} MB"
            total = f"{line['total'] / GIGA:,.1f} GB"
        else:
            each, anyway = f"{1000 * line['each']:,.1f} ms of a core", ""
            total = f"{line['total'] / 3600:,.1f} core-hours"
        rows.append(f"| {line['name']} | {each} | {anyway} | {total} |")
    return "\n".join(rows)


def _bill(lines: Sequence[dict[str, Any]], asked: argparse.Namespace) -> str:
    def total(prefix: str) -> float:
        return float(sum(line["total"] for line in lines if line["name"].startswith(prefix)))

    core_hours, disk, memory = total("time: ") / 3600, total("disk: ") / GIGA, total("memory: ") / GIGA
    embedding, written = total("time: embedding") / 3600, total("time: all else") / 3600
    rows = ["", f"| cores that embed | hours for {asked.papers:,} papers |", "|---|---|"]
    rows += [f"| {cores} | {max(embedding / cores, written):,.1f} |" for cores in asked.cores]
    rows += [
        "",
        f"All else is one process's work: it sets the floor of {written:,.1f} hours.",
        f"Once: {core_hours:,.0f} core-hours at {asked.usd_core_hour:g} USD ="
        f" {core_hours * asked.usd_core_hour:,.0f} USD.",
        f"A month: {disk:,.0f} GB of disk at {asked.usd_gb_month:g} USD = {disk * asked.usd_gb_month:,.0f} USD,"
        f" {memory:,.0f} GB of memory at {asked.usd_memory_gb_month:g} USD ="
        f" {memory * asked.usd_memory_gb_month:,.0f} USD.",
    ]
    return "\n".join(rows)


def _size(folder: Path) -> int:
    return (folder / FILE_NAME).stat().st_size


def _measure(folder: Path) -> Measured:
    from rag import open_library

    print(f"measuring {folder} …", file=sys.stderr, flush=True)
    own, files = page_memory(folder)
    print(f"its page: {own / MEGA:,.0f} MB of its own, {files / MEGA:,.0f} MB of files", file=sys.stderr, flush=True)
    with open_library(Config(data_dir=folder)) as library:
        papers, chunks = library.shelf.coverage().papers, library.shelf.indexed_chunks()
    parts: dict[str, int] = {"shelf": 0, "Chroma": 0, "lexical index": 0, "copy of the vectors": 0, "all else": 0}
    for file in (one for one in folder.rglob("*") if one.is_file()):
        top = file.relative_to(folder).parts[0]
        prefixes = {
            FILE_NAME: "shelf",
            "chroma": "Chroma",
            "lexical-": "lexical index",
            "vectors": "copy of the vectors",
        }
        name = next((part for prefix, part in prefixes.items() if top.startswith(prefix)), "all else")
        parts[name] += file.stat().st_size
    return Measured(papers, chunks, parts, own, files)


def page_memory(folder: Path, patience: float = PATIENCE_S) -> tuple[int, int]:
    """Bytes of memory of a page that has been looked at and has warmed up: its own, and of mapped files.

    Args:
        folder: The library.
        patience: Seconds after which its memory is read even if it has not settled: on a busy machine it hardly does.
    """
    command = [sys.executable, "-c", _PAGE, "--data-dir", str(folder), "ui", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[3]
            with httpx.Client(base_url=address, timeout=PATIENCE_S, headers={"Accept": "text/html"}) as client:
                client.get("/ready")
                for place in _SEEN:
                    client.get(place)
            return _settled(process.pid, patience)
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)


def _settled(pid: int, patience: float) -> tuple[int, int]:
    """Memory of a process when it has stopped growing, and no thread of it works or waits for a processor."""
    deadline = time.monotonic() + patience
    quiet, before = 0, -1
    while time.monotonic() < deadline and quiet < QUIET:
        time.sleep(LOOK_S)
        now = sum(memory(pid))
        quiet = quiet + 1 if abs(now - before) < MEGA and not _works(pid) else 0
        before = now
    return memory(pid)


def _works(pid: int) -> bool:
    """Whether any thread of a process runs or could."""
    states = (file.read_text().rpartition(")")[2].split()[0] for file in Path(f"/proc/{pid}/task").glob("*/stat"))
    return "R" in states


def memory(pid: int) -> tuple[int, int]:
    """Bytes of a process that are its own, and of files."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    own, files = (int(status[key].split()[0]) * 1024 for key in ("RssAnon", "RssFile"))
    return own, files


def _processor_seconds(folder: Path) -> dict[str, float]:
    """Processor seconds a paper, measured by ingesting some of a library's papers into another."""
    from rag import open_library
    from rag.models import embed_texts

    with open_library(Config(data_dir=folder)) as library:
        every = library.shelf.browse()
    papers = list(islice(every[:: max(1, len(every) // SAMPLE)], SAMPLE))
    with (
        tempfile.TemporaryDirectory(prefix="paperchat-scale-") as made,
        open_library(Config(data_dir=Path(made))) as library,
    ):
        texts = [chunk.embedded_text for paper in papers for chunk in library.chunker.split(paper)]
        embed_texts(library.embedding, texts[:16])
        begin = time.process_time()
        embed_texts(library.embedding, texts)
        alone = time.process_time() - begin
        begin = time.process_time()
        library.ingest(papers)
        whole = time.process_time() - begin
    return {"embedding": alone / len(papers), "all else": max(0.0, whole - alone) / len(papers)}


if __name__ == "__main__":
    sys.exit(main())
