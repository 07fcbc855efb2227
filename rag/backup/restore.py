"""Putting a backup back: all of it is read and checked in a folder of its own before anything that is there is touched.

An archive may come from anybody. A member is written only where the manifest names it, its path is one that a library
has (`rag.backup.inventory`), it is a plain file, and its bytes have the hash that the manifest tells.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from rag.backup.inventory import DATABASES, is_known
from rag.backup.manifest import LONGEST, NAME, Manifest
from rag.errors import BackupError
from rag.index.library import Progress
from rag.index.locks import writer_lock
from rag.papers.schema import SCHEMA_VERSION
from rag.papers.shelf import FILE_NAME

_BLOCK = 1 << 20
_STAYS = ("write.lock", "index.lock", "session.key", "lost+found")
"""What a restore neither minds nor moves: locks that somebody may hold, the machine's own secret, the disk's folder."""
_SCRATCH, _ASIDE = ".restoring-", "aside-"
_OTHER = "Name a file that `paperchat backup` wrote."
_NOTHING = "Nothing was restored: use another copy of it."


@dataclass(frozen=True, slots=True)
class Restored:
    """A library that was put back.

    Attributes:
        aside: Where what was there before lies now; None where there was nothing.
    """

    folder: Path
    manifest: Manifest
    aside: Path | None

    def as_json(self) -> dict[str, Any]:
        """As `restore --json` prints it."""
        return {
            "folder": str(self.folder),
            "files": len(self.manifest.files),
            "papers": self.manifest.papers,
            "indexed": self.manifest.indexed,
            "made": self.manifest.made,
            "paperchat": self.manifest.paperchat,
            "aside": str(self.aside) if self.aside else None,
        }


def restore(
    file: Path, folder: Path, progress: Progress | None = None, *, force: bool = False, on_server: bool = False
) -> Restored:
    """Make a folder the library that a backup holds.

    Args:
        file: The backup.
        folder: Of the library; it is made where it is missing.
        progress: Told of bytes unpacked, in MiB.
        force: Where something is in the folder, put it aside, in a folder below.
        on_server: Whether its vectors will lie on a Chroma server, which the library that was saved may be using.

    Raises:
        BackupError: the file is damaged or no backup, of a later version, or the folder is not empty; nothing changed.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    try:
        with _opened(file) as archive:
            manifest = _manifest(archive, file)
            _refuse_full(folder, force)
            folder.mkdir(parents=True, exist_ok=True)
            _require_room(folder, manifest)
            with writer_lock(folder / "write.lock", lambda: progress and progress("waiting", 0, 0)):
                for left in folder.glob(f"{_SCRATCH}*"):  # by a restore that was killed
                    shutil.rmtree(left)
                scratch = folder / f"{_SCRATCH}{stamp}"
                scratch.mkdir()
                try:
                    _unpack(archive, manifest, scratch, file, progress)
                    _check_databases(scratch, manifest, file)
                    if on_server or not manifest.indexed:
                        _rename(scratch / FILE_NAME, file)
                    _refuse_full(folder, force)
                    aside = _put_aside(folder, folder / f"{_ASIDE}{stamp}")
                    _move_in(scratch, folder)
                finally:
                    shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise BackupError(
            f"The backup cannot be put into {folder}: {error.strerror or error}.",
            "Check the folder's permissions and the space on its disk, or choose another with --data-dir.",
        ) from None
    return Restored(folder, manifest, aside)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    """The archive, with what a damaged one makes the reader raise said in our words."""
    if not file.is_file():
        raise BackupError(f"{file} is no file.", _OTHER)
    try:
        with tarfile.open(file, mode="r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError, ValueError, UnicodeError) as error:
        raise BackupError(f"{file} is damaged or no backup: {_short(error)}.", f"{_OTHER} {_NOTHING}") from None


def _manifest(archive: tarfile.TarFile, file: Path) -> Manifest:
    first = archive.next()
    if first is None or first.name != NAME or not first.isreg() or first.size > LONGEST:
        raise BackupError(f"{file} is no backup: it does not begin with a manifest.", _OTHER)
    try:
        found = Manifest.model_validate_json(_content(archive, first).read())
    except ValidationError as error:
        raise BackupError(
            f"{file} has a manifest that cannot be read: {_first(error)}.", f"{_OTHER} {_NOTHING}"
        ) from None
    if found.schema_version > SCHEMA_VERSION:
        raise BackupError(
            f"{file} was made by paperchat {found.paperchat}, whose library has schema {found.schema_version}; "
            f"this one reads schema {SCHEMA_VERSION}.",
            "Restore it with that version.",
        )
    names = [one.name for one in found.files]
    if strange := [name for name in names if not is_known(name)]:
        raise BackupError(f"{file} holds {strange[0][:200]!r}, which is no file of a library.", _NOTHING)
    if len({name.casefold() for name in names}) < len(names) or FILE_NAME not in names:
        raise BackupError(f"{file} names a file twice, or holds no papers.", _NOTHING)
    return found


def _unpack(archive: tarfile.TarFile, manifest: Manifest, scratch: Path, file: Path, progress: Progress | None) -> None:
    """Write every member that the manifest names below a folder; all must be there, and be what it says."""
    wanted = {one.name: one for one in manifest.files}
    done = 0
    while (entry := archive.next()) is not None:
        member = wanted.pop(entry.name, None)
        if member is None or not entry.isreg() or entry.size != member.size:
            raise BackupError(f"{file} is damaged: {entry.name[:200]!r} is not what its manifest says.", _NOTHING)
        path = scratch / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if _written(_content(archive, entry), path) != member.sha256:
            raise BackupError(f"{file} is damaged: {member.name} has other bytes than it had.", _NOTHING)
        done += member.size
        if progress:
            progress("unpacking, MiB", done >> 20, manifest.bytes >> 20)
    if wanted:
        raise BackupError(f"{file} is damaged: {len(wanted)} files are missing, {min(wanted)} first.", _NOTHING)


def _written(content: IO[bytes], path: Path) -> str:
    """Write a file; the hash of what was written."""
    digest = hashlib.sha256()
    with path.open("xb") as out:
        while block := content.read(_BLOCK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def _check_databases(scratch: Path, manifest: Manifest, file: Path) -> None:
    """Refuse a database that SQLite cannot read, although its bytes are those that were packed."""
    for name in DATABASES:
        if not (scratch / name).is_file():
            continue
        try:
            with closing(sqlite3.connect(f"{(scratch / name).absolute().as_uri()}?immutable=1", uri=True)) as db:
                ((verdict,),) = db.execute("PRAGMA quick_check(1)").fetchall()
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        if verdict != "ok":
            raise BackupError(f"{file} holds a damaged {name}, packed on {manifest.made}: {verdict}.", _NOTHING)


def _rename(shelf: Path, file: Path) -> None:
    """Give a library a name of its own, for whoever has the name of another changes the other's vectors on a server."""
    try:
        with closing(sqlite3.connect(shelf)) as db, db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('library', ?)", (secrets.token_hex(4),))
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{file} holds a {shelf.name} that is no library's: {error}.", _NOTHING) from None


def _refuse_full(folder: Path, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise BackupError(f"{folder} is no folder.", "Name an empty one with --data-dir.")
    if not force and (there := _present(folder)):
        raise BackupError(
            f"{folder} is not empty: {there[0].name} is there.",
            "Name an empty folder with --data-dir; or --force, which puts what is there aside.",
        )


def _present(folder: Path) -> list[Path]:
    """What a restore would write over or leave beside the library; not what one before it put aside or left."""
    if not folder.is_dir():
        return []
    ours = (_SCRATCH, _ASIDE)
    return sorted(one for one in folder.iterdir() if one.name not in _STAYS and not one.name.startswith(ours))


def _require_room(folder: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(folder).free
    if free < manifest.bytes:
        raise BackupError(
            f"The backup holds {manifest.bytes >> 20:,} MiB, and {free >> 20:,} MiB are free at {folder}.",
            "Make room, or choose another folder with --data-dir.",
        )


def _put_aside(folder: Path, aside: Path) -> Path | None:
    """Move what is there into a folder below, the papers first: until the new ones are in, there is no library."""
    there = _present(folder)
    if not there:
        return None
    aside.mkdir()
    for path in sorted(there, key=lambda path: not path.name.startswith(FILE_NAME)):
        path.rename(aside / path.name)
    return aside


def _move_in(scratch: Path, folder: Path) -> None:
    """Move what was unpacked to its place, the papers last."""
    for path in sorted(scratch.iterdir(), key=lambda path: path.name == FILE_NAME):
        path.rename(folder / path.name)


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(entry)
    if content is None:
        raise tarfile.ReadError("a member has no content")
    return content


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))[:100]}: {first['msg']}"


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200].rstrip(".")
