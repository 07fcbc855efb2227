"""What a request for the best paper is read into; rocks, lakes and bread, unlike the requests that were fitted on."""

from __future__ import annotations

import pytest

from rag.query.criteria import MOST, Criterion, asks_for_best, read_criteria, read_wish


def told(request: str) -> list[str]:
    """Criteria in short: what must be met has a mark."""
    return [f"{one.kind}{'!' if one.must else ''}={one.text}" for one in read_wish(request).criteria]


@pytest.mark.parametrize(
    ("request_", "criteria"),
    [
        ("best paper on naming rocks", ["subject!=naming rocks"]),
        (
            "Which is the best paper for getting started with rock naming for museums, with code and an A/B test?",
            [
                "subject!=rock naming",
                "domain=museums",
                "sort=introduction",
                "code=code available",
                "online=online test",
            ],
        ),
        (
            "I am looking for the best survey of lake models, ideally with a user study",
            ["subject!=lake models", "sort=survey", "study=user study"],
        ),
        (
            "Which paper should I read first on sourdough? It must have a public repository and run on a phone.",
            ["subject!=sourdough", "code!=code available", "free!=run on a phone"],
        ),
        ("best paper on lakes without labelled data", ["subject!=lakes", "free=without labelled data"]),
        ("best dataset paper of rock photographs", ["subject!=rock photographs", "sort=dataset"]),
        (
            "best paper on salt and fresh water lakes, code",
            ["subject!=salt and fresh water lakes", "code=code available"],
        ),
        (
            "best paper on crusts with an online experiment at national scale",
            ["subject!=crusts", "online=online test", "free=at national scale"],
        ),
        ("best paper with code", ["code=code available"]),
        ("best paper?", []),
        ("the best one", []),
    ],
)
def test_a_request_is_read_into_its_parts(request_: str, criteria: list[str]) -> None:
    assert told(request_) == criteria


def test_a_recent_paper_is_wanted_where_it_says_so() -> None:
    assert read_wish("the best recent survey of lakes").newest
    assert not read_wish("the best survey of recent lakes").newest


def test_what_is_typed_as_one_criterion_may_hold_several_and_nothing_is_lost() -> None:
    assert [one.kind for one in read_criteria("code and a user study")] == ["code", "study"]
    assert read_criteria("with an online test in three countries") == (
        Criterion("online", "online test"),
        Criterion("free", "in three countries"),
    )
    assert read_criteria("must be a survey") == (Criterion("sort", "survey", must=True),)
    assert read_criteria(" the ") == ()


def test_a_request_has_each_criterion_once_and_not_too_many() -> None:
    many = ", ".join(f"rock{n} rocks" for n in range(20))
    assert len(read_wish(f"best paper on rocks, {many}").criteria) == MOST
    assert told("best paper on rocks, code, open source code") == ["subject!=rocks", "code=code available"]


def test_a_question_about_something_best_asks_for_no_paper() -> None:
    assert asks_for_best("what is the best paper on rocks?")
    assert not asks_for_best("what is the best way to name rocks?")
