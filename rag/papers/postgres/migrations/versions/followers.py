"""Who follows which question."""

from __future__ import annotations

from typing import Any

from alembic import op

from rag.papers.postgres.dialect import tables
from rag.papers.readers import followed

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make what a later step of a store adds."""
    connection: Any = op.get_bind().connection.driver_connection
    for statement in tables(followed.STEPS[1]):
        connection.execute(statement)
