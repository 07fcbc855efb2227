"""A folder in versions: a writer changes a copy that nobody sees, readers have the whole state before or after.

Chroma writes its HNSW files in place. Killed in the middle, it leaves a folder that can no longer be opened
(docs/libraries.md), and whoever has the folder open meanwhile reads half of a write. So a writer copies the folder,
writes to the copy, and names it the current one when it is whole (docs/adr/0030-holding.md)::

    root/
        current    the name of the folder that readers open; where it is missing: store
        store-7/   what Chroma opens
        store-6/   the one before, which some reader may have open; the next writer deletes it
        lock       held by a living writer

A writer who dies leaves a folder that nothing names, which the next writer deletes. Nobody waits to read.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy
from rag.index.disk import openable

_STORE = re.compile(r"store(?:-(\d+))?")
_BEFORE = "before"
"""Where earlier libraries kept the whole state while they wrote to `store`."""


class Snapshot:
    """A handle on the current folder below `root`, or on the copy of it that becomes the next."""

    def __init__(self, root: Path) -> None:
        """Find the current folder, which is made where there is none."""
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        # One instance a handle: two handles of one process exclude each other, too. The system frees a dead writer's.
        self._lock = FileLock(root / "lock", thread_local=False)
        now = current(root)
        now.mkdir(exist_ok=True)
        self.store, self._copy = openable(now)

    def begin(self) -> None:
        """Go over to a copy of the current folder, unless this handle has done so already.

        Raises:
            LibraryBusy: another handle is writing.
        """
        if self._lock.is_locked:
            return
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LibraryBusy(
                f"Another process is writing to {self.root}.", "Wait for it to finish and try again."
            ) from None
        now = current(self.root)
        named = _STORE.fullmatch(now.name)
        copy = self.root / f"store-{int(named[1] or 0) + 1 if named else 1}"
        try:
            for folder in self.root.iterdir():
                if folder.is_dir() and folder != now:
                    shutil.rmtree(folder, ignore_errors=True)  # one that somebody has open lasts until it is closed
            shutil.copytree(now, copy)
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            self._lock.release()
            raise
        self.store = copy

    def commit(self) -> None:
        """Name what was written since `begin` the current folder."""
        if not self._lock.is_locked:
            self._clean()
            return
        new = self.root / "current.new"
        try:
            with new.open("w", encoding="ascii") as file:
                file.write(self.store.name)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.root / "current")
        except BaseException:
            self.abandon()
            raise
        self._lock.release()
        self._clean()

    def abandon(self) -> None:
        """Throw away what was written since `begin`."""
        if self._lock.is_locked:
            shutil.rmtree(self.store, ignore_errors=True)
            self._lock.release()
        self._clean()

    def _clean(self) -> None:
        if self._copy:
            self._copy.cleanup()


def current(root: Path) -> Path:
    """The folder that is named; where none is, the one that an earlier version left. Nothing is opened or made."""
    try:
        named = (root / "current").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        named = _BEFORE if (root / _BEFORE).is_dir() else "store"
    if not _STORE.fullmatch(named) and named != _BEFORE:
        raise ValueError(f"{root / 'current'} names no folder of a store")
    return root / named
