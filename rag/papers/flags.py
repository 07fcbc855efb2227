"""Papers held for review: what was found in their texts, and what a person said of it.

Flags are derived from a version's text and can be made again (`rag.screen`); what a person said is kept by the text
itself, so that it holds for a text that comes again and not for another one. A paper is held where a person holds it,
or where its latest text is flagged and nobody has released it. A paper of a held text carries that itself
(`Paper.held`); who lists, ranks or prompts needs to look nothing up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.errors import PaperNotFound
from rag.papers.database import Connection, Database

Verdict = Literal["released", "held"]
SCREEN = "2"
"""Which screen looked (`rag.screen`). Raised when it finds other things: the next ingest looks at every text again."""
KINDS = {
    "instruction": "speaks to whoever reads it, a person or a model, instead of about its subject",
    "hidden": "holds characters or markup that are not seen",
    "disguised": "holds words written with letters that only look like theirs",
    "keywords": "holds keywords in a row, or one word too often",
    "garbled": "holds what is no language",
    "copy": "repeats the text of another paper",
    "borrowed": "holds sentences of another paper's abstract",
}
"""What a text is flagged for, in words that follow the paper's name."""
HELD = """coalesce((SELECT r.verdict FROM reviewed r WHERE r.paper_id = v.paper_id AND r.fold = v.fold),
    CASE WHEN EXISTS (SELECT 1 FROM flags f WHERE f.paper_id = v.paper_id AND f.version = v.version)
    THEN 'held' ELSE '' END) = 'held'"""
"""Whether a version, ``v``, is held, in SQL."""
_LATEST = "papers p JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest"
_ALL_HELD = f"""SELECT p.paper_id FROM {_LATEST} WHERE p.paper_id IN
    (SELECT paper_id FROM flags UNION SELECT paper_id FROM reviewed) AND {HELD}"""
"""Looks only at papers of which something was found or said: few of tens of thousands."""
_MISSING = f"""SELECT p.paper_id FROM {_LATEST}
    LEFT JOIN screened s ON s.paper_id = p.paper_id AND s.version = p.latest AND s.fold = v.fold
    WHERE coalesce(s.screen, '') <> ? ORDER BY p.date, p.paper_id"""
_UPSIDE_DOWN = """SELECT f.paper_id, f.other FROM flags f JOIN papers p ON p.paper_id = f.paper_id
    JOIN papers o ON o.paper_id = f.other WHERE (o.date, o.paper_id) > (p.date, p.paper_id)"""
_PASSAGES = """SELECT f.paper_id, f.start, f."end" FROM flags f
    JOIN papers p ON p.paper_id = f.paper_id AND p.latest = f.version
    WHERE f.other = '' AND f.paper_id IN (SELECT value FROM json_each(?)) ORDER BY f.paper_id, f.start"""
_SCREENED = """INSERT INTO screened
    SELECT paper_id, version, fold, ? FROM versions WHERE paper_id = ? AND version = ?
    ON CONFLICT (paper_id, version) DO UPDATE SET fold = excluded.fold, screen = excluded.screen"""
