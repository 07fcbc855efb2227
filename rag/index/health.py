"""`doctor`: do shelf, Chroma and lexical index agree, and the repair that makes them agree."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged, IndexMismatch, LibraryError, PaperchatError, VectorStoreError
from rag.index.library import Library, Progress
from rag.index.units import cut
from rag.models import embed_texts
from rag.papers.database import Database
from rag.papers.shelf import FILE_NAME as SHELF
from rag.papers.shelf import ChunkRow

SAMPLE = 2000
"""Vectors that are queried back: all of a small library, evenly spread over a large one."""
SPLIT_AGAIN = 200
"""Papers that are split again to see that their chunks are the ones on the shelf, evenly spread."""
EMBEDDED_AGAIN = 16
"""Chunks that are embedded again to see that their vectors are the right ones, evenly spread; none where it costs."""
SAME_VECTOR = 0.99
"""Cosine similarity of a stored vector to a new one of the same text; other texts lie far below."""
_PROBE_SECONDS = 600
_COPIES = 3
"""Copies of the shelf that repairs leave beside it; the oldest goes."""
_COPY = "shelf-before-repair-"
_MADE_ANEW = ("lines.sqlite", "scores.sqlite")
"""SQLite files that hold nothing of their own."""
_RESTORE = "`paperchat restore FILE --force` puts a backup back, and what is there aside"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, whether it is well, and in words what was found."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """All findings, and the papers that need indexing afresh for the library to be well."""

    checks: tuple[Check, ...]
    papers: int
    chunks: int
    stale_papers: frozenset[str] = frozenset()
    vectors_damaged: bool = False
    lexical_damaged: bool = False

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The findings as `doctor --json` prints them."""
        return {
            "ok": self.ok,
            "papers": self.papers,
            "chunks": self.chunks,
            "checks": [asdict(check) for check in self.checks],
        }


def examine(library: Library, progress: Progress | None = None) -> Health:
    """Compare shelf, Chroma and lexical index; waits for a running ingest first."""
    with library.settled(progress):
        return _examine(library)


def repair(library: Library, progress: Progress | None = None) -> Health:
    """Make both indexes agree with the shelf, and examine again; a copy of the shelf is left beside it first.

    Raises:
        IndexDamaged: the shelf itself is damaged; it is the truth and cannot be rebuilt from anything.
    """
    with library.writing(progress):
        health = _examine(library)
        shelf = health.checks[0]
        if not shelf.ok:
            raise IndexDamaged(f"The shelf is damaged: {shelf.detail}.", f"{_RESTORE}; or ingest afresh.")
        if health.ok:
            return health
        _copy_shelf(library)
        _drop_spoilt(library.folder)
        _restart_with_current_recipe(library)
        if health.vectors_damaged:
            library.shelf.mark_pending()  # first: a killed repair must leave work to do, not an empty index
            _drop_vectors(library, library.fingerprint)
        library.shelf.mark_pending(sorted(health.stale_papers))
        if health.lexical_damaged:
            _rebuild_lexical(library)
        library.index_pending(progress)
        library.imprint.write()  # what was found to differ has been written anew
        return _examine(library)


def _examine(library: Library) -> Health:
    verdict = library.shelf.integrity()
    rows = library.shelf.chunks() if verdict == "ok" else []
    held = library.shelf.coverage().papers if verdict == "ok" else 0
    expected = {row.chunk_id: row.paper_id for row in rows}
    checks = [
        Check("shelf", verdict == "ok", f"{held:,} papers in {len(rows):,} passages" if verdict == "ok" else verdict)
    ]
    if verdict != "ok":
        return Health(tuple(checks), held, len(rows))
    pending = library.shelf.pending()
    checks.append(Check("pending", not pending, f"{len(pending)} papers cannot be found yet" if pending else "none"))
    checks.append(_examine_readers(library.folder))
    try:
        library.check_recipe()
    except IndexMismatch as error:
        checks.append(Check("settings", False, error.message))
        return Health(tuple(checks), held, len(rows))
    checks.append(Check("settings", True, f"built with {library.embedding_info.identity}"))
    if not rows and not pending and library.imprint.agrees():
        return Health(tuple(checks), held, 0)
    chunks, unsplit = _examine_chunks(library, rows, {paper_id for paper_id, _ in pending})
    vectors, stale, damaged = _examine_vectors(library, expected)
    lexical, stale_words, lost = _examine_lexical(library, expected)
    checks += [chunks, vectors, lexical, *_examine_imprint(library)]
    return Health(tuple(checks), held, len(rows), unsplit | stale | stale_words, damaged, lost)


