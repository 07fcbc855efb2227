"""Where every library's stores lie while the suite tries servers, in this process and in those that tests start.

Python imports a module of this name by itself where its folder is on PYTHONPATH; then it must load nothing of ours, as
there are tests of what a command loads: modules are changed when something else imports them.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.abc
import os
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.machinery import ModuleSpec

    from rag.config import Config
    from rag.index.library import Embedded, Library, Progress
    from rag.papers.database import Database
    from rag.types.places import Place, Remote

CHROMA = "TESTS_CHROMA_URL"
"""The variable with the address of a Chroma server for every library; unset: each has its own, embedded."""
DATABASE, SCHEMAS, SECRET = "TESTS_DATABASE_URL", "TESTS_DATABASE_SCHEMAS", "PAPERCHAT_TEST_PASSWORD"
"""The variables of a PostgreSQL server: its address, the folder of its `Schemas`, its password; unset: files."""
RAY = "TESTS_RAY_ADDRESS"
"""The variable with the address of a Ray cluster that embeds for every ingest; unset: the process that ingests does."""
_LOCAL = ("lines.sqlite", "scores.sqlite")
"""What every server of pages keeps for itself: it can be made again."""


class Schemas:
    """Which schema of a server each folder's library has, for all processes: files, one a folder and one a schema."""

    def __init__(self, home: Path) -> None:
        self._given, self._kept, self._free = home / "given", home / "kept", home / "free"
        self._lock = home / "lock"
        for folder in (self._given, self._kept, self._free):
            folder.mkdir(parents=True, exist_ok=True)

    def of(self, library: Path) -> str:
        """The schema of a folder's library, from the first call on."""
        name = _key(library)
        with self._alone():
            file = next((one / name for one in (self._given, self._kept) if (one / name).exists()), self._given / name)
            if not file.exists():
                free = next(self._free.iterdir(), None)
                file.write_text(free.name if free else f"t_{os.urandom(6).hex()}")
                if free:
                    free.unlink()
            return file.read_text()

    def keep(self, library: Path) -> None:
        """A folder's library is for all tests: its schema is not among those given."""
        self.of(library)
        with self._alone():
            (self._given / _key(library)).rename(self._kept / _key(library))

    def given(self) -> set[str]:
        """The schemas of all folders."""
        with self._alone():
            return {one.read_text() for one in self._given.iterdir()}

    def let_go(self, schema: str, is_clean: bool) -> None:
        """A schema is nobody's any more; another folder gets it, where it is as it was made."""
        with self._alone():
            for one in self._given.iterdir():
                if one.read_text() == schema:
                    one.unlink()
            if is_clean:
                (self._free / schema).touch()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _key(library: Path) -> str:
    return hashlib.sha256(str(library.absolute()).encode()).hexdigest()


def place_in(library: Path, name: str) -> Remote:
    """Where a store of a folder's library lies on the server."""
    from rag.types.places import Remote

    return Remote(os.environ[DATABASE], Schemas(Path(os.environ[SCHEMAS])).of(library), name, SECRET)


def _config(module: ModuleType) -> None:
    config: type[Config] = module.Config
    before = config.store

    def store(self: Config, name: str) -> Place:
        if DATABASE in os.environ and self.library.database_url is None:
            return place_in(self.library_dir, name)
        return before(self, name)

    config.store = store  # type: ignore[method-assign]
    on_chroma(module, os.environ.get(CHROMA))


def _files(module: ModuleType) -> None:
    """The repository's config.yaml names all defaults, this one too: where no server is named, none was chosen."""
    before = module._read_file

    def read_file(path: Path) -> dict[str, Any]:
        values: dict[str, Any] = before(path)
        index = values.get("index")
        if CHROMA in os.environ and isinstance(index, dict) and index.get("chroma_url", "") is None:
            del index["chroma_url"]
        return values

    module._read_file = read_file  # type: ignore[attr-defined]


def _pending(module: ModuleType) -> None:
    """Whoever names no engine has the cluster embed, but for embedders of the tests' own: it has none of those."""
    before = module._embedded_here

    def embedded(library: Library, pending: Mapping[str, bool], progress: Progress | None = None) -> Iterable[Embedded]:
        if RAY not in os.environ or not type(library.embedding).__module__.startswith("rag."):
            found: Iterable[Embedded] = before(library, pending, progress)
            return found
        from rag.index.bulk.cluster import RayEngine

        settings = library.config.bulk.model_copy(update={"ray_address": os.environ[RAY]})
        return RayEngine(settings)(library, pending, progress)

    module._embedded_here = embedded  # type: ignore[attr-defined]


def on_chroma(whole: ModuleType, url: str | None) -> None:
    """Have every configuration that does not say otherwise name a Chroma server, or none."""
    index: Any = whole.IndexConfig
    if index.model_fields["chroma_url"].default != url:
        index.model_fields["chroma_url"].default = url
        index.model_rebuild(force=True)
        whole.Config.model_fields["index"].default = index()
        whole.Config.model_rebuild(force=True)


def _database(module: ModuleType) -> None:
    database: type[Database] = module.Database
    before = database.at

    def at(place: Place) -> Database:
        is_ours = isinstance(place, Path) and DATABASE in os.environ and place.name not in _LOCAL
        return before(place_in(place.parent, place.name) if isinstance(place, Path) and is_ours else place)

    database.at = staticmethod(at)  # type: ignore[method-assign]


_CHANGES = {
    "rag.config.whole": _config,
    "rag.config.load": _files,
    "rag.papers.database": _database,
    "rag.index.pending": _pending,
}


class _Changing(importlib.abc.MetaPathFinder):
    """Changes our modules when they have been loaded."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _CHANGES:
            return None
        rest = [one for one in sys.meta_path if one is not self]
        spec = next(found for one in rest if (found := one.find_spec(name, path, target)))
        assert spec.loader
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            _CHANGES[name](module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Change what is loaded, and what will be; a second call does nothing."""
    if any(type(one).__name__ == _Changing.__name__ for one in sys.meta_path):
        return
    sys.meta_path.insert(0, _Changing())
    for name, change in _CHANGES.items():
        if name in sys.modules:
            change(sys.modules[name])


if CHROMA in os.environ or DATABASE in os.environ or RAY in os.environ:
    install()
