"""What a request for the best paper is read into; rocks, lakes and bread, unlike the requests that were fitted on."""

from __future__ import annotations

import pytest

from rag.query.intents.criteria import MOST, Criterion, asks_for_best, denied, read_criteria, read_wish


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
            "best paper on crusts tested online, whose code is on GitHub",
            ["subject!=crusts", "online=online test", "code=code available"],
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


@pytest.mark.parametrize(
    "clause",
    [
        *("without code", "with no code", "that has no repository", "whose code is not public", "that lacks code"),
        *("without an online test or a user study", "that was not tested online", "which was never evaluated online"),
        *("without a user study", "with no questionnaire", "that has not had a user study", "that is not a survey"),
    ],
)
def test_what_is_denied_is_not_asked_for(clause: str) -> None:
    """It stays one criterion, in the reader's words, with the word that denies it."""
    subject, *found = read_wish(f"best paper on rocks {clause}").criteria
    assert subject == Criterion("subject", "rocks", must=True)
    assert [one.kind for one in found] == ["free"]
    assert denied(found[0])


def test_what_stands_beside_something_denied_is_asked_for() -> None:
    assert told("best paper on rocks with code but no user study") == [
        *("subject!=rocks", "code=code available", "free=no user study")
    ]
    assert told("best paper on rocks without code but with a user study") == [
        *("subject!=rocks", "free=without code", "study=user study")
    ]
    assert told("best paper on rocks. It must not have code") == ["subject!=rocks", "free!=not have code"]


@pytest.mark.parametrize(
    "subject",
    [
        *("code generation", "code retrieval", "GitHub issues", "GitHub Copilot", "open source models", "code"),
        *("repository-level code completion", "user studies", "A/B testing", "online evaluation of rankers"),
        *("text and code", "implementation costs", "user interviews and their cost", "open source"),
    ],
)
def test_a_subject_is_not_taken_for_what_a_paper_is_to_have(subject: str) -> None:
    assert told(f"best paper on {subject}") == [f"subject!={subject}"]
    assert told(f"best paper on {subject}, with code") == [f"subject!={subject}", "code=code available"]


@pytest.mark.parametrize("clause", ["open source models", "code generator", "online test collection", "GitHub issues"])
def test_a_word_before_another_noun_only_describes_that(clause: str) -> None:
    assert told(f"best paper on rocks with {clause}") == ["subject!=rocks", f"free={clause}"]


def test_several_sorts_may_be_named_at_once() -> None:
    assert told("best survey or tutorial on rocks") == ["subject!=rocks", "sort=survey", "sort=introduction"]
    assert told("best tutorial, survey or overview of rocks") == ["subject!=rocks", "sort=introduction", "sort=survey"]


def test_what_is_said_twice_is_required_where_it_is_once() -> None:
    assert told("best paper on rocks, with code. It must have code") == ["subject!=rocks", "code!=code available"]


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
