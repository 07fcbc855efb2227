"""A plot of stacked bars over time, in plain HTML: it needs no script, fits any width, and follows light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from markupsafe import Markup

from ui.web.html.rendering import EMPTY, element

LABELS = 6
"""Most labels below the bars."""
_TICKS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """What one bar stands for.

    Attributes:
        begin: First day of the period that a day belongs to.
        label: A period's short name, from its first day, as `date.strftime` writes it.
        most: Bars shown; older ones are left out.
    """

    begin: Callable[[date], date]
    label: str
    most: int


STEPS: Mapping[str, Step] = {
    "day": Step(lambda day: day, "%-d %b", 92),
    "week": Step(lambda day: day - timedelta(days=day.weekday()), "%-d %b", 104),
    "month": Step(lambda day: day.replace(day=1), "%b %Y", 120),
}


def bars(counts: Iterable[tuple[date, Sequence[int]]], kinds: Sequence[str], step: str, about: str) -> Markup:
    """Bars of what happened on days, period by period, with those between in which nothing did.

    Args:
        counts: A day and its number of each kind.
        kinds: Names of the kinds, from the bottom of a bar to its top; at most six.
        step: Key of `STEPS`.
        about: What is counted, for a screen reader.
    """
    chosen = STEPS.get(step, STEPS["month"])
    totals: dict[date, list[int]] = {}
    for day, numbers in counts:
        column = totals.setdefault(chosen.begin(day), [0] * len(kinds))
        for n, number in enumerate(numbers):
            column[n] += number
    if not totals:
        return EMPTY
    periods = _periods(min(totals), max(totals), chosen)
    nothing = [0] * len(kinds)
    top = _round_up(max(sum(totals.get(period, nothing)) for period in periods))
    every = ceil(len(periods) / LABELS)
    names = _names(periods[::every], chosen.label)
    columns = [
        _column(period.strftime(chosen.label), totals.get(period, nothing), kinds, top, names.get(period))
        for period in periods
    ]
    ticks = (
        [_tick(top * n // _TICKS, top) for n in range(_TICKS + 1)]
        if top >= _TICKS
        else [_tick(0, top), _tick(top, top)]
    )
    plot = element("div", *ticks, element("div", *columns, class_="columns"), class_="plot")
    legend = [element("span", name, class_=f"kind{n}") for n, name in enumerate(kinds)]
    key = element("figcaption", *legend) if len(kinds) > 1 else EMPTY
    return element("figure", plot, key, class_="bars", role="group", aria_label=about)


def small(counts: Sequence[tuple[date, int]], about: str) -> Markup:
    """Bars of months so small that they stand beside a name; in words they are one picture.

    Args:
        counts: The first of each month, ascending, with its number; the largest is as high as there is room.
        about: What is counted.
    """
    top = max((number for _, number in counts), default=0)
    if not top:
        return EMPTY
    shown = (element("i", style=f"height:{100 * number / top:.0f}%") for _, number in counts)
    said = ", ".join(f"{day:%b %Y} {number:,}" for day, number in counts)
    text = f"{about} by month: {said}"
    return element("span", *shown, class_="months", role="img", aria_label=text, title=text)


def _periods(first: date, last: date, step: Step) -> list[date]:
    """First days of the last periods, ascending, without a gap."""
    periods = [last]
    while periods[-1] > first and len(periods) < step.most:
        periods.append(step.begin(periods[-1] - timedelta(days=1)))
    return periods[::-1]


def _names(periods: Iterable[date], label: str) -> dict[date, str]:
    """What stands below bars; a year has a line of its own and is not said again, so that names fit a phone."""
    names, year = {}, 0
    for period in periods:
        names[period] = period.strftime(label.replace(" %Y", "" if period.year == year else "\n%Y"))
        year = period.year
    return names


def _column(label: str, numbers: Sequence[int], kinds: Sequence[str], top: int, below: str | None) -> Markup:
    parts = [
        element("i", class_=f"kind{n}", style=f"height:{100 * number / top:.2f}%")
        for n, number in enumerate(numbers)
        if number
    ]
    said = ", ".join(f"{number:,} {kind}" for number, kind in zip(numbers, kinds, strict=True) if number) or "none"
    name = element("span", below, aria_hidden="true") if below else EMPTY
    text = f"{label}: {said}"
    return element("div", *reversed(parts), name, class_="column", title=text, role="img", aria_label=text)


def _tick(value: int, top: int) -> Markup:
    return element("b", f"{value:,}", style=f"bottom:{100 * value / top:.2f}%", aria_hidden="true")


def _round_up(number: int) -> int:
    """The next number that `_TICKS` parts make round: 3, 6, 15, 30, 60 and so on."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return next(
        top * scale for scale in (unit, 10 * unit) for top in (3, 6, 9, 12, 15, 30, 60) if top * scale >= number
    )
