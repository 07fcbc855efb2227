"""Stores on a PostgreSQL server: pooled connections, atomic writes one at a time, and errors a reader can act on."""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import psycopg
import sqlalchemy
from psycopg import errors
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rag.errors import IndexDamaged, LibraryBusy, LibraryError
from rag.papers.database import BUSY_SECONDS, Connection, Cursor, Database
from rag.papers.postgres.dialect import translated
from rag.papers.postgres.migrations import bring_up_to_date
from rag.types.places import Remote

T = TypeVar("T")
_CONNECT_SECONDS = 10
_POOL, _OVERFLOW = 4, 28
"""Connections that are kept, and further ones at the most: a page's threads each use one for one statement."""
_OPTIONS = {
    "lock_timeout": int(BUSY_SECONDS * 1000),
    "tcp_keepalives_idle": 30,  # a server of pages that vanished lets go of its locks within a minute
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
}
_REFUSED = ("08", "25", "28", "3D", "42501", "53", "55", "57", "58")
"""How codes of errors begin that the server, the network or permissions are to blame for, not the data."""
_HELD = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
    AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = %s"""
_LONGEST = 300
"""Characters of what a server, or the way to it, said."""
_guard = threading.Lock()
_servers: weakref.WeakValueDictionary[tuple[str, str, str], Server] = weakref.WeakValueDictionary()


class Server:
    """The connections of this process to one library's tables."""

    def __init__(self, place: Remote) -> None:
        """Connect, and make the tables or bring them up to date where they must be."""
        settings = " ".join(f"-c {key}={value}" for key, value in _OPTIONS.items())
        address = sqlalchemy.make_url(place.url).set(drivername="postgresql+psycopg")
        password = os.environ.get(place.password_env)
        self.engine = sqlalchemy.create_engine(
            address.set(password=password) if password else address,
            isolation_level="AUTOCOMMIT",
            pool_size=_POOL,
            max_overflow=_OVERFLOW,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "options": f"-c search_path={place.schema} {settings}",
                "application_name": "paperchat",
                "client_encoding": "utf8",
            },
        )
        weakref.finalize(self, self.engine.dispose)
        with explained(place):
            bring_up_to_date(self.engine, place)

    @classmethod
    def of(cls, place: Remote) -> Server:
        """The one that all stores of a library share."""
        key = (place.url, place.schema, place.password_env)
        with _guard:
            found = _servers.get(key)
            if found is None:
                found = _servers[key] = cls(place)
            return found

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Borrow a connection, which commits each statement."""
        pooled = self.engine.raw_connection()
        try:
            yield cast(psycopg.Connection[Any], pooled.driver_connection)
        finally:
            pooled.close()


class Session:
    """A borrowed connection, with the methods of SQLite's that the stores use."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.total_changes = 0

    def execute(self, sql: str, values: Sequence[object] | Mapping[str, object] = (), /) -> Cursor:
        """Run a statement."""
        statement = translated(sql)
        cursor = self._connection.execute(statement.sql.encode(), statement.values(values))
        return cast(Cursor, self._counted(cursor))

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor:
        """Run a statement with the values of each row."""
        statement = translated(sql)
        cursor = self._connection.cursor()
        cursor.executemany(statement.sql.encode(), [statement.values(row) for row in rows])
        return cast(Cursor, self._counted(cursor))

    def _counted(self, cursor: psycopg.Cursor[Any]) -> psycopg.Cursor[Any]:
        if not (cursor.statusmessage or "SELECT").startswith("SELECT"):
            self.total_changes += max(cursor.rowcount, 0)
        return cursor


