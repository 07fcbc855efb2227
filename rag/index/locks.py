"""One writer, many readers: who may touch the indexes when.

Embedded Chroma gives wrong results, or is destroyed, when two clients write in turn or when one process holds two
clients (docs/libraries.md). So:

* a *writer* holds `writer_lock` for the whole ingest, and `IndexGate.write` for each short burst that touches the index
  files: readers of the same process are closed for the burst, readers of another cannot open meanwhile;
* a *reader* keeps its handles between queries and swaps them, while no query is in flight, as soon as the generation
  number on the shelf has moved.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

from filelock import FileLock, ReadWriteLock, Timeout

from rag.errors import LibraryBusy, LibraryError

_BURST_SECONDS = 120


class Closable(Protocol):
    """What a gate hands out: anything with a `close`."""

    def close(self) -> None:
        """Release files and threads."""


H = TypeVar("H", bound=Closable)


@contextmanager
def writer_lock(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the library for writing, across processes; waits for another writer to finish.

    Args:
        path: The lock file.
        on_wait: Called once when another process is writing, before waiting for it.

    Raises:
        LibraryError: the folder or the disk refuses.
    """
    # Not a singleton and not thread-local: two threads of one process must exclude each other as well.
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        if on_wait:
            on_wait()
        lock.acquire()
    except OSError as error:
        raise LibraryError(
            f"The library in {path.parent} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the space on its disk, or choose another with --data-dir.",
        ) from None
    try:
        yield
    finally:
        lock.release()


class IndexGate(Generic[H]):
    """Hands out index handles to queries and closes them around writes."""

    def __init__(self, lock_file: Path, open_handles: Callable[[], H], generation: Callable[[], int]) -> None:
        self._lock_file = lock_file
        self._open = open_handles
        self._generation = generation
        self._condition = threading.Condition()
        self._active = 0
        self._closed_for_writing = False
        self._handles: H | None = None
        self._seen = -1

    @contextmanager
    def _file_lock(self, mode: Literal["read", "write"]) -> Iterator[None]:
        # An instance per use: filelock refuses opposite modes of one instance from two threads instead of waiting.
        try:
            lock = ReadWriteLock(self._lock_file, timeout=_BURST_SECONDS, is_singleton=False)
        except OSError:
            if mode == "read" and not os.access(self._lock_file.parent, os.W_OK):
                yield  # where we may not write, we read what there is
                return
            raise
        try:
            try:
                lock.acquire_read() if mode == "read" else lock.acquire_write()
            except Timeout:
                raise LibraryBusy(
                    f"Another process has kept the index closed for {_BURST_SECONDS} seconds.",
                    "Wait for its ingest to finish, or end it if it hangs, and try again.",
                ) from None
            try:
                yield
            finally:
                lock.release()
        finally:
            lock.close()

    @contextmanager
    def read(self) -> Iterator[H]:
        """Borrow handles that see everything written before this call.

        Raises:
            LibraryBusy: another process kept the index closed for longer than a burst can take.
        """
        with self._condition:
            while self._closed_for_writing or (self._active and self._stale()):
                self._condition.wait()
            if self._handles is None or self._stale():
                self._reopen()
            handles = self._handles
            assert handles is not None
            self._active += 1
        try:
            yield handles
        finally:
            with self._condition:
                self._active -= 1
                self._condition.notify_all()

    @contextmanager
    def write(self) -> Iterator[None]:
        """Keep every reader out while the caller opens, writes and closes handles of its own."""
        with self._condition:
            while self._closed_for_writing:
                self._condition.wait()
            self._closed_for_writing = True  # first, so that a stream of new readers cannot starve the writer
            while self._active:
                self._condition.wait()
            self._close_handles()
        try:
            with self._file_lock("write"):
                yield
        finally:
            with self._condition:
                self._closed_for_writing = False
                self._condition.notify_all()

    def close(self) -> None:
        """Close the handles; a later `read` opens new ones."""
        with self._condition:
            while self._active:
                self._condition.wait()
            self._close_handles()

    def _stale(self) -> bool:
        return self._generation() != self._seen

    def _reopen(self) -> None:
        self._close_handles()
        with self._file_lock("read"):
            self._seen = self._generation()
            self._handles = self._open()

    def _close_handles(self) -> None:
        if self._handles is not None:
            self._handles.close()
            self._handles = None
