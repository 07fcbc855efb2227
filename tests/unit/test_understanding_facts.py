"""Facts that are asked for by "is it …?": how questions ask, how abstracts state them, and that they are missed."""

from __future__ import annotations

import pytest

from rag.query.aims import fit_to, read_aim
from rag.query.details import read_details, read_fact, stands_in


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Was IterQR launched anywhere?", "word on its being deployed"),
        ("and is it in production?", "word on its being deployed"),
        ("Where has UniSearch been rolled out?", "word on its being deployed"),
        ("Are the weights of LightRetriever released?", "word on its code or data being available"),
        ("is the corpus freely accessible?", "word on its code or data being available"),
        ("Is QueryGym open-source?", "word on its code or data being available"),
        ("Who sponsored the Search-R1 study?", "word on who paid for it"),
        ("What data did they use?", "word on the data used"),
        ("which datasets was IterQR tested on?", "word on the data used"),
        ("what benchmarks were used?", "word on the data used"),
        ("which university are the authors of Annif from?", "word on where its authors work"),
    ],
)
def test_a_fact_is_read(question: str, missing: str) -> None:
    (detail,) = read_details(question)
    assert (detail.kind, detail.missing) == ("fact", missing)


@pytest.mark.parametrize(
    "question",
    [
        "How does the deployed ranker cut latency?",
        "Which papers release their code?",
        "Is it better than BM25?",
        "What did the online A/B test of OneSearch show?",
        "Is there a way to keep a recommender that is deployed on phones from forgetting what its users like?",
        "Does available context help?",
    ],
)
def test_other_questions_ask_for_no_fact(question: str) -> None:
    assert read_fact(question) is None


def test_sentences_state_a_fact() -> None:
    (deployed,) = read_details("Is it deployed?")
    assert stands_in(deployed, "A system. It now serves 300 million users of a map app.")
    assert stands_in(deployed, "Online A/B tests raised orders by 2%.")
    assert not stands_in(deployed, "Experiments on Yelp show gains. Online shoppers are hard to please.")
    (open_source,) = read_details("Is the code public?")
    assert stands_in(open_source, "Code and data are available at https://github.com/x/y.")
    assert stands_in(open_source, "We release all models and datasets.")
    assert not stands_in(open_source, "Available methods fail. We publish a study of code search.")


def test_sentences_state_the_data() -> None:
    (data,) = read_details("Which data was used?")
    for said in (
        "We test on MovieLens.",
        "Experiments on three public datasets show it.",
        "It is trained on search logs.",
    ):
        assert stands_in(data, said)
    for other in ("It uses a data-driven design.", "Data are scarce.", "Online Signal Collection is automatic."):
        assert not stands_in(data, other)


def test_the_sentence_that_states_it_is_what_is_quoted() -> None:
    aim = read_aim("Has IterQR been deployed?")
    said = ["We propose IterQR.", "It rewrites queries in rounds.", "It is deployed at a delivery platform."]
    assert [fit_to(aim, sentence, "IterQR") for sentence in said] == [0, 0, 1]
