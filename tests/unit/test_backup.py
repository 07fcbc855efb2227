"""A library as one file: what is in it, that nothing else comes out of it, and that a bad one touches nothing."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag.backup.inventory import FILES, FOLDERS, is_known
from rag.backup.manifest import NAME
from rag.backup.restore import restore
from rag.backup.save import save
from rag.errors import BackupError, IndexDamaged
from rag.index import snapshot
from rag.index.health import examine
from rag.index.library import Library
from rag.papers.readers.kept import Kept
from tests.support.data import REPOSITORY
from tests.support.kills import HashEmbedding, hashed
from tests.support.papers import make_paper

Packed = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("made") / "library"
    with hashed(folder) as library:
        library.ingest([make_paper(f"2504.0000{n}", abstract=f"The abstract number {n}.") for n in range(1, 6)])
        with closing(Kept(library.folder / "kept.sqlite")) as kept:
            kept.write_note("", "2504.00001", "A note.", 0)
        (library.folder / "session.key").write_bytes(b"k" * 32)
        (library.folder / "config.yaml").write_text("llm: {api_key: SECRET}")
        for name in ("pdfs/2504.00001v1.pdf", "reports/2025-04-10.md", "pdfs/notes.txt"):
            (library.folder / name).parent.mkdir(exist_ok=True)
            (library.folder / name).write_bytes(name.encode())
        yield library


@pytest.fixture(scope="module")
def made(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(library, tmp_path_factory.mktemp("backup") / "backup.tar").file


@pytest.fixture
def file(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path))


def unpacked(file: Path) -> Packed:
    with tarfile.open(file) as archive:
        return [(entry, (archive.extractfile(entry) or io.BytesIO()).read()) for entry in archive]


def packed(file: Path, members: Packed) -> None:
    with tarfile.open(file, "w") as archive:
        for entry, content in members:
            entry.size = len(content) if entry.isreg() else 0
            archive.addfile(entry, io.BytesIO(content))


def test_it_holds_what_is_the_librarys_and_no_secret(library: Library, tmp_path: Path) -> None:
    done = save(library, tmp_path / "backup.tar")
    names = {entry.name for entry, _ in unpacked(done.file)}
    assert {NAME, "shelf.sqlite", "kept.sqlite", "pdfs/2504.00001v1.pdf", "reports/2025-04-10.md"} <= names
    assert any(name.startswith("chroma/store/") for name in names)
    assert any(name.startswith("lexical-") for name in names)
    assert not {name for name in names if "session" in name or "config" in name or name.endswith((".lock", ".txt"))}
    assert b"SECRET" not in done.file.read_bytes()
    assert {name for name, _ in done.left_out} == {"session.key", "config.yaml", "pdfs/notes.txt"}
    assert stat.S_IMODE(done.file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"], "nothing is left beside it"


def test_a_backup_into_the_librarys_folder_tells_of_what_was_there_before(file: Path, tmp_path: Path) -> None:
    restore(file, tmp_path / "own")
    for name in ("bulk", "running"):
        (tmp_path / "own" / name).mkdir()
    with hashed(tmp_path / "own") as library:
        for force in (False, True):
            told = dict(save(library, library.folder / "backup.tar", force=force).left_out)
            assert told == {
                "bulk": "embedded blocks of an unfinished cluster run, made anew",
                "running": "running answers of page servers",
            }


def test_the_name_of_the_vectors_folder_costs_no_copy(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a read-only disk, where whoever opens the vectors opens a copy of all of them."""
    monkeypatch.setattr(snapshot, "openable", lambda folder: pytest.fail(f"{folder} would be copied"))
    save(library, tmp_path / "backup.tar")


def test_what_was_written_and_is_in_no_file_yet_is_in_the_backup(library: Library, tmp_path: Path) -> None:
    """Another connection holds the database open: its last words stand in the log beside it."""
    with closing(Kept(library.folder / "kept.sqlite")) as kept:
        kept.write_note("", "2504.00002", "Just now.", 0)
        assert (library.folder / "kept.sqlite-wal").exists()
        save(library, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "new")
    with closing(Kept(tmp_path / "new" / "kept.sqlite")) as kept:
        note = kept.note("", "2504.00002")
        assert note
        assert note.text == "Just now."


