"""What one search reads: of the shelf and of texts, what its passages need and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from rag import open_library
from rag.config import Config
from rag.index import LexicalIndex
from rag.index.library import Library
from rag.papers.shelf import Shelf
from rag.retrieve.hybrid import COVERING, HybridRetriever
from tests.support.samples import sample_library

QUESTION = "query rewriting for e-commerce search"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(Config(data_dir=sample_library(tmp_path_factory.mktemp("searched")))) as library:
        yield library


def test_a_chunk_and_a_paper_are_read_once_and_only_where_they_are_needed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks, papers, k = list[str](), list[str](), 3
    chunk_rows, papers_of = Shelf.chunk_rows, Shelf.papers

    def watched_chunks(shelf: Shelf, ids: list[str]) -> object:
        chunks.extend(ids)
        return chunk_rows(shelf, ids)

    def watched_papers(shelf: Shelf, ids: Iterable[str]) -> object:
        papers.extend(named := list(ids))
        return papers_of(shelf, named)

    found = HybridRetriever(library).search(QUESTION, k=k)
    monkeypatch.setattr(Shelf, "chunk_rows", watched_chunks)
    monkeypatch.setattr(Shelf, "papers", watched_papers)
    assert HybridRetriever(library).search(QUESTION, k=k) == found
    assert len(chunks) == len(set(chunks)) <= COVERING + k
    assert len(papers) == len(set(papers)) <= COVERING + k


def test_matching_words_are_looked_for_in_what_is_returned_alone(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a paper is held for review, all that was found is ranked again: some two hundred passages."""
    searcher, k, read = HybridRetriever(library), 3, list[str]()
    held = searcher.search(QUESTION, k=k)[0]
    words = LexicalIndex.words

    def watched(index: LexicalIndex, text: str) -> object:
        read.append(text)
        return words(index, text)

    monkeypatch.setattr(LexicalIndex, "words", watched)
    monkeypatch.setattr("rag.retrieve.hybrid._first", lambda looked_up, ordered, _: looked_up.passages(ordered))
    found = searcher.search(QUESTION, k=k)
    assert found[0].chunk_id == held.chunk_id
    assert len(found) == k
    assert all(one.matched for one in found)
    assert len(read) == 2 * k
