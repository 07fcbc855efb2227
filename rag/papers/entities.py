"""The table of what papers name: their authors in every spelling, systems and titles with each paper's claim on them.

It is kept in the transaction that changes a paper, and filled anew where a library has none yet or other rules filled
it (25 s for 60,000 papers, once). Every question to it is answered from an index; nothing is loaded.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations

from rag.errors import LibraryError
from rag.papers.claims import Claim, claims
from rag.papers.database import Connection, Database
from rag.text.folding import fold, plain
from rag.text.names import is_name, name_matches, name_words
from rag.text.readable import readable

_VERSION = "3"
"""Raised whenever the same papers yield other rows than before."""
_LAST = "\U0010ffff"
_TABLES = ("entity_papers", "authors", "author_words", "authorship", "names", "titles")
_IS_CURRENT = f"SELECT 1 FROM meta WHERE key = 'entities' AND value = '{_VERSION}'"
_BEARS = "last >= ? AND last < ? AND first >= ? AND first < ?"
_WITHIN = "-"
"""Ends the first word of a key whose words stand in one hyphenated given name only: such a key alone is nobody's."""
_BY_NAME = f"""{_BEARS} AND author NOT IN (SELECT author FROM author_words WHERE last >= ? AND last < ?
    AND first >= ? AND first < ? AND first LIKE '%{_WITHIN}')"""
_OF_A_CLAIM = """SELECT * FROM (SELECT claim, entry, surface FROM names
    WHERE key = ? AND claim = {0:d} ORDER BY entry LIMIT ?) claim_{0:d}"""
_NAMINGS = f"""SELECT paper_id, claim, surface FROM ({" UNION ALL ".join(map(_OF_A_CLAIM.format, Claim))}) found
    JOIN entity_papers USING (entry) ORDER BY claim DESC, entry LIMIT ?"""
"""Each claim by itself, in the order of the table's key: a word like "models" stands in thousands of papers."""
_LATEST = """SELECT paper_id, title, abstract, authors FROM papers JOIN versions USING (paper_id)
    WHERE version = latest"""


@dataclass(frozen=True, slots=True)
class Naming:
    """That a paper claims a name, and how it writes it."""

    paper_id: str
    claim: Claim
    surface: str


def require(db: Connection) -> None:
    """Fill the tables of a shelf within a transaction where they are empty yet, or other rules filled them."""
    if db.execute(_IS_CURRENT).fetchone():
        return
    for table in _TABLES:
        db.execute(f"DELETE FROM {table}")
    for paper in db.execute(_LATEST):
        _enter(db, *paper)
    current = "INSERT INTO meta VALUES ('entities', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    db.execute(current, (_VERSION,))


def enter(db: Connection, paper_id: str) -> None:
    """Bring the rows of a paper on the shelf up to date within the transaction that changed it."""
    leave(db, paper_id)
    row = db.execute(f"{_LATEST} AND paper_id = ?", (paper_id,)).fetchone()
    _enter(db, *row)


def leave(db: Connection, paper_id: str) -> None:
    """Take the rows of a paper away within the transaction that removes it; authors of no other paper go with it."""
    found = db.execute("SELECT entry FROM entity_papers WHERE paper_id = ?", (paper_id,)).fetchone()
    if not found:
        return
    names = db.execute("SELECT author, name FROM authorship JOIN authors USING (author) WHERE entry = ?", found)
    authors = names.fetchall()
    for table in ("authorship", "names", "entity_papers"):
        db.execute(f"DELETE FROM {table} WHERE entry = ?", found)
    db.execute("DELETE FROM titles WHERE rowid = ?", found)
    for author, name in authors:
        if not db.execute("SELECT 1 FROM authorship WHERE author = ?", (author,)).fetchone():
            db.execute("DELETE FROM authors WHERE author = ?", (author,))
            words = name.split()
            keys = [(*key, author) for key in _keys(words) | {(a, f"{b}{_WITHIN}") for a, b in _keys(words)}]
            db.executemany("DELETE FROM author_words WHERE last = ? AND first = ? AND author = ?", keys)


def _enter(db: Connection, paper_id: str, title: str, abstract: str, authors: str) -> None:
    """Add the rows of a paper that has none."""
    ((entry,),) = db.execute("INSERT INTO entity_papers (paper_id) VALUES (?) RETURNING entry", (paper_id,)).fetchall()
    written = {name_words(readable(name)): readable(name) for name in json.loads(authors)}
    for name in written.keys() - {()}:
        folded = " ".join(name)
        found = db.execute("SELECT author FROM authors WHERE name = ?", (folded,)).fetchone()
        if found:
            (author,) = found
        else:
            ((author,),) = db.execute("INSERT INTO authors (name) VALUES (?) RETURNING author", (folded,)).fetchall()
            keys = ((*key, author) for key in _keys(name) | _within(written[name], name))
            db.executemany("INSERT INTO author_words VALUES (?, ?, ?)", keys)
        db.execute("INSERT INTO authorship VALUES (?, ?)", (author, entry))
    rows = ((key, claim, entry, surface) for key, (claim, surface) in claims(title, abstract).items())
    db.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", rows)
    db.execute("INSERT INTO titles (rowid, title) VALUES (?, ?)", (entry, plain(readable(title))))


