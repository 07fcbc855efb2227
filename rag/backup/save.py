"""Writing a backup while the library is in use: readers, notes and conversations go on; another ingest waits a moment.

Everything is first brought together beside the target: databases by SQLite's own copy of one moment, files that are
only ever replaced as a second name for the same bytes. That is all that happens under the writer's lock, so that shelf
and indexes are of one state; hashing and packing come after it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from rag.backup.inventory import DATABASES, LEXICAL, VECTORS, beside, left_out
from rag.backup.manifest import NAME, Manifest, Member
from rag.errors import BackupError
from rag.index.library import Library, Progress
from rag.index.snapshot import current
from rag.papers.database import Database
from rag.papers.schema import SCHEMA_VERSION

_REPLACED = (".pdf", ".bin")
"""Endings of files that are never changed in place: they may be named a second time instead of being copied."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was written."""

    file: Path
    size: int
    manifest: Manifest
    left_out: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """As `backup --json` prints it."""
        return {
            "file": str(self.file),
            "bytes": self.size,
            "files": len(self.manifest.files),
            "papers": self.manifest.papers,
            "indexed": self.manifest.indexed,
            "left_out": [{"name": name, "reason": reason} for name, reason in self.left_out],
        }


def save(library: Library, file: Path, progress: Progress | None = None, *, force: bool = False) -> Saved:
    """Write all of a library into one file, readable by its owner only.

    Args:
        library: Which one; its pending papers stay pending.
        file: The backup, a tar archive. It is there whole or not at all.
        progress: Told of bytes packed, in MiB.
        force: Write over a file that is there.

    Raises:
        BackupError: the file is there already, or cannot be written.
        LibraryError: the library cannot be read.
    """
    if not isinstance(library.shelf.place, Path):
        raise BackupError(
            f"The papers of this library lie on {library.shelf.place}, not in files.",
            f"Back them up with pg_dump, and copy {library.folder} beside it (docs/postgresql.md says what of it).",
        )
    refuse_existing(file, force)
    try:
        # What is made below, and the file, may lie in the library's folder.
        without = tuple(one for one in left_out(library.folder) if library.folder / one[0] != file.absolute())
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.absolute().parent) as scratch:
            staged, part = Path(scratch) / "library", Path(scratch) / "part.tar"
            staged.mkdir()
            with library.settled(progress):
                indexed = _bring_together(library, staged)
                papers = library.shelf.coverage().papers
            manifest = _manifest(staged, papers, indexed, progress)
            _pack(staged, manifest, part, progress)
            refuse_existing(file, force)
            part.replace(file)
            return Saved(file, file.stat().st_size, manifest, without)
    except OSError as error:
        raise BackupError(
            f"The backup {file} cannot be written: {error.strerror or error}.", "Choose another place with more space."
        ) from None


def refuse_existing(file: Path, force: bool) -> None:
    """Refuse to write over a file, or where no file can be."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise BackupError(f"{file} is no place for a file.", "Name a new file in a folder that is there.")
    if (file.exists() or file.is_symlink()) and not force:
        raise BackupError(f"{file} exists already.", "Name another file, or write over it with --force.")


def _bring_together(library: Library, staged: Path) -> bool:
    """Fill a folder with what belongs into a backup; whether the indexes are in it."""
    folder = library.folder
    for name in DATABASES:
        if (folder / name).is_file():
            with closing(Database(folder / name)) as database:
                database.copy(staged / name)
    for name, path in beside(folder):
        _copy(path, staged / name)
    if not isinstance(library.vectors_location, Path):
        return False
    indexes = [path for path in folder.iterdir() if LEXICAL.fullmatch(path.name) and path.is_dir()]
    if (folder / VECTORS).is_dir():
        indexes.append(current(folder / VECTORS))
    for index in indexes:
        at = staged / VECTORS / "store" if index.parent != folder else staged / index.name
        for path in sorted(index.rglob("*")):
            if path.is_file() and not path.name.endswith(".lock"):
                _copy(path, at / path.relative_to(index))
    return bool(indexes)


def _copy(path: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in _REPLACED:
        try:
            os.link(path, copy)
            return
        except OSError:  # another disk, or one that knows no second names
            copy.unlink(missing_ok=True)
    shutil.copyfile(path, copy)


def _manifest(staged: Path, papers: int, indexed: bool, progress: Progress | None) -> Manifest:
    paths = sorted((path for path in staged.rglob("*") if path.is_file()), key=lambda path: path.as_posix())
    total, done = sum(path.stat().st_size for path in paths), 0
    members = []
    for path in paths:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        members.append(Member(name=path.relative_to(staged).as_posix(), size=path.stat().st_size, sha256=digest))
        done += members[-1].size
        if progress:
            progress("hashing, MiB", done >> 20, total >> 20)
    return Manifest(
        paperchat=version("paperchat"),
        schema_version=SCHEMA_VERSION,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        papers=papers,
        indexed=indexed,
        files=tuple(members),
    )


def _pack(staged: Path, manifest: Manifest, part: Path, progress: Progress | None) -> None:
    told = manifest.model_dump_json(indent=1).encode()
    done = 0
    with _private(part) as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(_entry(NAME, len(told)), BytesIO(told))
        for member in manifest.files:
            with (staged / member.name).open("rb") as file:
                archive.addfile(_entry(member.name, member.size), file)
            done += member.size
            if progress:
                progress("packing, MiB", done >> 20, manifest.bytes >> 20)


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file for its owner's eyes, on the disk when it is closed."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    """A member that tells nothing of who packed it."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry
