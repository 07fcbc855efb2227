"""Whatever the text: nothing is truncated, lost, doubled or moved."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.config import EmbeddingConfig
from rag.index.chunks import Chunker
from rag.models import EmbeddingInfo, build_embedding, describe
from rag.models.info import count_cl100k
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Paper

WORDS = st.one_of(
    st.sampled_from(
        "the of retrieval model. We show (e.g. this) et al. \\textbf{bold} $x^2$ 0.5 https://a.b/c. ?".split()
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.text(st.sampled_from("漢字かなカナ한국어"), min_size=1, max_size=30),
    st.text(st.sampled_from("🙂👩‍🔬\u200b\x00\x07\x1f\ufeff\u0301\ufdfa"), min_size=1, max_size=8),
    st.integers(20, 400).map(lambda n: "a1" * n),
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "\n\n", "  ", "\u3000", ""])), max_size=150).map(
    lambda parts: "".join(word + space for word, space in parts)
)
TITLES = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), TEXTS).map(str.strip)


@pytest.fixture(scope="module")
def minilm() -> EmbeddingInfo:
    return describe(build_embedding(EmbeddingConfig()))


def assert_nothing_is_lost(info: EmbeddingInfo, limit: int, title: str, abstract: str) -> None:
    paper = Paper("2501.00001", title, abstract.strip(), (), date(2025, 1, 1))
    chunks = Chunker(info, limit).split(paper)
    assert chunks == Chunker(info, limit).split(paper)
    assert all(count <= limit for count in info.count_tokens([chunk.embedded_text for chunk in chunks]))
    for chunk in chunks:
        assert paper.text[chunk.start : chunk.end] == chunk.text == chunk.text.strip() != ""
        assert chunk.embedded_text.endswith(readable(chunk.text))
    assert all(a.end <= b.start for a, b in pairwise(chunks))
    covered = "".join("".join(chunk.text.split()) for chunk in chunks)
    assert covered == "".join((paper.abstract or paper.title).split())


@given(title=TITLES, abstract=TEXTS)
@example(title="T", abstract="x" * 5000)
@example(title="A [SEP] of [CLS] " * 60, abstract="[MASK] " * 600)
@example(title="한" * 300, abstract="漢" * 700)
def test_nothing_is_truncated_or_lost(minilm: EmbeddingInfo, title: str, abstract: str) -> None:
    assert_nothing_is_lost(minilm, 256, title, abstract)


@given(title=TITLES, abstract=TEXTS)
def test_a_small_limit_holds_too(minilm: EmbeddingInfo, title: str, abstract: str) -> None:
    assert_nothing_is_lost(minilm, 48, title, abstract)


@given(title=TITLES, abstract=TEXTS)
def test_a_tokenizer_of_bytes_is_served_too(title: str, abstract: str) -> None:
    assert_nothing_is_lost(EmbeddingInfo("cl100k", 64, count_cl100k), 64, title, abstract)


@given(TEXTS)
def test_sentences_hold_every_character_in_order(text: str) -> None:
    spans = sentences(text)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
