"""Where a store of a library lies: a file in its folder, or tables on a PostgreSQL server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Remote:
    """A store on a PostgreSQL server, in place of the file of this name.

    Attributes:
        url: ``postgresql://user@host:port/database``, without a password.
        schema: In which all of one library's tables lie; several libraries may share a database.
        name: Of the file that the store would be: ``kept.sqlite``.
        password_env: The environment variable that holds the password.
    """

    url: str
    schema: str
    name: str
    password_env: str = "PGPASSWORD"

    def __str__(self) -> str:
        return f"{self.url}, schema {self.schema}"

    def exists(self) -> Literal[True]:
        """That there is something to open: a library's tables are made together."""
        return True

    is_file = exists


Place = Path | Remote
