"""The tools of a release, which have an environment of their own: `make audit` and `make release` make it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_OWN = Path(__file__).parents[2] / ".tools" / "bin" / "python"


def python_with(module: str) -> str:
    """The Python that has a tool; this one where no other is there."""
    return str(_OWN) if _OWN.exists() and find_spec(module) is None else sys.executable


def is_there(module: str) -> bool:
    """Whether a tool can be run."""
    asked = [python_with(module), "-c", f"import {module}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0
