"""Alembic's migrations of a library's schema, run where a library is opened whose tables are missing or older.

A revision runs the steps by which the SQLite stores grew, or says what has no counterpart there (words to search by).
A step that is added to a store needs a revision that runs it; a test compares the tables of both.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy

from rag.errors import IndexDamaged, LibraryError
from rag.types.places import Remote

HEAD = "0002"
"""The newest revision."""
_VERSIONS = "alembic_version"


def bring_up_to_date(engine: sqlalchemy.Engine, place: Remote) -> None:
    """Make a library's tables, or change those of an earlier version; does nothing where all is as it should be.

    Raises:
        IndexDamaged: a later version of paperchat made them.
        LibraryError: the database holds another encoding than UTF-8.
    """
    with engine.connect() as connection:
        found = _revision(connection, place)
        if found == HEAD:
            return
        _check(connection, place, found)
    with engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
        # Two servers that start at once: the second finds nothing left to do.
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        connection.exec_driver_sql(lock, (f"paperchat {place.schema} migrations",))
        if connection.exec_driver_sql("SELECT to_regnamespace(%s)", (f'"{place.schema}"',)).scalar() is None:
            connection.exec_driver_sql(f'CREATE SCHEMA "{place.schema}"')
        if _revision(connection, place) != HEAD:
            _upgrade(connection, place)


def _upgrade(connection: sqlalchemy.Connection, place: Remote) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes.update(connection=connection, schema=place.schema, table=_VERSIONS)
    command.upgrade(config, "head")


def _check(connection: sqlalchemy.Connection, place: Remote, found: str | None) -> None:
    if found is not None and found > HEAD:
        raise IndexDamaged(
            f"The library {place} has schema {found}, this version of paperchat reads schema {HEAD}.",
            "Use the version of paperchat that wrote it, or another library.database_schema.",
        )
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise LibraryError(
            f"The database of {place} keeps text as {encoding}.", "Make one with `createdb --encoding UTF8`."
        )


def _revision(connection: sqlalchemy.Connection, place: Remote) -> str | None:
    """The revision of a library's tables; None where there are none yet."""
    table = f'"{place.schema}".{_VERSIONS}'
    if connection.exec_driver_sql("SELECT to_regclass(%s)", (table,)).scalar() is None:
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalar()
    return None if found is None else str(found)
