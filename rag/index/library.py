"""The library: shelf, Chroma and lexical index kept in step, whoever is killed when.

The order of a write makes it safe. Papers go on the shelf first and become *pending*, in one transaction. Then, a unit
at a time: chunks are made and embedded; the unit is marked as being written; both indexes are changed; and one
transaction notes the new chunks, clears the pending marks and raises the generation. A process that dies leaves pending
papers, and the next writer finishes them. What was marked as being written is first cleared from the indexes by paper
id, so that no chunk of an unfinished write is orphaned.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rag.config import Config
from rag.errors import IndexDamaged, IndexMismatch, LibraryError, PaperNotFound
from rag.index import LexicalIndex, VectorStore
from rag.index.bulk.blocks import FOLDER as BULK
from rag.index.chunks import Chunker
from rag.index.imprint import Imprint
from rag.index.locks import IndexGate, writer_lock
from rag.models import EmbeddingInfo, build_embedding, describe, embed_texts
from rag.papers.browse.nearest import no_paper
from rag.papers.documents import follow as follow_files
from rag.papers.documents import forget, keep, kept_file, matched
from rag.papers.flags import SCREEN
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.papers.readers.kept import Kept
from rag.papers.shelf import FILE_NAME, Outcome, Shelf, no_papers
from rag.sources.files import FULL_TEXTS as FULL_TEXTS_FOLDER
from rag.sources.identifiers import OF_DOI
from rag.types import Chunk, FullText, Paper, Rejected, Remark, Row
from rag.types.places import Remote

if TYPE_CHECKING:
    from rag.models import Embedder

T = TypeVar("T")
UNIT = 512
"""Papers indexed between two commits: what a killed ingest can lose of embedding work."""
FULL_TEXTS = 8
"""The same where full texts are among them, each of which is as long as fifty abstracts."""

Progress = Callable[[str, int, int], None]
"""Called with a stage (`waiting`, `reading`, `embedding`), the number done and the total (0 when unknown)."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest or a removal did, counted in distinct papers.

    Attributes:
        titles_only: Of the papers read, those of which the library knows no more than the title.
        unkept: By paper, the names of what its source says of it and the library has no place for.
        flagged: By paper that is held for review since, what its text was flagged for (`papers.flags.KINDS`).
    """

    papers_new: int
    papers_updated: int
    papers_unchanged: int
    chunks_added: int
    chunks_removed: int
    rejected: tuple[Rejected, ...]
    seconds: float
    remarks: tuple[Remark, ...] = ()
    titles_only: int = 0
    unkept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flagged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The report as the contract prints it."""
        return {
            "papers_new": self.papers_new,
            "papers_updated": self.papers_updated,
            "papers_unchanged": self.papers_unchanged,
            "chunks_added": self.chunks_added,
            "chunks_removed": self.chunks_removed,
            "rejected": [row.as_json() for row in self.rejected],
            "remarks": [remark.as_json() for remark in self.remarks],
            "titles_only": self.titles_only,
            "unkept": [{"paper_id": paper_id, "fields": list(names)} for paper_id, names in self.unkept.items()],
            "papers_flagged": len(self.flagged),
            "flagged": [{"paper_id": paper_id, "reasons": list(kinds)} for paper_id, kinds in self.flagged.items()],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Embedded:
    """Papers that can be written to both indexes.

    Attributes:
        unit: Paper ids, with whether an earlier write of them may have begun.
        chunks: Those that stand for these papers from now on.
        fresh: Those of them that the indexes lack.
        vectors: Of `fresh`, float32 [len(fresh), d].
    """

    unit: Mapping[str, bool]
    chunks: Sequence[Chunk]
    fresh: Sequence[Chunk]
    vectors: np.ndarray


@dataclass(slots=True)
class Indexes:
    """An open pair of indexes, closed together."""

    vectors: VectorStore
    lexical: LexicalIndex

    def close(self) -> None:
        """Close both."""
        try:
            self.vectors.close()
        finally:
            self.lexical.close()


class Library:
    """Everything that is stored, opened for reading and writing; safe to share between threads."""

    def __init__(self, config: Config, embedding: Embedder | None = None) -> None:
        """Open the library in `config.library_dir`, which is made where it is missing.

        Args:
            config: Where the library lies and how it is indexed.
            embedding: Any LlamaIndex embedding model; None builds the configured one when it is first needed.
        """
        self.config = config
        self.folder = config.library_dir
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"The library's folder {self.folder} cannot be made: {error.strerror}.",
                "Choose another with --data-dir or data_dir.",
            ) from None
        self.shelf = Shelf(config.store(FILE_NAME))
        self.imprint = Imprint(self.folder, self.shelf, lambda: self.fingerprint)
        self._embedding = embedding
        self._guard = threading.RLock()
        self._require_held: Callable[[], None] = lambda: None
        """Raises where a lock on a server was lost; without meaning outside `writing`, and for files."""
        self._gate = IndexGate(self.folder / "index.lock", self._open_complete, self.shelf.generation)

    def close(self) -> None:
        """Release all files; queries in flight finish first."""
        self._gate.close()
        self.shelf.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- how it is indexed ------------------------------------------------------------------------------------------

    @property
    def embedding(self) -> Embedder:
        """The embedding model, loaded once, at its first use."""
        with self._guard:
            if self._embedding is None:
                self._embedding = build_embedding(self.config.embedding)
            return self._embedding

    @cached_property
    def embedding_info(self) -> EmbeddingInfo:
        """The model's identity and token limit."""
        return describe(self.embedding)

    @cached_property
    def chunker(self) -> Chunker:
        """Splits papers to the embedding model's size."""
        return Chunker(self.embedding_info, self.config.chunking.max_tokens)

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """Everything an index depends on besides the papers."""
        return {
            "embedder": self.embedding_info.identity,
            "chunker": self.chunker.identity,
            "hnsw": self.config.index.graph,
        }

    @property
    def fingerprint(self) -> str:
        """Hash of the recipe, 12 hex digits; part of the collection's name."""
        return self.fingerprint_of(self.recipe)

    @staticmethod
    def fingerprint_of(recipe: dict[str, Any]) -> str:
        """Hash of any recipe, for instance a stored one."""
        return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def vectors_location(self) -> Path | str:
        """The embedded Chroma's folder or the server's address."""
        return self.config.index.chroma_url or self.folder / "chroma"

    def open_indexes(self) -> Indexes:
        """Open both indexes of the current recipe. Only the lock's holder may call this (rag/index/locks.py)."""
        self.check_recipe()
        vectors = self.open_vectors(self.fingerprint)
        try:
            return Indexes(vectors, self.open_lexical())
        except BaseException:
            vectors.close()
            raise

    def _open_complete(self) -> Indexes:
        """Open both indexes for reading, and refuse them if one has lost what the shelf knows it held."""
        self.check_recipe()
        self.imprint.require()
        indexes = self.open_indexes()
        if any(writing for _, writing in self.shelf.pending()):
            return indexes  # an unfinished write, which the next writer finishes, may have left less
        expected = self.shelf.indexed_chunks()
        for name, count in (("Chroma", indexes.vectors.count()), ("lexical", indexes.lexical.count())):
            if count < expected:
                indexes.close()
                raise IndexDamaged(
                    f"The {name} index in {self.folder} holds {count} of {expected} passages.",
                    "`paperchat doctor --repair` fills it again.",
                )
        return indexes

    def open_vectors(self, fingerprint: str) -> VectorStore:
        """Open the collection of a recipe. Only the lock's holder may call this."""
        collection = self.collection_of(fingerprint)
        cache = self.folder / "vectors" / f"{collection}-{self.shelf.generation()}"
        return VectorStore(self.vectors_location, collection, self.config.index, cache)

    def collection_of(self, fingerprint: str) -> str:
        """Name of a recipe's collection; it names the library too, since libraries may share one Chroma server."""
        return f"papers-{fingerprint}-{self.shelf.meta('library')}"

    @property
    def lexical_folder(self) -> Path:
        """Where the lexical index of the current recipe lies."""
        return self.folder / f"lexical-{self.fingerprint}"

    def open_lexical(self) -> LexicalIndex:
        """Open the lexical index of the current recipe. Only the lock's holder may call this."""
        return LexicalIndex(self.lexical_folder)

    def check_recipe(self) -> None:
        """Refuse an index that was built with another embedder or chunker.

        Raises:
            IndexMismatch: naming what differs and the command that re-indexes.
        """
        stored = json.loads(self.shelf.meta("recipe") or "null")
        if stored is None or not (self.shelf.has_chunks() or stored == self.recipe):
            self.shelf.set_meta("recipe", json.dumps(self.recipe))
            return
        changed = [key for key in self.recipe if stored.get(key) != self.recipe[key]]
        if changed:
            differences = "; ".join(f"{key}: {stored.get(key)} then, {self.recipe[key]} now" for key in changed)
            raise IndexMismatch(
                f"The index in {self.folder} was built with other settings ({differences}).",
                "`paperchat doctor --repair` re-indexes all papers with the new settings; or set the old ones again.",
            )

    # --- reading ----------------------------------------------------------------------------------------------------

    @contextmanager
    def indexes(self) -> Iterator[Indexes]:
        """Borrow both indexes for a query; they hold everything written before the call.

        Raises:
            EmptyLibrary: there is nothing to search.
        """
        self.require_papers()
        with self._gate.read() as indexes:
            yield indexes

    def require_papers(self) -> None:
        """Raise `EmptyLibrary`, with how to add papers, when there are none."""
        if not self.shelf.has_papers():
            raise no_papers(self.shelf.place)

    def paper(self, paper_id: str, version: int | None = None) -> Paper:
        """One version of a paper, the latest by default (`PaperNotFound` when there is none)."""
        return self.shelf.paper(paper_id, version)

    def corpus_digest(self) -> str:
        """Hash of what can be cited, 16 hex digits."""
        return self.shelf.corpus_digest()

    # --- writing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self, progress: Progress | None = None) -> Iterator[None]:
        """Hold the library for writing, across processes, and across servers where several share a database."""

        def wait() -> None:
            if progress:
                progress("waiting", 0, 0)

        with writer_lock(self.folder / "write.lock", wait), self._writing_elsewhere(wait):
            yield

    @contextmanager
    def _writing_elsewhere(self, on_wait: Callable[[], None]) -> Iterator[None]:
        if isinstance(self.shelf.place, Remote):
            from rag.papers.postgres.server import writing

            with writing(self.shelf.place, on_wait) as self._require_held:
                yield
        else:
            yield

    def settled(self, progress: Progress | None = None) -> AbstractContextManager[None]:
        """Keep writers out while all of the library is looked at; where nobody may write, there is none to keep out."""
        return self.writing(progress) if os.access(self.folder, os.W_OK) else nullcontext()

    def document(self, paper: Paper) -> Path | None:
        """The file that a paper's full text was read from, where it is kept."""
        return kept_file(self.folder, paper)

    def ingest(
        self, rows: Iterable[Row], progress: Progress | None = None, engine: Engine | None = None
    ) -> IngestReport:
        """Put papers on the shelf and into both indexes; finishes what an earlier, killed ingest left.

        Idempotent: a text seen before costs no embedding.

        Args:
            rows: What sources read.
            progress: Told how far it is.
            engine: Chunks and embeds what is pending; None: this process does.
        """
        begin = time.perf_counter()
        told: list[Rejected | Remark] = []
        unkept: dict[str, tuple[str, ...]] = {}
        outcomes: dict[str, Outcome] = {}
        bare: set[str] = set()
        with self.writing(progress):
            self._require_whole_indexes()
            before, held = self.shelf.renamed(), self.shelf.flags.held()
            for group in _recorded_together(rows, told, unkept):
                if isinstance(group, FullText):
                    found = self._add_text(group, told)
                else:
                    bare.update(paper.paper_id for paper in group if not paper.abstract)
                    found = self.shelf.record(group)
                for paper_id, outcome in found.items():
                    if outcomes.get(paper_id, "unchanged") == "unchanged":
                        outcomes[paper_id] = outcome
                if progress:
                    progress("reading", len(outcomes), 0)
            told += self._follow_renames(before)
            added, removed = self.index_pending(progress, engine)
            flagged = {one.paper_id: one.kinds for one in self.shelf.flags.all() if one.paper_id not in held}
        count = Counter(outcomes.values())
        return IngestReport(
            papers_new=count["new"],
            papers_updated=count["updated"],
            papers_unchanged=count["unchanged"],
            chunks_added=added,
            chunks_removed=removed,
            rejected=tuple(one for one in told if isinstance(one, Rejected)),
            seconds=time.perf_counter() - begin,
            remarks=tuple(one for one in told if isinstance(one, Remark)),
            titles_only=sum(not paper.abstract for paper in self.shelf.papers(bare).values()),
            unkept=unkept,
            flagged=flagged,
        )

    def _follow_renames(self, before: Mapping[str, str]) -> list[Remark]:
        """Have what readers keep, and full texts' files, follow papers that left their ids; say which a DOI joined."""
        renamed = self.shelf.renamed()
        joined = ((old, new) for old, new in renamed.items() if old not in before and old.startswith(OF_DOI))
        told = [Remark(new, f"is the paper that was known as {old}, by its DOI") for old, new in joined]
        for name, follow in ((KEPT, self._follow_kept), (FULL_TEXTS_FOLDER, self._follow_texts)):
            if renamed:
                try:
                    follow(renamed)
                except LibraryError as error:  # the papers are there all the same, and the next ingest tries again
                    told.append(Remark(name, error.message.removesuffix(".")))
        return told

    def _follow_kept(self, renamed: Mapping[str, str]) -> None:
        """Have what readers keep follow papers to the ids that they have now."""
        place = self.config.store(KEPT)
        if place.exists():
            with closing(Kept(place)) as kept:
                kept.follow(renamed)

    def _follow_texts(self, renamed: Mapping[str, str]) -> None:
        """The same of full texts' files."""
        if (self.folder / FULL_TEXTS_FOLDER).exists():
            follow_files(self.folder, renamed)

    def _add_text(self, found: FullText, told: list[Rejected | Remark]) -> dict[str, Outcome]:
        """Give a full text to its paper, and keep the file."""
        match = matched(self.shelf, found)
        if isinstance(match, Rejected):
            told.append(match)
            return {}
        paper, remark = match
        told.append(remark)
        known = {paper.paper_id: self.shelf.attach(paper)} if paper.version else self.shelf.record([paper])
        stored = self.shelf.paper(next(iter(known)))
        if stored.body == found.paper.body:
            keep(self.folder, stored, found.file)
        return known

    def remove(self, paper_ids: Sequence[str], progress: Progress | None = None) -> IngestReport:
        """Take papers with all their versions out of the library.

        Raises:
            PaperNotFound: one of the ids is unknown; then nothing is removed.
        """
        begin = time.perf_counter()
        with self.writing(progress):
            unknown = [i for i in paper_ids if not self.shelf.versions(i)]
            if unknown:
                near = no_paper(self.shelf, unknown[0]).advice
                raise PaperNotFound(f"Not in the library: {', '.join(unknown)}. Nothing was removed.", near)
            self._require_whole_indexes()
            texts = [self.shelf.paper(i, version) for i in paper_ids for version in self.shelf.versions(i)]
            self.shelf.remove(paper_ids)
            for paper in texts:
                forget(self.folder, paper)
            added, removed = self.index_pending(progress)
        return IngestReport(0, 0, 0, added, removed, (), time.perf_counter() - begin)

    @contextmanager
    def rewriting(self) -> Iterator[None]:
        """Keep readers out while index files are thrown away or written anew, and have them reopen afterwards.

        The caller holds `writing()`.
        """
        with self._gate.write():
            yield
            self.shelf.bump()

    def _require_whole_indexes(self) -> None:
        """Raise `IndexDamaged` or `IndexMismatch` before anything is written beside an index that lost something."""
        self.check_recipe()
        self.imprint.require()
        if self.shelf.has_chunks():
            with self._gate.read():
                return

    def index_pending(self, progress: Progress | None = None, engine: Engine | None = None) -> tuple[int, int]:
        """Bring both indexes up to the shelf, after all texts were screened; the caller holds `writing()`.

        Returns:
            Numbers of chunks added and removed.
        """
        self.screen_missing(progress)
        pending = dict(self.shelf.pending())
        added = removed = 0
        for embedded in (engine or _embedded_here)(self, pending, progress):
            plus, minus = self._index(embedded)
            added, removed = added + plus, removed + minus
        return added, removed

    def screen_missing(self, progress: Progress | None = None) -> int:
        """Look for what steers, hides or repeats in texts that were not looked at; the caller holds `writing()`.

        Whoever is killed within loses the last few papers' alone.

        Returns:
            Number of papers looked at.
        """
        flags = self.shelf.flags
        flags.reorder()
        missing = flags.missing(SCREEN)
        if not missing:
            return 0
        from rag.screen import repeated, runs_of, screened

        for done, unit in enumerate(_units(missing)):
            papers = list(self.shelf.papers(unit).values())
            found, runs = screened(papers), runs_of(papers)
            flags.enter_runs(runs)
            for paper, flag in repeated(runs, flags.sharing, self.shelf.papers):
                found.setdefault((paper.paper_id, paper.version), []).append(flag)
            flags.write(found, SCREEN, unit)
            if progress:
                progress("screening", done * UNIT + len(unit), len(missing))
        return len(missing)

    def embedded(self, unit: Mapping[str, bool], chunks: Sequence[Chunk], vectors: np.ndarray) -> Embedded:
        """What is to be written of papers all of whose chunks have vectors, float32 [len(chunks), d]."""
        places = self.fresh(unit, chunks)
        return Embedded(unit, chunks, [chunks[place] for place in places], vectors[places])

    def fresh(self, unit: Mapping[str, bool], chunks: Sequence[Chunk]) -> list[int]:
        """Places of the chunks that the indexes lack, or may lack, of papers with whether their write had begun."""
        old = {row.chunk_id for row in self.shelf.chunks(unit)}
        return [place for place, chunk in enumerate(chunks) if chunk.chunk_id not in old or unit[chunk.paper_id]]

    def _index(self, embedded: Embedded) -> tuple[int, int]:
        unit, chunks, fresh = embedded.unit, embedded.chunks, embedded.fresh
        old = {row.chunk_id for row in self.shelf.chunks(unit)}
        half_written = [paper_id for paper_id, writing in unit.items() if writing]
        gone = old - {chunk.chunk_id for chunk in chunks}
        self._describe(self.shelf.papers(unit).values(), chunks, fresh, embedded.vectors)
        self._require_held()
        self.shelf.mark_writing(list(unit))
        indexes = self.open_indexes()
        try:
            if half_written:
                indexes.vectors.delete_papers(half_written)
            indexes.vectors.upsert(fresh, embedded.vectors)
            indexes.lexical.replace(list(unit), chunks)
            if isinstance(self.vectors_location, Path):
                indexes.vectors.delete(list(gone))
            with self._gate.write():  # a moment: readers have the state before, and open the one after
                if not isinstance(self.vectors_location, Path):
                    indexes.vectors.delete(list(gone))  # readers see a server's store as it is
                indexes.close()
                with self.imprint.following(list(unit), chunks) as imprint:
                    self.shelf.mark_indexed(list(unit), chunks, imprint)
        except BaseException:
            indexes.vectors.discard()  # the unit stays pending
            raise
        finally:
            indexes.close()
        return sum(chunk.chunk_id not in old for chunk in fresh), len(gone)

    def _describe(
        self, papers: Iterable[Paper], chunks: Sequence[Chunk], fresh: Sequence[Chunk], vectors: np.ndarray
    ) -> None:
        """Make cards and tags of papers all of whose abstract was embedded just now; others have theirs, or wait.

        They wait for `describe_missing`, which reads stored vectors.
        """
        rows = {chunk.chunk_id: row for row, chunk in enumerate(fresh)}
        near: dict[str, list[int]] = defaultdict(list)
        held = {paper.paper_id: paper for paper in papers}
        for chunk in chunks:
            if chunk.start < held[chunk.paper_id].body_start:
                near[chunk.paper_id].append(rows.get(chunk.chunk_id, -1))
        whole = [held[paper_id] for paper_id, places in near.items() if min(places) >= 0]
        if whole:
            self._keep_described(whole, {one.paper_id: vectors[near[one.paper_id]] for one in whole})

    def describe_missing(self, progress: Progress | None = None) -> int:
        """Make the cards and tags that are missing, or that an earlier version made; the caller holds `writing()`.

        Whoever is killed within loses the last few papers' alone.

        Returns:
            Number of papers described.
        """
        from rag.cards import makers

        missing = self.shelf.descriptions.missing(makers(self.embedding_info.identity))
        for done, unit in enumerate(_units(missing)):
            papers = self.shelf.papers(unit)
            near: dict[str, list[str]] = defaultdict(list)
            for row in self.shelf.chunks(unit):
                if row.start < papers[row.paper_id].body_start and row.version == papers[row.paper_id].version:
                    near[row.paper_id].append(row.chunk_id)
            with self.indexes() as indexes:
                stored = indexes.vectors.vectors([chunk_id for ids in near.values() for chunk_id in ids])
            borders = np.cumsum([0, *map(len, near.values())]).tolist()
            vectors = {one: stored[a:b] for one, (a, b) in zip(near, pairwise(borders), strict=True)}
            self._keep_described(list(papers.values()), vectors)
            if progress:
                progress("cards", done * UNIT + len(unit), len(missing))
        return len(missing)

    def _keep_described(self, papers: Sequence[Paper], vectors: Mapping[str, np.ndarray]) -> None:
        from rag.cards import described, makers
        from rag.cards.subjects import load_subjects

        embedder, vocabulary = self.embedding_info.identity, load_subjects()
        subjects = [(one.tag, one.label, one.broader) for one in vocabulary.subjects]
        self.shelf.descriptions.enter_subjects(vocabulary.fingerprint, subjects, vocabulary.names())
        flagged = self.shelf.flags.passages([paper.paper_id for paper in papers])
        self.shelf.descriptions.write(described(papers, vectors, embedder, flagged), makers(embedder))


