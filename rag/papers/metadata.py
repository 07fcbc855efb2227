"""What is known of a paper besides its text, authors and days: of each thing, what the newest listing that has it says.

Where two listings of one day differ, the one put on the shelf last stands; a report, which has none of these, takes
none away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rag.papers.database import Connection
from rag.types import Paper
from rag.types.own_entry import OwnEntry

UNDATED = "undated"
_OF_SOME = UNDATED, "key"
NAMES = ("categories", "comment", "doi", "licence", "withdrawn", *_OF_SOME)
"""Attributes of `Paper` that are told; those of some only where there is something to tell."""
COLUMN = """(SELECT '{' || coalesce(group_concat('"' || m.name || '":' || m.value), '') || '}'
    FROM metadata m WHERE m.paper_id = p.paper_id)"""
"""In a query of papers ``p``: what `attributes` reads."""
DECIDING = "(SELECT value FROM metadata m WHERE m.paper_id = p.paper_id AND m.name = 'categories')"
"""The same for what decides which papers may answer; null where nothing is known."""
IS_DATED = f"NOT EXISTS (SELECT 1 FROM metadata m WHERE m.paper_id = p.paper_id AND m.name = '{UNDATED}')"
"""In a query of papers ``p``: that some source told a day."""
_KEEP = """INSERT INTO metadata VALUES (?, ?, ?, ?) ON CONFLICT (paper_id, name) DO
    UPDATE SET day = excluded.day, value = excluded.value WHERE excluded.day >= metadata.day"""
_KNOWN = "SELECT name, value FROM metadata WHERE paper_id = ? ORDER BY name"


Known = str | tuple[str, ...] | bool | None


def known_of(paper: Paper) -> dict[str, Known]:
    """What is known of a paper, by name; empty where it is not. A reader's own entry is told by `export` alone."""
    said = {name: getattr(paper, name) for name in NAMES}
    return {name: value for name, value in said.items() if name not in _OF_SOME or value}


def entry_of(paper: Paper) -> dict[str, Any]:
    """What a reader's own bibliography calls a paper, and says besides; empty where there is none."""
    said = {"key": paper.key, "own": paper.own.stored() if paper.own else None}
    return {name: value for name, value in said.items() if value}


def said_of(paper: Paper) -> dict[str, Known]:
    """What a listing says of its paper: what is known, but for what is a reader's own."""
    return {name: value for name, value in known_of(paper).items() if name != "key"}


def record_metadata(db: Connection, paper: Paper, known: Mapping[str, Any]) -> bool:
    """Keep what a listing says, by name, within a transaction; whether that changed anything."""
    said = [(name, value) for name, value in known.items() if value or value is False]
    if not said:
        return False
    before = db.execute(_KNOWN, (paper.paper_id,)).fetchall()
    day = paper.day.isoformat()
    rows = [(paper.paper_id, name, day, json.dumps(value, ensure_ascii=False)) for name, value in said]
    db.executemany(_KEEP, rows)
    after = db.execute(_KNOWN, (paper.paper_id,)).fetchall()
    if after != before:
        _index_categories(db, paper.paper_id, json.loads(dict(after).get("categories", "[]")))
    return bool(after != before)


def _index_categories(db: Connection, paper_id: str, categories: Sequence[str]) -> None:
    """A paper is found by its categories and by their archives, in small letters: ``cs.ir``, ``cs``."""
    db.execute("DELETE FROM categories WHERE paper_id = ?", (paper_id,))
    names = {name.casefold() for category in categories for name in (category, category.partition(".")[0])}
    db.executemany("INSERT INTO categories VALUES (?, ?)", ((name, paper_id) for name in sorted(names)))


def attributes(stored: str) -> dict[str, Any]:
    """What is stored of a paper, as attributes of `Paper`."""
    found = json.loads(stored)
    if "own" in found:
        found["own"] = OwnEntry.of(found["own"])
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
