"""What runs on the machines of a cluster: papers in, chunks and vectors out.

Values travel as Arrow tables, a paper a row.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.config import EmbeddingConfig
from rag.errors import IndexMismatch
from rag.index.chunks import Chunker
from rag.models import build_embedding, describe, embed_texts
from rag.types import Chunk, Paper

if TYPE_CHECKING:
    import pyarrow

PROBE = "A text that every machine of a cluster turns into the same vector."
ALIKE = 0.999
"""Least cosine similarity of a machine's vector of `PROBE` to the writer's."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to chunk and embed, and how to tell that it was done as the writer would.

    Attributes:
        embedder: Identity of the writer's embedder.
        chunker: Identity of the writer's chunker.
        probe: The writer's vector of `PROBE`.
    """

    embedding: dict[str, Any]
    max_tokens: int | None
    embedder: str
    chunker: str
    probe: tuple[float, ...]


class Worker:
    """One process of the cluster, with the embedder on one processor thread."""

    def __init__(self, recipe: Recipe) -> None:
        """Load the embedder.

        Raises:
            IndexMismatch: this machine would chunk or embed otherwise than the writer.
        """
        config = EmbeddingConfig.model_validate(recipe.embedding).model_copy(update={"threads": 1})
        self._model = build_embedding(config)
        info = describe(self._model)
        self._chunker = Chunker(info, recipe.max_tokens)
        found = (info.identity, self._chunker.identity)
        own, theirs = embed_texts(self._model, [PROBE])[0], np.asarray(recipe.probe, np.float32)
        alike = float(own @ theirs) if own.shape == theirs.shape else 0.0
        if found != (recipe.embedder, recipe.chunker) or alike < ALIKE:
            raise IndexMismatch(
                f"A machine of the cluster embeds with {found[0]}, {found[1]}, the library with {recipe.embedder}, "
                f"{recipe.chunker}; their vectors of one text agree to {alike:.4f}.",
                "Install the same version of paperchat and of its dependencies on every machine of the cluster.",
            )

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        """Chunk and embed the papers of a table (columns ``key``, ``paper``) into one of ``key``, ``embedded``."""
        import pyarrow

        papers: list[Paper] = [pickle.loads(row) for row in table.column("paper").to_pylist()]
        chunks = [self._chunker.split(paper) for paper in papers]
        vectors = embed_texts(self._model, [chunk.embedded_text for those in chunks for chunk in those])
        rows, done = [], 0
        for those in chunks:
            rows.append(packed(those, vectors[done : done + len(those)]))
            done += len(those)
        return pyarrow.table({"key": table.column("key"), "embedded": pyarrow.array(rows, pyarrow.large_binary())})


def packed(chunks: list[Chunk], vectors: np.ndarray) -> bytes:
    """A paper's chunks with their vectors as bytes: a line of JSON, then float32 [len(chunks), d]."""
    head = json.dumps([astuple(chunk) for chunk in chunks]).encode()
    return head + b"\n" + np.ascontiguousarray(vectors, dtype="<f4").tobytes()


def unpacked(content: bytes) -> tuple[list[Chunk], np.ndarray]:
    """The opposite of `packed`."""
    head, _, body = content.partition(b"\n")
    chunks = [Chunk(*values) for values in json.loads(head)]
    return chunks, np.frombuffer(body, dtype="<f4").reshape(len(chunks), -1 if chunks else 0)
