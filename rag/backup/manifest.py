"""What a backup says of itself: its first member, in JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

NAME = "manifest.json"
LONGEST = 64 << 20
"""Bytes of a manifest; one of a million files is shorter."""


class Member(BaseModel):
    """A file of the library: its path below the folder, its size in bytes and its hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """The table of contents of a backup.

    Attributes:
        paperchat: Version that wrote it.
        schema_version: Of the shelf.
        made: When, in UTC.
        papers: How many the shelf holds.
        indexed: Whether the indexes are in it; else a restore makes them anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["paperchat backup"] = "paperchat backup"
    format_version: Literal[1] = 1
    paperchat: str
    schema_version: int
    made: str
    papers: int
    indexed: bool
    files: tuple[Member, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(one.size for one in self.files)
