"""Which papers claim a name: the strongest first, at a cost that does not grow with how many there are."""

from __future__ import annotations

import random
import sqlite3

import pytest

from rag.papers.claims import Claim
from rag.papers.entities import _NAMINGS
from rag.papers.schema import STEPS

Row = tuple[str, int, str]


def library(claims: list[Claim]) -> sqlite3.Connection:
    """The tables of papers that claim one name, and of as many that claim another."""
    db = sqlite3.connect(":memory:")
    for step in STEPS:
        db.executescript(step)
    for entry, claim in enumerate(claims):
        db.execute("INSERT INTO entity_papers (entry, paper_id) VALUES (?, ?)", (entry, f"2504.{entry:05}"))
        db.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", [(key, claim, entry, "Models") for key in ("a", "b")])
    return db


def steps(db: sqlite3.Connection, limit: int) -> int:
    """Steps of SQLite's machine that a look-up takes."""
    taken = [0]

    def step() -> int:
        taken[0] += 1
        return 0

    db.set_progress_handler(step, 1)
    db.execute(_NAMINGS, (*("a", limit) * len(Claim), limit)).fetchall()
    db.set_progress_handler(None, 1)
    return taken[0]


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_the_strongest_claims_come_first_and_of_equals_the_oldest(limit: int) -> None:
    claims = random.Random(5).choices(list(Claim), weights=[40, 10, 1, 2, 1], k=300)
    expected = sorted(enumerate(claims), key=lambda one: (-one[1], one[0]))[:limit]
    rows: list[Row] = library(claims).execute(_NAMINGS, (*("a", limit) * len(Claim), limit)).fetchall()
    assert rows == [(f"2504.{entry:05}", claim, "Models") for entry, claim in expected]


def test_a_word_that_stands_in_thousands_of_papers_costs_no_more() -> None:
    few, many = library([Claim.MENTIONED] * 20), library([Claim.MENTIONED] * 5000)
    assert steps(many, 10) < 2 * steps(few, 10)
