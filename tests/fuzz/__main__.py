"""Runs targets for a long time, guided by which lines of ours an input reaches: `python -m tests.fuzz TARGET…`.

It needs atheris (`pip install 'paperchat[fuzz]'`). What breaks a contract is written to the folder, once for each place
in the code, and the run goes on; at the end a line of JSON says what was done. Whatever was found is mended, and its
input, made small, put into `tests/fuzz/cases/TARGET`, which CI reads from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.target import MOST_BYTES, Target, checked, load
from tests.fuzz.targets import TARGETS

LONGEST = 10
"""By the clock, in times of a target's share: on a machine that does much else, and for what waits."""


def main() -> None:
    """Run the targets one after the other, each in a process of its own."""
    reader = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    reader.add_argument("targets", nargs="*", help=f"all where none is named: {', '.join(TARGETS)}")
    reader.add_argument("--seconds", type=int, default=160, help="of a processor, for each target")
    reader.add_argument("--out", type=Path, default=Path(".fuzz"), help="folder for corpora and what was found")
    reader.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = reader.parse_args()
    if given.inside:
        _fuzz(TARGETS[given.targets[0]], given.seconds, given.out / given.targets[0])
        return
    for name in given.targets or TARGETS:
        command = [sys.executable, "-m", "tests.fuzz", name, "--inside", "--seconds", str(given.seconds)]
        done = subprocess.run([*command, "--out", str(given.out)], check=False, stderr=subprocess.DEVNULL)
        if done.returncode:
            print(json.dumps({"target": name, "ended_with": done.returncode}), flush=True)


def _fuzz(target: Target, seconds: int, folder: Path) -> None:
    """Fuzz one target; libFuzzer ends the process."""
    import atheris

    corpus, found = folder / "corpus", folder / "found"
    for made in (corpus, found):
        made.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed[:MOST_BYTES])
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    tried, failures, begun = Counter[str](), Counter[str](), time.monotonic()
    spent = time.process_time()
    slowest = 0.0

    def one(data: bytes) -> None:
        nonlocal slowest
        tried["inputs"] += 1
        start = time.process_time()
        try:
            checked(target, data)
        except Exception as error:
            where = _where(error)
            failures[where] += 1
            if failures[where] == 1:
                name = hashlib.sha256(where.encode()).hexdigest()[:12]
                (found / name).write_bytes(data)
                (found / f"{name}.txt").write_text("".join(traceback.format_exception(error))[-6000:])
        slowest = max(slowest, time.process_time() - start)
        is_over = time.process_time() - spent > seconds
        if tried["inputs"] % 50 == 0 or is_over or time.monotonic() - begun > LONGEST * seconds:
            done = {"target": target.name, "inputs": tried["inputs"], "seconds": round(time.monotonic() - begun)}
            done |= {"processor_s": round(time.process_time() - spent), "slowest_s": round(slowest, 2)}
            done |= {"found": len(failures)}
            (folder / "done.json").write_text(json.dumps(done))
        if is_over:
            os._exit(0)  # libFuzzer knows only the clock

    with atheris.instrument_imports(include=["rag", "ui", "eval"]):
        load(target)  # imports what it needs
    options = [f"-max_total_time={LONGEST * seconds}", f"-max_len={MOST_BYTES}", f"-dict={words}", "-timeout=120"]
    options += ["-rss_limit_mb=4096", f"-artifact_prefix={found}/", "-print_final_stats=0", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def _where(error: Exception) -> str:
    """What failed: the error's kind, the innermost line of ours, and what an assertion says."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if any(part in frame.filename for part in ("/rag/", "/ui/", "/eval/"))
    ]
    place = f"{ours[-1].filename}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__} {place} {error if isinstance(error, AssertionError) and not ours else ''}"


def _escaped(word: bytes) -> str:
    return "".join(chr(one) if 32 <= one < 127 and chr(one) not in '"\\' else f"\\x{one:02x}" for one in word)


if __name__ == "__main__":
    main()