class ServerDatabase(Database):
    """One store's tables on a PostgreSQL server; writes to one store exclude each other, as those to a file do.

    Every method raises `LibraryBusy` when others write for longer than `BUSY_SECONDS`, `LibraryError` when the server
    cannot be reached or refuses, and `IndexDamaged` when the tables are not what they should be.
    """

    def __init__(self, place: Remote) -> None:
        super().__init__(place)
        self._remote = place
        self._lock = lock_number(place.schema, place.name)
        self._server: Server | None = Server.of(place)

    @property
    def is_server(self) -> bool:
        """That it is one."""
        return True

    def close(self) -> None:
        """Let go of the connections; a later call borrows others."""
        self._server = None

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The result's rows."""
        yield from self.all(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The result's rows."""
        with self._session() as db:
            return db.execute(sql, values).fetchall()

    def read(self, look: Callable[[Connection], T]) -> T:
        """What a function reads from the tables."""
        with self._session() as db:
            return look(db)

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a single statement that writes."""
        with self.transaction() as db:
            db.execute(sql, values)

    def attempt(self, sql: str, values: Sequence[object] = ()) -> bool:
        """Run a statement that writes what can be made again, unless somebody else is writing; whether it was run."""
        with explained(self._remote), self._borrowed() as connection, connection.transaction():
            row = connection.execute(f"SELECT pg_try_advisory_xact_lock({self._lock})".encode()).fetchone()
            if not (row and row[0]):
                return False
            Session(connection).execute(sql, values)
        return True

    def copy(self, path: Path) -> None:
        """Refuse: a server's tables are backed up with its own tools."""
        raise LibraryError(
            f"{self._remote} lies on a PostgreSQL server, of which no file can be copied.",
            "Back it up with pg_dump (docs/postgresql.md).",
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write atomically: all or nothing, also when the process is killed; waits for other writes to the store."""
        with explained(self._remote), self._borrowed() as connection, connection.transaction():
            connection.execute(f"SELECT pg_advisory_xact_lock({self._lock})".encode())
            session = self._local.session = Session(connection)
            try:
                yield session
            finally:
                self._local.session = None

    def integrity(self) -> str:
        """``ok`` where the library's tables can be read, or what is wrong."""
        try:
            self.all("SELECT count(*) FROM meta")
        except IndexDamaged as error:
            return error.message
        return "ok"

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """A connection to read with: that of this thread's transaction, where it is within one."""
        session: Session | None = getattr(self._local, "session", None)
        if session is not None:
            yield session
            return
        with explained(self._remote), self._borrowed() as connection:
            yield Session(connection)

    @contextmanager
    def _borrowed(self) -> Iterator[psycopg.Connection[Any]]:
        server = self._server
        if server is None:
            server = self._server = Server.of(self._remote)
        with server.connection() as connection:
            yield connection


@contextmanager
def writing(place: Remote, on_wait: Callable[[], None] | None = None) -> Iterator[Callable[[], None]]:
    """Hold a library for writing among all servers that share it; lets go when the connection ends, however it does.

    Args:
        place: Any store of the library.
        on_wait: Called once when another server is writing, before waiting for it.

    Yields:
        What raises `LibraryError` if the library is no longer held: to be called before anything is written.
    """
    number = lock_number(place.schema, "write")
    server = Server.of(place)
    with explained(place), server.connection() as connection:
        ((is_held,),) = connection.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchall()
        if not is_held:
            if on_wait:
                on_wait()
            connection.execute("SET lock_timeout = 0")  # an ingest of many papers takes hours
            try:
                connection.execute("SELECT pg_advisory_lock(%s)", (number,))
            finally:
                connection.execute("RESET lock_timeout")
        try:
            yield partial(_require_held, place, connection, number)
        finally:
            try:
                connection.execute("SELECT pg_advisory_unlock(%s)", (number,))
            except psycopg.Error:  # all was done that was to be done, and the lock ends with the connection
                connection.close()


def _require_held(place: Remote, connection: psycopg.Connection[Any], number: int) -> None:
    """Raise `LibraryError` unless a connection holds a lock; an idle one may have been cut hours ago."""
    try:
        ((count,),) = connection.execute(_HELD, (number,)).fetchall()
        said = "" if count else "the server has another connection in its place"
    except psycopg.Error as error:
        said = _said(place, error)
    if said:
        raise LibraryError(
            f"The library {place} is no longer held for writing, so that others may write to it now: {said}.",
            "What was written so far stays. Run the same command again, and it goes on from there.",
        )


def lock_number(schema: str, name: str) -> int:
    """The number of a lock, of 64 bits: PostgreSQL's advisory locks have no names."""
    digest = hashlib.sha256(f"paperchat\0{schema}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextmanager
def explained(place: Remote) -> Iterator[None]:
    """Turn PostgreSQL's errors into ours."""
    try:
        yield
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        if isinstance(cause, errors.SyntaxError):  # a mistake of ours
            raise
        raise _explain(place, cast(psycopg.Error, cause)) from None
    except PoolTimeout:
        raise LibraryBusy(
            f"All {_POOL + _OVERFLOW} connections to the library {place} have been in use for {BUSY_SECONDS:g} s.",
            "Try again when fewer people ask.",
        ) from None


def _explain(place: Remote, error: psycopg.Error) -> LibraryError:
    code = error.sqlstate or ""
    said = _said(place, error)
    if code in ("55P03", "40P01", "40001"):
        return LibraryBusy(
            f"Others have been writing to the library {place} for too long: {said}.",
            "Wait for them to finish, and try again.",
        )
    if not code or code.startswith(_REFUSED):
        return LibraryError(
            f"The library {place} cannot be reached or written: {said}.",
            f"Check library.database_url, the password in {place.password_env}, and that the server runs.",
        )
    return IndexDamaged(f"The library {place} is damaged: {said}.", "Restore it from a backup.")


def _said(place: Remote, error: psycopg.Error) -> str:
    """What the server said, in one line and without a password."""
    line = " ".join(str(error).split())[:_LONGEST]
    if error.diag.message_primary:
        line = error.diag.message_primary
    secret = os.environ.get(place.password_env)
    return (line.replace(secret, "***") if secret else line).strip().rstrip(".")
