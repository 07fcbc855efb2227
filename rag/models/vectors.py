"""The one check every embedder's vectors pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbeddingResponseError

_ADVICE = "Check which model the embedding server or embedder runs; nothing was stored."


def unit_rows(rows: Sequence[Sequence[float]], expected: int, dimensions: int | None = None) -> NDArray[np.float32]:
    """Return vectors as an array [expected, d] of rows of length 1.

    Args:
        rows: The vectors as an embedder returned them.
        expected: How many texts were embedded.
        dimensions: The size they must have, where it is known.

    Raises:
        EmbeddingResponseError: Too few or too many vectors, a wrong size, a value that is no finite number, a zero
            vector.
    """
    if len(rows) != expected:
        raise EmbeddingResponseError(f"{expected} texts were embedded and {len(rows)} vectors came back.", _ADVICE)
    try:
        sizes = sorted({len(row) for row in rows})
        wanted = dimensions or sizes[0]
        if sizes != [wanted] or wanted == 0:
            raise EmbeddingResponseError(f"Vectors of {_listed(sizes)} numbers came back, not of {wanted}.", _ADVICE)
        with np.errstate(over="ignore"):
            matrix = np.asarray(rows, dtype=np.float32)
            norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    except (TypeError, ValueError, OverflowError):
        raise EmbeddingResponseError("A vector is not a list of numbers.", _ADVICE) from None
    if not (np.isfinite(norms).all() and norms.all()):
        raise EmbeddingResponseError("A vector holds a value that is not finite, or only zeros.", _ADVICE)
    unit: NDArray[np.float32] = matrix / norms
    return unit


def _listed(sizes: list[int]) -> str:
    return " and ".join(str(size) for size in sizes[:3])