def _examine_imprint(library: Library) -> Iterator[Check]:
    """Where servers with folders of their own share the shelf, whether this folder has followed all changes."""
    if library.imprint.counts:
        agrees = library.imprint.agrees()
        detail = "the folder has followed all changes" if agrees else "another server has changed papers since"
        yield Check("folder", agrees, detail)


def _spoilt(folder: Path) -> dict[str, str]:
    """The SQLite files beside the shelf that are not whole, with SQLite's verdict."""
    found = {}
    for path in sorted(folder.glob("*.sqlite")):
        if path.name != SHELF and not path.name.startswith(_COPY):
            with closing(Database(path)) as database:
                verdict = database.integrity()
            if verdict != "ok":
                found[path.name] = verdict
    return found


def _examine_readers(folder: Path) -> Check:
    """Look at the files of what readers keep, say and follow: a truth of their own that nothing rebuilds."""
    spoilt = _spoilt(folder)
    told = [f"{name}: {verdict.rstrip('.')}" for name, verdict in spoilt.items()]
    if set(spoilt) - set(_MADE_ANEW):
        told.append(f"{_RESTORE}; or move the file away")
    return Check("readers", not spoilt, "; ".join(told) or "their files are whole")


def _copy_shelf(library: Library) -> None:
    """Leave a copy of the truth beside it before anything is changed; a server's is backed up there."""
    if not isinstance(library.shelf.place, Path):
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for old in sorted(library.folder.glob(f"{_COPY}*.sqlite"))[: 1 - _COPIES]:
        old.unlink()
    library.shelf.copy(library.folder / f"{_COPY}{stamp}.sqlite")


def _drop_spoilt(folder: Path) -> None:
    """Delete damaged files that are made anew when they are needed."""
    for name in set(_spoilt(folder)) & set(_MADE_ANEW):
        for ending in ("", "-wal", "-shm"):
            (folder / f"{name}{ending}").unlink(missing_ok=True)


