"""Cards and tags on the shelf: kept by version, derived from its text, and made again whenever that serves.

To read them::

    from rag.papers.descriptions import card_of, tags_of
    from rag.papers.browse.facets import facets

    card_of(shelf, "2504.05309")            # Card: task, method, result: Span or None; data, code: Spans
    card_of(shelf, "2504.05309").task.text  # == shelf.paper("2504.05309").text[task.start:task.end]
    tags_of(shelf, "2504.05309")            # (Tag("sequential-recommendation", "Sequential Recommendation"), …)
    facets(shelf, Filters(tag="…"))         # counts by month, category, tag and field of the card

None stands for what is not known yet, as in a library of an older paperchat until `paperchat cards` has run; an empty
field, or no tags, for what the paper doesn't say. A shelf of a library is ``library.shelf``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.papers.database import ALL, Connection, Database
from rag.papers.metadata import IS_DATED
from rag.types.card import Card, Span, Tag

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf

_CURRENT = """SELECT d.card, d.tags FROM described d JOIN versions v USING (paper_id, version)
    WHERE d.paper_id = ? AND d.version = ? AND d.fold = v.fold"""
_SPANS = 'SELECT field, start, "end" FROM cards WHERE paper_id = ? AND version = ? ORDER BY start'
_TAGS = """SELECT t.tag, s.label FROM tags t JOIN subjects s USING (tag)
    WHERE t.paper_id = ? AND t.version = ? AND t.place > 0 ORDER BY t.place"""
_MISSING = """SELECT p.paper_id FROM papers p JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest
    LEFT JOIN described d ON d.paper_id = p.paper_id AND d.version = p.latest AND d.fold = v.fold
    WHERE d.card IS NULL OR d.card <> ? OR d.tags <> ? ORDER BY p.paper_id"""
_DESCRIBED = """INSERT INTO described
    SELECT paper_id, version, fold, ?, ? FROM versions WHERE paper_id = ? AND version = ?
    ON CONFLICT (paper_id, version) DO UPDATE SET fold = excluded.fold, card = excluded.card, tags = excluded.tags"""


@dataclass(frozen=True, slots=True)
class Description:
    """What is kept of a version.

    Attributes:
        card: With its paper and version.
        tags: Its subjects, the surest first.
        broader: Subjects that those are parts of, by which it is found too.
    """

    card: Card
    tags: Sequence[str]
    broader: Iterable[str]


@dataclass(frozen=True, slots=True)
class Makers:
    """What made cards and tags: whoever makes others has other names, and makes them again."""

    card: str
    tags: str


class Descriptions:
    """Cards and tags in a shelf's file."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def write(self, made: Iterable[Description], makers: Makers) -> None:
        """Keep descriptions in place of those before, and have readers look again."""
        with self._db.transaction() as db:
            for one in made:
                _write(db, one, makers)
            db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'")

    def missing(self, makers: Makers) -> list[str]:
        """Ids of the papers whose latest text is not described, or was by others."""
        return [row[0] for row in self._db.rows(_MISSING, (makers.card, makers.tags))]

    def forget(self) -> None:
        """Count all as not described; what is kept stands until it is made again."""
        with self._db.transaction() as db:
            db.execute("UPDATE described SET card = '', tags = ''")

    def unknown(self) -> int:
        """Number of papers whose latest text is not described at all."""
        held = """SELECT count(*) FROM papers p WHERE NOT EXISTS (
            SELECT 1 FROM described d JOIN versions v USING (paper_id, version)
            WHERE d.paper_id = p.paper_id AND d.version = p.latest AND d.fold = v.fold)"""
        return int(self._db.all(held)[0][0])

    def spans(self, paper_id: str, version: int) -> list[tuple[str, int, int]] | None:
        """Field, start and end of what a card says, in order; None where it is not known."""
        if not self._db.all(_CURRENT, (paper_id, version)):
            return None
        return [(str(field), start, end) for field, start, end in self._db.rows(_SPANS, (paper_id, version))]

    def tags(self, paper_id: str, version: int) -> tuple[Tag, ...] | None:
        """The tags of a version, the surest first; None where they are not known."""
        found = self._db.all(_CURRENT, (paper_id, version))
        if not found:
            return None
        return tuple(Tag(str(tag), str(label)) for tag, label in self._db.rows(_TAGS, (paper_id, version)))

    def enter_subjects(
        self, key: str, subjects: Iterable[tuple[str, str, str]], names: Iterable[tuple[str, str]]
    ) -> None:
        """Keep a vocabulary in place of the one before, unless it is there.

        Args:
            key: Stands for its content.
            subjects: Tag, label and the broader one's tag.
            names: What a subject may be asked for by, in small letters, with its tag.
        """
        with self._db.transaction() as db:
            if db.execute("SELECT 1 FROM meta WHERE key = 'subjects' AND value = ?", (key,)).fetchone():
                return
            db.execute("DELETE FROM subjects")
            db.execute("DELETE FROM subject_names")
            last = "ON CONFLICT (tag) DO UPDATE SET label = excluded.label, broader = excluded.broader"
            db.executemany(f"INSERT INTO subjects VALUES (?, ?, ?) {last}", subjects)
            db.executemany("INSERT INTO subject_names VALUES (?, ?) ON CONFLICT DO NOTHING", names)
            noted = "INSERT INTO meta VALUES ('subjects', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            db.execute(noted, (key,))

    def subject_names(self) -> dict[str, str]:
        """The tags of all subjects by what they may be asked for by, in small letters."""
        return dict(self._db.rows("SELECT name, tag FROM subject_names"))

    def labels(self) -> dict[str, str]:
        """Labels of all subjects by tag."""
        return dict(self._db.rows("SELECT tag, label FROM subjects"))

    def counts(
        self, names: Iterable[str], selection: str, values: Sequence[object], limit: int = ALL
    ) -> dict[str, list[tuple[str, int]]]:
        """How many papers of a selection have each value of these facets.

        Args:
            names: Of `FACETS`.
            selection: A query of ids of papers, in SQL.
            values: What stands for its question marks.
            limit: Values of a facet.

        Returns:
            By facet, values with their numbers: the most frequent first, of months the newest.
        """
        return {name: self._db.all(FACETS[name].format(among=selection), [*values, limit]) for name in names}


