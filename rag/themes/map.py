"""The map of a library: every paper's code and place, and what its regions are called.

What a map rests on (codebooks, names, the places of the papers that it was drawn over) lies in a file beside the shelf,
which may be deleted at any time. All else follows from it and from the stored vectors: a paper that comes later gets
its code and place from what is there, and no other moves. A map is drawn anew when somebody asks for it, when the
library has more than doubled or halved since, and where the file cannot be used; what codes mean then changes, which
`Map.redrawn` says.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from rag.errors import RegionNotFound
from rag.index.library import Library
from rag.themes.codes import LEVELS, Code, Codes, Vectors
from rag.themes.draft import Step, draw, vectors_of
from rag.themes.map_file import FILE_NAME, Drawing, Stamp, read, stamp, write
from rag.themes.plane import Places
from rag.themes.regions import Words, counted

GROWN = 2.0
"""A library that has grown by more than this factor since, or shrunk, is drawn anew."""
PATIENCE = 0.5
"""Seconds for which another thread may take to look at the map; to draw it takes longer."""
_State = tuple[int, Stamp | None]
"""What a map was made of: the library's generation, and the file of the drawing."""


@dataclass(frozen=True)
class Region:
    """A region of the map.

    Attributes:
        code: Its numbers, from coarse to fine.
        name: What its papers are about, in words.
        also: What else.
        papers: How many it holds.
    """

    code: Code
    name: str
    also: tuple[str, ...]
    papers: int

    @property
    def written(self) -> str:
        """The code as people write it: ``3.1``."""
        return written(self.code)


@dataclass(frozen=True)
class Map:
    """A library's map; nothing of it changes.

    Attributes:
        paper_ids: Its papers, ascending.
        codes: Of each [papers, LEVELS].
        places: Of each [papers, 2].
        drawing: What it rests on.
        later: Papers that came after it was drawn.
        unplaced: Papers of the library that are not on it, since they are not indexed yet.
        generation: The state of the library that it shows.
    """

    paper_ids: tuple[str, ...]
    codes: Codes
    places: Places
    drawing: Drawing
    later: int = 0
    unplaced: int = 0
    generation: int = 0
    _names: dict[Code, Words] = field(default_factory=dict, repr=False)

    @property
    def redrawn(self) -> str:
        """Why codes of before lead elsewhere, as a sentence; empty where none do."""
        return self.drawing.why

    @property
    def state(self) -> str:
        """Changes whenever anything on it may have."""
        return f"{self.generation}-{self.drawing.key}"

    @property
    def overdue(self) -> bool:
        """Whether so many papers came since that drawing it anew would tell them apart better."""
        return self.later > 0.25 * len(self.paper_ids)

    @cached_property
    def regions(self) -> dict[Code, Region]:
        """All regions that hold papers, of all levels, in the order of their codes."""
        return {
            code: Region(code, self._names[code].name, self._names[code].also, count)
            for code, count in sorted(counted(self.codes).items())
        }

    @cached_property
    def _within(self) -> dict[Code, list[Region]]:
        """Regions by the one that they are parts of, the largest first."""
        found: dict[Code, list[Region]] = {}
        for code, one in self.regions.items():
            found.setdefault(code[:-1], []).append(one)
        return {code: sorted(parts, key=lambda one: (-one.papers, one.code)) for code, parts in found.items()}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {paper_id: row for row, paper_id in enumerate(self.paper_ids)}

    def region(self, code: Code) -> Region:
        """A region.

        Raises:
            RegionNotFound: no paper has a code that begins so.
        """
        found = self.regions.get(code)
        if found is None:
            raise RegionNotFound(
                f"The map has no region {written(code)}.",
                "`paperchat map` lists its regions; when a map is drawn anew, their codes change.",
            )
        return found

    def children(self, code: Code = ()) -> list[Region]:
        """Regions within one, or of the first level, the largest first; none where it is not parted further."""
        found = self._within.get(code, [])
        if code and len(found) < 2 and not any(self.children(one.code) for one in found):
            return []
        return list(found)

    def members(self, code: Code) -> list[str]:
        """Papers of a region, by id."""
        inside = (self.codes[:, : len(code)] == np.array(code, np.int16)).all(axis=1)
        return [self.paper_ids[row] for row in np.flatnonzero(inside)]

    def code_of(self, paper_id: str) -> Code | None:
        """A paper's code; None for one that is not on the map."""
        row = self._rows.get(paper_id)
        return None if row is None else tuple(int(n) for n in self.codes[row])

    def rows(self, paper_ids: Iterable[str]) -> list[int]:
        """Places in `paper_ids` of those papers that are on the map."""
        return [self._rows[one] for one in paper_ids if one in self._rows]


