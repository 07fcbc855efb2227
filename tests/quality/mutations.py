"""Mistakes planted one at a time: does a quick test notice each? `python -m tests.quality.mutations [WORD …]`.

Each mutation of mutations.yaml is made alone in a copy of the tree, and the tests named for its file are run there. One
after which they pass survives, and so would a real mistake of that kind. The tests must pass on the tree as it is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from tests.support.data import REPOSITORY

LIST = Path(__file__).with_name("mutations.yaml")
SECONDS = 60
"""What the tests of one mutation may take on a quiet machine."""
PATIENCE = 600
"""Seconds after which tests are taken to hang."""
PASSED, FAILED = 0, 1
"""pytest's exit codes; any other says that the tests could not be run."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake: `old`, which stands once in `file`, becomes `new`; `tests` must notice."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        """The mutation on one line."""
        return f"{self.file}: {self.old} → {self.new or 'nothing'}"

    def applied(self, text: str) -> str:
        """The file's text with the mistake in it.

        Raises:
            ValueError: `old` does not stand there exactly once.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.old!r} stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests said to a mutation: pytest's exit code, its output and how long it took."""

    mutation: Mutation
    code: int
    output: str
    seconds: float


def read_mutations(path: Path = LIST) -> list[Mutation]:
    """The mutations of a list, in its order."""
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Mutation(group["file"], row["old"], row["new"], tuple(group["tests"]))
        for group in groups
        for row in group["mutations"]
    ]


def copied(folder: Path) -> Path:
    """A copy of the tree's Python packages and settings in a folder."""
    left_out = shutil.ignore_patterns("__pycache__", "browser")
    for name in ("rag", "eval", "ui", "tests"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=left_out)
    for name in ("pyproject.toml", "config.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    return folder


def judged(mutation: Mutation, tree: Path) -> Verdict:
    """Make a mutation in a copy of the tree, run its tests, and take it back."""
    path = tree / mutation.file
    before = path.read_text(encoding="utf-8")
    path.write_text(mutation.applied(before), encoding="utf-8")
    try:
        code, output, seconds = tested(mutation.tests, tree)
    finally:
        path.write_text(before, encoding="utf-8")
    return Verdict(mutation, code, output, seconds)


def tested(tests: Iterable[str], tree: Path) -> tuple[int, str, float]:
    """Run tests in a copy of the tree until the first fails: exit code, output and seconds."""
    # A test of speed would notice a busy machine, and not the mistake.
    chosen = ["-m", "not slow", "-k", "not milliseconds", *tests]
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *chosen]
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr, time.perf_counter() - begin


def judge_all(mutations: Sequence[Mutation], jobs: int, told: Callable[[Verdict], None]) -> list[Verdict]:
    """Judge mutations, as many at once as there are jobs, each job in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="paperchat-mutations-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for job in range(jobs):
            (Path(folder) / str(job)).mkdir()
            trees.put(copied(Path(folder) / str(job)))
        unharmed = sorted({test for mutation in mutations for test in mutation.tests})
        code, output, _ = tested(unharmed, Path(folder) / "0")
        if code != PASSED:
            raise SystemExit(f"The tests do not pass on the tree as it is:\n{output}")

        def one(mutation: Mutation) -> Verdict:
            tree = trees.get()
            try:
                verdict = judged(mutation, tree)
            finally:
                trees.put(tree)
            told(verdict)
            return verdict

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(one, mutations))


def lines_about(verdict: Verdict) -> Iterator[str]:
    """What to say of a mutation: whether and by what it was noticed, in which time; pytest's output where it broke."""
    said = {PASSED: "SURVIVED", FAILED: "noticed"}.get(verdict.code, "NOT TESTED")
    by = re.search(r"^(?:FAILED|ERROR) \S+?([^/:]+::\S+)", verdict.output, re.MULTILINE)
    slow = f", longer than {SECONDS} s" if verdict.seconds > SECONDS else ""
    yield f"{said:10} {verdict.seconds:5.1f} s  {verdict.mutation}{f', by {by[1]}' if by else ''}{slow}"
    if verdict.code not in (PASSED, FAILED):
        yield verdict.output


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the mutations whose line holds one of the words, all without one; 1 where any was not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.mutations", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only mutations of which file or text holds it")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="mutations judged at once (default: 2)")
    options = parser.parse_args(arguments)
    chosen = [one for one in read_mutations() if not options.words or any(word in str(one) for word in options.words)]
    if not chosen:
        parser.error("no mutation holds any of these words")
    verdicts = judge_all(chosen, options.jobs, lambda verdict: print(*lines_about(verdict), sep="\n", flush=True))
    unnoticed = [verdict for verdict in verdicts if verdict.code != FAILED]
    print(f"{len(verdicts)} mutations, {len(unnoticed)} not noticed.")
    for verdict in unnoticed:
        print(f"  {verdict.mutation}")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
