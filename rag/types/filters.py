"""What papers can be restricted by: one row a field, from which follows everything that asks for it.

A row is the declaration of an attribute of `Filters`. From it follow the options of the command line, the fields of the
page's forms and the marks above an answer, the arguments of the endpoints for programs, ``/filters`` in the terminal's
chat, the shelf's condition, the words that name a restriction, and ``filters`` in JSON. The indexes know no filter:
they are asked for the papers that the shelf allows (docs/adr/0016-filters.md).
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Annotated, Any, Literal, get_type_hints

from rag.types.card import CARD_FIELDS

OR = " or "
"""Between names any of which is meant."""
_BETWEEN = re.compile(r",|\s+or\s+")
AND = " and "
"""Between names all of which are meant."""
_TOGETHER = re.compile(r",|\s+and\s+")
_MONTH = re.compile(r"\d{4}-\d{2}")
_PARTED = re.compile(r",?\s+|,(?=\d{4}\.\d)")
"""Between ids; a comma may stand in one."""
_WRITTEN = re.compile(r"(?:arxiv:)?(\d{4}\.\d{4,5})(?:v\d+)?", re.IGNORECASE)
_IS_DATED = "NOT EXISTS (SELECT 1 FROM metadata m WHERE m.paper_id = p.paper_id AND m.name = 'undated')"
"""In a condition: that some source told a day, for one that is only supposed is no paper's date."""
NO_PAPER = "-"
"""What stands for no paper at all, and is no paper's id."""
_NAMED = 3
"""Papers that are named one by one in words; more are counted."""
DATES = "dates"
"""The group of the first and the last day."""


class FilterError(ValueError):
    """What a filter cannot be; the text says why.

    Attributes:
        key: Of the filter's row.
    """

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


@dataclass(frozen=True, slots=True)
class FilterField:
    """A row of the table.

    Attributes:
        key: What it is called in ``filters`` of JSON, in the page's forms, behind ``--`` and behind ``/filters``.
        meaning: Which papers it leaves, as a sentence.
        metavar: What stands for its value in help texts.
        read: Text → value; raises ValueError saying what the text is not.
        condition: What a paper ``p`` of the shelf fulfils, in SQL with a ``?`` for the value; empty where the shelf
            looks the value up in a way of its own.
        bound: Value → what stands for it in the condition.
        phrase: The value in words that follow "papers".
        brief: The value in words that stand alone, where it may be too long to be shown; else key and value are.
        control: The kind of input that the page shows.
        several: Whether it may be given more than once; `read` takes all of them between commas.
        group: What is given, lifted and inherited together; empty where the field stands alone.
        name: The attribute of `Filters`, and an endpoint's argument.
    """

    key: str
    meaning: str
    metavar: str
    read: Callable[[str], Any]
    condition: str = ""
    bound: Callable[[Any], object] = str
    phrase: str = "{}"
    brief: Callable[[Any], str] | None = None
    control: Literal["date", "text"] = "text"
    several: bool = False
    group: str = ""
    name: str = ""


def first_day(text: str) -> date:
    """Read an ISO date, or a month as its first day.

    Raises:
        ValueError: saying what it is not.
    """
    try:
        return date.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date like 2025-05-31 or a month like 2025-05") from None


def last_day(text: str) -> date:
    """Read an ISO date, or a month as its last day (`first_day`)."""
    day = first_day(text)
    return day.replace(day=monthrange(day.year, day.month)[1]) if _MONTH.fullmatch(text) else day


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _any_of(text: str) -> str:
    """Names between commas, or joined by "or" as they come back: ``cs.IR or cs.CL``."""
    names = dict.fromkeys(filter(None, map(_one_line, _BETWEEN.split(text))))
    if not names:
        raise ValueError(f"{text!r} names nothing")
    return OR.join(names)


def chosen(paper_ids: Iterable[str]) -> str:
    """Papers as the value of `Filters.paper`; none of them leaves no paper, not all."""
    return " ".join(dict.fromkeys(paper_ids)) or NO_PAPER


def _ids(text: str) -> str:
    """Ids between white space or commas as `chosen` gives them; of arXiv's, without their version."""
    parts = [part.strip(",") for part in _PARTED.split(text)]
    return chosen(match[1] if (match := _WRITTEN.fullmatch(part)) else part for part in parts if part)


def _ids_json(value: str) -> str:
    return json.dumps(value.split())


def _few_or_many(value: str) -> str:
    """Papers in a few words: ``2504.05309, 2504.05220`` or ``5,000 chosen papers``."""
    ids = value.split()
    if value == NO_PAPER:
        return "an empty choice of papers"
    return ", ".join(ids) if len(ids) <= _NAMED else f"{len(ids):,} chosen papers"


def _all_of_card(text: str) -> str:
    """Fields of a card between commas, or joined by "and" as they come back: ``code and data``."""
    names = dict.fromkeys(filter(None, (_one_line(name).casefold() for name in _TOGETHER.split(text))))
    for name in names:
        if name not in CARD_FIELDS:
            raise ValueError(f"{name!r} is no field of a card, which are {', '.join(CARD_FIELDS)}")
    if not names:
        raise ValueError(f"{text!r} names nothing")
    return AND.join(names)


