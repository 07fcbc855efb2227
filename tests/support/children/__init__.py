"""What tests change in the processes that they start, too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.children.sitecustomize import install


def with_children(patch: pytest.MonkeyPatch) -> None:
    """Change this process as its environment says, and those that it starts."""
    install()
    patch.setenv("PYTHONPATH", path_with(Path(__file__).parent))


def path_with(folder: Path) -> str:
    """The environment's PYTHONPATH, with a folder before it."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
