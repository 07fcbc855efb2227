"""Bibliographies: BibTeX, RIS, CSL-JSON and Zotero's RDF, each read into entries, and entries into papers.

CSL-JSON is told from other lists in JSON by what a file holds, so it is a row of `sources.layouts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rag.types import Paper, Rejected


def recogniser(layout: str) -> Callable[[bytes], bool]:
    """What tells by a file's first bytes whether it is of a layout; its module has `looks_right`."""

    def recognise(start: bytes) -> bool:
        return bool(import_module(f"rag.sources.bibliography.{layout}").looks_right(start))

    return recognise


def reader(layout: str) -> Callable[[Path], Iterator[Paper | Rejected]]:
    """The function that reads the files of a layout.

    Args:
        layout: A module of this folder, which has `entries`; it is imported with its library when a file is read.

    Returns:
        It yields the papers in their order, and `Rejected` for entries that are none. It raises SourceError where the
        whole file cannot be read.
    """

    def read(path: Path) -> Iterator[Paper | Rejected]:
        from rag.sources.bibliography.entry import row
        from rag.sources.files import read_text, written_on
        from rag.types import Rejected

        text = read_text(path)
        of_the_file = written_on(path)
        for found in import_module(f"rag.sources.bibliography.{layout}").entries(text, path):
            if isinstance(found, tuple):
                yield Rejected(path.name, *found)
            else:
                yield row(found, path.name, of_the_file)

    return read