def test_a_restore_brings_everything_back_and_finds_the_same(library: Library, file: Path, tmp_path: Path) -> None:
    done = restore(file, tmp_path / "new")
    assert done.aside is None
    assert {path.name for path in (tmp_path / "new").iterdir()} >= {"shelf.sqlite", "kept.sqlite", "chroma", "pdfs"}
    with hashed(tmp_path / "new") as again:
        assert examine(again).ok
        assert again.shelf.browse() == library.shelf.browse()
        vector = HashEmbedding().unit("The abstract number 3.")
        with again.indexes() as new, library.indexes() as old:
            assert new.vectors.query(vector, 5) == old.vectors.query(vector, 5)
            assert new.lexical.query("abstract", 5) == old.lexical.query("abstract", 5)


@pytest.mark.parametrize("on_server", [False, True])
def test_only_a_library_whose_vectors_lie_elsewhere_is_renamed(
    library: Library, file: Path, tmp_path: Path, on_server: bool
) -> None:
    """By its new name it has a collection of its own on a server; its own folder's collection has the old name."""
    restore(file, tmp_path / "new", on_server=on_server)
    assert not list((tmp_path / "new").glob("*.sqlite-*"))
    with hashed(tmp_path / "new") as again:
        assert (again.shelf.meta("library") != library.shelf.meta("library")) is on_server
        assert again.shelf.meta("library")
        assert again.shelf.browse() == library.shelf.browse()


