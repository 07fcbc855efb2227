"""Many people asking at once, for minutes: ``python -m eval.bench.load --library FOLDER --qa FILE``.

The page is the command itself, in a process of its own, on so many cores; each person sends what the page's own
script sends, and asks again as soon as the answer is there. Counted are errors, seconds to a whole answer, the server's
processor time, and its memory: at the start, after the first hundred answers, and by how much it still grows in the
last half. docs/running.md has the figures. Linux only: memory is read from ``/proc``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

_COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]
_PATIENCE_S = 120.0
"""Seconds to the first picture, and to an answer; what takes longer is an error."""
FEW = 100
"""Answers after which memory is read: by then everything that answers need is loaded."""
MIB = 1024.0


@dataclass(slots=True)
class Tally:
    """What came of a run; threads add to it under its lock.

    Attributes:
        seconds: Of each whole answer.
        errors: What was said instead of the others.
        memory: (seconds since the start, proportional set size in MiB), about one a second.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float, error: str | None) -> None:
        """Count an answer, or what came instead of one."""
        with self.guard:
            if error is None:
                self.seconds.append(seconds)
            else:
                self.errors.append(error)


class Person:
    """Somebody with a browser tab of their own."""

    def __init__(self, client: httpx.Client, submit: int) -> None:
        """Take a connection to the page's API, and the number of the event that asks."""
        self._client = client
        self._submit = submit
        self._tab = secrets.token_hex(6)

    def ask(self, question: str) -> str | None:
        """Ask, and read to the end of the answer; what went wrong, or None."""
        body = {"data": [question, {}, {}], "fn_index": self._submit, "session_hash": self._tab}
        try:
            self._client.post("/queue/join", json=body).raise_for_status()
            with self._client.stream("GET", "/queue/data", params={"session_hash": self._tab}) as stream:
                for line in stream.iter_lines():
                    message = json.loads(line.removeprefix("data: ")) if line else {}
                    if message.get("msg") == "process_completed":
                        return _wrong(message)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return "the stream ended before the answer"


def _wrong(message: dict[str, Any]) -> str | None:
    text = json.dumps(message)
    return None if message.get("success") and "turn failed" not in text else text[:300]


@contextmanager
def page(
    folder: Path, cores: int, environ: dict[str, str] | None = None, *, ready: bool = True
) -> Iterator[tuple[str, int]]:
    """The page's address and the number of its process, once all of it is there, or as soon as it says its address."""
    usable = sorted(os.sched_getaffinity(0))[:cores]
    arguments = ["--data-dir", str(folder), "ui", "--port", "0"]
    server = subprocess.Popen(
        [*_COMMAND, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | (environ or {}),
        preexec_fn=lambda: os.sched_setaffinity(0, usable),
    )
    with server:
        assert server.stdout
        try:
            address = server.stdout.readline().split()[3]
            if ready:
                httpx.get(f"{address}/ready", timeout=_PATIENCE_S).raise_for_status()
            yield address, server.pid
        finally:
            server.terminate()


def event_of(address: str, name: str = "submit") -> int:
    """The number by which Gradio knows an event of the page."""
    handlers = httpx.get(f"{address}/config", timeout=_PATIENCE_S).json()["dependencies"]
    return int(next(one["id"] for one in handlers if one["api_name"] == name))


def memory_of(process: int) -> float:
    """Proportional set size of a process in MiB: its own memory, and its share of what it has in common with others."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / MIB


def processor_seconds(process: int) -> float:
    """Processor time that a process has taken so far, of all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(
    address: str, process: int, questions: Sequence[str], people: int, seconds: float, pause: float
) -> dict[str, Any]:
    """Have everybody ask for so long, and say what came of it."""
    tally, submit = Tally(), event_of(address)
    with httpx.Client(base_url=f"{address}/gradio_api", timeout=_PATIENCE_S) as client:
        first = Person(client, submit)
        at_start = memory_of(process)
        for n in range(FEW):
            tally.add(0.0, first.ask(questions[n % len(questions)]))
        after_few = memory_of(process)
    tally.seconds.clear()
    begin, spent = time.monotonic(), processor_seconds(process)
    ends = begin + seconds

    def person(number: int) -> None:
        choice = random.Random(number)
        with httpx.Client(base_url=f"{address}/gradio_api", timeout=_PATIENCE_S) as client:
            one = Person(client, submit)
            time.sleep(choice.uniform(0, pause))
            while time.monotonic() < ends:
                asked = time.monotonic()
                error = one.ask(choice.choice(questions))
                tally.add(time.monotonic() - asked, error)
                time.sleep(choice.uniform(0.5, 1.5) * pause)

    threads = [threading.Thread(target=person, args=(number,), daemon=True) for number in range(people)]
    for one in threads:
        one.start()
    _watch(process, begin, ends, tally)
    for one in threads:
        one.join(_PATIENCE_S)
    spent = processor_seconds(process) - spent
    return {"people": people, "seconds": seconds, "pause_s": pause, "load_average": list(os.getloadavg())} | _summed(
        tally, at_start, after_few, spent
    )


def _watch(process: int, begin: float, ends: float, tally: Tally) -> None:
    """Read the server's memory about once a second; on a terminal, say how far the run has come."""
    while (now := time.monotonic()) < ends:
        tally.memory.append((now - begin, memory_of(process)))
        if sys.stderr.isatty():
            left = f"{ends - now:4.0f} s left, {len(tally.seconds)} answers, {tally.memory[-1][1]:.0f} MiB"
            print(f"\r{left}", end="", file=sys.stderr, flush=True)
        time.sleep(1.0)


def _summed(tally: Tally, at_start: float, after_few: float, spent: float) -> dict[str, Any]:
    ordered = np.sort(tally.seconds) if tally.seconds else np.array([np.nan])
    p50, p95, p99 = (round(float(one), 2) for one in np.percentile(ordered, (50, 95, 99)))
    times, sizes = np.array(tally.memory).T
    late = times >= times[-1] / 2
    growth = float(np.polyfit(times[late], sizes[late], 1)[0] * 60)
    return {
        "answers": len(tally.seconds),
        "errors": len(tally.errors),
        "first_errors": tally.errors[:3],
        "p50_s": p50,
        "p95_s": p95,
        "p99_s": p99,
        "most_s": round(float(ordered[-1]), 2),
        "processor_s_an_answer": round(spent / max(len(tally.seconds), 1), 3),
        "memory_mib": {
            "start": round(at_start),
            f"after_{FEW}": round(after_few),
            "half": round(float(sizes[late][:10].mean())),
            "end": round(float(sizes[-10:].mean())),
            "most": round(float(sizes.max())),
            "growth_a_minute": round(growth, 2),
        },
    }


def questions_of(file: Path) -> list[str]:
    """The questions of a QA set, as `eval run` takes it."""
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return [str(row["question"]) for row in rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print one JSON document; 1 where there was an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--library", type=Path, required=True, help="folder of the library; conversations are added")
    parser.add_argument("--qa", type=Path, required=True, help="JSON lines with questions")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--pause", type=float, default=0.0, help="mean seconds between an answer and the next question")
    parser.add_argument("--cores", type=int, default=2, help="the server's")
    given = parser.parse_args(arguments)
    with page(given.library, given.cores) as (address, process):
        found = measure(address, process, questions_of(given.qa), given.people, 60 * given.minutes, given.pause)
    print(json.dumps(found, indent=1))
    return 1 if found["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
