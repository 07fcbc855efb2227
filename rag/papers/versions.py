"""How a paper that a source listed changes the shelf: which text is the latest, whose author list holds.

* The latest text is the one with arXiv's highest version where a source names versions (``2503.62000v2``); else the one
  listed on the newest day; where one day lists several, the one that was put on the shelf last, for that is how
  a day's list is corrected. A list of titles takes no abstract away, and one without authors no authors.
* The authors are those of the listing with the newest day; of one day, those that were put there last.
* What else is known of a paper follows the same rule, each thing for itself (`papers.metadata`).

A row that was on the shelf before is never news: putting the same rows there again, in any order, changes nothing.
Version numbers follow the order in which texts were first seen, for they must never move.

A paper of which a list told no more than its title has an id made of it (`sources.identifiers.title_id`). All that
is known of it becomes the paper's own once a source names that by an id. So does what is known under a DOI, once
arXiv says of a paper that this is its DOI, unless title and authors speak against it: a DOI may be mistyped, or that of
a whole volume. An id that a paper leaves so is kept with the one that it has now.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from typing import Literal

from rag.papers.bodies import record_body
from rag.papers.database import Connection
from rag.papers.entities import enter, leave
from rag.papers.metadata import UNDATED, entry_of, record_metadata, said_of
from rag.papers.schema import HALF_WRITTEN, OF_A_PAPER, OF_A_TEXT
from rag.sources.identifiers import OF_DOI, bare_doi, doi_id, is_titled, month_of, title_id
from rag.text.folding import plain
from rag.text.names import may_share_author, telling_words
from rag.text.readable import readable
from rag.text.titles import title_key, title_words
from rag.types import Paper

Outcome = Literal["new", "updated", "unchanged"]

_TELLING_WORDS = 3
"""Words from which on a title is one paper's; "Introduction" is many papers'."""
_SHARED = 2
"""One of so many words, of the shorter one's, is in both of two titles that are nearly the same."""
_LATEST_VERSION = """SELECT version FROM listings JOIN versions USING (paper_id, version)
    WHERE paper_id = ? ORDER BY abstract = '', arxiv DESC, day DESC, turn DESC, fold DESC LIMIT 1"""
_KNOWN = "SELECT latest, date, url, authors, authors_day FROM papers WHERE paper_id = ?"
_LIST = """INSERT INTO listings (paper_id, day, version, turn)
    SELECT ?1, ?2, ?3, coalesce(max(turn), 0) + 1 FROM listings WHERE paper_id = ?1 AND day = ?2
    ON CONFLICT DO NOTHING"""
_LIST_ONCE = """DELETE FROM listings WHERE paper_id = :id AND EXISTS (SELECT 1 FROM listings other
    WHERE other.paper_id = :id AND other.version = listings.version AND other.day < listings.day)"""
"""Before the days of a paper become one: of each of its texts one listing."""
_PENDING = "INSERT INTO pending (paper_id) VALUES (?) ON CONFLICT DO NOTHING"
_IS_TOLD = f"NOT EXISTS (SELECT 1 FROM metadata WHERE paper_id = :old AND name = '{UNDATED}')"
# Of one day's texts, those of the paper that goes on come last.
_TAKE_DAYS = f"""INSERT INTO listings (paper_id, day, version, turn)
    SELECT :id, day, :number, 0 FROM listings WHERE paper_id = :old AND version = :version AND {_IS_TOLD}
    ON CONFLICT DO NOTHING"""
_TAKE_PAPER = """INSERT INTO papers (paper_id, latest, date, url, authors, authors_day)
    SELECT ?, latest, date, url, authors, authors_day FROM papers WHERE paper_id = ?"""
_OLD_DATE = "(SELECT date FROM papers WHERE paper_id = :old)"
_TAKE_DATE = f"UPDATE papers SET date = {_OLD_DATE} WHERE paper_id = :id AND date > {_OLD_DATE} AND {_IS_TOLD}"
_TAKE_HEARD = """UPDATE heard SET paper_id = :id WHERE paper_id = :old AND NOT EXISTS
    (SELECT 1 FROM heard h WHERE h.paper_id = :id AND h.day = heard.day AND h.row = heard.row)"""
_TAKE_REVIEWED = """UPDATE reviewed SET paper_id = :id WHERE paper_id = :old AND NOT EXISTS
    (SELECT 1 FROM reviewed r WHERE r.paper_id = :id AND r.fold = reviewed.fold)"""


