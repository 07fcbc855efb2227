"""What a figure is of: measures, data sets and the rest of its clause, and who outdoes whom."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from rag.config import Config
from rag.index.library import Library
from rag.types import Paper, Passage
from rag.write.grounding import SupportChecker
from rag.write.grounding.attachment import clauses, measures
from rag.write.grounding.figures import figures

ABSTRACT = (
    "We present FooRank, a ranker for shops. FooRank raises recall by 12.5% on Amazon and by 3.1% on Taobao. "
    "With an F1 score of 0.82, precision of 0.76 and hamming loss of 0.04, it is ready for use. "
    "FooRank improves latency over BM25 by 40 ms. Dense captions need 75.9 seconds, while routing by intent takes 60.9 "
    "seconds. Accuracy rises by 8% and 5% on Yelp and Gowalla, respectively. "
    "At small scales, FooRank surpasses LambdaTree with up to nine features."
)


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupportChecker]:
    day = datetime.date(2025, 5, 1)
    paper = Paper(
        "2505.00001", "FooRank", ABSTRACT, ("Ada Byron",), day, "https://arxiv.org/abs/2505.00001", listed=(day,)
    )
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as library:
        library.ingest([paper])
        yield SupportChecker(library)


@pytest.fixture(scope="module")
def sources(checker: SupportChecker) -> dict[int, Passage]:
    stored = checker.library.paper("2505.00001")
    return {
        1: Passage(
            "chunk", stored.paper_id, stored.version, stored.title, stored.authors, stored.date, stored.url,
            stored.abstract_start, len(stored.text), stored.abstract,
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    "sentence",
    [
        "Recall rises by 12.5% on Amazon [1].",
        "On Taobao, FooRank improves recall by 3.1% [1].",
        "FooRank gains 12.5% on Amazon and 3.1% on Taobao in recall [1].",
        "F1 is 0.82 and precision 0.76 [1].",
        "Accuracy rises by 8% on Yelp [1].",
        "Accuracy rises by 5% on Gowalla [1].",
        "Routing by intent takes 60.9 seconds [1].",
        "FooRank is 40 ms faster than BM25 in latency [1].",
        "FooRank improves over BM25 in latency [1].",
        "FooRank surpasses LambdaTree at small scales [1].",
    ],
)
def test_figures_with_what_they_are_of_pass(
    checker: SupportChecker, sources: dict[int, Passage], sentence: str
) -> None:
    verdict = checker.check(sentence, sources)
    assert verdict.ok, verdict


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("FooRank raises precision by 12.5% on Amazon [1].", {"attachment"}),
        ("FooRank raises serendipity and specificity on Amazon [1].", {"attachment"}),
        ("FooRank raises recall by 12.5% on Taobao [1].", {"attachment", "placing"}),
        ("FooRank gains 3.1% on Amazon and 12.5% on Taobao in recall [1].", {"attachment", "placing"}),
        ("FooRank has a precision of 0.82 [1].", {"attachment", "placing"}),
        ("FooRank has a precision of 0.04 [1].", {"attachment", "placing"}),
        ("Routing by intent takes 75.9 seconds [1].", {"attachment", "placing"}),
        ("FooRank improves throughput over BM25 by 40 ms [1].", {"attachment"}),
        ("BM25 improves over FooRank in latency [1].", {"swapped"}),
        ("LambdaTree surpasses FooRank at small scales with up to nine features [1].", {"swapped"}),
    ],
)
def test_figures_with_what_they_are_not_of_are_struck(
    checker: SupportChecker, sources: dict[int, Passage], sentence: str, kinds: set[str]
) -> None:
    verdict = checker.check(sentence, sources)
    assert not verdict.ok
    assert verdict.kind in kinds, verdict
    assert verdict.reason.endswith(".")


def test_each_figure_has_its_clause_and_neighbours_share_one() -> None:
    text = "gains of 12.5% in recall on Amazon and 3.1% in precision on Taobao, from 5 to 4 errors"
    found = clauses(text, figures(text))
    assert [[f.text for f in clause.figures] for clause in found] == [["12.5%"], ["3.1%"], ["5", "4"]]
    assert [[text[m.start : m.end] for m in clause.measures] for clause in found] == [
        ["recall"], ["precision"], ["errors"],
    ]  # fmt: skip
    assert [[(p.before, p.name) for p in clause.places] for clause in found] == [
        [("on", "Amazon")], [("on", "Taobao")], [],
    ]  # fmt: skip
    assert clauses("no figure", ()) == ()


def test_a_measure_is_read_under_each_of_its_names() -> None:
    (short,), (full,) = measures("CTR rises"), measures("the click-through rate rises")
    assert short.readings == full.readings
    assert not measures("recalling a remapped scurry")
