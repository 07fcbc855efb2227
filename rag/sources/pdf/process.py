"""Orders to the child process, within limits of time and memory; what it says, or why it said nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.sources.pdf.limits import CPU_SECONDS, MEMORY_BYTES, WALL_SECONDS

_ADVICE = "Give another file of the paper, or print this one to a new PDF."


def read_in_child(path: Path) -> dict[str, Any]:
    """What `rag.sources.pdf.document.read` finds.

    Raises:
        SourceError: it cannot be read: encrypted, damaged, scanned, too large.
    """
    return _ask({"task": "read", "path": str(path.absolute()), "name": path.name}, path)


def picture_in_child(path: Path, page: int, quote: str, scale: float) -> dict[str, Any]:
    """A page with a quote marked: ``png`` in base 64, and how much of the quote is ``marked``, 0…1.

    Args:
        path: The PDF.
        page: 1-based.
        quote: What is marked.
        scale: Pixels a point.

    Raises:
        SourceError: the page cannot be drawn.
    """
    order = {"task": "picture", "path": str(path.absolute()), "page": page, "quote": quote, "scale": scale}
    return _ask(order, path)


def _ask(order: dict[str, Any], path: Path) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "rag.sources.pdf.child"]  # -P: never from the folder the user stands in
    try:
        done = subprocess.run(
            command, input=json.dumps(order), capture_output=True, text=True, timeout=WALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{path} took longer than {WALL_SECONDS} seconds to read.", _ADVICE) from None
    if done.returncode:
        raise SourceError(f"{path} {_why(done.returncode, done.stderr)}.", _ADVICE)
    found: dict[str, Any] = json.loads(done.stdout)
    if "refused" in found:
        what, advice = found["refused"]
        raise SourceError(f"{path} {what}.", advice)
    return found


def _why(code: int, said: str) -> str:
    """Why the child ended."""
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return f"took longer than {CPU_SECONDS} seconds to read"
    if code < 0 or "MemoryError" in said:
        return f"could not be read within {MEMORY_BYTES // 1_000_000} MB of memory, or is damaged"
    last = said.strip().splitlines()[-1:] or ["no reason was given"]
    return f"could not be read: {last[0][:200]}"