def record(db: Connection, paper: Paper) -> tuple[str, Outcome]:
    """Put one paper on the shelf within a transaction; writes only what differs from what is stored.

    Returns:
        The id that it is kept under, which is another's for a title that the shelf knows, and what happened.
    """
    if is_titled(paper.paper_id):
        paper = replace(paper, paper_id=_same_title(db, paper) or paper.paper_id)
    elif paper.paper_id.startswith(OF_DOI):
        paper = replace(paper, paper_id=_same_doi(db, paper) or paper.paper_id)
    paper_id = paper.paper_id
    known = db.execute(_KNOWN, (paper_id,)).fetchone()
    if known is None:
        db.execute("DELETE FROM renamed WHERE old = ?", (paper_id,))
    made = _of_less(db, paper) if known is None else None
    is_adopted = made is not None and _adopts(db, paper, made)
    if known and (doubled := _published_as(db, paper)):
        _take_in(db, paper_id, int(known[0]), doubled)
    paper = _dated(db, paper)
    day = paper.day.isoformat()
    known = db.execute(_KNOWN, (paper_id,)).fetchone()
    version, is_new_text = _version(db, paper)
    db.execute(_LIST, (paper_id, day, version))
    is_news = _hears(db, paper, _said(paper))
    (latest,) = db.execute(_LATEST_VERSION, (paper_id,)).fetchone()
    first, url = min(paper.date.isoformat(), day), paper.url
    authors_day, authors = day, json.dumps(paper.authors, ensure_ascii=False)
    if known:
        first, url = min(known[1], first), (paper.url or known[2]) if is_adopted else (known[2] or paper.url)
        if not (is_news and paper.authors and (day >= known[4] or known[3] == "[]")):
            authors_day, authors = known[4], known[3]
    row = (latest, first, url, authors, authors_day)
    if row != known:
        db.execute("DELETE FROM papers WHERE paper_id = ?", (paper_id,))  # no update: the catalogue follows these two
        db.execute("INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?)", (paper_id, *row))
    is_new_latest = known is None or latest != known[0]
    has_new_authors = known is None or authors != known[3]
    has_latest_text = is_adopted or is_new_latest or (is_new_text and version == latest)
    if has_latest_text or has_new_authors:
        enter(db, paper_id)
    says_more = is_news and record_metadata(db, paper, said_of(paper))
    says_more |= bool(own := entry_of(paper)) and _hears(db, paper, _key_of(own)) and record_metadata(db, paper, own)
    has_new_body = record_body(db, paper, version)
    if has_latest_text or (has_new_body and version == latest):
        db.execute(_PENDING, (paper_id,))
    if known is None or is_adopted:
        return paper_id, "new"
    is_changed = is_new_text or is_new_latest or has_new_authors or says_more or has_new_body
    return paper_id, "updated" if is_changed else "unchanged"


def _dated(db: Connection, paper: Paper) -> Paper:
    """A paper with the day that it counts under: one that tells none takes that of a paper which is known.

    The first day that a source tells takes the place of the one that was only supposed.
    """
    known = db.execute("SELECT date FROM papers WHERE paper_id = ?", (paper.paper_id,)).fetchone()
    if known is None:
        return paper
    place = "WHERE paper_id = ? AND name = ?"
    is_supposed = db.execute(f"SELECT 1 FROM metadata {place}", (paper.paper_id, UNDATED)).fetchone() is not None
    if paper.undated:
        day = date.fromisoformat(known[0])
        return replace(paper, date=day, listed=(day,), undated=is_supposed)
    if is_supposed:
        told = {"id": paper.paper_id, "day": paper.day.isoformat(), "first": paper.date.isoformat()}
        db.execute(f"DELETE FROM metadata {place}", (paper.paper_id, UNDATED))
        db.execute(_LIST_ONCE, told)
        db.execute("UPDATE listings SET day = :day WHERE paper_id = :id", told)
        db.execute("UPDATE metadata SET day = :day WHERE paper_id = :id", told)
        db.execute("UPDATE papers SET date = :first, authors_day = :day WHERE paper_id = :id", told)
    return paper


