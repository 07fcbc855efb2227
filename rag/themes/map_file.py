"""What a map rests on, as a file beside the shelf: written whole or not at all; one that cannot be read is none."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rag.themes.codes import LEVELS, Code, Codebooks
from rag.themes.plane import Places, Plane
from rag.themes.regions import Words

FILE_NAME = "map.npz"
_FORMAT = 1
Stamp = tuple[int, int, int]
"""Time of change, size and inode of a file: another one has another."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawing:
    """A map as it was drawn.

    Attributes:
        made_with: Fingerprint of the index whose vectors it is made of.
        day: When it was drawn.
        paper_ids: Over which papers, ascending.
        books: What codes come from.
        plane: Where regions lie.
        places: Of the papers [papers, 2].
        names: Of regions of all levels.
        why: Why it was drawn anew, as the rest of a sentence; empty for a first one.
    """

    made_with: str
    day: date
    paper_ids: tuple[str, ...]
    books: Codebooks
    plane: Plane
    places: Places
    names: dict[Code, Words]
    why: str = ""

    @cached_property
    def key(self) -> str:
        """Stands for what codes and places mean by it: another drawing has another, 12 hex digits."""
        told = json.dumps([self.made_with, self.paper_ids], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @property
    def over(self) -> int:
        """Over how many papers it was drawn."""
        return len(self.paper_ids)


def stamp(path: Path) -> Stamp | None:
    """By what a file is known again; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write(path: Path, drawing: Drawing) -> Stamp | None:
    """Keep a drawing; where the folder may not be written it is not kept, and drawn again by the next process.

    Returns:
        The stamp of what was written; None where it is not kept.
    """
    told = {
        "format": _FORMAT,
        "made_with": drawing.made_with,
        "day": drawing.day.isoformat(),
        "why": drawing.why,
        "reach": drawing.plane.reach,
        "paper_ids": drawing.paper_ids,
        "names": [[code, words.name, words.also] for code, words in drawing.names.items()],
    }
    arrays: dict[str, Any] = {
        "codes": drawing.books.codes,
        "centres": drawing.books.centres,
        "leaves": drawing.plane.codes,
        "discs": drawing.plane.discs,
        "middles": drawing.plane.middles,
        "axes": drawing.plane.axes,
        "places": drawing.places,
    }
    new = path.with_name(f".{path.stem}-{os.getpid()}-{threading.get_ident()}{path.suffix}")
    try:
        with open(new, "wb") as file:
            np.savez(file, told=np.frombuffer(json.dumps(told).encode(), np.uint8), **arrays)
        kept = stamp(new)
        os.replace(new, path)
        return kept
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        _log.warning("The map cannot be kept in %s: %s", path, error.strerror or error)
        return None


def read(path: Path) -> Drawing | None:
    """The drawing that is kept; None where there is none, or none that can be read."""
    try:
        with open(path, "rb") as opened:
            file = np.load(opened, allow_pickle=False)
            arrays = {name: file[name] for name in file.files}
        return _drawing(json.loads(arrays.pop("told").tobytes()), arrays)
    except FileNotFoundError:
        return None
    except Exception as error:  # of damaged bytes the readers of zip files and arrays raise what they like
        _log.warning("The map in %s is damaged, and is drawn anew.", path)
        _log.debug("What its reader said: %s", error)
        return None


def _drawing(told: Any, arrays: dict[str, Any]) -> Drawing:
    """A drawing of what a file holds; raises ValueError where that does not fit together."""
    names = {tuple(code): Words(name, tuple(also)) for code, name, also in told["names"]}
    books = Codebooks(arrays["codes"], arrays["centres"])
    plane = Plane(arrays["leaves"], arrays["discs"], arrays["middles"], arrays["axes"], float(told["reach"]))
    leaves = {tuple(code) for code in books.codes.tolist() if code[-1]}
    fits = (
        told["format"] == _FORMAT
        and books.codes.shape == (len(books.centres), LEVELS)
        and leaves == {tuple(code) for code in plane.codes.tolist()}
        and len(plane.discs) == len(plane.middles) == len(plane.codes)
        and plane.middles.shape[1] == books.centres.shape[1] == len(plane.axes)
        and arrays["places"].shape == (len(told["paper_ids"]), 2)
        and all(code[:level] in names for code in leaves for level in range(1, LEVELS + 1))
    )
    if not fits:
        raise ValueError("its parts do not fit together")
    day = date.fromisoformat(told["day"])
    ids = tuple(map(str, told["paper_ids"]))
    return Drawing(str(told["made_with"]), day, ids, books, plane, arrays["places"], names, str(told["why"]))
