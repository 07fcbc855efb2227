"""Full texts: the body of a version, with its sections and pages, kept as it was first read.

The first stays, so that a quote's place in it never moves. Offsets are stored from the beginning of the body: listings
that write an abstract with other white space share a version, and its text is that of the first.
"""

from __future__ import annotations

import json
from typing import Any

from rag.papers.database import Connection
from rag.types import Paper, Section, paper_text

COLUMNS = "b.body, b.sections, b.pages"
JOIN = "LEFT JOIN bodies b ON b.paper_id = v.paper_id AND b.version = v.version"
"""In a query of versions ``v``: what `attributes` reads."""


def record_body(db: Connection, paper: Paper, version: int) -> bool:
    """Keep the body of a version that has none yet, within a transaction; whether there was one to keep."""
    if not paper.body:
        return False
    start = paper.body_start
    sections = json.dumps([_stored(one, start) for one in paper.sections])
    pages = json.dumps([page - start for page in paper.pages])
    row = (paper.paper_id, version, paper.body, sections, pages)
    is_new = db.execute("INSERT INTO bodies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount > 0
    if is_new:  # it was not looked at
        db.execute("DELETE FROM screened WHERE paper_id = ? AND version = ?", (paper.paper_id, version))
    return is_new


def _stored(section: Section, start: int) -> tuple[str | int, ...]:
    """A section as it is kept; its kind only where it has one, as all did without that were kept before kinds were."""
    place = (section.heading, section.start - start, section.end - start)
    return (*place, section.kind) if section.kind else place


def attributes(title: str, abstract: str, body: str | None, sections: str, pages: str) -> dict[str, Any]:
    """What is stored of a version's body, as attributes of `Paper`."""
    if not body:
        return {}
    start = len(paper_text(title, abstract, body)) - len(body)
    return {
        "body": body,
        "sections": tuple(Section(name, start + a, start + b, *kind) for name, a, b, *kind in json.loads(sections)),
        "pages": tuple(start + page for page in json.loads(pages)),
    }