def _version(db: Connection, paper: Paper) -> tuple[int, bool]:
    """Number of the paper's text, and whether it was given or filled just now; arXiv's number is kept beside it.

    A title that gets its abstract is filled in, not followed by another version; a title alone is no version of a paper
    that has one with the same title.
    """
    fold = _fold(paper)
    known = db.execute(
        "SELECT version, fold, arxiv, title, abstract FROM versions JOIN papers USING (paper_id) "
        "WHERE paper_id = ? ORDER BY version = latest DESC, version DESC",
        (paper.paper_id,),
    ).fetchall()
    place = "WHERE paper_id = ? AND version = ?"
    for number, stored, arxiv, *_ in known:
        if stored == fold:
            if paper.arxiv_version > arxiv:
                db.execute(f"UPDATE versions SET arxiv = ? {place}", (paper.arxiv_version, paper.paper_id, number))
            return int(number), False
    for number, _, arxiv, title, abstract in known:
        if title_key(title) != title_key(paper.title) or (paper.abstract and abstract):
            continue
        if paper.abstract:
            text = (paper.title, paper.abstract, fold, max(paper.arxiv_version, arxiv))
            fill = f"UPDATE versions SET title = ?, abstract = ?, fold = ?, arxiv = ? {place}"
            db.execute(fill, (*text, paper.paper_id, number))
            for table in OF_A_TEXT:
                db.execute(f"DELETE FROM {table} {place}", (paper.paper_id, number))
        return int(number), bool(paper.abstract)
    number = max((row[0] for row in known), default=0)
    new = (paper.paper_id, number + 1, paper.title, paper.abstract, fold, paper.arxiv_version)
    db.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)", new)
    return number + 1, True


def _same_title(db: Connection, paper: Paper) -> str | None:
    """Id of a paper on the shelf with this very title, of which a list told the title alone; None without one."""
    words = title_words(plain(readable(paper.title)))
    if len(words) < _TELLING_WORDS:
        return None
    sql = """SELECT paper_id, title, authors FROM titles JOIN entity_papers ON entry = titles.rowid
        JOIN papers USING (paper_id) WHERE titles MATCH ? ORDER BY titles.rowid LIMIT 20"""
    for paper_id, title, authors in db.execute(sql, (f'"{" ".join(words)}"',)):
        if title_key(title) == title_key(paper.title) and may_share_author(paper.authors, json.loads(authors)):
            return str(paper_id)
    return None


def _of_less(db: Connection, paper: Paper) -> str | None:
    """The id under which a new paper was known before a source named its own: made of its title, or of its DOI."""
    if by_doi := _published_as(db, paper):
        return by_doi
    made = title_id(paper.title)
    if made is None or is_titled(paper.paper_id) or len(paper.title.split()) < _TELLING_WORDS:
        return None
    known = db.execute("SELECT authors FROM papers WHERE paper_id = ?", (made,)).fetchone()
    return made if known and may_share_author(paper.authors, json.loads(known[0])) else None


def _published_as(db: Connection, paper: Paper) -> str | None:
    """The id of a paper on the shelf that is this paper of arXiv's as it was published: what arXiv says is its DOI."""
    doi = bare_doi(paper.doi) if month_of(paper.paper_id) else ""
    return doi_id(doi) if doi and _is_one(db, paper, doi_id(doi)) else None


def _same_doi(db: Connection, paper: Paper) -> str | None:
    """Id of arXiv's paper that has the DOI which a paper is known by; None without one."""
    sql = "SELECT paper_id FROM metadata WHERE name = 'doi' AND lower(json_extract(value, '$')) = ? ORDER BY paper_id"
    found = (str(paper_id) for (paper_id,) in db.execute(sql, (paper.paper_id.removeprefix(OF_DOI),)).fetchall())
    return next((paper_id for paper_id in found if month_of(paper_id) and _is_one(db, paper, paper_id)), None)


def _is_one(db: Connection, paper: Paper, paper_id: str) -> bool:
    """Whether a paper can be one on the shelf with its DOI: called the same, or nearly so and by the same people."""
    sql = "SELECT title, authors FROM papers JOIN versions USING (paper_id) WHERE paper_id = ? AND version = latest"
    row = db.execute(sql, (paper_id,)).fetchone()
    if row is None:
        return False
    if title_key(paper.title) == title_key(row[0]):
        return True
    some, others = telling_words(paper.authors), telling_words(json.loads(row[1]))
    words = [set(title_words(plain(readable(title)).casefold())) for title in (paper.title, row[0])]
    shared = len(words[0] & words[1])
    return bool(some & others) and shared > 0 and _SHARED * shared >= min(map(len, words))


