"""A folder whose writer may be killed: the next to open it finds it as it was before the unfinished write.

Chroma writes its HNSW files in place. Killed in the middle, it leaves a folder that can no longer be opened
(docs/libraries.md), and the vectors exist nowhere else. So a writer copies the folder first::

    root/
        store/     what Chroma opens
        before/    the copy, present while a write is unfinished
        lock       held by a living writer
        restoring  held while a copy is brought back
        new/ old/  a copy being made, a folder being deleted: of no value
"""

from __future__ import annotations

import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy

_RESTORE_SECONDS = 60


class Snapshot:
    """The folder `root/store` and its copy."""

    def __init__(self, root: Path) -> None:
        """Make the folders; where a writer died, bring back the state before its write."""
        self.root = root
        self.store = root / "store"
        self._before = root / "before"
        root.mkdir(parents=True, exist_ok=True)
        # One instance a handle: two handles of one process exclude each other, too. The system frees a dead writer's.
        self._lock = FileLock(root / "lock", thread_local=False)
        if self._before.exists():
            self._restore()
        self.store.mkdir(exist_ok=True)

    def begin(self) -> None:
        """Copy the store, unless this handle has done so already.

        Raises:
            LibraryBusy: another handle is writing.
        """
        if self._lock.is_locked:
            return
        self._acquire()
        new = self.root / "new"
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(self.store, new)
        new.rename(self._before)

    def commit(self) -> None:
        """Keep what was written since `begin`."""
        if self._lock.is_locked:
            self._discard(self._before)
            self._lock.release()

    def abandon(self) -> None:
        """Leave the copy for whoever opens next."""
        self._lock.release()

    def _restore(self) -> None:
        """Bring the copy back, unless it belongs to a writer who is alive.

        Of several who open at once the first restores and the others wait for it, on a lock of their own: who restores
        is not to be taken for a writer.

        Raises:
            LibraryBusy: somebody else has been restoring for longer than that can take.
        """
        try:
            with FileLock(self.root / "restoring", thread_local=False).acquire(timeout=_RESTORE_SECONDS):
                if not self._before.exists():
                    return  # somebody else was faster
                try:
                    self._acquire()
                except LibraryBusy:
                    return
                try:
                    self._discard(self.store)
                    self._before.rename(self.store)
                finally:
                    self._lock.release()
        except Timeout:
            raise LibraryBusy(
                f"Another process is restoring {self.root}.", "Wait for it to finish and try again."
            ) from None

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LibraryBusy(
                f"Another process is writing to {self.root}.", "Wait for it to finish and try again."
            ) from None

    def _discard(self, folder: Path) -> None:
        """Delete a folder so that nobody ever sees half of it."""
        old = self.root / "old"
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
            shutil.rmtree(old)
