"""Source files → Papers: one module a kind of file, all behind `discover` and `read_source`.

A new kind of file is one more row of `FORMATS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SourceError
from rag.sources.files import first_bytes, unreadable
from rag.sources.jsonlines import read_jsonl
from rag.sources.reports import looks_like_report, read_report
from rag.types import Paper, Rejected


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes:
        suffix: End of the file's name, in lower case.
        read: Yields the file's papers and rejected rows; raises SourceError when the file as a whole can't be read.
        recognise: Tells from its first bytes whether a file found in a folder is meant; None takes all with the suffix.
    """

    suffix: str
    read: Callable[[Path], Iterator[Paper | Rejected]]
    recognise: Callable[[bytes], bool] | None = None


FORMATS = (
    Format(".md", read_report, looks_like_report),
    Format(".jsonl", read_jsonl),
    Format(".jsonl.gz", read_jsonl),
)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a list of paths holds.

    Attributes:
        files: Files to read, each once: in the order of the paths, sorted inside a folder.
        other: Files in folders that are no source of papers.
        errors: One for each path that gives nothing to read.
    """

    files: tuple[Path, ...]
    other: tuple[Path, ...]
    errors: tuple[SourceError, ...]


def discover(paths: Sequence[Path]) -> Discovery:
    """Find the files to read in files and folders (recursive; hidden entries and linked folders are left out).

    A file named itself must be readable and of a known kind. A Markdown file in a folder counts only if it is a report.
    """
    files: dict[str, Path] = {}
    other: dict[str, Path] = {}
    errors: list[SourceError] = []
    for path in paths:
        try:
            if path.is_dir():
                found, left, failed = _search_folder(path)
                errors += failed
                if not found and not failed:
                    raise SourceError(f"{path} holds nothing to read.", f"Name a folder with {_known()} in it.")
            else:
                _check_named_file(path)
                found, left = [path], []
        except SourceError as error:
            errors.append(error)
            found, left = [], []
        except OSError as error:  # from is_dir: a name that is too long, a folder that may not be entered
            errors.append(unreadable(path, error))
            found, left = [], []
        for places, names in ((files, found), (other, left)):
            for name in names:
                places.setdefault(os.path.realpath(name), name)
    return Discovery(tuple(files.values()), tuple(other.values()), tuple(errors))


def read_source(path: Path) -> Iterator[Paper | Rejected]:
    """Yield the papers and rejected rows of one file.

    Raises:
        SourceError: the file cannot be read at all: missing, no permission, binary, of an unknown kind.
    """
    found = _format(path)
    if found is None:
        raise SourceError(f"{path} is not a kind of file that can be read.", f"Give {_known()}.")
    yield from found.read(path)


def _format(path: Path) -> Format | None:
    return next((known for known in FORMATS if path.name.lower().endswith(known.suffix)), None)


def _known() -> str:
    return "daily reports (.md) or JSON lines (.jsonl, .jsonl.gz)"


def _check_named_file(path: Path) -> None:
    """Raise SourceError unless the file can be opened and is what its name says."""
    start = first_bytes(path)
    found = _format(path)
    if found is None:
        raise SourceError(f"{path} is not a kind of file that can be read.", f"Give {_known()}.")
    if not start:
        raise SourceError(f"{path} is empty.", "Fetch the file again, or leave it out.")
    next(found.read(path), None)  # raises what is wrong with the file as a whole


def _search_folder(folder: Path) -> tuple[list[Path], list[Path], list[SourceError]]:
    """Sort the files below a folder into those to read, others, and errors for what cannot be opened."""
    files: list[Path] = []
    other: list[Path] = []
    errors: list[SourceError] = []

    def unreadable(error: OSError) -> None:
        errors.append(SourceError(f"{error.filename} cannot be opened: {error.strerror}.", "Check its permissions."))

    for where, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(where, name)
            found = _format(path)
            try:
                is_source = found is not None and (found.recognise is None or found.recognise(first_bytes(path)))
            except SourceError as error:
                errors.append(error)
                continue
            (files if is_source else other).append(path)
    return files, other, errors
