"""Which tests run on one worker, and which first, where the suite is run on several.

A module is a unit, so that what its tests share is made once. Modules that share more, or must not run side by side,
are one unit together. The long units begin first: whatever is short fills up the other worker at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdist.scheduler import LoadScopeScheduling

UNITS: Sequence[tuple[str, Sequence[str]]] = (
    (
        "all reports, indexed once and asked once",
        (
            "tests/quality/test_development_sets.py",
            "tests/quality/test_conversations.py",
            "tests/quality/test_lists.py",
        ),
    ),
    ("one browser and one page", ("tests/browser/",)),
    (
        "wheel and release, which are built from this folder",
        ("tests/contract/test_wheel.py", "tests/contract/test_release.py"),
    ),
)
"""Units of several modules, by the beginnings of their paths, the longest first."""
LONG = (
    "tests/contract/test_operation.py",
    "tests/unit/test_recommendation.py",
    "tests/contract/test_crash_safety.py",
    "tests/contract/test_bulk.py",
    "tests/contract/test_fetch.py",
    "tests/unit/test_speed.py",
    "tests/quality/test_full_texts.py",
    "tests/contract/test_page_servers.py",
    "tests/contract/test_holding.py",
    "tests/contract/test_cli.py",
)
"""Modules of more than half a minute, which follow."""


def unit_of(node: str) -> str:
    """The unit of a test, by its node's id."""
    path = node.partition("::")[0]
    return next((name for name, paths in UNITS if path.startswith(tuple(paths))), path)


def place_of(node: str) -> int:
    """Where a test's unit stands in the order, from 0; those of no known length come last, in their own order."""
    unit = unit_of(node)
    order = [*(name for name, _ in UNITS), *LONG]
    return order.index(unit) if unit in order else len(order)


class UnitScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist brings no types
    """Gives whole units to workers, in the order in which tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
