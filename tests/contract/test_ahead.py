"""Which of two systems is ahead: what a paper says of the other comes first, and where none does, that is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.ahead import which_is_ahead
from rag.answer.draft import Apart
from rag.answer.render import APART
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.query.lexicon.entities import stands_in
from rag.retrieve.answer_scores import AnswerScores
from tests.support.papers import make_paper
from tests.support.samples import sample_library

RIVAL, QUERYGYM = "2501.00001", "2511.15996"
KITE, MOLE, WASP = "2501.00003", "2501.00004", "2501.00005"
BEATS = "On three benchmarks it reformulates queries better than QueryGym, by 4.2 points of recall."

FASTER = "It is twice as fast as Mole-DB on all workloads."

NEARQR = "2501.00006"
MENTIONS = "Like IterQR, it works on queries; we cite it for its data."
RECALL = "Its recall is 4 points higher than that of BM25."

HARE = "2501.00007"
PAIRS = " ".join(
    f"On the {n}th of our benchmarks, run as a whole on the platform of our own laboratory with all of its hares and"
    f" their burrows, HareDB is {n} times faster than MoleDB is there."
    for n in range(4, 10)
)
DEPLOYED = (
    "After a winter in which nothing of the kind was to be had, it was in the end deployed on the large platform of"
    " Meituan, where deliveries are planned by it."
)
LONG = f"We present HareDB, a store for hares. {PAIRS} {DEPLOYED}"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    abstract = f"We propose RivalRank, a system that reformulates queries in two stages. {BEATS} Its code is open."
    kites = f"We present KiteDB, a store for kites. {FASTER} Its code is open."
    moles = "We present MoleDB, a store for moles. It keeps all of them in tunnels. Its code is open."
    wasps = "We present WaspDB, a store for wasps. It is slower than MOLEDB and keeps more. Its code is open."
    library.ingest(
        [
            make_paper(RIVAL, title="RivalRank: Reformulation in Two Stages", abstract=abstract),
            make_paper(
                NEARQR, title="NearQR: Rewriting of Queries", abstract=f"We propose NearQR. {MENTIONS} {RECALL}"
            ),
            make_paper(HARE, title="HareDB: A Store for Hares", abstract=LONG),
            make_paper(KITE, title="KiteDB: A Store for Kites", abstract=kites),
            make_paper(MOLE, title="MoleDB: A Store for Moles", abstract=moles),
            make_paper(WASP, title="WaspDB: A Store for Wasps", abstract=wasps),
        ]
    )
    with Assistant(library) as opened:
        yield opened


@pytest.mark.parametrize(
    "question",
    ["Is PLUM better than IterQR?", "Which is faster, IterQR or PLUM?", "Does IterQR outperform PLUM in production?"],
)
def test_that_neither_paper_names_the_other_is_said_before_what_each_says(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.answer.startswith(APART["abstracts"])
    assert {one.paper_id for one in answer.citations} == {"2504.05309", "2510.07784"}
    assert answer.confidence != "high"


def test_what_else_is_asked_of_both_is_answered_too(assistant: Assistant) -> None:
    answer = assistant.answer("Which is better, IterQR or PLUM, and how does each of them work?")
    quoted = " ".join(one.quote for one in answer.citations if one.paper_id == "2510.07784")
    assert "consists of item tokenization" in quoted
    assert "substantial improvements" in quoted


@pytest.mark.parametrize("question", ["Is QueryGym better than RivalRank?", "Does QueryGym beat RivalRank?"])
def test_what_a_paper_says_of_the_other_is_quoted_first(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert not any(said in answer.answer for said in APART.values())
    first = answer.citations[0]
    assert (first.paper_id, BEATS in first.quote) == (RIVAL, True)
    assert {one.paper_id for one in answer.citations} == {RIVAL, QUERYGYM}


@pytest.mark.parametrize(
    ("question", "first", "said"),
    [("Is KiteDB faster than MoleDB?", KITE, "Mole-DB"), ("Which is slower, moledb or WaspDB?", WASP, "MOLEDB")],
)
def test_a_name_is_known_however_it_is_written(assistant: Assistant, question: str, first: str, said: str) -> None:
    answer = assistant.answer(question)
    assert not any(said in answer.answer for said in APART.values())
    assert (answer.citations[0].paper_id, said in answer.citations[0].quote) == (first, True)


@pytest.mark.parametrize(
    ("name", "text", "stands"),
    [
        ("MoleDB", "as fast as Mole-DB", True),
        ("MoleDB", "as fast as Mole DB", True),
        ("Mole-DB", "MOLEDB's tables", True),
        ("moledb", "faster than MoleDB.", True),
        ("PLUM", "a plum is a fruit", False),
        ("ANet", "it is a net", False),
        ("ReRank", "we re-rank them", False),
        ("OneRec", "than OneRec-Think", False),
        ("OneRec", "OneRecs", False),
    ],
)
def test_where_a_name_stands(name: str, text: str, stands: bool) -> None:
    assert stands_in(name, text) == stands


def test_systems_of_which_nobody_knows_the_names_are_compared_as_others_are(assistant: Assistant) -> None:
    library = assistant.library
    asked = replace(
        assistant.engine.understand("Is KiteDB faster than MoleDB?"), subjects=("kites", "moles"), entities=()
    )
    scores = AnswerScores(library)
    judged = scores.of(asked.wordings, [KITE, MOLE])
    assert asked.ahead
    assert which_is_ahead(library, scores, asked, [KITE, MOLE], judged) is None


@pytest.mark.parametrize("question", ["Is IterQR better than NearQR?", "Does IterQR outperform NearQR?"])
def test_a_mere_mention_is_not_taken_for_what_is_asked(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.answer.startswith(APART["mentioned"])
    assert MENTIONS in answer.citations[0].quote
    assert (answer.confidence != "high", answer.confidence_p) == (True, None)


def test_what_else_is_asked_of_a_paper_that_names_its_rival_is_quoted_too(assistant: Assistant) -> None:
    answer = assistant.answer("Which is faster, HareDB or MoleDB, and on which platform was each deployed?")
    quoted = " ".join(one.quote for one in answer.citations if one.paper_id == HARE)
    assert "faster than MoleDB" in quoted
    assert "Meituan" in quoted


@pytest.mark.parametrize(
    ("bodies", "said"), [((), "abstracts"), (("2504.05309",), "abstracts"), (("2504.05309", "2510.07784"), "papers")]
)
def test_what_is_not_held_is_not_spoken_of(tmp_path: Path, bodies: tuple[str, ...], said: Apart) -> None:
    library = Library(Config(data_dir=sample_library(tmp_path / "library")))
    held = library.shelf.papers(["2504.05309", "2510.07784"])
    library.ingest([replace(held[one], body="It is used. Nothing else is told of it here.") for one in bodies])
    with Assistant(library) as assistant:
        assert assistant.answer("Is PLUM better than IterQR?").answer.startswith(APART[said])


@pytest.mark.parametrize(
    "question", ["How do PLUM and IterQR differ?", "PLUM versus IterQR", "How are PLUM and IterQR trained?"]
)
def test_how_two_differ_is_another_question(assistant: Assistant, question: str) -> None:
    assert not any(said in assistant.answer(question).answer for said in APART.values())
