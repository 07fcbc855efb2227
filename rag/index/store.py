"""The vector store: Chroma, embedded or behind a URL, with every setting that changes a ranking made explicit.

What Chroma does and does not promise is in docs/libraries.md. An embedded store is written in a copy that nobody else
has open (rag/index/snapshot.py), and never by two at once; rag/index/locks.py sees to that.

A chunk is stored under ``chunk_id/paper_id``: a query that returns keys alone costs a quarter of one that also returns
metadata, and a filter on papers needs no more than the key.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from rag.config import IndexConfig, public_address
from rag.errors import IndexDamaged, IndexMismatch, PaperchatError, VectorStoreError
from rag.index import chroma
from rag.index.disk import refusal
from rag.index.matrix import Matrix, Page, cached
from rag.index.snapshot import Snapshot
from rag.types import Chunk

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.types import Where

T = TypeVar("T")

_PAGE = 5000
_EXACT_PAPERS = 100
"""Up to this many papers all their vectors are fetched and compared."""
_OVERFETCH_DEPTH = 2000
"""Down to this depth reading on and dropping what a filter excludes is cheaper than comparing all that it allows."""
_MARGIN = 4
_LEAST_DEPTH = 1000
"""How much deeper to read than the filter's share calls for: the end of HNSW's list is its least exact part."""
_SYNC_THRESHOLD = 2
"""Changes after which Chroma writes its HNSW files, the least it takes. Everyone who opens the store must insert again
what is not in the files yet, at 1.3 ms a vector."""


class VectorStore:
    """A Chroma collection of chunks' vectors under cosine similarity; queries may come from many threads at once."""

    def __init__(self, location: Path | str, collection: str, settings: IndexConfig, cache: Path | None = None) -> None:
        """Open a collection, which is made where it is missing.

        Args:
            location: The embedded store's folder (a `Path`) or a server's http(s) address (a `str`).
            collection: Its name; it must change with anything that changes vectors or `settings`.
            settings: The HNSW parameters with which a new collection is made.
            cache: Folder for a copy of all vectors, as the collection holds them now (rag/index/matrix.py); None: the
                copy is kept in memory.

        Raises:
            VectorStoreError: no Chroma server answers at the address, or it refuses.
            IndexDamaged: the folder cannot be opened.
        """
        self.location = location
        self.name = collection
        self._client: Client | None = None
        self._snapshot: Snapshot | None = None
        self._failed = False
        self._settings = settings
        self._cache = cache
        self._matrix: Matrix | None = None
        self._total: int | None = None
        self._most = (settings.chroma_batch if isinstance(location, str) else None) or sys.maxsize
        self._guard = threading.Lock()
        with self._mapped():
            if isinstance(location, str):
                client = chroma.server(location, settings)
            else:
                self._snapshot = Snapshot(location)
                client = chroma.embedded(self._snapshot.store)
            self._use(client)

    def _use(self, client: Client) -> None:
        """Go over to a client, and open the collection in it."""
        before, self._client = self._client, client
        try:
            self._batch = min(client.get_max_batch_size(), self._most)
            self._collection = client.get_or_create_collection(
                self.name,
                configuration={
                    "hnsw": {
                        "space": "cosine",
                        "max_neighbors": self._settings.hnsw_m,
                        "ef_construction": self._settings.ef_construction,
                        "ef_search": self._settings.ef_search,
                        "sync_threshold": _SYNC_THRESHOLD,
                    }
                },
                embedding_function=None,  # else Chroma brings its own, which downloads a model
            )
        except BaseException:
            self._failed = True
            self.close()
            raise
        finally:
            if before:
                chroma.close(before)

    def upsert(self, chunks: Sequence[Chunk], vectors: np.ndarray) -> None:
        """Store chunks with their vectors; chunks that are there already are replaced.

        Args:
            chunks: What the vectors stand for.
            vectors: float32 [len(chunks), d], L2-normalised.

        Raises:
            IndexMismatch: the collection holds vectors of another size.
        """
        rows = list(zip(chunks, np.asarray(vectors, dtype=np.float32), strict=True))
        with self._writing():
            for part in _parts(rows, self._batch):
                self._collection.upsert(
                    ids=[_key(chunk) for chunk, _ in part],
                    embeddings=[vector for _, vector in part],
                    metadatas=[_metadata(chunk) for chunk, _ in part],
                    documents=[chunk.text for chunk, _ in part],
                )

    def delete(self, chunk_ids: Collection[str]) -> None:
        """Delete chunks; unknown ids are no error."""
        self._delete("chunk_id", chunk_ids)

    def delete_papers(self, paper_ids: Collection[str]) -> None:
        """Delete every chunk of some papers; unknown ids are no error."""
        self._delete("paper_id", paper_ids)

    def query(self, vector: np.ndarray, k: int, papers: frozenset[str] | None = None) -> list[tuple[str, float]]:
        """Find the chunks nearest to a vector.

        Args:
            vector: float32 [d], L2-normalised.
            k: Most chunks to return.
            papers: Papers whose chunks may be returned; None allows all.

        Returns:
            (chunk id, cosine similarity), best first, ties by chunk id.

        Raises:
            IndexMismatch: the collection holds vectors of another size.
        """
        if k < 1 or (papers is not None and not papers):
            return []
        vector = np.asarray(vector, dtype=np.float32)
        with self._mapped():
            if papers is None:
                found = self._nearest(vector, k)
            elif len(papers) <= min(_EXACT_PAPERS, self._most):
                found = self._exact(vector, papers)
            else:
                found = self._filtered(vector, k, papers)
        # Rounding can lift the similarity of equal vectors over 1.
        hits = [(key.partition("/")[0], min(score, 1.0)) for key, score in found]
        return sorted(hits, key=lambda item: (-item[1], item[0]))[:k]

    def ids(self) -> dict[str, str]:
        """Every chunk's id with its paper's."""
        with self._mapped():
            keys: list[str] = []
            while page := self._collection.get(include=[], limit=self._a_page, offset=len(keys))["ids"]:
                keys += page
        return {chunk_id: paper_id for chunk_id, _, paper_id in (key.partition("/") for key in keys)}

    def vectors(self, chunk_ids: Sequence[str]) -> np.ndarray:
        """The stored vectors of some chunks, float32 [len(chunk_ids), d], in the order asked for.

        Raises:
            KeyError: one of the chunks is not stored.
        """
        stored: dict[str, np.ndarray] = {}
        with self._mapped():
            for part in _parts(chunk_ids, self._a_page):
                page = self._collection.get(where=_among("chunk_id", part), include=["embeddings"])
                stored |= zip((key.partition("/")[0] for key in page["ids"]), _matrix(page), strict=True)
        rows = [stored[chunk_id] for chunk_id in chunk_ids]
        return np.stack(rows) if rows else np.empty((0, 0), dtype=np.float32)

    def matrix(self) -> Matrix:
        """All stored vectors by key (``chunk_id/paper_id``), read from the collection once and kept."""
        with self._mapped():
            return self._whole(self._collection.count())

    def count(self) -> int:
        """Number of chunks stored; it says nothing about whether queries find them."""
        with self._mapped():
            return self._collection.count()

    def require(self) -> None:
        """Raise where the collection does not give the id of a passage any more: its server may have gone away."""
        with self._mapped():
            self._collection.get(include=[], limit=1)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The index's parameters that the collection was made with."""
        kept = self._collection.configuration_json
        return dict(kept.get("hnsw") or kept.get("spann") or {})  # a distributed server keeps another kind of index

    def drop(self) -> None:
        """Delete the whole collection; the store is of no further use but to `close`."""
        with self._writing():
            assert self._client is not None
            self._client.delete_collection(self.name)

    def discard(self) -> None:
        """Have `close` throw away what was written to an embedded store since it was opened."""
        self._failed = True

    def close(self) -> None:
        """Release files, threads and connections, and keep what was written.

        A handle that is never closed, for instance because its process died, has written nothing to an embedded store;
        nor has one of whose writes any failed.
        """
        if self._client is None:
            return
        chroma.close(self._client)
        self._client = None
        if self._snapshot:
            with self._mapped():
                if self._failed:
                    self._snapshot.abandon()
                else:
                    self._snapshot.commit()

    @property
    def _a_page(self) -> int:
        """Most records of one request that reads or deletes."""
        return min(_PAGE, self._most)

    def _nearest(self, vector: np.ndarray, k: int) -> list[tuple[str, float]]:
        result = self._collection.query(query_embeddings=[vector], n_results=k, include=["distances"])
        distances = result["distances"]
        assert distances is not None
        return [(key, 1.0 - distance) for key, distance in zip(result["ids"][0], distances[0], strict=True)]

    def _exact(self, vector: np.ndarray, papers: Collection[str]) -> list[tuple[str, float]]:
        """Compare with every vector of a few papers."""
        page = self._collection.get(where=_among("paper_id", papers), include=["embeddings"])
        if not page["ids"]:
            return []
        matrix = _matrix(page)
        if matrix.shape[1] != len(vector):
            raise ValueError(f"collection has dimension {matrix.shape[1]}, the question's vector {len(vector)}")
        return list(zip(page["ids"], (matrix @ vector).tolist(), strict=True))

    def _filtered(self, vector: np.ndarray, k: int, papers: Collection[str]) -> list[tuple[str, float]]:
        """Read the unfiltered ranking deep enough; where that cannot do, compare with all that is allowed."""
        if self._total is None:
            self._total = self._collection.count()  # takes longer than a search
        total = self._total
        depth = max(_LEAST_DEPTH, math.ceil(_MARGIN * k * total / len(papers)))
        if depth <= min(_OVERFETCH_DEPTH, self._most):
            found = self._nearest(vector, depth)
            hits = [item for item in found if _paper(item[0]) in papers]
            if len(hits) >= k or len(found) < depth:
                return hits
        return self._whole(total).nearest(vector, k, papers)

    def _whole(self, total: int) -> Matrix:
        with self._guard:
            if self._matrix is None:
                self._matrix = cached(self._cache, total, self._pages)
            return self._matrix

    def _pages(self) -> Iterator[Page]:
        """All keys and vectors, a page at a time."""
        done = 0
        while (page := self._collection.get(include=["embeddings"], limit=self._a_page, offset=done))["ids"]:
            done += len(page["ids"])
            yield page["ids"], _matrix(page)

    def _delete(self, field: str, values: Collection[str]) -> None:
        with self._writing():
            for part in _parts(values, self._a_page):
                self._collection.delete(where=_among(field, part))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._cache = self._matrix = self._total = None  # of what was there before
        with self._mapped():
            if self._snapshot:
                seen = self._snapshot.store
                self._snapshot.begin()
                if self._snapshot.store != seen:
                    self._use(chroma.embedded(self._snapshot.store))
            try:
                yield
            except BaseException:
                self._failed = True
                raise

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Turn Chroma's errors, of which many are bare `Exception`s, into ours."""
        try:
            yield
        except (PaperchatError, KeyError, OverflowError):  # the last two are mistakes of the caller
            raise
        except Exception as error:
            raise self._ours(error) from error
        except BaseException as error:
            # A panic in Chroma's bindings is no `Exception`, and its class cannot be imported.
            if type(error).__name__ != "PanicException":
                raise
            raise self._ours(error) from error

    def _ours(self, error: BaseException) -> PaperchatError:
        said = str(error)
        if isinstance(self.location, str):
            said = said.replace(self.location.rstrip("/"), public_address(self.location.rstrip("/")))
        said = said[:300] or type(error).__name__
        if "dimension" in said:
            return IndexMismatch(
                f"The index holds vectors of another size: {said}.",
                "Name the embedding model it was built with, or re-index with `paperchat doctor --repair`.",
            )
        if isinstance(self.location, str):
            return VectorStoreError(
                f"The Chroma server at {public_address(self.location)} failed: {said}.",
                "See whether it is running and what its log says; index.chroma_url names its address.",
            )
        return refusal(self.location, error) or IndexDamaged(
            f"The Chroma folder {self.location} cannot be used: {said}.",
            "`paperchat doctor --repair` builds it anew.",
        )


def _key(chunk: Chunk) -> str:
    return f"{chunk.chunk_id}/{chunk.paper_id}"


def _paper(key: str) -> str:
    return key.partition("/")[2]


def _metadata(chunk: Chunk) -> dict[str, str | int]:
    return {
        "chunk_id": chunk.chunk_id,
        "paper_id": chunk.paper_id,
        "version": chunk.version,
        "start": chunk.start,
        "end": chunk.end,
    }


def _among(field: str, values: Iterable[str]) -> Where:
    return cast("Where", {field: {"$in": sorted(values)}})


def _matrix(page: Any) -> np.ndarray:
    return np.asarray(page["embeddings"], dtype=np.float32)


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
