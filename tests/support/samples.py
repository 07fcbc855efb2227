"""The library of the shipped sample, read and embedded once in a process: whoever wants one gets a copy."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from contextlib import closing
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from rag.config import Config
from rag.index.library import Library
from rag.papers import readers
from rag.papers.database import Database
from rag.papers.shelf import FILE_NAME
from rag.sources import discover, read_source
from tests.support.children.sitecustomize import DATABASE, SCHEMAS, Schemas

SAMPLE = Path(str(files("rag") / "sample"))


def sample_library(folder: Path) -> Path:
    """Make a library of the sample reports in a folder, with the configuration as it is shipped; the folder."""
    made = Path(_made(os.environ.get(DATABASE)).name)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    config = Config(data_dir=folder)
    if DATABASE in os.environ:
        from tests.support.postgres import copy

        copy(made, folder)
    if config.index.chroma_url:
        _copy_vectors(Config(data_dir=made), config)
    return folder


def forget(folder: Path, *names: str) -> None:
    """Empty stores of the library in a folder, by their files' names: the files go, or what a server's tables hold."""
    for name in names:
        place = Config(data_dir=folder).store(name)
        if isinstance(place, Path):
            for file in folder.glob(f"{name}*"):
                file.unlink()
            continue
        with closing(Database.at(place)) as database, database.transaction() as db:
            for table in _tables(name):
                db.execute(f"DELETE FROM {table}")
                db.execute(_FROM_ONE, (table,))


_FROM_ONE = """SELECT setval(pg_get_serial_sequence(table_name, column_name), 1, false)
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? AND is_identity = 'YES'"""


def _tables(name: str) -> list[str]:
    """The tables that a reader's store makes."""
    modules = [import_module(f"{readers.__name__}.{one.name}") for one in iter_modules(readers.__path__)]
    steps = ";".join(step for one in modules if getattr(one, "FILE_NAME", "") == name for step in one.STEPS)
    return re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", steps)


@cache
def _made(server: str | None) -> tempfile.TemporaryDirectory[str]:
    """The folder that is copied; it goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="paperchat-sample-", ignore_cleanup_errors=True)
    with Library(Config(data_dir=Path(folder.name))) as library:
        library.ingest(row for path in discover([SAMPLE]).files for row in read_source(path))
    if server:
        Schemas(Path(os.environ[SCHEMAS])).keep(Path(folder.name))
    return folder


def _copy_vectors(made: Config, config: Config) -> None:
    """Give a copied library a name of its own on the Chroma server, and the vectors of the one it was copied from."""
    with closing(Database.at(config.store(FILE_NAME))) as database:
        database.execute("UPDATE meta SET value = ? WHERE key = 'library'", (secrets.token_hex(4),))
    with Library(made) as source, Library(config) as target:
        vectors = (closing(one.open_vectors(one.fingerprint)) for one in (source, target))
        with next(vectors) as old, next(vectors) as new:
            held: Any = old._collection.get(include=["embeddings", "metadatas", "documents"])
            new._collection.add(**{name: held[name] for name in ("ids", "embeddings", "metadatas", "documents")})
