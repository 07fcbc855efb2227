"""What a browser tab knows of itself and sends with each event; nothing of it is believed unchecked."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import UsageError
from rag.types import Filters


class Place(BaseModel):
    """Where a tab is.

    It lives in the tab, so that a restarted server goes on where the reader was.

    Attributes:
        conversation: The one that is open, "" before the first answer.
        title: What it is called.
        replaces: The exchange that the reader edits.
        whole: Whether all its exchanges are shown, not only the newest.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    conversation: str = ""
    title: str = ""
    replaces: int | None = Field(None, ge=0, lt=2**62)
    whole: bool = False

    @classmethod
    def read(cls, value: Any) -> Place:
        """The place that a tab names; nowhere in particular where it names none."""
        try:
            return cls.model_validate(value or {})
        except ValidationError:
            return cls()


def read_filters(value: Any) -> Filters:
    """The filter bar's fields as `Filters`.

    Raises:
        UsageError: a field is no date, or the range is inverted.
    """
    fields = value if isinstance(value, dict) else {}
    begin, end = (_read_date(fields.get(key)) for key in ("from", "to"))
    if begin and end and begin > end:
        raise UsageError(f"The first day, {begin}, lies after the last, {end}.", "Swap them, or clear one.")
    author = " ".join(str(fields.get("author") or "").split())
    return Filters(begin, end, author or None)


def shown_filters(filters: Filters) -> dict[str, str]:
    """`Filters` as the filter bar's fields."""
    return {name: value or "" for name, value in filters.as_json().items()}


def _read_date(value: object) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{value!r} is not a date.", "Write it like 2025-05-31.") from None