def _adopts(db: Connection, paper: Paper, made: str) -> bool:
    """Give a new paper all that was known of it under another id."""
    leave(db, made)
    for table in OF_A_PAPER:
        if table != "papers":
            db.execute(f"UPDATE {table} SET paper_id = ? WHERE paper_id = ?", (paper.paper_id, made))
    db.execute(_TAKE_PAPER, (paper.paper_id, made))  # last, and no update: the catalogue follows these two
    db.execute("DELETE FROM papers WHERE paper_id = ?", (made,))
    db.execute(f"INSERT INTO pending VALUES (?, 1) {HALF_WRITTEN}", (made,))
    _rename(db, made, paper.paper_id)
    return True


def _take_in(db: Connection, paper_id: str, latest: int, doubled: str) -> None:
    """Make a paper part of another one on the shelf: its texts are versions, its full text is given where none is."""
    body = """INSERT INTO bodies SELECT ?, ?, body, sections, pages FROM bodies WHERE paper_id = ? LIMIT 1
        ON CONFLICT DO NOTHING"""
    if db.execute(body, (paper_id, latest, doubled)).rowcount > 0:
        db.execute(_PENDING, (paper_id,))
    held = dict(db.execute("SELECT fold, version FROM versions WHERE paper_id = ?", (paper_id,)).fetchall())
    texts = "SELECT version, fold, abstract FROM versions WHERE paper_id = ? ORDER BY version"
    for version, fold, abstract in db.execute(texts, (doubled,)).fetchall():
        number = held.get(fold) or (max(held.values()) + 1 if abstract else latest)
        at = {"id": paper_id, "number": number, "old": doubled, "version": version}
        if number > max(held.values()):
            held[fold] = number
            for table in ("versions", "bodies"):
                sql = f"UPDATE {table} SET paper_id = :id, version = :number"
                db.execute(f"{sql} WHERE paper_id = :old AND version = :version", at)
        db.execute(_TAKE_DAYS, at)
    db.execute(_TAKE_DATE, {"id": paper_id, "old": doubled})
    for take in (_TAKE_HEARD, _TAKE_REVIEWED):
        db.execute(take, {"id": paper_id, "old": doubled})
    take_off(db, doubled)
    _rename(db, doubled, paper_id)


def _rename(db: Connection, old: str, new: str) -> None:
    """Keep under which id a paper is known now, within a transaction."""
    db.execute("UPDATE flags SET other = ? WHERE other = ?", (new, old))
    db.execute("UPDATE renamed SET new = ? WHERE new = ?", (new, old))
    db.execute("INSERT INTO renamed VALUES (?, ?) ON CONFLICT (old) DO UPDATE SET new = excluded.new", (old, new))


def take_off(db: Connection, paper_id: str) -> None:
    """Take a paper with all its versions off the shelf within a transaction; its chunks become pending for removal."""
    leave(db, paper_id)
    for table in ("screened", "flags"):  # a copy of it is none of anything that is left
        db.execute(f"DELETE FROM {table} WHERE paper_id IN (SELECT paper_id FROM flags WHERE other = ?)", (paper_id,))
    for table in OF_A_PAPER:
        db.execute(f"DELETE FROM {table} WHERE paper_id = ?", (paper_id,))
    db.execute(f"INSERT INTO pending VALUES (?, 1) {HALF_WRITTEN}", (paper_id,))


def _said(paper: Paper) -> str:
    """Key of what a row says but for a reader's own entry: a row that was seen before corrects no later one."""
    return _key_of([_fold(paper), paper.authors, paper.arxiv_version, said_of(paper)])


def _key_of(said: object) -> str:
    """16 hex digits."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _hears(db: Connection, paper: Paper, key: str) -> bool:
    """Note what is said of a paper on this day; whether it was not said before."""
    sql = "INSERT INTO heard VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    return db.execute(sql, (paper.paper_id, paper.day.isoformat(), key)).rowcount > 0


def _fold(paper: Paper) -> str:
    """Key of a version's text: equal when title and abstract differ in white space only."""
    folded = json.dumps([" ".join(paper.title.split()), " ".join(paper.abstract.split())])
    return hashlib.sha256(folded.encode()).hexdigest()
