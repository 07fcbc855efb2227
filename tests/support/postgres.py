"""A real PostgreSQL server on a free loopback port, by a user without rights, in a folder of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.papers.database import Database
from rag.types.places import Remote
from tests.support.children import with_children
from tests.support.children.sitecustomize import DATABASE, SCHEMAS, SECRET, Schemas, place_in
from tests.support.chroma_server import free_port

_START_SECONDS = 60
_MAKE = ("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
_EMPTY = """DO $$ DECLARE one TEXT; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() 
        AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', one);
    END LOOP;
    PERFORM setval(format('%I', relname)::regclass, 1, false) FROM pg_class
        WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace;
    INSERT INTO meta VALUES ('generation', '0'), ('library', substr(md5(random()::text), 1, 8));
END $$"""
_COPY = """DO $$ DECLARE one TEXT; kept TEXT; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
        AND tablename <> 'alembic_version' LOOP
        SELECT string_agg(format('%I', column_name), ', ') INTO kept FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = one AND is_generated = 'NEVER';
        EXECUTE format('DELETE FROM %I', one);
        EXECUTE format('INSERT INTO %I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM {old}.%I', one, kept, kept, one);
    END LOOP;
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace LOOP
        EXECUTE format('SELECT setval(%L, last_value, is_called) FROM {old}.%I', format('%I', one), one);
    END LOOP;
END $$"""
USER, PASSWORD, VARIABLE = "paperchat", "p@ss/word'7", SECRET


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs, the newest there is; None without one."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def why_not() -> str:
    """Why no server can be started here; empty where it can."""
    missing = [name for name in ("alembic", "psycopg", "sqlalchemy") if importlib.util.find_spec(name) is None]
    if missing:
        return f"paperchat[postgres] is not installed ({missing[0]})"
    return "" if binaries() else "no PostgreSQL here (Debian: apt-get install postgresql)"


class PostgresServer:
    """`postgres` on a fresh folder, from entering to leaving the context."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        self.schemas_folder = Path(tempfile.mkdtemp(prefix="paperchat-schemas-", dir="/tmp"))
        self.schemas = Schemas(self.schemas_folder)
        """The schema of each folder's library."""
        self._as: dict[str, int] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to be run by root
            user = next(one for one in pwd.getpwall() if one.pw_name in ("postgres", "nobody") and one.pw_uid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid}

    def __enter__(self) -> PostgresServer:
        folder = binaries()
        assert folder is not None
        self._home = Path(tempfile.mkdtemp(prefix="paperchat-postgres-", dir="/tmp"))
        self._data = self._home / "data"
        secret = self._home / "password"
        secret.write_text(PASSWORD)
        self._log = self._home / "log"
        if self._as:
            for path in (self._home, secret):
                os.chown(path, self._as["user"], self._as["group"])
        made = subprocess.run(
            [folder / "initdb", "-D", self._data, "-U", USER, "--pwfile", secret, *_MAKE],
            capture_output=True,
            text=True,
            cwd=self._home,
            check=False,
            **self._as,  # type: ignore[call-overload]
        )
        assert made.returncode == 0, made.stderr
        self._binary = folder / "postgres"
        self.start()
        return self

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = ["-F", "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._home), "-c", "max_connections=200"]
        command = [str(self._binary), "-D", str(self._data), *settings]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._home,
                **self._as,  # type: ignore[call-overload]
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if "ready to accept connections" in self._log.read_text(errors="replace"):
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"postgres did not start: {self._log.read_text(errors='replace')}")

    def __exit__(self, *_: object) -> None:
        self.stop()
        for folder in (self._home, self.schemas_folder):
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """End the server and all connections to it; a second call does nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
            self._log.write_text("")
            return
        self._process.kill()
        self._process.wait()

    def take_back(self, schemas: Collection[str]) -> None:
        """Empty schemas for others; making one takes ten times as long."""
        for schema in schemas:
            is_clean = False
            with (
                closing(Database.at(Remote(self.url, schema, "shelf.sqlite", VARIABLE))) as store,
                contextlib.suppress(LibraryError),  # what a test broke is left as it is
                store.transaction() as db,
            ):
                db.execute("SET LOCAL lock_timeout = 2000")
                db.execute(_EMPTY)
                is_clean = True
            self.schemas.let_go(schema, is_clean)


def copy(source: Path, target: Path) -> None:
    """Fill the tables of a folder's library with what another folder's has, on the server in use."""
    old, new = (place_in(folder, "shelf.sqlite") for folder in (source, target))
    with closing(Database.at(new)) as store, store.transaction() as db:
        db.execute("SET LOCAL session_replication_role = replica")  # no trigger, no order of tables
        db.execute(_COPY.format(old=old.schema))


def use(server: PostgresServer, patch: pytest.MonkeyPatch) -> None:
    """From now on have every store of a library in a folder lie on a server, whoever opens it, and by whatever way."""
    patch.setenv(VARIABLE, PASSWORD)
    patch.setenv(DATABASE, server.url)
    patch.setenv(SCHEMAS, str(server.schemas_folder))
    with_children(patch)


on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="module")
"""Marks a test, or a module of tests, that hold for a library in files and on a server alike."""
