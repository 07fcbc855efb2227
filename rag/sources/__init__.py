"""Where papers come from: files, and addresses such as feeds; one module a source, behind `discover` and `read_source`.

A new source is one more row of `SOURCES`: the command line's help, what is left alone in a folder, the page's upload
and the errors ask the table what there is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SourceError
from rag.sources.files import first_bytes, unreadable
from rag.sources.reports import looks_like_report, read_report
from rag.types import Row

Rows = Iterator[Row]
"""Papers, rows that could not be read (none vanishes), and what there is to say of what was read."""
Place = Path | str
"""What a source reads: a file, or an address."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A kind of file.

    Attributes:
        name: What the files are, in the plural.
        accepts: Ends of their names, in lower case.
        read: Yields the file's rows; raises SourceError when the file as a whole can't be read.
        recognise: Tells from its first bytes whether a file found in a folder is meant; None takes all with the suffix.
        costly: Whether reading is dear, so that a file is not tried before it is read.
    """

    name: str
    accepts: tuple[str, ...]
    read: Callable[[Path], Rows]
    recognise: Callable[[bytes], bool] | None = None
    costly: bool = False


@dataclass(frozen=True, slots=True)
class AddressSource:
    """A kind of address, for instance a feed.

    Attributes:
        name: What stands there, in the plural.
        accepts: How it is written, for help texts: ``arxiv:CATEGORY``.
        address: Matches the whole of what is written; it begins with a word and a colon.
        read: Yields the rows that are there now; raises SourceError when there is nothing to be had.
    """

    name: str
    accepts: tuple[str, ...]
    address: re.Pattern[str]
    read: Callable[[str], Rows]


def _read_jsonl(path: Path) -> Rows:
    from rag.sources.jsonlines import read_jsonl  # needs pydantic, which help texts can do without

    return read_jsonl(path)


def _read_pdf(path: Path) -> Rows:
    from rag.sources.pdf import read_pdf

    return read_pdf(path)


SOURCES: tuple[FileSource | AddressSource, ...] = (
    FileSource("daily reports", (".md",), read_report, looks_like_report),
    FileSource("JSON lines", (".jsonl", ".jsonl.gz"), _read_jsonl),
    FileSource("PDFs", (".pdf",), _read_pdf, costly=True),
)
_LIKE_AN_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:\S")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is to be read.

    Attributes:
        places: Files and addresses, each once: in the order in which they were named, sorted inside a folder; PDFs come
            last.
        other: Files in folders that are no source of papers.
        errors: One for each name that gives nothing to read.
    """

    places: tuple[Place, ...]
    other: tuple[Path, ...]
    errors: tuple[SourceError, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """The places that are files."""
        return tuple(place for place in self.places if isinstance(place, Path))


def accepted() -> str:
    """What can be read, in words: ``daily reports (.md) or JSON lines (.jsonl, .jsonl.gz)``."""
    *most, last = [f"{source.name} ({', '.join(source.accepts)})" for source in SOURCES]
    return " or ".join([", ".join(most), last] if most else [last])


def file_suffixes() -> tuple[str, ...]:
    """Ends of the names of files that can be read."""
    return tuple(suffix for source in SOURCES if isinstance(source, FileSource) for suffix in source.accepts)


def discover(named: Sequence[Place]) -> Discovery:
    """Find what is to be read: files, those in folders (recursive; not hidden ones, nor linked folders), and addresses.

    Args:
        named: A `Path` is a file or folder, whatever its name looks like; a text may also be an address. A file named
            itself must be readable and of a known kind. A Markdown file in a folder counts only if it is a report.
    """
    places: dict[str, Place] = {}
    other: dict[str, Path] = {}
    errors: list[SourceError] = []
    for name in named:
        if isinstance(name, str) and _LIKE_AN_ADDRESS.match(name) and not os.path.lexists(name):
            try:
                _address_source(name)
                places.setdefault(name, name)
            except SourceError as error:
                errors.append(error)
            continue
        found, left, failed = _search(Path(name))
        errors += failed
        for path in found:
            places.setdefault(os.path.realpath(path), path)
        for path in left:
            other.setdefault(os.path.realpath(path), path)
    cheap_first = sorted(places.values(), key=_is_costly)  # a full text joins a paper that a report brings
    return Discovery(tuple(cheap_first), tuple(other.values()), tuple(errors))


def read_source(place: Place) -> Rows:
    """Yield the papers and rejected rows of one file or address.

    Raises:
        SourceError: it cannot be read at all: missing, no permission, binary, of an unknown kind.
    """
    if isinstance(place, str):
        yield from _address_source(place).read(place)
        return
    source = _source_of(place)
    if source is None:
        raise _unknown(place)
    yield from source.read(place)


def _is_costly(place: Place) -> bool:
    source = _source_of(place) if isinstance(place, Path) else None
    return source is not None and source.costly


def _source_of(path: Path) -> FileSource | None:
    name = path.name.lower()
    files = (source for source in SOURCES if isinstance(source, FileSource))
    return next((source for source in files if name.endswith(source.accepts)), None)


def _address_source(address: str) -> AddressSource:
    """The source of an address; raises SourceError where there is none."""
    for source in SOURCES:
        if isinstance(source, AddressSource) and source.address.fullmatch(address):
            return source
    raise SourceError(f"{address} is no address that papers can be read from.", f"Give {accepted()}.")


def _unknown(path: Path) -> SourceError:
    return SourceError(f"{path} is not a kind of file that can be read.", f"Give {accepted()}.")


def _search(path: Path) -> tuple[list[Path], list[Path], list[SourceError]]:
    """A named file, or what is in a named folder: files to read, others, and errors."""
    try:
        if not path.is_dir():
            _check_named_file(path)
            return [path], [], []
    except SourceError as error:
        return [], [], [error]
    except OSError as error:  # from is_dir: a name that is too long, a folder that may not be entered
        return [], [], [unreadable(path, error)]
    found, left, failed = _search_folder(path)
    if not found and not failed:
        failed = [SourceError(f"{path} holds nothing to read.", f"Name a folder with {accepted()} in it.")]
    return found, left, failed


def _check_named_file(path: Path) -> None:
    """Raise SourceError unless the file can be opened and is what its name says."""
    start = first_bytes(path)
    source = _source_of(path)
    if source is None:
        raise _unknown(path)
    if not start:
        raise SourceError(f"{path} is empty.", "Fetch the file again, or leave it out.")
    if not source.costly:
        next(source.read(path), None)  # raises what is wrong with the file as a whole


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
            source = _source_of(path)
            try:
                is_source = source is not None and (source.recognise is None or source.recognise(first_bytes(path)))
            except SourceError as error:
                errors.append(error)
                continue
            (files if is_source else other).append(path)
    return files, other, errors