class Cartographer:
    """Draws the map of a library, and keeps it for as long as the library stays as it is; safe from many threads."""

    def __init__(self, library: Library) -> None:
        """Draw this library."""
        self._library = library
        self._guard = threading.Lock()
        self._path = library.folder / FILE_NAME
        self._drawing: Drawing | None = None
        self._seen: Stamp | None = None  # of the file that the drawing was read from, or kept in
        self._map: tuple[_State, Map | None] | None = None

    def ready(self) -> Map | None:
        """The map, where it can be had without drawing it anew; None where not, or while another thread does that.

        Raises:
            EmptyLibrary: there is no paper, or none is indexed yet.
        """
        kept = self._map
        if kept and kept[0] == (self._library.shelf.generation(), stamp(self._path)):
            return kept[1]
        if not self._guard.acquire(timeout=PATIENCE):
            return None
        try:
            return self._current(self._library.shelf.generation())
        finally:
            self._guard.release()

    def last(self) -> Map | None:
        """The map that was looked at last, maybe of an earlier state of the library; never waits, reads no vectors."""
        kept = self._map
        return kept[1] if kept and kept[0][1] == stamp(self._path) else None

    def was_drawn(self) -> bool:
        """Whether there is a drawing already, though the library may have outgrown it."""
        with self._guard:
            return self._kept() is not None

    def map(self, *, anew: bool = False, progress: Step | None = None) -> Map:
        """The map of the library as it is.

        Args:
            anew: Draw it over all papers of now, so that codes and places change.
            progress: Told what is done.

        Raises:
            EmptyLibrary: there is no paper, or none is indexed yet.
        """
        with self._guard:
            generation = self._library.shelf.generation()
            if not anew and (found := self._current(generation)):
                return found
            step = progress or (lambda stage, done, total: None)
            step("reading vectors", 0, 4)
            paper_ids, vectors = vectors_of(self._library)
            return self._made(generation, self._draw(paper_ids, vectors, anew, step), paper_ids, vectors)

    def _current(self, generation: int) -> Map | None:
        """The map of a state of the library by the drawing that is kept, if it serves."""
        drawing = self._kept()
        if self._map and self._map[0] == (generation, self._seen):
            return self._map[1]
        if drawing is None or drawing.made_with != self._library.fingerprint:
            self._library.require_papers()
            return None
        paper_ids, vectors = vectors_of(self._library)
        if len(paper_ids) <= GROWN * drawing.over and drawing.over <= GROWN * len(paper_ids):
            return self._made(generation, drawing, paper_ids, vectors)
        self._map = (generation, self._seen), None  # so that the vectors are not read again to find out the same
        return None

    def _made(self, generation: int, drawing: Drawing, paper_ids: Sequence[str], vectors: Vectors) -> Map:
        found = _mapped(drawing, paper_ids, vectors, self._library.shelf.coverage().papers, generation)
        self._map = (generation, self._seen), found
        return found

    def _kept(self) -> Drawing | None:
        """What the last map rests on, which another process may have drawn; one whose file was deleted still serves."""
        now = stamp(self._path)
        if now and now != self._seen:
            self._drawing = read(self._path)
        self._seen = now
        return self._drawing

    def _draw(self, paper_ids: Sequence[str], vectors: Vectors, asked: bool, step: Step) -> Drawing:
        before = self._kept()
        why = ""
        if before and before.paper_ids != tuple(paper_ids):
            grown = "doubled" if len(paper_ids) > before.over else "halved"
            same = before.made_with == self._library.fingerprint
            why = f"the library has more than {grown} since" if same else "the library was indexed with other settings"
            why = "it was asked for" if asked else why
        drawing = draw(self._library, paper_ids, vectors, why, step)
        self._seen = write(self._path, drawing) or stamp(self._path)
        self._drawing = drawing
        return drawing


def _mapped(drawing: Drawing, paper_ids: Sequence[str], vectors: Vectors, held: int, generation: int) -> Map:
    """The map of these papers: those that it was drawn over stand where they stood."""
    stood = {paper_id: row for row, paper_id in enumerate(drawing.paper_ids)}
    codes = drawing.books.encode(vectors)
    places = np.zeros((len(paper_ids), 2), np.float32)
    old = [row for row, one in enumerate(paper_ids) if one in stood]
    new = [row for row, one in enumerate(paper_ids) if one not in stood]
    places[old] = drawing.places[[stood[paper_ids[row]] for row in old]]
    if new:
        places[new] = drawing.plane.place([paper_ids[row] for row in new], codes[new], vectors[new])
    missing = max(held - len(paper_ids), 0)
    return Map(tuple(paper_ids), codes, places, drawing, len(new), missing, generation, dict(drawing.names))


def written(code: Sequence[Any]) -> str:
    """A code as people write it: ``3.1``."""
    return ".".join(map(str, code))


def read_code(text: str) -> Code | None:
    """The code that a text writes; None where it writes none."""
    parts = text.strip().split(".")
    if not 1 <= len(parts) <= LEVELS or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        return None
    return tuple(map(int, parts))