def _keys(words: Sequence[str]) -> set[tuple[str, str]]:
    """The keys of a name: (last, first) of every two of its words in their order, and each word alone."""
    return {(last, first) for first, last in combinations(words, 2)} | {(word, "") for word in words}


def _within(written: str, words: Sequence[str]) -> set[tuple[str, str]]:
    """Marks of the keys that only a part of a name bears: "Wei Lin" and "Lin" are no names of Wei-Lin Chiang."""
    parts = [name_words(part) for part in _given_first(written).split()]
    inner = [part for part in parts[:1] if len(part) > 1 and len(parts) > 1]  # behind the first a hyphen joins families
    outer = Counter(words) - Counter(word for part in inner for word in part)
    keys = {key for part in inner for key in _keys(part)}
    elsewhere = {key for part in parts if part not in inner for key in _keys(part)}
    return {(last, f"{first}{_WITHIN}") for last, first in keys - elsewhere if first or last not in outer}


def _given_first(written: str) -> str:
    """A name with its family name behind, where it stands before a comma."""
    family, comma, given = written.partition(",")
    return f"{given} {family.strip().replace(' ', '-')}" if comma and given.strip() else written


class Entities:
    """Looks up what is named; safe from many threads."""

    def __init__(self, shelf: Database) -> None:
        """Look up on the shelf in this file."""
        self._shelf = shelf
        self._is_current = False

    # --- authors ----------------------------------------------------------------------------------------------------

    def is_author(self, words: Sequence[str]) -> bool:
        """Whether the words of a name mean anybody (`name_matches`)."""
        return any(True for _ in self._authors(words))

    def authors(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """The folded names of the authors whom the words of a name mean, in order."""
        return sorted(name for _, name in self._authors(words))

    def authors_of(self, paper_ids: Iterable[str]) -> dict[int, tuple[str, ...]]:
        """The authors of some papers, by number, each with the ids of all papers that they wrote, in order."""
        sql = """SELECT DISTINCT theirs.author, q.paper_id FROM entity_papers p
            JOIN authorship own ON own.entry = p.entry
            JOIN authorship theirs ON theirs.author = own.author JOIN entity_papers q ON q.entry = theirs.entry
            WHERE p.paper_id IN (SELECT value FROM json_each(?)) ORDER BY 1, 2"""
        found: defaultdict[int, list[str]] = defaultdict(list)
        for author, paper_id in self._ready().rows(sql, (json.dumps([*paper_ids]),)):
            found[author].append(paper_id)
        return {author: tuple(papers) for author, papers in found.items()}

    def before(self, word: str) -> list[str]:
        """The words that stand before another in authors' names, in order."""
        sql = f"""SELECT DISTINCT first FROM author_words WHERE last = ? AND first > ''
            AND first NOT LIKE '%{_WITHIN}' ORDER BY first"""
        return [first for (first,) in self._ready().rows(sql, (word,))]

    def papers_by(self, words: Sequence[str]) -> frozenset[str]:
        """Ids of the papers by anybody whom the words of a name mean."""
        if len(words) == 1 or (len(words) == 2 and len(words[1]) > 1):  # whoever bears them in this order is meant
            among, values = f"SELECT author FROM author_words WHERE {_BY_NAME}", [*_range(words), *_marked(words)]
        else:
            found = [author for author, _ in self._authors(words)]
            among, values = "SELECT CAST(value AS BIGINT) FROM json_each(?)", [json.dumps(found)]
        sql = f"SELECT DISTINCT paper_id FROM authorship JOIN entity_papers USING (entry) WHERE author IN ({among})"
        return frozenset(row[0] for row in self._ready().rows(sql, values))

    def authors_between(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[str, ...]]]:
        """The authors in whose names one word stands before another, for many pairs at once; a letter is an initial."""
        wanted = json.dumps([(first, _until(first), last) for first, last in set(pairs)])
        sql = """WITH j AS (SELECT json_extract(value, '$[0]') AS first, json_extract(value, '$[1]') AS until,
                json_extract(value, '$[2]') AS last FROM json_each(?))
            SELECT j.first, j.last, name FROM j CROSS JOIN author_words w JOIN authors USING (author)
            WHERE w.last = j.last AND w.first >= j.first AND w.first < j.until AND NOT EXISTS
            (SELECT 1 FROM author_words m WHERE m.author = w.author AND m.last = w.last AND m.first = w.first || '-')"""
        found = defaultdict(list)
        for first, last, name in self._ready().rows(sql, (wanted,)):
            found[first, last].append(tuple(name.split()))
        return dict(found)

    def _authors(self, words: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
        if not words:
            return
        sql = f"SELECT DISTINCT author, name FROM author_words JOIN authors USING (author) WHERE {_BY_NAME}"
        for author, folded in self._ready().rows(sql, (*_range(words), *_marked(words))):
            name = tuple(folded.split())
            if name_matches(tuple(words), name):
                yield author, name

    # --- systems and titles -----------------------------------------------------------------------------------------

    def namings(self, name: str, limit: int) -> list[Naming]:
        """The papers that claim a name, those with the strongest claims first, at most so many."""
        rows = self._ready().rows(_NAMINGS, (*(fold(name), limit) * len(Claim), limit))
        return [Naming(paper_id, Claim(claim), surface) for paper_id, claim, surface in rows]

    def held(self, phrases: Collection[str]) -> set[str]:
        """Those of many phrases that a paper claims as a name."""
        keys = {phrase: fold(phrase) for phrase in phrases}
        sql = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM names WHERE key = value)"
        found = {row[0] for row in self._ready().rows(sql, (json.dumps(sorted(set(keys.values()))),))}
        return {phrase for phrase, key in keys.items() if key in found}

    def titled(self, phrase: str, limit: int) -> list[str]:
        """Ids of papers in whose titles the words of a phrase stand side by side, at most so many."""
        words = " ".join("".join(char if char.isalnum() else " " for char in plain(phrase)).split())
        sql = """SELECT paper_id FROM titles JOIN entity_papers ON entry = titles.rowid
            WHERE titles MATCH ? ORDER BY titles.rowid LIMIT ?"""
        return [row[0] for row in self._ready().rows(sql, (f'"{words}"', limit))] if words else []

    def given_up(self, name: str) -> dict[str, list[str]]:
        """Papers of which another version than the latest is called so, or introduces this name.

        Returns:
            All that these versions are called or introduce, by paper, as they spell it.
        """
        sql = """SELECT v.paper_id, v.title, v.abstract
            FROM (SELECT paper_id FROM versions GROUP BY paper_id HAVING count(*) > 1) several
            JOIN papers p ON p.paper_id = several.paper_id
            JOIN versions v ON v.paper_id = several.paper_id AND v.version <> p.latest
            WHERE v.title LIKE ? OR v.abstract LIKE ? ORDER BY v.paper_id"""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for paper, title, abstract in self._shelf.rows(sql, (f"%{name}%", f"%{name}%")):
            own = own_names(title, abstract)
            if fold(name) in map(fold, own):  # what the two signs let through besides is no name
                found[paper] += own
        return dict(found)

    def all_titles(self) -> dict[str, str]:
        """The titles of all papers by id, in small letters without accents (`rag.text.folding.plain`)."""
        sql = "SELECT paper_id, title FROM titles JOIN entity_papers ON entry = titles.rowid"
        return dict(self._ready().rows(sql))

    def _ready(self) -> Database:
        """The shelf with its tables made by the present rules; where it may not be written, they stay as they are."""
        if not self._is_current:
            if not self._shelf.all(_IS_CURRENT):
                with suppress(LibraryError), self._shelf.transaction() as db:
                    require(db)
            self._is_current = True
        return self._shelf


def own_names(title: str, abstract: str) -> list[str]:
    """What a text is called, or introduces, where that is written as systems' names are; in the text's order."""
    found = (name for claim, name in claims(title, abstract).values() if claim >= Claim.INTRODUCED)
    text = readable(f"{title} {abstract}")
    return sorted((name for name in found if is_name(name) and " " not in name), key=text.find)


def _range(words: Sequence[str]) -> tuple[str, str, str, str]:
    """Between which words the last full word of a name lies, and one that stands before it, as far as it has any."""
    full = [n for n, word in enumerate(words) if len(word) > 1] or [0]
    last, before = words[full[-1]], words[: full[-1]]
    first = words[full[0]] if len(full) > 1 else before[-1] if before else ""
    return last, _until(last), first, _until(first)


def _marked(words: Sequence[str]) -> tuple[str, str, str, str]:
    """The range of `_range`, of marks."""
    last, last_until, first, _ = _range(words)
    marked = first if len(first) == 1 else f"{first}{_WITHIN}"
    return last, last_until, marked, _until(first) if len(first) == 1 else f"{marked}\x01"


def _until(word: str) -> str:
    """The end of the range that holds a word, or all words that begin with a letter."""
    return word + (_LAST if len(word) == 1 else "\x01")
