"""Days that options name: a date, or a span such as ``7d`` that ends with the newest day held; one reading for all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import typer

from rag.papers.browse.days import today

if TYPE_CHECKING:
    from rag.config import Config


def first_since(written: str, settings: Config) -> date:
    """The first day that ``--since`` names for a library, as `new` counts it.

    Raises:
        typer.BadParameter: it is neither date nor span, or lies in the future.
    """
    return day_of(written, "--since") or first_of(written, _newest(settings))


def day_of(written: str | None, option: str) -> date | None:
    """A day of the calendar, none in the future; None for a span, or where nothing is written."""
    return None if written is None or _is_span(written) else read(written, option)


def first_of(span: str, last: date) -> date:
    """The first day of a span that ends with a day: ``7d`` are seven days."""
    return min(read(span, "--since", last) + timedelta(days=1), last)


def read(written: str, option: str, last: date | None = None) -> date:
    """A date, or the day that lies a span before the last (today by default); anything else is wrong usage."""
    from rag.sources.arxiv.selection import first_day

    try:
        return first_day(written, last or today())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=f"'{option}'") from None


def _is_span(written: str) -> bool:
    return written.strip()[-1:] in ("d", "w")


def _newest(settings: Config) -> date:
    """The newest day that a library holds; today, where there is none."""
    from rag.papers.browse.days import ReportDays
    from rag.papers.shelf import FILE_NAME, Shelf

    if not (place := settings.store(FILE_NAME)).is_file():
        return today()
    shelf = Shelf(place)
    days = ReportDays(shelf)
    try:
        return days.newest(today()) or today()
    finally:
        days.close()
        shelf.close()
