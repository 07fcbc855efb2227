"""Small disks of their own for tests of full and read-only ones; where they cannot be had, the test is skipped."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[Path]:
    """A disk in memory of so many KiB, at a folder that is made."""
    folder.mkdir()
    if subprocess.run(_mount(folder, f"size={kib}k"), capture_output=True, check=False).returncode:
        pytest.skip("disks can be mounted by the administrator of a Linux machine only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def change(folder: Path, options: str) -> None:
    """Mount a disk anew: ``size=9000k``, ``ro``."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def _mount(folder: Path, options: str) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
