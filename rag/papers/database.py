"""One SQLite file for many threads: a connection each, atomic writes, and errors a reader can act on.

A store on a PostgreSQL server is used in the same way (`rag.papers.postgres`): `Database.at` opens either.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rag.errors import ConfigError, IndexDamaged, LibraryBusy, LibraryError
from rag.types.places import Place, Remote

T = TypeVar("T")
BUSY_SECONDS = 60.0
_AGAIN_S = 0.01
"""How long a statement waits for another process's write to end."""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""What the folder or the disk refused; the file itself may be well."""
_UNWRITABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY}
"""Of these, what says that the file or its folder may not be written, rather than that a write went wrong."""


ALL = 2**62
"""As a limit: no limit."""


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """Rows that were written."""

    def fetchone(self) -> Any:
        """The next row; None where there is none."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What a function reads with, or writes within a transaction."""

    @property
    def total_changes(self) -> int:
        """Rows that were written so far."""

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = (), /) -> Cursor:
        """Run a statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run a statement with the values of each row."""


class _Unwritable(LibraryError):
    """The file or its folder may not be written."""


class _Held:
    """A thread's connection, closed when nobody holds it any more: its thread has ended or the database was closed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        weakref.finalize(self, connection.close)


class Database:
    """An SQLite file in WAL mode, so that readers and the one writer do not wait for each other.

    Every method raises `LibraryBusy` when another process writes for longer than `BUSY_SECONDS`, `LibraryError` when
    the folder or the disk refuses, and `IndexDamaged` when the file is not what it should be.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._local = threading.local()

    @staticmethod
    def at(place: Place) -> Database:
        """Open a file, or tables on a server.

        Raises:
            ConfigError: for a server, what ``paperchat[postgres]`` brings is not installed.
        """
        if isinstance(place, Path):
            return Database(place)
        try:
            from rag.papers.postgres.server import ServerDatabase
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"library.database_url is set, and the package {error.name} is not installed.",
                "Install it: pip install 'paperchat[postgres]'.",
            ) from None
        return ServerDatabase(place)

    @staticmethod
    def stepped(place: Place, steps: Sequence[str]) -> Database:
        """Open a store whose schema grows in steps, which is made or brought up to date where it must be.

        An earlier one that may not be written is read all the same; what would write to it is refused.

        Args:
            place: Where it lies.
            steps: What each version of a file's schema adds to the one before; those that the file lacks are run.

        Raises:
            IndexDamaged: it is no such file, or one of a later schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        opened = Database.at(place)
        if opened.is_server:
            return opened  # with all tables
        path, version = opened.path, opened.read(_version)
        if version > len(steps):
            raise IndexDamaged(
                f"{path} has schema {version}, this version of paperchat reads schema {len(steps)}.",
                "Use the version of paperchat that wrote it, or move the file away.",
            )
        if version < len(steps):
            try:
                with opened.transaction() as db:
                    _grow(db, steps)  # by nothing, where another process was faster
            except _Unwritable as refusal:
                if not version:
                    raise
                opened.close()
                return _Earlier(path, steps, refusal)
        return opened

    @property
    def path(self) -> Path:
        """The file."""
        if isinstance(self.place, Remote):
            raise LibraryError(f"{self.place} is no file.", "Set library.database_url to null to use files.")
        return self.place

    @property
    def is_server(self) -> bool:
        """Whether the store lies on a PostgreSQL server."""
        return False

    def close(self) -> None:
        """Close the connections of all threads."""
        self._local = threading.local()  # the old one held every thread's connection

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The result's rows, one at a time."""
        with self._explained():
            yield from self._connection().execute(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The result's rows."""
        return list(self.rows(sql, values))

    def read(self, look: Callable[[Connection], T]) -> T:
        """What a function reads from the file."""
        with self._explained():
            return look(self._connection())

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a single statement that writes."""
        with self._explained():
            self._connection().execute(sql, values)

    def attempt(self, sql: str, values: Sequence[object] = ()) -> bool:
        """Run a statement that writes what can be made again, unless somebody else is writing; whether it was run."""
        with self._explained():
            db = self._connection()
            db.execute("PRAGMA busy_timeout = 0")
            try:
                db.execute(sql, values)
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
                    return False
                raise
            finally:
                db.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
        return True

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write atomically: all or nothing, also when the process is killed."""
        with self._explained():
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # after some errors, a full disk among them, SQLite has rolled back by itself
                    db.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = _Held(self._connect())
        return held.connection

    def _connect(self) -> sqlite3.Connection:
        address = self.path.absolute().as_uri()
        if self._is_still():
            address += "?immutable=1"
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_still(self) -> bool:
        """Whether the file lies where we may not write, with no write of anybody under way.

        WAL mode makes files beside the library even to read it; where that is refused, SQLite must be told that it can
        do without.
        """
        log = self.path.with_name(self.path.name + "-wal")
        return self.path.is_file() and not os.access(self.path.parent, os.W_OK) and not log.exists()

    def integrity(self) -> str:
        """SQLite's own verdict on the file: ``ok`` or what is wrong."""
        try:
            return str(self.all("PRAGMA quick_check(1)")[0][0])
        except IndexDamaged as error:
            return error.message

    def copy(self, path: Path) -> None:
        """Copy the file as it is at one moment, whoever writes to it meanwhile; `path` is a new file.

        Raises:
            LibraryError: the disk refuses.
        """
        with self._explained(), closing(sqlite3.connect(path)) as target:
            self._connection().backup(target)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:  # a mistake of ours, not of the file
            raise
        except sqlite3.DatabaseError as error:
            raise self._explain(error) from None

    def _explain(self, error: sqlite3.DatabaseError) -> LibraryError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code of an extended one
        if code in _BUSY:
            return LibraryBusy(
                f"Another process has been writing to the library {self.path} for too long: {error}.",
                "Wait for its ingest to finish, or end it if it hangs, and try again.",
            )
        if code in _REFUSED:
            return (_Unwritable if code in _UNWRITABLE else LibraryError)(
                f"The library {self.path} cannot be opened or written: {error}.",
                "Check the folder's permissions and the space on its disk, or choose another with --data-dir.",
            )
        return IndexDamaged(
            f"The library {self.path} is damaged: {error}.",
            "Restore it from a backup: `paperchat restore FILE --force` puts what is there aside first.",
        )


class _Earlier(Database):
    """A file of an earlier schema that may not be written: all threads read one copy of it, brought up to date.

    What others write to the file later is seen by the next process.
    """

    def __init__(self, place: Place, steps: Sequence[str], refusal: LibraryError) -> None:
        super().__init__(place)
        self._refusal = refusal
        self._name = f"file:earlier-{id(self)}?mode=memory&cache=shared"  # one for all threads, as long as it is held
        copy = sqlite3.connect(self._name, uri=True, isolation_level=None, check_same_thread=False)
        self._copy = _Held(copy)
        with self._explained(), closing(super()._connect()) as source:
            source.backup(copy)
            _grow(copy, steps)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._name, uri=True, isolation_level=None, check_same_thread=False)

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Refuse to write."""
        self._refuse()

    def attempt(self, sql: str, values: Sequence[object] = ()) -> bool:
        """Refuse to write."""
        self._refuse()
        return False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Refuse to write."""
        self._refuse()
        yield self._connection()

    def _refuse(self) -> None:
        raise LibraryError(
            f"{self.path} is of an earlier version of paperchat and is only read: {self._refusal.message}",
            self._refusal.advice,
        )


def _grow(db: Connection, steps: Sequence[str]) -> None:
    """Run the steps that a file lacks, within a transaction."""
    for step in steps[_version(db) :]:
        for statement in step.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(steps)}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have a file be written ahead of; several threads may find a new one, and SQLite does not wait for them here."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _version(db: Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return int(version)