def _either(names: str) -> str:
    """What `_any_of` read as a JSON list in small letters."""
    return json.dumps(names.casefold().split(OR))


def _together(names: str) -> str:
    """What `_all_of_card` read as a JSON list in small letters."""
    return json.dumps(names.casefold().split(AND))


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrictions on the papers that may answer; dates are inclusive, on `Paper.date`, and no undated paper's."""

    date_from: Annotated[
        date | None,
        FilterField(
            "from",
            "New on or after this day or month, such as 2025-05-31.",
            "DATE",
            first_day,
            condition=f"p.date >= ? AND {_IS_DATED}",
            control="date",
            group=DATES,
        ),
    ] = None
    date_to: Annotated[
        date | None,
        FilterField(
            "to",
            "New on or before this day or month, such as 2025-05.",
            "DATE",
            last_day,
            condition=f"p.date <= ? AND {_IS_DATED}",
            control="date",
            group=DATES,
        ),
    ] = None
    author: Annotated[
        str | None, FilterField("author", "Papers with this author.", "NAME", _one_line, phrase="by {}")
    ] = None
    category: Annotated[
        str | None,
        FilterField(
            "category",
            "Papers that their source puts into this category (cs.IR) or archive (cs); several are alternatives.",
            "CATEGORY",
            _any_of,
            condition="p.paper_id IN (SELECT paper_id FROM categories WHERE name IN (SELECT value FROM json_each(?)))",
            bound=_either,
            phrase="in {}",
            several=True,
        ),
    ] = None
    paper: Annotated[
        str | None,
        FilterField(
            "paper",
            "This paper, by its id; several are alternatives.",
            "ID",
            _ids,
            condition="p.paper_id IN (SELECT coalesce(r.new, j.value) FROM json_each(?) j "
            "LEFT JOIN renamed r ON r.old = j.value)",
            bound=_ids_json,
            phrase="among {}",
            brief=_few_or_many,
            several=True,
        ),
    ] = None
    tag: Annotated[
        str | None,
        FilterField(
            "tag",
            "Papers on this subject (sequential-recommendation, or another of its names) or a narrower one; "
            "several are alternatives.",
            "SUBJECT",
            _any_of,
            condition="(p.paper_id, p.latest) IN (SELECT paper_id, version FROM tags WHERE tag IN "
            "(SELECT tag FROM subject_names WHERE name IN (SELECT value FROM json_each(?))))",
            bound=_either,
            phrase="on {}",
            several=True,
        ),
    ] = None
    has: Annotated[
        str | None,
        FilterField(
            "has",
            "Papers whose abstract says this: task, method, data, result or code (a link); several must all be there.",
            "FIELD",
            _all_of_card,
            condition="NOT EXISTS (SELECT 1 FROM json_each(?) wanted WHERE NOT EXISTS (SELECT 1 FROM cards c "
            "WHERE c.paper_id = p.paper_id AND c.version = p.latest AND c.field = wanted.value))",
            bound=_together,
            phrase="with {}",
            several=True,
        ),
    ] = None

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Filters:
        """Read filters from texts by key; a blank one restricts nothing, and other keys are passed over.

        Raises:
            FilterError: a text is not what its field holds, or the first day lies after the last.
        """
        read: dict[str, Any] = {}
        for row in FIELDS:
            text = str(values.get(row.key) or "").strip()
            try:
                read[row.name] = (row.read(text) or None) if text else None
            except ValueError as error:
                raise FilterError(row.key, str(error)) from None
        filters = cls(**read)
        if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
            raise FilterError("from", f"the first day, {filters.date_from}, lies after the last, {filters.date_to}")
        return filters

    def __bool__(self) -> bool:
        return bool(self.given())

    def given(self) -> list[tuple[FilterField, Any]]:
        """The rows that restrict something, with their values."""
        pairs = ((row, getattr(self, row.name)) for row in FIELDS)
        return [(row, value) for row, value in pairs if value]

    def groups(self) -> dict[str, str]:
        """What is restricted, by group, in words: ``{"dates": "reports from 2025-05-01", "author": "author Lin"}``."""
        words: dict[str, str] = {}
        for row, value in self.given():
            said = row.brief(value) if row.brief else f"{row.key} {value}"
            words[row.group] = f"{words.get(row.group, 'reports' if row.group == DATES else '')} {said}"
        return {group: text.strip() for group, text in words.items()}

    def without(self, group: str) -> Filters:
        """The same, with this group lifted."""
        return replace(self, **{row.name: None for row in FIELDS if row.group == group})

    def completed(self, other: Filters) -> Filters:
        """These restrictions, and those of another in the groups that these leave open."""
        own = self.groups()
        return replace(self, **{row.name: value for row, value in other.given() if row.group not in own})

    def as_json(self) -> dict[str, str | None]:
        """The filters as the contract prints them; `read` reads them back."""
        given = {row.key: str(value) for row, value in self.given()}
        return {row.key: given.get(row.key) for row in FIELDS}


def _rows() -> tuple[FilterField, ...]:
    hints = get_type_hints(Filters, include_extras=True)
    declared = ((one.name, hints[one.name].__metadata__[0]) for one in fields(Filters))
    return tuple(replace(row, name=name, group=row.group or row.key) for name, row in declared)


FIELDS = _rows()
"""The table, in the order in which filters are shown."""
