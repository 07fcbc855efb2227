"""What a folder's indexes hold, in one line, where servers with folders of their own share a shelf.

The shelf notes the imprint of all that is indexed, and the folder that of what its indexes hold. A folder that another
server's ingest or removal passed by holds an older one: it would find papers by texts that they no longer have.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.errors import IndexDamaged
from rag.papers.shelf import Shelf
from rag.types import Chunk
from rag.types.places import Remote

FILE_NAME = "indexed"
_BYTES = 16


class Imprint:
    """The imprint of a folder's indexes beside the shelf's; without meaning where the shelf lies in the same folder."""

    def __init__(self, folder: Path, shelf: Shelf, recipe: Callable[[], str]) -> None:
        """Take where both lie; `recipe` tells the fingerprint of the index."""
        self._file = folder / FILE_NAME
        self._shelf = shelf
        self._recipe = recipe
        self.counts = isinstance(shelf.place, Remote)

    def agrees(self) -> bool:
        """Whether the folder's indexes were last written with all that the shelf says is indexed."""
        stored = self._shelf.imprint() if self.counts else None
        return stored is None or self._line(stored) in self._lines()

    def require(self) -> None:
        """Raise `IndexDamaged` where they were not."""
        if not self.agrees():
            raise IndexDamaged(
                f"The index in {self._file.parent} lags behind the papers in {self._shelf.place}: "
                "another server has changed them.",
                "`paperchat doctor --repair` brings it up to date; so does a copy of that server's folder.",
            )

    @contextmanager
    def following(self, paper_ids: Sequence[str], chunks: Iterable[Chunk]) -> Iterator[str | None]:
        """Note that the indexes have taken these papers' chunks; within, the shelf notes the imprint that is given.

        Whoever is killed within leaves both lines, and the shelf says which of them is so. An index that lagged behind
        goes on to do so.
        """
        if not self.counts:
            yield None
            return
        agreed, before = self.agrees(), self._shelf.imprint()
        old = [row.chunk_id for row in self._shelf.chunks(paper_ids)]
        if before is None:
            before = _sum(row.chunk_id for row in self._shelf.chunks())
        after = _sum((chunk.chunk_id for chunk in chunks), old, before)
        if agreed:
            self._write(before, after)
        yield after
        if agreed:
            self._write(after)

    def write(self) -> None:
        """Note that the folder's indexes hold what the shelf says; whoever calls this has compared them."""
        if self.counts and (stored := self._shelf.imprint()) is not None:
            self._write(stored)

    def _line(self, imprint: str) -> str:
        return f"{self._recipe()} {imprint}"

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text("utf-8").splitlines()
        except FileNotFoundError:  # a new folder, whose indexes hold nothing
            return [self._line(_sum(()))]

    def _write(self, *imprints: str) -> None:
        new = self._file.with_name(f"{FILE_NAME}.new")
        with new.open("w", encoding="utf-8") as out:
            out.writelines(f"{self._line(one)}\n" for one in imprints)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self._file)


def _sum(added: Iterable[str], taken: Iterable[str] = (), start: str = "0") -> str:
    """The sum of the chunks' hashes, in whatever order: it follows a change without a look at all the others."""
    total = int(start, 16) + sum(map(_number, added)) - sum(map(_number, taken))
    return f"{total % 256**_BYTES:0{2 * _BYTES}x}"


def _number(chunk_id: str) -> int:
    return int.from_bytes(hashlib.sha256(chunk_id.encode()).digest()[:_BYTES], "big")
