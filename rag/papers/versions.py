"""How a paper that a source listed changes the shelf: which text is the latest, whose author list holds.

The rules do not depend on the order of ingest, and putting the same rows on the shelf again changes nothing:

* the latest text is the one listed on the newest day; where one day lists several, the one with the greatest fold (a
  hash, so arbitrary, but the same in every library);
* the authors are those of the listing with the newest day; where one day lists several, the greatest as stored text;
* what else is known of a paper follows the same rule, each thing for itself (`papers.metadata`).

Only version numbers follow the order in which texts were first seen, for they must never move.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Literal

from rag.papers.bodies import record_body
from rag.papers.entities import enter
from rag.papers.metadata import record_metadata
from rag.types import Paper

Outcome = Literal["new", "updated", "unchanged"]

_LATEST_VERSION = """SELECT version FROM listings JOIN versions USING (paper_id, version)
    WHERE paper_id = ? ORDER BY day DESC, fold DESC LIMIT 1"""


def record(db: sqlite3.Connection, paper: Paper) -> Outcome:
    """Put one paper on the shelf within a transaction; writes only what differs from what is stored."""
    paper_id, day = paper.paper_id, paper.date.isoformat()
    known = db.execute(
        "SELECT latest, date, url, authors, authors_day FROM papers WHERE paper_id = ?", (paper_id,)
    ).fetchone()
    version, is_new_text = _version(db, paper)
    db.execute("INSERT OR IGNORE INTO listings VALUES (?, ?, ?)", (paper_id, day, version))
    (latest,) = db.execute(_LATEST_VERSION, (paper_id,)).fetchone()
    first, url = day, paper.url
    authors_day, authors = day, json.dumps(paper.authors, ensure_ascii=False)
    if known:
        first, url = min(known[1], day), known[2] or paper.url
        authors_day, authors = max((known[4], known[3]), (authors_day, authors))
    row = (latest, first, url, authors, authors_day)
    if row != known:
        db.execute("INSERT OR REPLACE INTO papers VALUES (?, ?, ?, ?, ?, ?)", (paper_id, *row))
    is_new_latest = known is None or latest != known[0]
    has_new_authors = known is None or authors != known[3]
    if is_new_latest or has_new_authors:
        enter(db, paper_id)
    says_more = record_metadata(db, paper)
    has_new_body = record_body(db, paper, version)
    if is_new_latest or (has_new_body and version == latest):
        db.execute("INSERT OR IGNORE INTO pending (paper_id) VALUES (?)", (paper_id,))
    if known is None:
        return "new"
    is_changed = is_new_text or is_new_latest or has_new_authors or says_more or has_new_body
    return "updated" if is_changed else "unchanged"


def _version(db: sqlite3.Connection, paper: Paper) -> tuple[int, bool]:
    """Number of the paper's text, and whether it was given just now."""
    fold = _fold(paper)
    row = db.execute("SELECT version FROM versions WHERE paper_id = ? AND fold = ?", (paper.paper_id, fold)).fetchone()
    if row:
        return int(row[0]), False
    (count,) = db.execute("SELECT count(*) FROM versions WHERE paper_id = ?", (paper.paper_id,)).fetchone()
    values = (paper.paper_id, count + 1, paper.title, paper.abstract, fold)
    db.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?)", values)
    return count + 1, True


def _fold(paper: Paper) -> str:
    """Key of a version's text: equal when title and abstract differ in white space only."""
    folded = json.dumps([" ".join(paper.title.split()), " ".join(paper.abstract.split())])
    return hashlib.sha256(folded.encode()).hexdigest()
