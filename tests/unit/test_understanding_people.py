"""Authors that a question asks for, and capitalised words that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from rag.papers.shelf import Shelf
from rag.query.limits.authors import People
from tests.support.reading import ReadingLibrary

KNOWN = """
    papers by Jimmy Lin | Jimmy Lin
    papers by jimmy lin | jimmy lin
    jimmy lin papers | jimmy lin
    papers on judging by Laura Dietz in the reports | Laura Dietz
    Laura Dietz's papers on evaluation | Laura Dietz
    What has Jimmy Lin written on judges? | Jimmy Lin
    Which papers did Maarten de Rijke co-author? | Maarten de Rijke
    Has Keunwoo Choi published anything on music? | Keunwoo Choi
    Is Osma Suominen an author of any of these? | Osma Suominen
    Does Laura Dietz have papers on evaluation? | Laura Dietz
    anything by Charles Clarke? | Charles Clarke
    anything by C. L. A. Clarke about toolkits? | C. L. A. Clarke
    work by Charles L. A . Clarke | Charles L. A . Clarke
    papers by Elodie Dupont | Elodie Dupont
    papers by Dietz | Dietz
    What did Dietz et al. find about judges? | Dietz
    according to Dietz et al., are judges sound? | Dietz
    the evaluation paper by Dietz et al. | Dietz
    papers with Laura Dietz as an author | Laura Dietz
    surveys co-authored by Ben Chen | Ben Chen
    tables: anything from Élodie Dupont? | Élodie Dupont
    by Guoliang Li | Guoliang Li
    Laura Dietz: what is new? | Laura Dietz
    Is Osma Suominen among the authors of anything on indexing? | Osma Suominen
    Guoliang Li papers | Guoliang Li
    What does Wei Wang's group think? | Wei Wang
    papers by Guoliang Li and Xuanhe Zhou | Guoliang Li + Xuanhe Zhou
    What did Guoliang Li and Xuanhe Zhou publish together? | Guoliang Li + Xuanhe Zhou
    papers authored by Guoliang Li, Xuanhe Zhou | Guoliang Li + Xuanhe Zhou
    papers on databases by Jimmy Lin or Guoliang Li | Jimmy Lin + Guoliang Li
"""
STRANGERS = """
    papers by Ada Lovelace | Ada Lovelace
    work by Jane Nobody on ranking | Jane Nobody
    Jane Nobody's papers | Jane Nobody
    What did Jane Nobody publish in May? | Jane Nobody
    Which papers were co-authored by Jan van den Berg? | Jan van den Berg
    anything written by Sean O'Connor? | Sean O'Connor
    What does Nobody et al. propose? | Nobody
    What do Lovelace et al. report on ranking? | Lovelace
    According to Lovelace et al., what is ranking? | Lovelace
"""
NOBODY = """
    How does OneSearch compare to Lovelace et al.?
    Does it confirm the findings of Lovelace et al.?
    papers by Google DeepMind
    papers by Google
    papers from Alibaba on search
    papers by Tsinghua University
    work by researchers at Kuaishou
    Which papers improve retrieval by using graphs?
    Which papers evaluate ranking by Large Language Models?
    papers on ranking by Bradley Terry models
    Which papers use losses inspired by Plackett Luce?
    papers with Large Language Models
    papers on bias by nationality
    retrieval from Wikipedia by Entity Linking
    user interest captured by Graph Neural Networks
    Has MovieLens been memorized by GPT and Llama?
    Did Search-R1 propose a new reward?
    How is Reciprocal Rank Fusion presented?
    Is Kendall Tau presented as a measure?
    What is known from Kuaishou about OneRec?
    Recommender Systems papers
    LLM papers
    by how much does it improve?
    rank items by May 2025
    Which papers are by the authors of BERT?
    papers on evaluation by humans
    papers on search by image
    What did Laura propose?
    How does the Adam optimizer compare with Lion?
    papers that go beyond ranking by Click Models
    Amazon's papers
    Large Language Models: what is new?
    the Dietz Lin test: is it significant?
    OneSearch's papers on ranking
    does dense retrieval work by Cosine Similarity?
"""


def rows(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    library = ReadingLibrary(tmp_path_factory.mktemp("people"))
    yield library.shelf
    library.close()


@pytest.fixture(scope="module")
def reader(shelf: Shelf) -> Callable[[str], People]:
    ordinary = frozenset("large language models click graph young adults".split())
    return partial(People, shelf.entities, ordinary.__contains__)


@pytest.mark.parametrize("row", rows(KNOWN))
def test_an_author_of_the_library_is_read(reader: Callable[[str], People], row: str) -> None:
    question, names = (cell.strip() for cell in row.split("|"))
    reading = reader(question).read()
    assert reading is not None
    assert reading.names == tuple(names.split(" + "))
    assert all(reading.known)
    assert reading.alternatives == (" or " in question)


@pytest.mark.parametrize("row", rows(STRANGERS))
def test_somebody_unknown_restricts_too(reader: Callable[[str], People], row: str) -> None:
    question, name = (cell.strip() for cell in row.split("|"))
    reading = reader(question).read()
    assert reading is not None
    assert (reading.names, reading.known) == ((name,), (False,))


@pytest.mark.parametrize("question", rows(NOBODY))
def test_what_is_no_person_restricts_nothing(reader: Callable[[str], People], question: str) -> None:
    assert reader(question).read() is None


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("papers on judging by Laura Dietz in the reports", "papers on judging in the reports"),
        ("Laura Dietz's papers on evaluation", "papers on evaluation"),
        ("What has Jimmy Lin written on judges?", "What on judges?"),
        ("papers with Laura Dietz as an author", "papers"),
        ("papers written by Guoliang Li and Xuanhe Zhou on databases", "papers on databases"),
        ("papers by both Guoliang Li and Xuanhe Zhou on databases", "papers on databases"),
        ("Which papers by either Jimmy Lin or Guoliang Li are on databases?", "Which papers are on databases?"),
    ],
)
def test_the_span_covers_the_phrase_that_became_a_filter(
    reader: Callable[[str], People], question: str, rest: str
) -> None:
    reading = reader(question).read()
    assert reading is not None
    assert (question[: reading.start] + question[reading.end :]).split() == rest.split()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Laura Dietz", True),
        ("dietz", True),
        ("C. Clarke", True),
        ("Laura Clarke", False),
        ("Guoliang Zhou", False),
        ("", False),
    ],
)
def test_a_name_is_one_persons(shelf: Shelf, name: str, expected: bool) -> None:
    assert shelf.is_author(name) is expected
