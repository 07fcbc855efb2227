"""The library: shelf, Chroma and lexical index kept in step, whoever is killed when.

Here it is opened, read and locked. What is written to it, in which order and why in that one: rag/index/pending.py;
what comes in and goes out: rag/index/ingest.py; what is noted of papers besides: rag/index/description.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.config import Config
from rag.errors import IndexDamaged, IndexMismatch, LibraryError
from rag.index import LexicalIndex, VectorStore
from rag.index.chunks import Chunker
from rag.index.description import describe_missing
from rag.index.imprint import Imprint
from rag.index.ingest import ingest, remove
from rag.index.locks import IndexGate, writer_lock
from rag.index.pending import Embedded, Engine, fresh, index_pending
from rag.index.report import IngestReport, Progress
from rag.models import EmbeddingInfo, build_embedding, describe
from rag.papers.documents import kept_file
from rag.papers.shelf import FILE_NAME, Shelf, no_papers
from rag.types import Chunk, Paper, Row
from rag.types.places import Remote

if TYPE_CHECKING:
    import numpy as np

    from rag.models import Embedder

__all__ = ["Embedded", "Engine", "Indexes", "IngestReport", "Library", "Progress"]


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
        self.require_held: Callable[[], None] = lambda: None
        """Raises where a lock on a server was lost; without meaning outside `writing`, and for files."""
        self.gate = IndexGate(self.folder / "index.lock", self._open_complete, self.shelf.generation)

    def close(self) -> None:
        """Release all files; queries in flight finish first."""
        self.gate.close()
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
        if self.is_unfinished():
            return indexes  # an unfinished write, which the next writer finishes, may have left less
        try:
            self._require_counts(indexes)
        except IndexDamaged:
            indexes.close()
            raise
        return indexes

    def is_unfinished(self) -> bool:
        """Whether a write was broken off, which the next writer finishes."""
        return any(writing for _, writing in self.shelf.pending())

    def _require_counts(self, indexes: Indexes) -> None:
        """Raise `IndexDamaged` where an index holds fewer passages than the shelf knows that it held."""
        expected = self.shelf.indexed_chunks()
        for name, count in (("Chroma", indexes.vectors.count()), ("lexical", indexes.lexical.count())):
            if count < expected:
                raise IndexDamaged(
                    f"The {name} index in {self.folder} holds {count} of {expected} passages.",
                    "`paperchat doctor --repair` fills it again.",
                )

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
        with self.gate.read() as indexes:
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

            with writing(self.shelf.place, on_wait) as self.require_held:
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

        Idempotent: a text seen before costs no embedding. Where an index has lost something, new papers wait on the
        shelf for its repair.

        Args:
            rows: What sources read.
            progress: Told how far it is.
            engine: Chunks and embeds what is pending; None: this process does.
        """
        return ingest(self, rows, progress, engine)

    def remove(self, paper_ids: Sequence[str], progress: Progress | None = None) -> IngestReport:
        """Take papers with all their versions out of the library.

        Raises:
            PaperNotFound: one of the ids is unknown; then nothing is removed.
        """
        return remove(self, paper_ids, progress)

    @contextmanager
    def rewriting(self) -> Iterator[None]:
        """Keep readers out while index files are thrown away or written anew, and have them reopen afterwards.

        The caller holds `writing()`.
        """
        with self.gate.write():
            yield
            self.shelf.bump()

    def has_index_files(self) -> bool:
        """Whether both indexes lie where they should, as far as that can be seen without opening them."""
        vectors = self.vectors_location
        return self.lexical_folder.exists() and (isinstance(vectors, str) or vectors.exists())

    def require_whole_indexes(self, *, unfinished: bool = True) -> None:
        """Raise `IndexDamaged` or `IndexMismatch` before anything is written beside an index that lost something.

        Args:
            unfinished: A write that was broken off before may have left less; what waits now may be this writer's own.
        """
        self.check_recipe()
        self.imprint.require()
        if self.shelf.has_chunks():
            with self.gate.read() as indexes:
                if not unfinished:
                    self._require_counts(indexes)

    def index_pending(self, progress: Progress | None = None, engine: Engine | None = None) -> tuple[int, int]:
        """Bring both indexes up to the shelf, after all texts were screened; the caller holds `writing()`.

        Returns:
            Numbers of chunks added and removed.
        """
        return index_pending(self, progress, engine)

    def describe_missing(self, progress: Progress | None = None) -> int:
        """Make the cards and tags that are missing, or that an earlier version made; the caller holds `writing()`.

        Whoever is killed within loses the last few papers' alone.

        Returns:
            Number of papers described.
        """
        return describe_missing(self, progress)

    def embedded(self, unit: Mapping[str, bool], chunks: Sequence[Chunk], vectors: np.ndarray) -> Embedded:
        """What is to be written of papers all of whose chunks have vectors, float32 [len(chunks), d]."""
        places = fresh(self, unit, chunks)
        return Embedded(unit, chunks, [chunks[place] for place in places], vectors[places])
