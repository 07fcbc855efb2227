"""Vectors of a text's single tokens, each in its context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text that the model read, without its markers of beginning and end.

    Attributes:
        spans: Where each stands in the text, in code points.
        vectors: One row a token [tokens, d], each of length 1; kept ones in half precision.
    """

    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.floating]
