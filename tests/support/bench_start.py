"""What a command costs from nothing: `python -m tests.support.bench_start LIBRARY [--beside CHECKOUT]`.

First whole commands, each in a process of its own: seconds that passed and seconds of processor time, the least and the
median of some runs. With another checkout beside, the two take turns. Then the stages of `ask` one after the other, and
what its imports cost by library; in `ask` itself some of it runs side by side.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).resolve().parents[2]
QUESTION = "Which papers use generative retrieval for recommendation?"
CALL = "from ui.cli import main; main()"
COMMANDS = (
    ["doctor", "--help"],
    ["papers", "--limit", "3"],
    ["show", "PAPER"],
    ["search", QUESTION],
    ["ask", QUESTION],
)
STAGES = (
    ("command line", "from ui.cli.base import common"),
    ("configuration", "from rag.config import load_config; settings = load_config(None, data_dir=library).config"),
    ("NumPy", "import numpy"),
    ("shelf and limits", "common.check_question(question, settings)"),
    ("Chroma", "import chromadb"),
    ("OpenVINO", "sys.modules.setdefault('openvino_telemetry', None); import openvino"),
    ("tantivy, tokenizers", "import tantivy, tokenizers"),
    ("own modules", "import rag.assistant, rag.models.minilm"),
    ("assistant", "from rag import open_assistant; assistant = open_assistant(settings)"),
    ("embedding model", "assistant.library.embedding"),
    ("both indexes", "with assistant.library.indexes(): pass"),
    ("first answer", "answer = assistant.answer(question)"),
    ("the same again", "assistant.answer(question)"),
    ("closing", "assistant.close()"),
    ("printing", "from ui.cli.base.printing import print_answer; print_answer(answer)"),
)
_WATCH = """
import sys, time
library, question = sys.argv[1:]
names = {"sys": sys, "library": library, "question": question}
for name, code in %r:
    passed, used = time.perf_counter(), time.process_time()
    exec(code, names)
    passed, used = time.perf_counter() - passed, time.process_time() - used
    print(f"  {name:<20} {1000 * passed:>6.0f} ms passed {1000 * used:>6.0f} ms of processor time", file=sys.stderr)
"""
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\w+)")


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="another checkout, to take turns with")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command that count (default: 5)")
    arguments = parser.parse_args()
    library = str(arguments.library.resolve())
    checkouts = [REPOSITORY, *([arguments.beside.resolve()] if arguments.beside else [])]
    print(f"seconds, least / median of {arguments.runs}:")
    for command in _commands(library):
        _compare(checkouts, library, command, arguments.runs)
    print("stages of ask, in turn:", flush=True)
    subprocess.run(
        [sys.executable, "-c", _WATCH % (STAGES,), library, QUESTION],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    print("imports of ask, ms that passed:")
    for name, milliseconds in _imports(library):
        print(f"  {name:<20} {milliseconds:>6.0f}")


def _commands(library: str) -> Iterator[list[str]]:
    """The commands to measure; `show` shows a paper that is there."""
    from rag.papers.shelf import FILE_NAME, Shelf

    (paper,) = Shelf(Path(library) / FILE_NAME).browse(limit=1)
    for command in COMMANDS:
        yield [paper.paper_id if word == "PAPER" else word for word in command]


def _compare(checkouts: Sequence[Path], library: str, command: Sequence[str], runs: int) -> None:
    """Print a line for each checkout; the first run of each warms the disk and does not count."""
    taken: dict[Path, list[tuple[float, float]]] = {checkout: [] for checkout in checkouts}
    for _ in range(runs + 1):
        for checkout in checkouts:
            taken[checkout].append(_once(checkout, ["--data-dir", library, *command]))
    for checkout in checkouts:
        passed, used = zip(*taken[checkout][1:], strict=True)
        print(
            f"  {command[0]:<8} passed {min(passed):.2f} / {median(passed):.2f}"
            f"   processor {min(used):.2f} / {median(used):.2f}"
            + (f"   {checkout.name}" if len(checkouts) > 1 else ""),
            flush=True,
        )


def _once(checkout: Path, arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds that a command took, passed and of processor time, of all its threads and the process's end."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", CALL, *arguments],
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode} in {checkout}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def _imports(library: str) -> list[tuple[str, float]]:
    """Milliseconds of the imports of `ask`, summed by library, the dearest first."""
    command = [sys.executable, "-X", "importtime", "-c", CALL, "--data-dir", library, "ask", QUESTION]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    total: Counter[str] = Counter()
    for microseconds, name in _IMPORT.findall(done.stderr):
        total[name] += int(microseconds)
    return [("all", total.total() / 1000), *((name, count / 1000) for name, count in total.most_common(15))]


if __name__ == "__main__":
    main()
