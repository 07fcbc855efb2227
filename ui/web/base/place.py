"""What a browser tab knows of itself and sends with each event; nothing of it is believed unchecked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import UsageError
from rag.types import Filters
from rag.types.filters import FilterError


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
        UsageError: a field does not hold what it should, or the range is inverted.
    """
    try:
        return Filters.read(value if isinstance(value, dict) else {})
    except FilterError as error:
        reason, field = str(error), error.key.capitalize()
        raise UsageError(f"{reason[:1].upper()}{reason[1:]}.", f"Correct the field {field}, or clear it.") from None


def shown_filters(filters: Filters) -> dict[str, str]:
    """`Filters` as the filter bar's fields."""
    return {name: value or "" for name, value in filters.as_json().items()}
