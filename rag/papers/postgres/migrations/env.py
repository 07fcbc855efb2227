"""Alembic runs this: over the connection that opened the library, within its transaction."""

from __future__ import annotations

from alembic import context

_given = context.config.attributes
context.configure(connection=_given["connection"], version_table=_given["table"], version_table_schema=_given["schema"])
context.run_migrations()