Engine = Callable[[Library, Mapping[str, bool], Progress | None], Iterable[Embedded]]
"""Chunks and embeds pending papers; each is written before the next is asked for."""


def _embedded_here(
    library: Library, pending: Mapping[str, bool], progress: Progress | None = None
) -> Iterator[Embedded]:
    """Chunk and embed in this process, but for what a cluster had embedded of an ingest that was killed."""
    done, total = 0, len(pending)
    if (library.folder / BULK).exists():
        from rag.index.bulk.cluster import resumed

        pending = yield from resumed(library, pending, progress)
        done = total - len(pending)
    for items in _units(pending.items(), FULL_TEXTS if library.shelf.has_bodies() else UNIT):
        unit = dict(items)
        papers = library.shelf.papers(unit).values()
        chunks = list(chain.from_iterable(library.chunker.split(paper) for paper in papers))
        fresh = [chunks[place] for place in library.fresh(unit, chunks)]
        report = _shifted(progress, done, total, len(unit))
        vectors = embed_texts(library.embedding, [chunk.embedded_text for chunk in fresh], on_progress=report)
        yield Embedded(unit, chunks, fresh, vectors)
        done += len(unit)


def _units(items: Iterable[T], size: int = UNIT) -> Iterator[tuple[T, ...]]:
    """Cut into runs of at most so many."""
    iterator = iter(items)
    while unit := tuple(islice(iterator, size)):
        yield unit


def _recorded_together(
    rows: Iterable[Row], told: list[Rejected | Remark], unkept: dict[str, tuple[str, ...]]
) -> Iterator[tuple[Paper, ...] | FullText]:
    """Papers in runs, each full text by itself when all before it are on the shelf; the rest is collected."""
    group: list[Paper] = []
    for row in rows:
        if isinstance(row, Rejected | Remark):
            told.append(row)
        elif isinstance(row, Paper):
            group.append(row)
            if row.unkept:
                unkept[row.paper_id] = row.unkept
        if group and (len(group) == UNIT or isinstance(row, FullText)):
            yield tuple(group)
            group = []
        if isinstance(row, FullText):
            yield row
    if group:
        yield tuple(group)


def _shifted(progress: Progress | None, done: int, total: int, unit: int) -> Callable[[int, int], None] | None:
    """Turn a unit's own progress into progress over all pending papers."""
    if progress is None:
        return None
    return lambda part, whole: progress("embedding", done + unit * part // max(whole, 1), total)
