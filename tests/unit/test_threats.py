"""Each line of the threat model names a test, and each of those exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def rows() -> list[list[str]]:
    """The cells of the table, below its header."""
    text = (REPOSITORY / "docs" / "threats.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def known() -> frozenset[str]:
    """The names of all tests."""
    found: set[str] = set()
    for path in (REPOSITORY / "tests").rglob("test_*.py"):
        found.update(re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))
    return frozenset(found)


def test_every_line_has_all_its_cells() -> None:
    assert len(rows()) > 25
    assert rows()[0][0]
    for row in rows():
        assert len(row) == 4, row
        assert all(row[1:]), row


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1][:40])
def test_every_line_names_tests_that_exist(row: list[str]) -> None:
    named = re.findall(r"`(test_\w+)`", row[3])
    assert named, f"no test holds: {row[1]}"
    assert [name for name in named if name not in known()] == []
