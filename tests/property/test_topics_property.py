"""Whatever abstracts and vectors hold: cells are exact slices, and every paper has exactly one place."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.draft import quote_text
from rag.themes.clusters import MOST, group
from rag.topics.cells import data
from rag.types import Passage
from rag.types.card import Card, Span

SENTENCE = st.sampled_from(
    [
        "We propose X-1, which combines $a^2$ and b.",
        "Existing datasets lack labels.",
        "Experiments on three datasets show that our method wins by 3.1%.",
        "Results on MS MARCO reveal gains, and our results confirm that it helps.",
        "We evaluate on two benchmarks and show gains of 2% .",
        "It improves recall by 10\\% on two benchmarks\nand halves the cost.",
        "Code: https://example.org/x",
        "Ünïcode → 大语言模型。",
    ]
)


@given(st.lists(SENTENCE, max_size=8), st.text(max_size=40), st.sets(st.sampled_from(["MS MARCO", "datasets", "a^2"])))
def test_cells_are_exact_slices_of_the_abstract(sentences: list[str], title: str, named: set[str]) -> None:
    text = f"{title}\n\n{' '.join(sentences)}"
    start = len(title) + 2
    passage = Passage("c1", "p", 1, title, (), date(2025, 4, 8), "", start, len(text), text[start:])
    names = tuple(Span(text.index(name), text.index(name) + len(name), name) for name in named if name in text)
    quote = data([passage], start, Card("p", 1, data=names))
    if quote:
        assert start <= quote.start < quote.end <= len(text)
        assert quote_text(quote) == text[quote.start : quote.end]
        assert quote_text(quote).strip() == quote_text(quote)


@given(st.integers(1, 26), st.integers(0, 2**32 - 1))
def test_every_paper_has_exactly_one_place(n: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    themes, loose = group(vectors)
    assert sorted([i for theme in themes for i in theme] + loose) == list(range(n))
    assert len(themes) <= MOST
    assert all(theme == sorted(theme) for theme in themes)
    assert (themes, loose) == group(vectors)
