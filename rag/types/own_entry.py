"""What a reader's bibliography says of a paper beyond what the library knows it by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """The rest of the entry that a paper was read from, to be written out again with it.

    Attributes:
        form: ``bibtex``, ``ris`` or ``csl``: in other formats it is not written.
        kind: The type of the entry there: ``article``, ``JOUR``, ``article-journal``.
        fields: Names and values as they stand in the file, in its order; of CSL-JSON the values are JSON.
    """

    form: str
    kind: str
    fields: tuple[tuple[str, str], ...] = ()

    def stored(self) -> dict[str, Any]:
        """The entry as it is kept, and as commands print it."""
        return {"form": self.form, "kind": self.kind, "fields": [list(pair) for pair in self.fields]}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> OwnEntry:
        """The entry that was kept."""
        return cls(stored["form"], stored["kind"], tuple((name, value) for name, value in stored["fields"]))
