"""The map of a library: every paper's code and place, and what its regions are called.

What a map rests on (codebooks, names, the places of the papers that it was drawn over) lies in a file beside the shelf,
which may be deleted at any time. All else follows from it and from the stored vectors: a paper that comes later gets
its code and place from what is there, and no other moves. A map is drawn anew when somebody asks for it, when the
library has more than doubled or halved since, and where the file cannot be used; what codes mean then changes, which
`Map.redrawn` says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from rag.errors import EmptyLibrary, RegionNotFound
from rag.index.library import Library
from rag.text.readable import readable
from rag.themes.codes import LEVELS, Code, Codes, Vectors, learn
from rag.themes.map_file import FILE_NAME, Drawing, read, write
from rag.themes.plane import Places, lay_out
from rag.themes.regions import Namer, Words, counted

GROWN = 2.0
"""A library that has grown by more than this factor since, or shrunk, is drawn anew."""
PATIENCE = 0.5
"""Seconds for which another thread may take to look at the map; to draw it takes longer."""
_SEVERAL = 2
"""Chunks of a paper from which on one of them may be of its full text."""
Step = Callable[[str, int, int], None]
"""Told a stage, how many are done, and of how many."""


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
    """

    paper_ids: tuple[str, ...]
    codes: Codes
    places: Places
    drawing: Drawing
    later: int = 0
    unplaced: int = 0
    _names: dict[Code, Words] = field(default_factory=dict, repr=False)

    @property
    def redrawn(self) -> str:
        """Why codes of before lead elsewhere, as a sentence; empty where none do."""
        return self.drawing.why

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
        depth = len(code)
        found = [one for key, one in self.regions.items() if len(key) == depth + 1 and key[:depth] == code]
        if depth and len(found) < 2 and not any(self.children(one.code) for one in found):
            return []
        return sorted(found, key=lambda one: (-one.papers, one.code))

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
        self._drawing: Drawing | None = None
        self._map: tuple[int, Map] | None = None

    def ready(self) -> Map | None:
        """The map, where it can be had without drawing it anew; None where not, or while another thread does that.

        Raises:
            EmptyLibrary: there is no paper, or none is indexed yet.
        """
        generation, kept = self._library.shelf.generation(), self._map
        if kept and kept[0] == generation:
            return kept[1]
        if not self._guard.acquire(timeout=PATIENCE):
            return None
        try:
            return self._current(generation)
        finally:
            self._guard.release()

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
        if self._map and self._map[0] == generation:
            return self._map[1]
        if not self._kept():
            self._library.require_papers()
            return None
        paper_ids, vectors = vectors_of(self._library)
        drawing = self._usable(len(paper_ids))
        return self._made(generation, drawing, paper_ids, vectors) if drawing else None

    def _made(self, generation: int, drawing: Drawing, paper_ids: list[str], vectors: Vectors) -> Map:
        found = _mapped(drawing, paper_ids, vectors, self._library.shelf.coverage().papers)
        self._map = generation, found
        return found

    def _kept(self) -> Drawing | None:
        if self._drawing is None:
            self._drawing = read(self._library.folder / FILE_NAME)
        return self._drawing

    def _usable(self, papers: int) -> Drawing | None:
        """What the last map rests on, unless this library needs another."""
        found = self._kept()
        if found is None or found.made_with != self._library.fingerprint:
            return None
        return found if papers <= GROWN * found.over and found.over <= GROWN * papers else None

    def _draw(self, paper_ids: list[str], vectors: Vectors, asked: bool, step: Step) -> Drawing:
        before = self._kept()
        why = ""
        if before and before.paper_ids != tuple(paper_ids):
            grown = "doubled" if len(paper_ids) > before.over else "halved"
            same = before.made_with == self._library.fingerprint
            why = f"the library has more than {grown} since" if same else "the library was indexed with other settings"
            why = "it was asked for" if asked else why
        drawing = draw(self._library, paper_ids, vectors, why, step)
        write(self._library.folder / FILE_NAME, drawing)
        self._drawing = drawing
        return drawing


