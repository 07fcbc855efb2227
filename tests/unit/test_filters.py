"""The table of filters, and what follows from it: every row is asked for, carried, worded and lifted everywhere."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import typer.main

from rag.answer.render import describe_filters
from rag.types import Filters
from rag.types.filters import DATES, FIELDS, FilterError, FilterField, chosen, first_day, last_day
from ui.cli import app
from ui.cli.answers.chat_commands import HELP, read_filters
from ui.web.host.programs import ENDPOINTS, Programs
from ui.web.html.fields import fields

TEXTS = {
    "from": "2025-05",
    "to": "2025-05",
    "author": " Wei \n Lin ",
    "category": "cs.IR, cs.CL",
    "paper": "arXiv:2504.05309v2,2504.05220 doi:10.1/a,b",
    "tag": "RAG",
    "has": "Code, data",
}
PAPERS = "2504.05309 2504.05220 doi:10.1/a,b"
READ = Filters(date(2025, 5, 1), date(2025, 5, 31), "Wei Lin", "cs.IR or cs.CL", PAPERS, "RAG", "code and data")
RESTRICTED = ("search", "ask", "topic", "papers")
"""The commands that take filters."""


def test_there_is_a_text_here_for_every_row() -> None:
    assert list(TEXTS) == [row.key for row in FIELDS]
    assert len(READ.given()) == len(FIELDS)


def test_texts_become_filters_and_come_back_from_json() -> None:
    assert Filters.read(TEXTS | {"more": 1}) == READ
    assert Filters.read(READ.as_json()) == READ
    assert list(READ.as_json()) == [row.key for row in FIELDS]
    assert Filters().as_json() == dict.fromkeys(TEXTS)
    blanks: list[object] = ["", "  ", None, []]
    for blank in blanks:
        assert Filters.read(dict.fromkeys(TEXTS, blank)) == Filters()


@pytest.mark.parametrize(
    ("texts", "key", "said"),
    [
        ({"from": "soon"}, "from", "'soon' is not a date"),
        ({"to": "2025-13"}, "to", "'2025-13' is not a date"),
        ({"category": " , "}, "category", "names nothing"),
        ({"has": "code, colour"}, "has", "'colour' is no field of a card, which are task, method, data, result, code"),
        ({"from": "2025-06-01", "to": "2025-05"}, "from", "the first day, 2025-06-01, lies after the last, 2025-05-31"),
    ],
)
def test_what_cannot_be_read_is_named(texts: dict[str, str], key: str, said: str) -> None:
    with pytest.raises(FilterError, match=said) as caught:
        Filters.read(texts)
    assert caught.value.key == key


def test_a_month_begins_and_ends_with_its_days() -> None:
    assert (first_day("2024-02"), last_day("2024-02")) == (date(2024, 2, 1), date(2024, 2, 29))
    assert first_day("2024-02-10") == last_day("2024-02-10") == date(2024, 2, 10)


def test_few_papers_are_named_and_many_are_counted() -> None:
    few, many = chosen(["2504.05309", "2504.05220", "2504.05309"]), chosen(f"2504.{n:05}" for n in range(1, 5001))
    assert Filters(paper=few).groups() == {"paper": "2504.05309, 2504.05220"}
    assert (
        describe_filters(Filters(date_to=date(2025, 5, 1), paper=many)) == "reports to 2025-05-01, 5,000 chosen papers"
    )
    assert Filters.read(Filters(paper=many).as_json()) == Filters(paper=many)


def test_a_choice_of_no_paper_leaves_none_and_not_all() -> None:
    none = Filters(paper=chosen([]))
    assert none
    assert Filters.read(none.as_json()) == none
    assert describe_filters(none) == "an empty choice of papers"


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row.key)
def test_each_row_is_offered_everywhere(row: FilterField) -> None:
    commands: Any = typer.main.get_command(app)
    for name in RESTRICTED:
        (option,) = [one for one in commands.commands[name].params if f"--{row.key}" in one.opts]
        assert option.help == row.meaning
    for name in ENDPOINTS:
        endpoint = getattr(Programs, name)
        assert inspect.signature(endpoint).parameters[row.name].default is None
        assert f"{row.name}: {row.meaning}" in (endpoint.__doc__ or "")
    assert any(f'name="{row.key}"' in field and f'type="{row.control}"' in field for field in map(str, fields()))
    assert f"[{row.key} {row.metavar}]" in HELP
    assert getattr(read_filters(f"{row.key} {READ.as_json()[row.key]}"), row.name) == getattr(READ, row.name)


@pytest.mark.parametrize("group", READ.groups())
def test_each_group_is_worded_lifted_and_inherited_alone(group: str) -> None:
    lifted = READ.without(group)
    assert set(lifted.groups()) == set(READ.groups()) - {group}
    assert READ.groups()[group] in describe_filters(READ)
    assert READ.groups()[group] not in describe_filters(lifted)
    assert lifted.completed(READ) == READ


def test_the_range_of_dates_is_inherited_as_one() -> None:
    since = Filters(date_from=date(2025, 9, 1))
    assert since.completed(READ) == replace(READ, date_from=date(2025, 9, 1), date_to=None)
    assert READ.groups()[DATES] == "reports from 2025-05-01 to 2025-05-31"
    assert Filters(date_to=date(2025, 9, 1)).groups() == {DATES: "reports to 2025-09-01"}
