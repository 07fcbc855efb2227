"""Days as people read them: the same on every page, in snapshots, and in our own sentences."""

from __future__ import annotations

from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(of: date) -> str:
    """A day as people write it: ``22 Nov 2025``."""
    return f"{of.day} {_MONTHS[of.month - 1]} {of.year}"


def days(first: date, last: date) -> str:
    """Days as people write them: ``26 to 31 Dec 2025``."""
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    begun = str(first.day) if first.month == last.month else f"{first.day} {_MONTHS[first.month - 1]}"
    return f"{begun} to {day(last)}"


def month(of: date) -> str:
    """A month as people write it: ``Nov 2025``."""
    return f"{_MONTHS[of.month - 1]} {of.year}"