def draw(library: Library, paper_ids: list[str], vectors: Vectors, why: str, step: Step) -> Drawing:
    """What a map rests on that is drawn over these papers."""
    step("finding regions", 1, 4)
    books = learn(vectors)
    codes = books.encode(vectors)
    step("laying out", 2, 4)
    plane, places = lay_out(codes, vectors)
    step("naming regions", 3, 4)
    held = library.shelf.papers(paper_ids)
    papers = [held[one] for one in paper_ids]
    names = Namer(papers).name(codes)
    for code in [code for code, words in names.items() if not words.name]:
        first = next(n for n, own in enumerate(codes.tolist()) if tuple(own[: len(code)]) == code)
        names[code] = Words(f"Papers like “{readable(papers[first].title) or paper_ids[first]}”")
    step("naming regions", 4, 4)
    return Drawing(library.fingerprint, date.today(), tuple(paper_ids), books, plane, places, names, why)


def _mapped(drawing: Drawing, paper_ids: list[str], vectors: Vectors, held: int) -> Map:
    """The map of these papers: those that it was drawn over stand where they stood."""
    stood = {paper_id: row for row, paper_id in enumerate(drawing.paper_ids)}
    codes = drawing.books.encode(vectors)
    places = np.zeros((len(paper_ids), 2), np.float32)
    old = [row for row, one in enumerate(paper_ids) if one in stood]
    new = [row for row, one in enumerate(paper_ids) if one not in stood]
    places[old] = drawing.places[[stood[paper_ids[row]] for row in old]]
    if new:
        places[new] = drawing.plane.place([paper_ids[row] for row in new], codes[new], vectors[new])
    return Map(tuple(paper_ids), codes, places, drawing, len(new), held - len(paper_ids), dict(drawing.names))


def vectors_of(library: Library) -> tuple[list[str], Vectors]:
    """A vector for each indexed paper, the mean of its abstract's passages as search has them.

    Returns:
        Ids, ascending, and float32 [papers, d], normalised.

    Raises:
        EmptyLibrary: there is no paper, or none is indexed yet.
    """
    with library.indexes() as indexes:
        matrix = indexes.vectors.matrix()
    wanted = _abstracts(library)
    rows = [(key.partition("/"), row) for row, key in enumerate(matrix.keys)]
    found = sorted((paper_id, row) for (chunk_id, _, paper_id), row in rows if chunk_id in wanted)
    if not found:
        raise EmptyLibrary(
            "No paper of the library is indexed yet, so there is nothing to map.",
            "`paperchat doctor --repair` finishes an ingest that was interrupted.",
        )
    owners = [paper_id for paper_id, _ in found]
    starts = [n for n, one in enumerate(owners) if n == 0 or owners[n - 1] != one]
    picked = np.asarray(matrix.vectors[[row for _, row in found]], np.float32)
    sums = np.add.reduceat(picked, starts, axis=0)
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return [owners[n] for n in starts], np.asarray(sums / lengths, np.float32)


def _abstracts(library: Library) -> set[str]:
    """Chunks of the latest versions' titles and abstracts; full texts say much else."""
    rows = library.shelf.chunks()
    latest: dict[str, int] = {}
    count: dict[str, int] = {}
    for row in rows:
        latest[row.paper_id] = max(row.version, latest.get(row.paper_id, 0))
        count[row.paper_id] = count.get(row.paper_id, 0) + 1
    ends: dict[str, int] = {}
    if library.shelf.has_bodies():
        several = [one for one, chunks in count.items() if chunks >= _SEVERAL]
        ends = {one: paper.body_start for one, paper in library.shelf.papers(several).items() if paper.body}
    return {
        row.chunk_id
        for row in rows
        if row.version == latest[row.paper_id] and row.start < ends.get(row.paper_id, row.start + 1)
    }


def written(code: Sequence[Any]) -> str:
    """A code as people write it: ``3.1``."""
    return ".".join(map(str, code))


def read_code(text: str) -> Code | None:
    """The code that a text writes; None where it writes none."""
    parts = text.strip().split(".")
    if not 1 <= len(parts) <= LEVELS or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        return None
    return tuple(map(int, parts))
