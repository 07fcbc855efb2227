"""What the shelf notes of the indexes: which chunks they hold, and which papers wait for them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rag.papers import bodies
from rag.papers.database import Connection, Database
from rag.papers.schema import HALF_WRITTEN
from rag.types import SEPARATOR, Chunk

ANEW = "ON CONFLICT (key) DO UPDATE SET value = excluded.value"


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """Where an indexed chunk stands; its text is the slice of its version's text."""

    chunk_id: str
    paper_id: str
    version: int
    start: int
    end: int


class Indexed:
    """The part of the shelf that is about the indexes (`Shelf`)."""

    _db: Database

    # --- meta -------------------------------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A stored setting, None when it was never set."""
        rows = self._db.all("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Store a setting."""
        self._db.execute(f"INSERT INTO meta VALUES (?, ?) {ANEW}", (key, value))

    def generation(self) -> int:
        """A number that grows with every change readers must see."""
        return int(self.meta("generation") or 0)

    def bump(self) -> None:
        """Raise the generation, so that readers open the indexes anew."""
        with self._db.transaction() as db:
            bump(db)

    # --- writing ----------------------------------------------------------------------------------------------------

    def pending(self) -> list[tuple[str, bool]]:
        """Papers whose index entries are not up to date, with whether an earlier write of them may have begun."""
        rows = self._db.rows("SELECT paper_id, writing FROM pending ORDER BY paper_id")
        return [(row[0], bool(row[1])) for row in rows]

    def mark_pending(self, paper_ids: Iterable[str] | None = None) -> None:
        """Have papers indexed afresh; None takes all, and all that the indexes were ever told of."""
        with self._db.transaction() as db:
            if paper_ids is None:
                db.execute(f"INSERT INTO pending SELECT paper_id, 1 FROM papers WHERE true {HALF_WRITTEN}")
                db.execute(f"INSERT INTO pending SELECT DISTINCT paper_id, 1 FROM chunks WHERE true {HALF_WRITTEN}")
            else:
                db.executemany(f"INSERT INTO pending VALUES (?, 1) {HALF_WRITTEN}", ((i,) for i in paper_ids))

    def mark_writing(self, paper_ids: Collection[str]) -> None:
        """Note, before the indexes are touched, that entries of these papers may be half-written from now on."""
        with self._db.transaction() as db:
            db.executemany("UPDATE pending SET writing = 1 WHERE paper_id = ?", ((i,) for i in paper_ids))

    def mark_indexed(self, paper_ids: Collection[str], chunks: Iterable[Chunk], imprint: str | None = None) -> None:
        """Note, after both indexes hold them, that exactly these chunks stand for these papers.

        Args:
            paper_ids: The papers.
            chunks: All of theirs.
            imprint: Of everything that is indexed from now on (`index.imprint`).
        """
        with self._db.transaction() as db:
            keys = [(paper_id,) for paper_id in paper_ids]
            db.executemany("DELETE FROM chunks WHERE paper_id = ?", keys)
            db.executemany(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)",
                ((c.chunk_id, c.paper_id, c.version, c.start, c.end) for c in chunks),
            )
            db.executemany("DELETE FROM pending WHERE paper_id = ?", keys)
            noted = "INSERT INTO meta SELECT 'indexed_chunks', CAST(count(*) AS TEXT) FROM chunks WHERE true"
            db.execute(f"{noted} {ANEW}")
            if imprint is not None:
                db.execute(f"INSERT INTO meta VALUES ('imprint', ?) {ANEW}", (imprint,))
            bump(db)

    # --- reading ----------------------------------------------------------------------------------------------------

    def has_chunks(self) -> bool:
        """Whether anything is indexed."""
        return bool(self._db.all("SELECT 1 FROM chunks LIMIT 1"))

    def indexed_chunks(self) -> int:
        """Number of chunks that both indexes should hold, as noted by the last `mark_indexed`."""
        noted = self.meta("indexed_chunks")
        return int(noted) if noted is not None else len(self.chunks())

    def imprint(self) -> str | None:
        """That of everything that is indexed, as noted by the last `mark_indexed`; None where none was."""
        return self.meta("imprint")

    def unindexed(self) -> int:
        """Number of papers on the shelf whose latest text cannot be found yet."""
        ((count,),) = self._db.all("SELECT count(*) FROM pending JOIN papers USING (paper_id)")
        return int(count)

    def chunks(self, paper_ids: Iterable[str] | None = None) -> list[ChunkRow]:
        """Chunks that both indexes hold; of these papers only, where ids are given."""
        sql, values = 'SELECT chunk_id, paper_id, version, start, "end" FROM chunks', []
        if paper_ids is not None:
            sql += " WHERE paper_id IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(paper_ids)))
        return [ChunkRow(*row) for row in self._db.rows(sql, values)]

    def abstract_chunks(self) -> list[tuple[str, str]]:
        """Every indexed chunk of title and abstract, full texts left out, with its paper, by paper and place."""
        sql = f"""SELECT c.chunk_id, c.paper_id FROM chunks c JOIN versions v USING (paper_id, version) {bodies.JOIN}
            WHERE b.body IS NULL OR c.start < length(v.title) + length(v.abstract) + {len(SEPARATOR)}
            ORDER BY c.paper_id, c.start"""
        return [(row[0], row[1]) for row in self._db.rows(sql)]

    def chunk_rows(self, chunk_ids: Sequence[str]) -> dict[str, ChunkRow]:
        """Chunks by id; unknown ids are left out."""
        rows = self._db.rows(
            'SELECT chunk_id, paper_id, version, start, "end" FROM chunks '
            "WHERE chunk_id IN (SELECT value FROM json_each(?))",
            (json.dumps(chunk_ids),),
        )
        return {row[0]: ChunkRow(*row) for row in rows}


def bump(db: Connection) -> None:
    """Raise the generation within a transaction."""
    db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'")
