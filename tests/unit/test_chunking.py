"""Chunks of known text; `tests/property/test_chunking_property.py` takes any text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rag.errors import ConfigError
from rag.index.chunks import Chunker
from rag.models import EmbeddingInfo
from rag.sources import read_source
from rag.text.readable import readable
from rag.types import Paper
from tests.support.data import shared_data


def count_words(texts: Sequence[str]) -> list[int]:
    """Two special tokens and one token a word of up to eight characters."""
    return [2 + sum(-(-len(word) // 8) for word in text.split()) for text in texts]


WORDS = EmbeddingInfo("words", 48, count_words)


def paper(abstract: str, title: str = "A title", paper_id: str = "2501.00001", version: int = 0) -> Paper:
    return Paper(paper_id, title, abstract, ("A. Author",), date(2025, 1, 1), version=version)


def test_a_short_paper_is_one_chunk() -> None:
    document = paper("First sentence. Second sentence.", title=r"On \textbf{bold} titles")
    (chunk,) = Chunker(WORDS).split(document)
    assert chunk.text == document.abstract
    assert (chunk.start, chunk.end) == (document.abstract_start, len(document.text))
    assert chunk.embedded_text == "On bold titles\nFirst sentence. Second sentence."


def test_a_long_abstract_is_balanced_on_sentence_borders() -> None:
    document = paper(" ".join(f"Word one two three four five six seven eight {i}." for i in range(6)))
    chunks = Chunker(WORDS).split(document)
    assert [chunk.text.count(".") for chunk in chunks] == [3, 3]
    assert all(chunk.text.startswith("Word") and chunk.text.endswith(".") for chunk in chunks)
    assert all(chunk.embedded_text.startswith("A title\nWord") for chunk in chunks)


def test_a_sentence_that_is_too_long_is_cut_at_white_space() -> None:
    document = paper("Short one. " + " ".join(f"w{i}" for i in range(100)) + ". Short end.")
    chunks = Chunker(WORDS).split(document)
    assert len(chunks) == 3
    assert " ".join(chunk.text for chunk in chunks) == document.abstract


def test_a_word_that_is_too_long_is_cut_between_characters() -> None:
    document = paper("x" * 5000)
    chunks = Chunker(WORDS).split(document)
    assert "".join(chunk.text for chunk in chunks) == document.abstract
    assert max(count_words([chunk.embedded_text for chunk in chunks])) <= 48


@pytest.mark.parametrize("title", ["word " * 200, "word " * 30, "x" * 5000])
def test_a_title_that_is_too_long_leaves_half_to_the_text(title: str) -> None:
    document = paper("One two three four. " * 8, title=title.strip())
    chunks = Chunker(WORDS).split(document)
    assert max(count_words([chunk.embedded_text for chunk in chunks])) <= 48
    for chunk in chunks:
        head, _, _ = chunk.embedded_text.partition("\n")
        assert document.title.startswith(head)
        assert 20 <= count_words([head])[0] <= 24


def test_a_paper_without_an_abstract_gives_its_title() -> None:
    document = paper("", title=r"Only a \emph{title}")
    (chunk,) = Chunker(WORDS).split(document)
    assert chunk.text == document.title == document.text[chunk.start : chunk.end]
    assert chunk.embedded_text == "Only a title"


def test_an_empty_paper_gives_nothing() -> None:
    assert Chunker(WORDS).split(paper("", title="")) == []


def test_a_paper_without_a_title_has_no_empty_first_line() -> None:
    (chunk,) = Chunker(WORDS).split(paper("Some text.", title=""))
    assert chunk.embedded_text == "Some text."


def test_ids_tell_paper_and_text_apart_and_not_the_version_number() -> None:
    def ids(document: Paper) -> list[str]:
        return [chunk.chunk_id for chunk in Chunker(WORDS).split(document)]

    text = "One two three four five six seven. " * 12
    first = ids(paper(text, version=1))
    assert first == ids(paper(text, version=2))
    assert len(set(first)) == len(first) > 1
    assert all(len(chunk_id) == 32 and int(chunk_id, 16) for chunk_id in first)
    assert not set(first) & set(ids(paper(text, paper_id="2501.00002")))
    assert not set(first) & set(ids(paper(text + "More.")))


def test_the_limit_may_be_lowered_but_not_raised() -> None:
    assert Chunker(EmbeddingInfo("words", 99, count_words), 60).identity == "sentences-1/60"
    assert Chunker(WORDS, 48).identity == Chunker(WORDS).identity == "sentences-1/48"
    with pytest.raises(ConfigError, match=r"chunking\.max_tokens is 49"):
        Chunker(WORDS, 49)


def test_real_reports_are_covered_exactly() -> None:
    files = sorted((shared_data() / "reports").glob("2025-10-*.md"))
    papers = [item for file in files for item in read_source(file) if isinstance(item, Paper)]
    assert len(papers) > 50
    for document in papers:
        chunks = Chunker(WORDS).split(document)
        assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(document.abstract.split())
        assert all(document.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
        assert max(count_words([chunk.embedded_text for chunk in chunks])) <= 48
        assert all(readable(chunk.text) in chunk.embedded_text for chunk in chunks)
