"""Vectors of a text's single tokens, each in its context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text that the model read, without its markers of beginning and end.

    Attributes:
        spans: Where each stands in the text, in code points; of kept ones none.
        vectors: One row a token [tokens, d], each of length 1; kept ones in half precision.
    """

    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one inference of an encoder says of a text.

    Attributes:
        spans: Where each token stands in the text; of [CLS] and [SEP], the first and the last, it means nothing.
        vectors: Of all tokens [tokens, d].
    """

    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.float32]

    def mean(self) -> NDArray[np.float32]:
        """Mean of the token vectors, scaled to length 1 (Reimers & Gurevych 2019, as the model was trained)."""
        mean = self.vectors.mean(axis=0)
        scaled: NDArray[np.float32] = mean / np.linalg.norm(mean)
        return scaled

    def tokens(self) -> TokenVectors:
        """The vectors of the text's own tokens, each scaled to length 1."""
        own = self.vectors[1:-1]
        return TokenVectors(self.spans[1:-1], own / np.linalg.norm(own, axis=1, keepdims=True))
