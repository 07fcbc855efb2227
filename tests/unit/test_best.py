"""The best paper: labels with quotes, and an order that follows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import UsageError
from rag.index.library import Library
from rag.models.criteria import GROUPS, load_levels
from rag.query.intents.criteria import KINDS
from rag.topics.best.choice import LEVELS, MET, WEIGHT, Choice, Label, Row, choose, edited, in_order, read
from rag.types import Filters
from tests.support.papers import make_paper

PAPERS = (
    make_paper(
        "2504.00001",
        "RockRank: Ranking Rocks by Their Names",
        "Search engines for geologists miss rocks that have several names. We propose RockRank, which ranks rocks by a "
        "graph of their names. Our code is available at https://github.com/example/rockrank.",
    ),
    make_paper(
        "2504.00002",
        "A Survey of Ranking Rocks",
        "This survey reviews work on ranking rocks. We compare eighty papers and name open problems.",
    ),
    make_paper(
        "2504.00003",
        "Ranking Rocks in a Quarry's Shop",
        "We rank rocks for customers of a quarry. In an online A/B test with two million customers, our ranking was "
        "deployed for a month and brought 3% more orders.",
        day="2025-06-11",
    ),
    make_paper("2504.00004", "Sourdough at Sea", "We bake bread on ships. The crust is measured every hour."),
)
REQUEST = "what is the best paper on ranking rocks, with code and an online test?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=tmp_path_factory.mktemp("best")))
    library.ingest(PAPERS)
    with Assistant(library) as made:
        yield made


@pytest.fixture(scope="module")
def found(assistant: Assistant) -> Choice:
    return choose(assistant.engine, read(assistant.engine, REQUEST))


def levels(choice: Choice, paper_id: str) -> list[int]:
    row = next(row for row in choice.rows if row.paper.paper_id == paper_id)
    return [label.level for label in row.labels]


@pytest.mark.parametrize(
    ("request_", "criteria"),
    [
        (
            "best paper for a mason who wants to understand ranking rocks",
            ["subject=ranking rocks", "free=mason who wants to understand"],
        ),
        (
            "best paper for convincing my boss that ranking rocks pays",
            ["subject=ranking rocks", "free=convincing my boss … pays"],
        ),
        ("best paper that explains ranking rocks to sailors", ["subject=ranking rocks", "free=explains … to sailors"]),
        ("what should a nurse read first about ranking rocks?", ["subject=ranking rocks", "free=nurse"]),
        ("best paper for ranking rocks in a quarry", ["subject=ranking rocks", "domain=a quarry"]),
        ("best paper on ranking rocks for sailors", ["subject=ranking rocks", "domain=sailors"]),
        ("best paper for wooing zebras", ["subject=wooing zebras"]),  # of which the library knows nothing
    ],
)
def test_whom_a_paper_is_for_and_why_is_not_what_it_is_about(
    assistant: Assistant, request_: str, criteria: list[str]
) -> None:
    assert [f"{one.kind}={one.text}" for one in read(assistant.engine, request_).wish.criteria] == criteria


def test_every_level_above_none_quotes_the_paper_and_none_quotes_nothing(found: Choice) -> None:
    labels = [(row, label) for row in found.rows for label in row.labels]
    assert {label.level for _, label in labels} >= {0, 3}
    for row, label in labels:
        quote = row.quote(label)
        assert bool(quote) == bool(label.level)
        assert quote in row.paper.text
        assert label.name == LEVELS[label.level]


def test_papers_have_the_levels_that_their_text_bears_out(found: Choice) -> None:
    subject, code, online = range(3)
    assert [one.kind for one in found.asked.wish.criteria] == ["subject", "code", "online"]
    assert levels(found, "2504.00001")[subject] == levels(found, "2504.00003")[subject] == 3
    assert levels(found, "2504.00004")[subject] < MET
    assert levels(found, "2504.00001")[code] == 3
    assert levels(found, "2504.00003")[online] >= MET
    row = next(row for row in found.rows if row.paper.paper_id == "2504.00001")
    assert "github.com" in row.quote(row.labels[code])


def test_the_order_follows_the_labels(found: Choice) -> None:
    for row in found.rows:
        pairs = list(zip(found.asked.wish.criteria, row.labels, strict=True))
        assert row.points == sum(WEIGHT[one.must] * label.level for one, label in pairs)
        assert row.missed == sum(one.must and label.level < MET for one, label in pairs)
        assert row.untold == sum(one.must and label.level == 0 for one, label in pairs)
    keys = [(row.untold, row.missed, -row.points, -sum(label.level == 3 for label in row.labels)) for row in found.rows]
    assert keys == sorted(keys)
    assert found.rows[-1].paper.paper_id == "2504.00004"


def test_a_paper_that_tells_nothing_of_what_must_be_met_comes_after_every_one_that_does() -> None:
    levels = {  # what it must be about, a second thing that must be met, what would be nice
        "touches": (1, 3, 0),
        "untold": (0, 3, 3),
        "meets": (2, 2, 0),
        "touches both": (1, 1, 3),
        "touches, and more": (1, 3, 3),
    }
    rows = [
        Row(make_paper(f"2504.0000{n}", name), tuple(map(Label, of)), 2 * of[0] + 2 * of[1] + of[2], missed, untold)
        for n, (name, of) in enumerate(levels.items(), 1)
        for missed, untold in [(sum(level < MET for level in of[:2]), of[:2].count(0))]
    ]
    ordered = [row.paper.title for row in in_order(rows, newest=False)]
    assert ordered == ["meets", "touches, and more", "touches", "touches both", "untold"]


def test_the_same_request_gives_the_same_choice(assistant: Assistant, found: Choice) -> None:
    assert choose(assistant.engine, read(assistant.engine, REQUEST)).as_json(9) == found.as_json(9)


def test_what_must_be_met_comes_before_points(assistant: Assistant) -> None:
    asked = edited(read(assistant.engine, REQUEST), must=[3])
    assert asked.wish.criteria[2].must
    assert choose(assistant.engine, asked).rows[0].paper.paper_id == "2504.00003"


def test_criteria_are_added_and_left_out_and_one_that_nobody_meets_is_said(assistant: Assistant) -> None:
    asked = edited(read(assistant.engine, REQUEST), added=["a user study"], without=[2, 3])
    assert [one.text for one in asked.wish.criteria] == ["ranking rocks", "user study"]
    found = choose(assistant.engine, asked)
    assert found.unmet == (1,)
    assert found.unsaid() == [f"None of the {len(found.rows)} papers looked at meets “user study”."]
    for wrong in ({"without": [9]}, {"must": [0]}, {"added": ["the"]}, {"added": ["x" * 200]}):
        with pytest.raises(UsageError):
            edited(asked, **wrong)
    with pytest.raises(UsageError, match="too many"):
        edited(asked, added=[f"rock{n} rocks" for n in range(9)])


def test_a_criterion_that_is_added_as_required_stays_so(assistant: Assistant) -> None:
    asked = edited(read(assistant.engine, REQUEST), added=["it must have code"])
    assert [(one.kind, one.must) for one in asked.wish.criteria] == [
        *(("subject", True), ("code", True), ("online", False))
    ]


def test_what_is_left_out_is_not_looked_at_and_is_said(assistant: Assistant) -> None:
    asked = read(assistant.engine, "best paper on ranking rocks, not a survey")
    assert [note.code for note in asked.notes] == ["left_out"]
    assert "2504.00002" not in [row.paper.paper_id for row in choose(assistant.engine, asked).rows]


def test_a_criterion_that_denies_says_how_it_is_judged(assistant: Assistant) -> None:
    (note,) = read(assistant.engine, "best paper on ranking rocks without code").notes
    assert "“without code” is judged by its words" in note.text


def test_a_paper_without_a_day_is_not_the_newest(tmp_path: Path) -> None:
    """The day that an undated one is filed under is that of its entry."""
    same = ("Ranking Rocks", "We rank rocks by their names.")
    old, new = (make_paper(f"2504.0000{n}", *same, day=f"2025-0{n}-11") for n in (1, 2))
    undated = replace(make_paper("2504.00003", *same, day="2026-01-01"), undated=True)
    library = Library(Config(data_dir=tmp_path))
    library.ingest([old, new, undated])
    with Assistant(library) as made:
        rows = choose(made.engine, read(made.engine, "best recent paper on ranking rocks")).rows
    assert [row.paper.paper_id for row in rows] == ["2504.00002", "2504.00001", "2504.00003"]


def test_a_request_without_a_criterion_looks_at_no_paper(assistant: Assistant) -> None:
    asked = read(assistant.engine, "best paper?")
    assert (asked.wish.criteria, choose(assistant.engine, asked).rows) == ((), ())


def test_restrictions_hold(assistant: Assistant) -> None:
    found = choose(assistant.engine, read(assistant.engine, f"{REQUEST[:-1]} since June 2025"))
    assert [row.paper.paper_id for row in found.rows] == ["2504.00003"]
    by_nobody = replace(read(assistant.engine, REQUEST), filters=Filters(author="Nobody Atall"))
    assert choose(assistant.engine, by_nobody).rows == ()


def test_every_kind_has_weights_that_reach_all_levels() -> None:
    assert set(GROUPS) == set(KINDS)
    for group in load_levels().groups.values():
        assert list(group.cuts) == sorted(group.cuts)
        assert min(group.sentence.values()) > 0
        nothing, everything = np.array([0.0, 0.0, -1.0]), np.array([1.0, 1.0, 1.5])
        assert group.level(nothing, np.array([-1.0, 0.0, 0.0, 0.0, 0.0])) == 0
        assert group.level(everything, np.array([1.0, 1.0, 1.0, 1.0, 1.0])) == 3