def _examine_chunks(
    library: Library, rows: Sequence[ChunkRow], pending: Collection[str]
) -> tuple[Check, frozenset[str]]:
    """Compare the shelf's chunks with its papers: every latest version has some, and a sample is split again."""
    held: dict[str, set[str]] = {}
    versions: dict[str, set[int]] = {}
    for row in rows:
        held.setdefault(row.paper_id, set()).add(row.chunk_id)
        versions.setdefault(row.paper_id, set()).add(row.version)
    latest = {paper.paper_id: paper for paper in library.shelf.browse() if paper.paper_id not in pending}
    stale = {i for i, paper in latest.items() if versions.get(i) != {paper.version}}
    again = list(islice(sorted(latest), 0, None, max(1, len(latest) // SPLIT_AGAIN)))
    stale |= {i for i in again if {chunk.chunk_id for chunk in library.chunker.split(latest[i])} != held.get(i)}
    detail = f"{len(latest):,} papers have those of their latest version; {len(again):,} were split anew"
    if stale:
        detail = f"{len(stale)} papers have none, or others than their latest version's"
    return Check("chunks", not stale, detail), frozenset(stale)


def _examine_vectors(library: Library, expected: Mapping[str, str]) -> tuple[Check, frozenset[str], bool]:
    """Probe Chroma in a child process, since a damaged index can end the process that queries it."""
    sample = list(islice(sorted(expected), 0, None, max(1, len(expected) // SAMPLE)))
    embeds_here = library.config.embedding.base_url is None and library.config.embedding.provider != "openai"
    shown = list(islice(sorted(expected), 0, None, max(1, len(expected) // EMBEDDED_AGAIN))) if embeds_here else []
    order = {
        "location": str(library.vectors_location),
        "embedded": isinstance(library.vectors_location, Path),
        "collection": library.collection_of(library.fingerprint),
        "settings": library.config.index.model_dump(mode="json"),
        "sample": sample,
        "shown": shown,
    }
    found = _probe(order)
    if "error" in found:
        return Check("chroma", False, found["error"]), frozenset(), True
    check, stale = _compare("chroma", expected, found["ids"])
    if found["lost"]:
        detail = f"{check.detail}; {len(found['lost'])} of {len(sample)} are not found when they are searched for"
        return Check("chroma", False, detail), stale, True
    if wrong := _wrong_vectors(library, expected, found["vectors"]):
        detail = f"{check.detail}; of {len(wrong)} of {len(shown)} the stored meaning is not that of the text"
        return Check("chroma", False, detail), stale | {expected[i] for i in wrong}, True
    if check.ok:
        again = f", the meaning of {len(shown)} computed anew and the same" if shown else ""
        check = Check("chroma", True, f"{check.detail}; {len(sample):,} were searched for and found{again}")
    return check, stale, False


def _wrong_vectors(library: Library, expected: Mapping[str, str], stored: Mapping[str, list[float]]) -> list[str]:
    """Chunks whose stored vector is not the one of their text."""
    papers = library.shelf.papers({expected[i] for i in stored})
    texts = {
        chunk.chunk_id: chunk.embedded_text
        for paper in papers.values()
        for chunk in library.chunker.split(paper)
        if chunk.chunk_id in stored
    }
    if not texts:
        return []
    fresh = embed_texts(library.embedding, list(texts.values()))
    likeness = np.einsum("nd,nd->n", fresh, np.array([stored[i] for i in texts], dtype=np.float32))
    return [i for i, cosine in zip(texts, likeness, strict=True) if cosine < SAME_VECTOR]


def _probe(order: Mapping[str, Any]) -> dict[str, Any]:
    """Run the probe; what it found, or an `error` that means damage.

    Raises:
        VectorStoreError: the server cannot be reached: nothing is known of the vectors, and none may be thrown away.
        LibraryError: the probe itself failed; likewise.
    """
    command = [sys.executable, "-P", "-m", "rag.index.probe"]  # -P: never from the folder the user stands in
    try:
        done = subprocess.run(
            command, input=json.dumps(order), capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise LibraryError(
            f"Chroma gave no answer within {_PROBE_SECONDS} seconds.", "Try again when the machine is less busy."
        ) from None
    if done.returncode < 0:
        return {"error": f"the process that queried it was ended by signal {-done.returncode}"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise LibraryError(f"The check of the vectors failed: {last}.", "Try again; the library was not changed.")
    found: dict[str, Any] = json.loads(done.stdout)
    if found.get("kind") == "VectorStoreError":
        raise VectorStoreError(found["error"], found["advice"])
    return found


def _examine_lexical(library: Library, expected: Mapping[str, str]) -> tuple[Check, frozenset[str], bool]:
    try:
        index = library.open_lexical()
    except PaperchatError as error:
        return Check("lexical", False, error.message), frozenset(), True
    try:
        check, stale = _compare("lexical", expected, index.ids())
    finally:
        index.close()
    return check, stale, False


def _compare(name: str, expected: Mapping[str, str], found: Mapping[str, str]) -> tuple[Check, frozenset[str]]:
    """Compare chunk ids; returns the papers of those that are missing or too many."""
    missing, orphaned = expected.keys() - found.keys(), found.keys() - expected.keys()
    stale = {expected[i] for i in missing} | {found[i] for i in orphaned}
    detail = f"{len(found):,} passages"
    if stale:
        detail += f", {len(missing)} missing, {len(orphaned)} of papers or texts that are gone"
    return Check(name, not stale, detail), frozenset(stale)


def _restart_with_current_recipe(library: Library) -> None:
    """Where the index was built with other settings, throw it away and have all papers indexed afresh.

    In this order: a killed repair finds the old recipe still stored and does it all again.
    """
    stored = json.loads(library.shelf.meta("recipe") or "null")
    if stored in (None, library.recipe):
        return
    library.shelf.mark_pending()
    _drop_vectors(library, library.fingerprint_of(stored))
    with library.rewriting():
        for folder in library.folder.glob("lexical-*"):
            shutil.rmtree(folder)
    library.shelf.set_meta("recipe", json.dumps(library.recipe))


def _drop_vectors(library: Library, fingerprint: str) -> None:
    with library.rewriting():
        if isinstance(library.vectors_location, Path):
            if library.vectors_location.exists():
                shutil.rmtree(library.vectors_location)
            return
        store = library.open_vectors(fingerprint)
        store.drop()
        store.close()


def _rebuild_lexical(library: Library) -> None:
    """Write the lexical index anew; it needs no embedding."""
    with library.rewriting():
        if library.lexical_folder.exists():
            shutil.rmtree(library.lexical_folder)
        index = library.open_lexical()
        try:
            for unit in cut(sorted({row.paper_id for row in library.shelf.chunks()})):
                papers = library.shelf.papers(unit).values()
                index.replace(unit, [chunk for paper in papers for chunk in library.chunker.split(paper)])
        finally:
            index.close()
