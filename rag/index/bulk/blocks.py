"""Embedded blocks between the cluster and the index: files in the library's folder, each there whole or not at all.

A block holds papers that were embedded together. It is there from the moment it came back until the index holds its
papers; what a killed ingest leaves is taken by the next one. A paper is known by a key that says its text, so that a
block of a text that has changed meanwhile is of no use, and of no harm.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rag.types import Paper

FOLDER = "bulk"
_DIGEST = hashlib.sha256().digest_size
_SIZES = struct.Struct("<QQ")


def key_of(paper: Paper) -> str:
    """A paper's id behind a hash of all that decides its chunks."""
    said = (paper.paper_id, paper.version, paper.title, paper.abstract, paper.body, paper.sections)
    return f"{hashlib.sha256(repr(said).encode()).hexdigest()}:{paper.paper_id}"


def paper_of(key: str) -> str:
    """The paper's id in a key."""
    return key.partition(":")[2]


class Blocks:
    """The folder of one recipe's blocks; those of other recipes are deleted."""

    def __init__(self, library: Path, fingerprint: str) -> None:
        """Open it, and throw away what was never finished."""
        self._root = library / FOLDER
        self._folder = self._root / fingerprint
        if self._root.exists():
            for other in self._root.iterdir():
                if other != self._folder:
                    shutil.rmtree(other)
        self._folder.mkdir(parents=True, exist_ok=True)
        for unfinished in self._folder.glob("*.new"):
            unfinished.unlink()
        self._number = max((int(file.stem) for file in self.files()), default=-1) + 1

    def files(self) -> list[Path]:
        """The blocks, oldest first."""
        return sorted(self._folder.glob("*.block"))

    def put(self, papers: Mapping[str, bytes]) -> Path:
        """Commit a block: when this returns, it outlives the process and the machine.

        Args:
            papers: Embedded papers (`rag.index.bulk.worker.packed`) by key.
        """
        body = b"".join(
            part
            for key, content in papers.items()
            for part in (_SIZES.pack(len(key), len(content)), key.encode(), content)
        )
        file = self._folder / f"{self._number:09}.block"
        self._number += 1
        new = file.with_suffix(".new")
        with new.open("wb") as out:
            out.write(hashlib.sha256(body).digest())
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        new.rename(file)
        _sync(self._folder)
        return file

    @staticmethod
    def read(file: Path) -> dict[str, bytes]:
        """Embedded papers by key; none of a damaged block, whose papers are embedded anew."""
        content = file.read_bytes()
        digest, body = content[:_DIGEST], content[_DIGEST:]
        return dict(_records(body)) if hashlib.sha256(body).digest() == digest else {}

    @staticmethod
    def drop(files: Iterable[Path]) -> None:
        """Delete blocks that the index holds."""
        for file in files:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the folder where nothing is left in it."""
        if not self.files():
            shutil.rmtree(self._root, ignore_errors=True)


def _records(body: bytes) -> Iterator[tuple[str, bytes]]:
    place = 0
    while place < len(body):
        key, content = _SIZES.unpack_from(body, place)
        place += _SIZES.size
        yield body[place : place + key].decode(), body[place + key : place + key + content]
        place += key + content


def _sync(folder: Path) -> None:
    """Have a new name in a folder outlive the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