def test_a_database_that_is_no_shelf_is_refused_where_it_would_be_renamed(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE other (x)")
    packed(file, with_shelf(unpacked(file), (tmp_path / "other.sqlite").read_bytes()))
    with pytest.raises(BackupError, match="no library's"):
        restore(file, tmp_path / "new", on_server=True)
    assert not list((tmp_path / "new").glob("*.sqlite"))


def test_pending_papers_stay_pending(file: Path, tmp_path: Path) -> None:
    restore(file, tmp_path / "one")
    with hashed(tmp_path / "one") as library:
        library.shelf.record([make_paper("2504.00009")])
        save(library, tmp_path / "second.tar")
    restore(tmp_path / "second.tar", tmp_path / "two")
    with hashed(tmp_path / "two") as again:
        again.ingest([])
        assert again.shelf.indexed_chunks() == 6
        assert examine(again).ok


def test_a_file_that_is_there_is_written_over_only_by_force(library: Library, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        save(library, file)
    assert file.read_bytes() == before
    with closing(Kept(library.folder / "kept.sqlite")) as kept:
        kept.write_note("", "2504.00003", "Another note.", 0)
    save(library, file, force=True)
    assert file.read_bytes() != before
    with pytest.raises(BackupError, match="no place for a file"):
        save(library, file.parent)


def test_a_folder_with_something_in_it_is_restored_to_only_by_force(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "shelf.sqlite").write_text("old")
    (folder / "mine.txt").write_text("mine")
    (folder / "session.key").write_text("key")
    with pytest.raises(BackupError, match="not empty"):
        restore(file, folder)
    assert (folder / "shelf.sqlite").read_text() == "old"
    done = restore(file, folder, force=True)
    assert done.aside
    assert {path.name: path.read_text() for path in done.aside.iterdir()} == {"shelf.sqlite": "old", "mine.txt": "mine"}
    assert (folder / "session.key").read_text() == "key", "a secret of the machine stays"
    again = restore(file, folder, force=True)
    assert again.aside
    assert again.aside != done.aside
    assert done.aside.is_dir(), "what was put aside stays"


def named(members: Packed, name: str) -> Packed:
    """The first file under another name, in the manifest as well."""
    told = json.loads(members[0][1])
    entry, content = members[1]
    for one in told["files"]:
        if one["name"] == entry.name:
            one["name"] = name
    entry.name = name
    return [(members[0][0], json.dumps(told).encode()), (entry, content), *members[2:]]


def linked(members: Packed, kind: bytes) -> Packed:
    entry, _ = members[1]
    entry.type, entry.linkname = kind, "/etc/passwd"
    return [members[0], (entry, b""), *members[2:]]


def added(members: Packed, name: str) -> Packed:
    return [*members, (tarfile.TarInfo(name), b"evil")]


def told(members: Packed, **changed: Any) -> Packed:
    entry, content = members[0]
    return [(entry, json.dumps(json.loads(content) | changed).encode()), *members[1:]]


def with_shelf(members: Packed, shelf: bytes) -> Packed:
    """With another shelf, whose hash is right."""
    manifest = json.loads(members[0][1])
    for one in manifest["files"]:
        if one["name"] == "shelf.sqlite":
            one |= {"size": len(shelf), "sha256": hashlib.sha256(shelf).hexdigest()}
    rest = [(entry, shelf if entry.name == "shelf.sqlite" else content) for entry, content in members[1:]]
    return [(members[0][0], json.dumps(manifest).encode()), *rest]


def spoilt_database(members: Packed) -> Packed:
    """A shelf that was damaged before it was packed."""
    shelf = next(content for entry, content in members if entry.name == "shelf.sqlite")
    return with_shelf(members, shelf[: len(shelf) // 2])


BAD: dict[str, Callable[[Packed], Packed]] = {
    "up": lambda m: named(m, "../evil"),
    "up within": lambda m: named(m, "pdfs/../../evil.pdf"),
    "absolute": lambda m: named(m, "/tmp/evil.pdf"),
    "back slashes": lambda m: named(m, "pdfs\\..\\evil.pdf"),
    "a drive": lambda m: named(m, "pdfs/c:evil.pdf"),
    "a secret": lambda m: named(m, "session.key"),
    "hidden": lambda m: named(m, "pdfs/.evil.pdf"),
    "a program": lambda m: named(m, "pdfs/evil.py"),
    "a symbolic link": lambda m: linked(m, tarfile.SYMTYPE),
    "a hard link": lambda m: linked(m, tarfile.LNKTYPE),
    "a device": lambda m: linked(m, tarfile.CHRTYPE),
    "a folder": lambda m: linked(m, tarfile.DIRTYPE),
    "not in the manifest": lambda m: added(m, "pdfs/evil.pdf"),
    "twice": lambda m: [*m, m[-1]],
    "missing": lambda m: m[:-1],
    "other bytes": lambda m: [*m[:-1], (m[-1][0], bytes(len(m[-1][1])))],
    "no manifest": lambda m: m[1:],
    "a manifest of another kind": lambda m: told(m, format="something"),
    "a key too many": lambda m: told(m, more=1),
    "of a later version": lambda m: told(m, schema_version=10_000),
    "no files": lambda m: told(m[:1], files=[]),
    "a damaged database": spoilt_database,
}


@pytest.mark.parametrize("damage", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("there", [False, True])
def test_a_bad_archive_touches_nothing(
    file: Path, tmp_path: Path, damage: Callable[[Packed], Packed], there: bool
) -> None:
    bad, folder = tmp_path / "bad.tar", tmp_path / "new"
    packed(bad, damage(unpacked(file)))
    if there:
        folder.mkdir()
        (folder / "shelf.sqlite").write_text("old")
    before = {path for path in tmp_path.rglob("*") if path.name != "write.lock"}
    with pytest.raises(BackupError) as error:
        restore(bad, folder, force=there)
    assert error.value.message
    assert error.value.advice
    assert not any(ord(one) < 32 for one in str(error.value).replace("\n", ""))
    left = {path for path in tmp_path.rglob("*") if path.name != "write.lock"}
    assert left - {folder} == before - {folder}
    if there:
        assert (folder / "shelf.sqlite").read_text() == "old"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.7, 0.999])
def test_an_archive_that_was_cut_off_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    content = file.read_bytes()
    (tmp_path / "bad.tar").write_bytes(content[: int(len(content.rstrip(b"\0")) * share)])
    with pytest.raises(BackupError):
        restore(tmp_path / "bad.tar", tmp_path / "new")
    assert not list((tmp_path / "new").glob("*.sqlite"))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("shelf.sqlite", True),
        ("chroma/store/chroma.sqlite3", True),
        ("lexical-0123456789ab/meta.json", True),
        ("pdfs/2504.00001v1-0123456789ab.pdf", True),
        ("reports/2025/05.md", True),
        ("shelf.sqlite-wal", False),
        ("pdfs/a/b/c/d.pdf", False),
        ("lexical-x/meta.json", False),
        ("chroma/../shelf.sqlite", False),
        ("reports/a\nb.md", False),
        ("reports//a.md", False),
        ("write.lock", False),
        ("", False),
    ],
)
def test_paths_of_a_library(name: str, known: bool) -> None:
    assert is_known(name) is known


def test_what_pg_dump_lacks_is_listed() -> None:
    told = (REPOSITORY / "docs" / "postgresql.md").read_text(encoding="utf-8").partition("## Back it up")[2]
    rows = {name for line in told.splitlines() if line.startswith("| `") for name in re.findall("`(.+?)`", line)}
    assert {*FILES, *(f"{name}/" for name, _ in FOLDERS)} == {name for name in rows if "." in name or "/" in name}


def test_a_backup_of_a_damaged_database_says_so(library: Library, tmp_path: Path) -> None:
    spoilt = library.folder / "conversations.sqlite"
    spoilt.write_bytes(b"no database" * 100)
    try:
        with pytest.raises(IndexDamaged, match=r"conversations\.sqlite"):
            save(library, tmp_path / "backup.tar")
    finally:
        spoilt.unlink()
    assert not (tmp_path / "backup.tar").exists()
