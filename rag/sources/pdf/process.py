"""Orders to the child process, within limits of time and memory; what it says, or why it said nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.sources.pdf.limits import CPU_SECONDS, MEMORY_BYTES, WALL_SECONDS

_ENVIRONMENT = (
    "PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
)
"""All that the child is told of its surroundings: what Python needs to start, and no keys."""
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
            command,
            input=json.dumps(order),
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # pdfium may quote the file
            timeout=WALL_SECONDS,
            check=False,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{path} took longer than {WALL_SECONDS} seconds to read.", _ADVICE) from None
    if done.returncode:
        raise SourceError(f"{path} {_why(done.returncode, done.stderr)}.", _ADVICE)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
        refused = found.get("refused")
        what, advice = refused or ("", "")
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise SourceError(f"{path} could not be read: the answer makes no sense.", _ADVICE) from None
    if refused:
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
