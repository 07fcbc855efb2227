"""Papers of companies and other institutions: told by their names in titles and abstracts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.query import Reader
from rag.query.intents.about import About
from rag.query.limits.institutions import read_institution
from tests.support.reading import ReadingLibrary


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingLibrary]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("reading"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reader(library: ReadingLibrary) -> Reader:
    return Reader(library)


@pytest.mark.parametrize("question", ["what do you have from Kuaishou?", "papers by kuaishou people"])
def test_they_are_those_whose_text_names_it(reader: Reader, question: str) -> None:
    found = reader.understand(question)
    assert (found.mention, found.papers, found.kind) == ("Kuaishou", frozenset({"2504.00007"}), "list")
    assert found.only_filters


def test_where_no_text_names_it_that_is_said(reader: Reader) -> None:
    assert reader.understand("papers from Zalando").about == About("unmentioned", "Zalando")


def test_what_they_are_to_be_about_is_searched_for(reader: Reader) -> None:
    found = read_institution("papers on dense retrieval from Kuaishou", reader.speller().vocabulary)
    assert found is not None
    assert (found.name, found.rest, found.led, found.alone) == ("Kuaishou", "papers on dense retrieval", True, False)


@pytest.mark.parametrize(
    "search", ["papers from 4 universities", "papers from e-commerce companies", "from Kuaishou or Meituan"]
)
def test_a_number_a_plain_word_and_two_names_are_none(reader: Reader, search: str) -> None:
    assert read_institution(search, reader.speller().vocabulary) is None


@pytest.mark.parametrize("question", ["papers by Jimmy Lin", "papers on agents", "what is new?"])
def test_a_person_or_a_subject_is_none(reader: Reader, question: str) -> None:
    assert not reader.understand(question).mention
