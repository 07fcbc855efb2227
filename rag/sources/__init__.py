"""Where papers come from: files, and addresses such as feeds; one module a source, behind `discover` and `read_source`.

A new source is one more row of `SOURCES`: the command line's help, what is left alone in a folder, the page's upload
and the errors ask the table what there is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.sources.bibliography import reader, recogniser
from rag.sources.files import first_bytes, is_digest, require_narrow, unreadable, written_on
from rag.sources.layouts import ListKind, day_of
from rag.types import Row

if TYPE_CHECKING:
    from rag.config import Config
    from rag.sources.rows import Origin

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
        lists: Where the files are lists in one of several layouts: how they are told apart.
        costly: Whether reading is dear, so that a file is not tried before it is read.
    """

    name: str
    accepts: tuple[str, ...]
    read: Callable[[Path], Rows]
    recognise: Callable[[bytes], bool] | None = None
    costly: bool = False
    lists: ListKind | None = None

    @classmethod
    def of_lists(cls, name: str, accepts: tuple[str, ...], lists: ListKind, *, takes_all: bool = False) -> FileSource:
        """Files that hold lists; `takes_all` takes those in folders by their names alone."""

        def read(path: Path) -> Rows:
            return lists.read(path, _origin(path))

        return cls(name, accepts, read, None if takes_all else lists.recognise, lists=lists)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file or address that is being read.

    Attributes:
        layout: The layout that was found; the kind of source where it has no several ones.
        rows: Its rows, read as they are asked for.
        unread: Names of columns that no field is known for; complete when all rows are read.
    """

    layout: str
    rows: Rows
    unread: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class AddressSource:
    """A kind of address, for instance a feed.

    Attributes:
        name: What stands there, in the plural.
        accepts: How it is written, for help texts: ``arxiv:CATEGORY``.
        address: Matches the whole of what is written; it begins with a word and a colon.
        read: Yields the rows that are there now, asked for as a configuration says (None: the one that is in force);
            raises SourceError when there is nothing to be had.
    """

    name: str
    accepts: tuple[str, ...]
    address: re.Pattern[str]
    read: Callable[[str, Config | None], Rows]


def _origin(path: Path) -> Origin:
    from rag.sources.rows import Origin  # needs pydantic, which help texts can do without

    return Origin(path.name, day_of(path), written=written_on(path))


def _read_arxiv(address: str, config: Config | None) -> Rows:
    from rag.sources.arxiv.announcements import read_announcements  # needs an HTTP client

    return read_announcements(address, config)


def _read_pdf(path: Path) -> Rows:
    from rag.sources.pdf import read_pdf

    return read_pdf(path)


SOURCES: tuple[FileSource | AddressSource, ...] = (
    FileSource.of_lists(
        "daily reports and other Markdown lists",
        (".md", ".markdown"),
        ListKind("markdown", "a daily report or another list in Markdown"),
    ),
    FileSource.of_lists(
        "JSON lines", (".jsonl", ".jsonl.gz"), ListKind("json lines", "JSON lines", "JSON lines"), takes_all=True
    ),
    FileSource.of_lists("JSON and CSL-JSON", (".json",), ListKind("json", "an array or object of papers in JSON")),
    FileSource.of_lists("CSV", (".csv", ".tsv"), ListKind("values", "CSV with a row of headers")),
    FileSource.of_lists("pages", (".html", ".htm"), ListKind("page", "a page with a table or list of papers")),
    FileSource("BibTeX", (".bib", ".bibtex"), reader("biblatex")),
    FileSource("RIS", (".ris",), reader("ris")),
    FileSource("PDFs", (".pdf",), _read_pdf, costly=True),
    FileSource("Zotero RDF", (".rdf",), reader("zotero"), recogniser("zotero")),
    AddressSource(
        "arXiv's announcements",
        ("arxiv:CATEGORY",),
        re.compile(r"arxiv:[a-z][A-Za-z.-]+(?:\+[A-Za-z.-]+)*"),
        _read_arxiv,
    ),
)
BIBLIOGRAPHIES = (".bib", ".bibtex", ".ris", ".json", ".rdf")
"""Ends of the names of files that are bibliographies."""
_LIKE_AN_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:\S")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is to be read.

    Attributes:
        places: Files and addresses, each once: in the order in which they were named, sorted inside a folder; PDFs come
            last.
        other: Files in folders that are no source of papers.
        errors: One for each name that gives nothing to read.
        named: Which of the places each name stands for: itself, or what is in the folder.
    """

    places: tuple[Place, ...]
    other: tuple[Path, ...]
    errors: tuple[SourceError, ...]
    named: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """The places that are files."""
        return tuple(place for place in self.places if isinstance(place, Path))


def accepted(*, addresses: bool = True) -> str:
    """What can be read, in words: ``daily reports (.md) or JSON lines (.jsonl, .jsonl.gz)``.

    Args:
        addresses: Name addresses as well as files.
    """
    sources = [source for source in SOURCES if addresses or isinstance(source, FileSource)]
    *most, last = [f"{source.name} ({', '.join(source.accepts)})" for source in sources]
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
    behind: dict[str, tuple[Place, ...]] = {}
    for name in named:
        if isinstance(name, str) and _LIKE_AN_ADDRESS.match(name) and not os.path.lexists(name):
            try:
                _address_source(name)
                behind[name] = (places.setdefault(name, name),)
            except SourceError as error:
                errors.append(error)
            continue
        found, left, failed = _search(Path(name))
        errors += failed
        if found:
            behind[str(name)] = tuple(places.setdefault(os.path.realpath(path), path) for path in found)
        for path in left:
            other.setdefault(os.path.realpath(path), path)
    cheap_first = sorted(places.values(), key=_is_costly)  # a full text joins a paper that a report brings
    return Discovery(tuple(cheap_first), tuple(other.values()), tuple(errors), behind)


def read_source(place: Place, config: Config | None = None) -> Rows:
    """Yield the papers and rejected rows of one file or address.

    Args:
        place: A file, or an address.
        config: How addresses are asked; None takes the one that is in force.

    Raises:
        SourceError: it cannot be read at all: missing, no permission, binary, of an unknown kind.
    """
    yield from open_source(place, config).rows


def open_source(place: Place, config: Config | None = None) -> Reading:
    """Begin to read a file or address, and tell in which layout.

    Args:
        place: A file, or an address.
        config: As `read_source`.

    Raises:
        SourceError: as `read_source`.
    """
    if isinstance(place, str):
        address = _address_source(place)
        return Reading(address.name, address.read(place, config))
    source = _source_of(place)
    if source is None:
        raise _unknown(place)
    if source.lists is None:
        return Reading(source.name, source.read(place))
    layout, origin = source.lists.layout_of(place), _origin(place)
    return Reading(layout.name, source.lists.read(place, origin, layout), origin.unread)


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
    if is_digest(path):
        raise SourceError(
            f"{path} is a digest of papers.", "Give the tables (2025-04-10.md) that were written with it."
        )
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
                is_source = source is not None and _is_meant(source, path)
            except SourceError as error:
                errors.append(error)
                continue
            (files if is_source and not is_digest(path) else other).append(path)
    return files, other, errors


def _is_meant(source: FileSource, path: Path) -> bool:
    """Whether a file in a folder is one of a source's; raises SourceError where a text's encoding hides what it is."""
    if source.recognise is None:
        return True
    start = first_bytes(path)
    if source.lists is not None:
        require_narrow(path, start)
    return source.recognise(start)