_FLAGGED = """INSERT INTO flags VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (paper_id, version, kind, start) DO UPDATE SET "end" = excluded."end", other = excluded.other"""
_REVIEWED = f"""INSERT INTO reviewed SELECT v.paper_id, v.fold, ? FROM {_LATEST} WHERE p.paper_id = ?
    ON CONFLICT (paper_id, fold) DO UPDATE SET verdict = excluded.verdict"""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something found in a text: ``paper.text[start:end]``.

    Attributes:
        kind: One of `KINDS`.
        other: Id of the paper that it is a copy of; else empty.
    """

    kind: str
    start: int
    end: int
    other: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A paper with flags, or that a person holds: its latest version, and what a person said of this text."""

    paper_id: str
    version: int
    verdict: str
    flags: tuple[Flag, ...]

    @property
    def is_held(self) -> bool:
        """Whether it is left out of first place and of prompts."""
        return self.verdict != "released"

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it is flagged for, each once."""
        return tuple(dict.fromkeys(flag.kind for flag in self.flags))


class Flags:
    """Flags and verdicts in a shelf's file."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def missing(self, screen: str) -> list[str]:
        """Ids of the papers whose latest text was not looked at, or by another screen; the earliest listed first."""
        return [row[0] for row in self._db.rows(_MISSING, (screen,))]

    def reorder(self) -> None:
        """Have pairs be looked at again of which the copy turns out to be listed before the original."""
        pairs = self._db.all(_UPSIDE_DOWN)
        if pairs:
            with self._db.transaction() as db:
                ids = [(paper_id,) for pair in pairs for paper_id in pair]
                db.executemany("DELETE FROM screened WHERE paper_id = ?", ids)
                db.executemany("DELETE FROM flags WHERE paper_id = ? AND other <> ''", ids)

    def enter_runs(self, runs: Mapping[str, Sequence[int]]) -> None:
        """Keep the runs of words by which papers' texts are looked up, in place of those before."""
        with self._db.transaction() as db:
            db.executemany("DELETE FROM runs WHERE paper_id = ?", [(paper_id,) for paper_id in runs])
            rows = ((run, paper_id) for paper_id, own in runs.items() for run in own)
            db.executemany("INSERT INTO runs VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def sharing(self, runs: Sequence[int], least: int) -> list[str]:
        """Ids of the papers that have at least so many of these runs, by id."""
        sql = """SELECT paper_id FROM runs WHERE run IN (SELECT CAST(value AS BIGINT) FROM json_each(?))
            GROUP BY paper_id HAVING count(*) >= ? ORDER BY paper_id"""
        return [row[0] for row in self._db.rows(sql, (json.dumps(runs), least))]

    def write(self, found: Mapping[tuple[str, int], Sequence[Flag]], screen: str, seen: Iterable[str]) -> None:
        """Keep what a screen found in place of what was found before, and have readers look again.

        Args:
            found: Flags by paper and version; of papers that are not among those looked at, they are added.
            screen: What looked.
            seen: Papers that it looked at, all of whose flags are given.
        """
        looked_at = set(seen)
        with self._db.transaction() as db:
            db.executemany("DELETE FROM flags WHERE paper_id = ?", [(one,) for one in looked_at])
            rows = [(*key, one.kind, one.start, one.end, one.other) for key, flags in found.items() for one in flags]
            db.executemany(_FLAGGED, rows)
            db.executemany(_SCREENED, [(screen, *key) for key in found if key[0] in looked_at])
            _bump(db)

    def all(self, *, released: bool = False) -> list[Held]:
        """Papers that are held, by id; those with flags that a person released as well, where asked for."""
        sql = f"""SELECT p.paper_id, v.version, coalesce((SELECT r.verdict FROM reviewed r
            WHERE r.paper_id = v.paper_id AND r.fold = v.fold), '') FROM {_LATEST}
            WHERE ({HELD}) OR (? AND EXISTS (SELECT 1 FROM flags f WHERE f.paper_id = v.paper_id
            AND f.version = v.version)) ORDER BY p.paper_id"""
        rows = self._db.all(sql, (released,))
        return [Held(row[0], row[1], row[2], self._of(row[0], row[1])) for row in rows]

    def of(self, paper_id: str) -> Held | None:
        """What is said of a paper's latest text; None where nothing is, and nobody said anything."""
        sql = f"""SELECT v.version, coalesce((SELECT r.verdict FROM reviewed r
            WHERE r.paper_id = v.paper_id AND r.fold = v.fold), '') FROM {_LATEST} WHERE p.paper_id = ?"""
        for version, verdict in self._db.all(sql, (paper_id,)):
            flags = self._of(paper_id, version)
            return Held(paper_id, version, verdict, flags) if flags or verdict == "held" else None
        return None

    def held(self) -> frozenset[str]:
        """Ids of the papers that are held."""
        return frozenset(row[0] for row in self._db.rows(_ALL_HELD))

    def passages(self, paper_ids: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """Spans flagged in papers' latest texts, by id; what a text shares with another's is left out."""
        found: dict[str, list[tuple[int, int]]] = {}
        for paper_id, start, end in self._db.rows(_PASSAGES, (json.dumps(list(paper_ids)),)):
            found.setdefault(paper_id, []).append((start, end))
        return found

    def decide(self, paper_ids: Sequence[str], verdict: Verdict) -> None:
        """Keep what a person says of papers' latest texts.

        Raises:
            PaperNotFound: one of them is unknown; then nothing is kept.
        """
        with self._db.transaction() as db:
            for paper_id in paper_ids:
                if not db.execute(_REVIEWED, (verdict, paper_id)).rowcount:
                    raise PaperNotFound(f"{paper_id} is not in the library.", "`paperchat review` lists what is held.")
            _bump(db)

    def _of(self, paper_id: str, version: int) -> tuple[Flag, ...]:
        sql = """SELECT kind, start, "end", other FROM flags WHERE paper_id = ? AND version = ? ORDER BY start, kind"""
        return tuple(Flag(*row) for row in self._db.rows(sql, (paper_id, version)))


def _bump(db: Connection) -> None:
    db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'")
