"""Many people asking at once: `python -m tests.support.bench_people`, over the sample reports, extractive.

The server is the command itself, in a process of its own; each person sends what the page's own script sends.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.page_server import sample_library

PEOPLE = 25
TURNS = 2
REPEATS = 3
QUESTIONS = (
    "How can large language models annotate documents for training retrievers?",
    "How does IterQR rewrite queries in e-commerce search?",
    "Which papers use semantic IDs for generative recommendation?",
    "What does StealthRank manipulate?",
    "What is the capital of France?",
)
_COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]


@contextmanager
def page(folder: Path) -> Iterator[tuple[str, int]]:
    """The real page's address and process; prints how long it takes to start."""
    begin = time.perf_counter()
    arguments = ["--data-dir", str(folder), "ui", "--port", "0"]
    with subprocess.Popen([*_COMMAND, *arguments], stdout=subprocess.PIPE, text=True, env=os.environ) as server:
        assert server.stdout
        address = server.stdout.readline().split()[3]
        httpx.get(address, timeout=60).raise_for_status()
        print(f"first page {time.perf_counter() - begin:.1f} s after the start")
        try:
            yield address, server.pid
        finally:
            server.terminate()


def ask_together(address: str, server: int) -> None:
    """Everybody asks `TURNS` questions, all starting at once; prints the seconds to a complete answer.

    The seconds of processor time that the server took for an answer say more on a busy machine.
    """
    submit = _submit(address)
    seconds: list[float] = []
    failures: list[str] = []
    start = threading.Barrier(PEOPLE)

    def person(n: int) -> None:
        tab = secrets.token_hex(6)
        with httpx.Client(base_url=f"{address}/gradio_api", timeout=60) as client:
            start.wait()
            for turn in range(TURNS):
                begin = time.perf_counter()
                end = ask(client, submit, tab, QUESTIONS[(n + turn) % len(QUESTIONS)])
                seconds.append(time.perf_counter() - begin)
                if not end.get("success") or "turn failed" in json.dumps(end):
                    failures.append(json.dumps(end)[:300])

    people = [threading.Thread(target=person, args=(n,)) for n in range(PEOPLE)]
    spent = processor_seconds(server)
    for one in people:
        one.start()
    for one in people:
        one.join()
    spent = processor_seconds(server) - spent
    ordered = sorted(seconds)
    print(
        f"{PEOPLE} people, {len(ordered)} answers: median {statistics.median(ordered):.2f} s, "
        f"p95 {ordered[int(0.95 * len(ordered))]:.2f} s, most {ordered[-1]:.2f} s, "
        f"{spent / len(ordered):.3f} s of the server's processor each; failures: {failures or 'none'}"
    )


def processor_seconds(process: int) -> float:
    """Processor time that a process has taken so far, of all its threads (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(client: httpx.Client, handler: int, tab: str, question: str) -> dict[str, Any]:
    """Join the queue from a browser tab, then read the stream to the end of the answer."""
    body = {"data": [question, {}, {}], "fn_index": handler, "session_hash": tab}
    client.post("/queue/join", json=body).raise_for_status()
    with client.stream("GET", "/queue/data", params={"session_hash": tab}) as stream:
        for line in stream.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") == "process_completed":
                return dict(message)
    return {}


def main() -> None:
    """Measure `REPEATS` times."""
    with tempfile.TemporaryDirectory() as folder:
        sample_library(Path(folder))
        with page(Path(folder)) as (address, server):
            with httpx.Client(base_url=f"{address}/gradio_api", timeout=60) as client:
                ask(client, _submit(address), "first", QUESTIONS[0])  # the model is loaded by now
            for _ in range(REPEATS):
                ask_together(address, server)


def _submit(address: str) -> int:
    handlers = httpx.get(f"{address}/config").json()["dependencies"]
    return int(next(one["id"] for one in handlers if one["api_name"] == "submit"))


if __name__ == "__main__":
    main()
