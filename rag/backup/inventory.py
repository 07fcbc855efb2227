"""What a library's folder consists of: what only it holds, what is kept to spare time, and what no file may carry away.

A backup holds what is named here and nothing else: a file that somebody put beside the library may be anything, and the
key that signs the page's sessions is a secret of this machine. What is left out is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rag.index.bulk.blocks import FOLDER as BULK

DATABASES = (
    "shelf.sqlite",
    "conversations.sqlite",
    "kept.sqlite",
    "followed.sqlite",
    "quiz.sqlite",
    "rewrites.sqlite",
    "usage.sqlite",
)
"""SQLite files that hold what nothing else does."""
FILES = ("abstention.json", "abstention.html", "map.npz")
FOLDERS = (
    ("pdfs", (".pdf",)),
    ("arxiv", (".json",)),
    ("reports", (".md", ".html", ".json", ".jsonl", ".xml", ".bib")),
)
"""Folders of which files with these endings are kept."""
VECTORS, LEXICAL = "chroma", re.compile(r"lexical-[0-9a-f]{1,64}")
_OF_AN_INDEX = re.compile(r"[A-Za-z0-9._-]+")
_DERIVED = re.compile(r"(lines|scores)\.sqlite|vectors|tokens")
_OF_SQLITE = re.compile(r".*\.sqlite-(wal|shm)")
_PASSING = {
    BULK: "embedded blocks of an unfinished cluster run, made anew",
    "running": "running answers of page servers",
}
"""Folders of the library's own that are of no use elsewhere, with the reason."""
_ASIDE = re.compile(r"aside-.*|shelf-before-repair-.*\.sqlite")
_LOCKS = re.compile(r".*\.lock|arxiv\.pace")
_SECRET = "session.key"
_MANAGED = ".managed.json"
"""What tantivy calls its list of files."""
_PART = re.compile(r"[^\x00-\x1f\x7f/\\:]{1,255}")


def is_known(name: str) -> bool:
    """Whether a path below the folder, with ``/`` between its parts, is one that a backup may hold.

    Nothing else is ever written by a restore, whatever an archive says.
    """
    path = PurePosixPath(name)
    parts = name.split("/")  # the path drops what must not stand there
    if any(not _PART.fullmatch(part) or (part.startswith(".") and part != _MANAGED) for part in parts):
        return False
    if len(parts) == 1:
        return name in DATABASES or name in FILES
    if parts[0] == VECTORS or LEXICAL.fullmatch(parts[0]):
        return len(parts) <= 4 and all(map(_OF_AN_INDEX.fullmatch, parts[1:]))
    endings = dict(FOLDERS).get(parts[0], ())
    return len(parts) <= 4 and _MANAGED not in parts and path.suffix.lower() in endings


def beside(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files of a library that are neither a database nor of an index: path below the folder, and where it lies."""
    yield from ((name, folder / name) for name in FILES if (folder / name).is_file())
    for top, _ in FOLDERS:
        for path in sorted((folder / top).rglob("*")):
            name = path.relative_to(folder).as_posix()
            if is_known(name) and path.is_file() and not path.is_symlink():
                yield name, path


def left_out(folder: Path) -> list[tuple[str, str]]:
    """What lies in the folder and no backup holds, with the reason."""
    told = []
    known = {*DATABASES, *FILES, VECTORS, *(name for name, _ in FOLDERS)}
    for path in sorted(folder.iterdir()):
        if path.name in known or any(one.fullmatch(path.name) for one in (LEXICAL, _LOCKS, _OF_SQLITE)):
            continue
        if path.name == _SECRET:
            told.append((path.name, "a secret of this machine: people sign in again after a restore"))
        elif path.name in _PASSING:
            told.append((path.name, _PASSING[path.name]))
        elif _DERIVED.fullmatch(path.name):
            told.append((path.name, "made anew when it is needed"))
        elif _ASIDE.fullmatch(path.name):
            told.append((path.name, "put aside by a repair or a restore"))
        else:
            told.append((path.name, "none of the library's own files"))
    for top, _ in FOLDERS:
        for path in sorted((folder / top).rglob("*")):
            name = path.relative_to(folder).as_posix()
            if not path.is_dir() and not (is_known(name) and not path.is_symlink()):
                told.append((name, "none of the library's own files"))
    return told
