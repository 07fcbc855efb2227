"""What a question names, held against a small library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.query import Reader
from rag.query.lexicon.entities import asks_of_a_stranger, names_in, owned, resolve, strangers, titled
from rag.query.lexicon.vocabulary import Vocabulary
from rag.types import Turn
from tests.support.papers import make_paper
from tests.support.reading import ReadingLibrary


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingLibrary]:
    library = ReadingLibrary(tmp_path_factory.mktemp("entities"))
    twin = make_paper("2512.00001", "QueryGym: Games", "Another one. We build on LightRetriever.", ("Ann Lee",))
    library.replace(twin, *(make_paper(f"2512.0001{n}", f"A Survey of Field {n}: A Survey") for n in range(4)))
    yield library
    library.close()


@pytest.fixture(scope="module")
def vocabulary(library: ReadingLibrary) -> Vocabulary:
    return Vocabulary.of_texts(library.shelf.texts())


@pytest.fixture(scope="module")
def reader(library: ReadingLibrary) -> Reader:
    return Reader(library)


@pytest.mark.parametrize(
    ("question", "owners"),
    [
        ("how does Search-R1 train?", ("2503.09516",)),
        ("how does search-r1 train?", ("2503.09516",)),
        ("is OneSearch faster than LightRetriever", ("2504.00007", "2504.00002")),
        ("what do Principles of LLM Judges recommend", ("2504.00004",)),
        ("summarise a database copilot for operations please", ("2504.00010",)),
        ("what is QueryGym", ()),  # two papers are called so
        ("how do judges search", ()),
        ("A Survey, please", ()),
    ],
)
def test_a_name_is_found_wherever_it_stands_and_means_its_one_paper(
    library: ReadingLibrary, vocabulary: Vocabulary, question: str, owners: tuple[str, ...]
) -> None:
    assert owned(names_in(question, library.shelf.entities, vocabulary)) == owners


def test_a_name_of_several_papers_keeps_them_all(library: ReadingLibrary) -> None:
    assert sorted(resolve(library.shelf.entities, "querygym").owners) == ["2504.00005", "2512.00001"]
    assert resolve(library.shelf.entities, "Gobblewock").namings == ()


@pytest.mark.parametrize(
    ("name", "papers", "within"),
    [
        ("Search-R1", ["2503.09516"], False),
        ("Training Language Models to Search", ["2503.09516"], True),
        ("evaluation of answers", [], True),
        ("the answers", [], False),
        ("A Survey", [], False),  # a part of too many titles
        ("nothing of the kind", [], False),
    ],
)
def test_a_title_is_known_by_its_parts(library: ReadingLibrary, name: str, papers: list[str], within: bool) -> None:
    assert titled(library.shelf.entities, name) == (papers, within)


def test_names_that_stand_nowhere_are_strangers(vocabulary: Vocabulary) -> None:
    assert strangers("QueryForge-9B, Search-R1 and LightRetrievers", vocabulary) == ["QueryForge-9B"]


@pytest.mark.parametrize(
    ("question", "is_of_one"),
    [
        ("How does the QueryForge work?", True),
        ("is QueryForge any good", True),
        ("papers like QueryForge", False),
        ("how does OneSearch work?", False),
        ("how does GPT-9 work?", False),  # papers on its kind may answer
    ],
)
def test_what_is_asked_of_a_stranger_is_noticed(vocabulary: Vocabulary, question: str, is_of_one: bool) -> None:
    assert asks_of_a_stranger(question, vocabulary) is is_of_one


@pytest.mark.parametrize(
    ("question", "author"),
    [
        ("How does OneSearch differ from what Jimmy Lin does?", None),  # it is not his
        ("Did Jimmy Lin write OneSearch?", "Jimmy Lin"),  # it is asked whether he wrote it
        ("Bowen Jin's Search-R1, how is it trained?", "Bowen Jin"),
        ("Jimmy Lin about judges?", "Jimmy Lin"),
        ("papers by dietz", "dietz"),
        ("papers by graph", None),
    ],
)
def test_an_author_who_is_only_named_restricts_what_may_be_his(reader: Reader, question: str, author: str) -> None:
    assert reader.understand(question).filters.author == author


@pytest.mark.parametrize(
    "question",
    [
        "what has Laura Dietz been up to?",
        "Anything with Laura Dietz reported since May 2025?",
        "Which papers have Laura Dietz among the authors?",
        "could you list what laura dietz co-authored in 2025",
        "have Laura Dietz and Jimmy Lin published anything together in this collection?",
    ],
)
def test_all_papers_of_an_author_are_wanted_where_nothing_else_is_said(reader: Reader, question: str) -> None:
    asked = reader.understand(question)
    assert (asked.kind, asked.only_filters, asked.selects) == ("list", True, True)


@pytest.mark.parametrize(
    ("question", "author"),
    [
        ("and Laura Dietz?", "Laura Dietz"),
        ("what about laura dietz", "laura dietz"),
        ("and by Jane Nobody?", "Jane Nobody"),
        ("and with Laura Dietz among the authors?", "Laura Dietz"),
        ("and in May?", "Jimmy Lin"),
    ],
)
def test_an_author_of_an_earlier_turn_does_not_swallow_one_named_now(
    reader: Reader, question: str, author: str
) -> None:
    history = (
        Turn(role="user", content="papers by Jimmy Lin on judges"),
        Turn(role="assistant", content="**Principles of LLM Judges** [1]"),
    )
    assert reader.understand(question, history).filters.author == author
