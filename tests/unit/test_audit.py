"""What is said of an audit: that nothing could be looked up is never told as nothing found."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.support.audit import read


def printed(*packages: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


SKIPPED = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited: a (1.0)"}
FINE = {"name": "b", "version": "2.0", "vulns": []}
FLAWED = {"name": "c", "version": "3.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"], "aliases": []}]}


def test_nothing_looked_up_is_no_clean_bill() -> None:
    found = read(2, printed(SKIPPED, SKIPPED))
    assert str(found).startswith("NOT AUDITED: none of 2 pinned packages")


def test_what_could_not_be_looked_up_is_counted() -> None:
    assert str(read(2, printed(FINE, SKIPPED))) == (
        "No known vulnerability in 1 of 2 pinned packages; 1 could not be looked up."
    )


def test_a_flaw_is_named_with_what_mends_it() -> None:
    found = read(3, printed(FINE, SKIPPED, FLAWED))
    assert found.found == ("c 3.0: PYSEC-1, mended in 3.1",)
    assert "Known vulnerabilities in 1 places" in str(found)


def test_a_tool_that_fails_is_told() -> None:
    assert "no route to host" in str(read(2, "", "Traceback\nno route to host"))
    assert str(read(2, "[]")).startswith("NOT AUDITED")
