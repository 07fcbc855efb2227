"""Where tests put what they write: into memory where there is room, as libraries wait for disks at every commit."""

from __future__ import annotations

import os
import re
from pathlib import Path

MEMORY = Path("/dev/shm")
FREE, AVAILABLE = 6_000_000_000, 8_000_000_000
"""Bytes that must be free there, and in the machine's memory, which it is a part of."""


def in_memory(folder: Path = MEMORY, free: int = FREE, available: int = AVAILABLE) -> bool:
    """Whether a folder takes what tests write, and runs the programs among it."""
    try:
        disk = os.statvfs(folder)
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    if found is None or not os.access(folder, os.W_OK | os.X_OK) or disk.f_flag & os.ST_NOEXEC:
        return False
    return disk.f_bavail * disk.f_frsize >= free and int(found[1]) * 1024 >= available