FACETS = {
    "papers": "SELECT 'papers', count(*) FROM papers p WHERE p.paper_id IN ({among}) LIMIT ?",
    "described": """SELECT 'described', count(*) FROM papers p JOIN described d ON d.paper_id = p.paper_id
        AND d.version = p.latest WHERE p.paper_id IN ({among}) LIMIT ?""",
    "month": f"""SELECT substr(p.date, 1, 7) AS month, count(*) FROM papers p WHERE p.paper_id IN ({{among}})
        AND {IS_DATED} GROUP BY month ORDER BY month DESC LIMIT ?""",
    "category": """SELECT c.value, count(*) AS n FROM papers p JOIN metadata m ON m.paper_id = p.paper_id
        AND m.name = 'categories', json_each(m.value) c WHERE p.paper_id IN ({among})
        GROUP BY c.value ORDER BY n DESC, c.value LIMIT ?""",
    "tag": """SELECT t.tag, count(*) AS n FROM papers p JOIN tags t ON t.paper_id = p.paper_id
        AND t.version = p.latest WHERE p.paper_id IN ({among}) GROUP BY t.tag ORDER BY n DESC, t.tag LIMIT ?""",
    "has": """SELECT c.field, count(DISTINCT p.paper_id) AS n FROM papers p JOIN cards c ON c.paper_id = p.paper_id
        AND c.version = p.latest WHERE p.paper_id IN ({among}) GROUP BY c.field ORDER BY n DESC, c.field LIMIT ?""",
    # Of an author, a paper's authors as JSON, a newline, and the name folded.
    "author": """SELECT
        (SELECT p.authors FROM authorship w JOIN entity_papers e USING (entry) JOIN papers p USING (paper_id)
            WHERE w.author = t.author LIMIT 1) || '\n' || a.name, t.n
        FROM (SELECT author, count(*) AS n FROM authorship JOIN entity_papers USING (entry)
            WHERE paper_id IN ({among}) GROUP BY author ORDER BY n DESC, author LIMIT ?) t
        JOIN authors a USING (author)""",
}
"""What papers are counted by, in SQL with a selection's place."""


def _write(db: Connection, one: Description, makers: Makers) -> None:
    key = one.card.paper_id, one.card.version
    for table in ("cards", "tags"):
        db.execute(f"DELETE FROM {table} WHERE paper_id = ? AND version = ?", key)
    db.execute(_DESCRIBED, (makers.card, makers.tags, *key))
    spans = [(*key, field, span.start, span.end) for field, held in one.card.fields() for span in held]
    insert = 'INSERT INTO cards (paper_id, version, field, start, "end") VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
    db.executemany(insert, spans)
    placed = [(tag, *key, place) for place, tag in enumerate(one.tags, 1)]
    broader = [(tag, *key, 0) for tag in one.broader]
    db.executemany("INSERT INTO tags VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", placed + broader)


def card_of(shelf: Shelf, paper_id: str, version: int | None = None) -> Card | None:
    """The card of a version of a paper, the latest by default; None where it is not known yet.

    Raises:
        PaperNotFound: no such paper, or not that version of it.
    """
    paper = shelf.paper(paper_id, version)
    found = shelf.descriptions.spans(paper.paper_id, paper.version)
    if found is None:
        return None
    text = paper.text
    held: dict[str, list[Span]] = {}
    for field, start, end in found:
        if text[start:end].strip():  # a file that somebody changed by hand may point elsewhere
            held.setdefault(field, []).append(Span(start, end, text[start:end]))
    first = {name: next(iter(held.get(name, ())), None) for name in ("task", "method", "result")}
    return Card(
        paper.paper_id, paper.version, data=tuple(held.get("data", ())), code=tuple(held.get("code", ())), **first
    )


def tags_of(shelf: Shelf, paper_id: str, version: int | None = None) -> tuple[Tag, ...] | None:
    """The tags of a version of a paper, the latest by default, the surest first; None where they are not known yet.

    Raises:
        PaperNotFound: no such paper, or not that version of it.
    """
    paper = shelf.paper(paper_id, version)
    return shelf.descriptions.tags(paper.paper_id, paper.version)
