"""Chunks and vectors made for tests of the indexes."""

from __future__ import annotations

import numpy as np

from rag.types import Chunk


def make_chunk(chunk_id: str, paper_id: str = "2504.00001", text: str = "some words", start: int = 0) -> Chunk:
    """A chunk whose stored and embedded texts are the same."""
    return Chunk(chunk_id, paper_id, 1, start, start + len(text), text, text)


def make_chunks(count: int, per_paper: int = 1) -> list[Chunk]:
    """Chunks `c0000`, `c0001`, … of papers `p0000`, `p0001`, …"""
    return [make_chunk(f"c{i:04}", f"p{i // per_paper:04}", f"chunk number {i}") for i in range(count)]


def make_vectors(count: int, size: int = 32, seed: int = 0, clusters: int = 20) -> np.ndarray:
    """Unit vectors in clusters, as those of texts are, float32 [count, size]."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((clusters, size))
    vectors = centres[random.integers(clusters, size=count)] + 0.5 * random.standard_normal((count, size))
    return _unit(vectors)


def make_probes(matrix: np.ndarray, count: int, seed: int = 1) -> np.ndarray:
    """Unit vectors near some of a matrix's rows, as a question's is near its answers', float32 [count, size]."""
    random = np.random.default_rng(seed)
    near = matrix[random.integers(len(matrix), size=count)]
    probes = near + random.standard_normal(near.shape) / np.sqrt(near.shape[1])
    return _unit(probes)


def _unit(vectors: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled.astype(np.float32)
