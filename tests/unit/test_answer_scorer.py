"""The answer scorer: its input, its scores, and what a paper is judged by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rag.answer.extract import ExtractiveWriter
from rag.config import ChunkingConfig, Config
from rag.errors import ModelFileError
from rag.index.library import Library
from rag.models import answer_scorer, runtime
from rag.models.answer_scorer import Abstract, AnswerScorer, installed
from rag.models.answer_scorer.encoding import MAX_QUESTION, MAX_TOKENS, SEP, Encoder
from rag.models.vocabulary import VOCABULARY
from rag.query import Question
from rag.retrieve import answer_scores
from rag.retrieve.answer_scores import AnswerScores
from rag.retrieve.hybrid import HybridRetriever
from rag.text.readable import readable
from rag.types import Filters
from tests.support.papers import make_paper

WEB = Abstract(
    "WebANNS: Nearest-Neighbour Search in Browsers",
    (
        "Nearest-neighbour search has become vital for many applications.",
        "We propose WebANNS, an engine that runs in web browsers.",
        "It keeps recently used vectors in memory and loads the others lazily.",
        "On three data sets it answers queries 40 times faster than the best earlier engine.",
    ),
)
LONG = Abstract(
    "A Long Paper", tuple(f"Sentence {n} tells of the {n}th experiment, at some length." for n in range(80))
)
LONG_TEXT = " ".join(f"Sentence number {n} tells of yet another experiment at some length." for n in range(60))


@pytest.fixture(scope="module")
def scorer() -> AnswerScorer:
    return installed()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Config(data_dir=tmp_path_factory.mktemp("library"), chunking=ChunkingConfig(max_tokens=80))
    with Library(settings) as library:
        library.ingest(
            [
                make_paper("2501.00001", WEB.title, " ".join(WEB.sentences)),
                make_paper("2501.00002", "A Paper in Many Passages", LONG_TEXT),
            ]
        )
        yield library


@pytest.mark.parametrize(
    ("question", "best"),
    [("How much faster is it than other engines?", 3), ("Which memory does it use for vectors?", 2)],
)
def test_the_sentence_that_answers_is_the_likeliest(scorer: AnswerScorer, question: str, best: int) -> None:
    (scores,) = scorer.score(question, [WEB])
    assert int(np.argmax(scores.sentences)) == best


def test_its_odds_are_those_of_the_shipped_weights(scorer: AnswerScorer) -> None:
    """Recorded: pieces of a sentence are averaged, and question, title and sentences told apart."""
    (scores,) = scorer.score("How much faster is it than other engines?", [WEB])
    assert scores.sentences.tolist() == pytest.approx([-6.16, -3.67, -5.22, 1.08], abs=0.1)
    assert scores.answered == pytest.approx(0.96, abs=0.1)


def test_what_is_answered_is_likelier_answered_than_what_is_not(scorer: AnswerScorer) -> None:
    (told,) = scorer.score("How much faster is WebANNS?", [WEB])
    (untold,) = scorer.score("How many nurses took part in the study in Norway?", [WEB])
    assert told.answered > untold.answered
    assert told.sentences.max() > untold.sentences.max()


def test_scores_depend_on_question_and_abstract_alone(scorer: AnswerScorer) -> None:
    question = "How does it work?"
    alone, among = scorer.score(question, [WEB])[0], scorer.score(question, [LONG, WEB, LONG])[1]
    assert np.array_equal(alone.sentences, among.sentences)
    assert alone.answered == among.answered


def test_scores_do_not_depend_on_what_fills_a_sequence_up(
    scorer: AnswerScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "How is it trained?"
    abstract = Abstract("Tiny Rankers", ("We distil a ranker.", "It is trained on clicks."))
    said = scorer.score(question, [abstract])[0]
    monkeypatch.setattr(runtime, "STEP", 7 * runtime.STEP)
    monkeypatch.setattr(answer_scorer, "ROWS", 20)
    filled = scorer.score(question, [abstract])[0]
    assert filled.sentences.shape == (2,)
    assert np.allclose(said.sentences, filled.sentences, atol=0.1)
    assert said.answered == pytest.approx(filled.answered, abs=0.1)


def test_an_abstract_without_a_sentence_answers_nothing(scorer: AnswerScorer) -> None:
    (scores,) = scorer.score("What is it?", [Abstract("Empty", ())])
    assert scores.sentences.shape == (0,)
    assert scores.answered == -np.inf


def test_a_long_abstract_is_scored_in_several_passes_each_with_the_question(scorer: AnswerScorer) -> None:
    parts = Encoder(VOCABULARY).encode("Which experiment failed?", LONG.title, LONG.sentences)
    assert len(parts) > 1
    assert [part.first for part in parts] == [0, *np.cumsum([len(part.sentences) for part in parts])[:-1].tolist()]
    assert all(len(part.ids) <= MAX_TOKENS for part in parts)
    assert len({part.ids[part.question[0] : part.question[1]] for part in parts}) == 1
    (scores,) = scorer.score("Which experiment failed?", [LONG])
    assert len(scores.sentences) == len(LONG.sentences)


def test_what_one_pass_of_a_long_abstract_answers_is_answered(scorer: AnswerScorer) -> None:
    question = "How much faster is it than other engines?"
    (told,) = scorer.score(question, [WEB])
    for sentences in ((*WEB.sentences, *LONG.sentences), (*LONG.sentences, *WEB.sentences)):
        (scores,) = scorer.score(question, [Abstract(WEB.title, sentences)])
        assert scores.answered == pytest.approx(told.answered, abs=2.5)


def test_of_a_long_question_the_end_counts() -> None:
    encoder = Encoder(VOCABULARY)
    (part,) = encoder.encode("so " * 200 + "how?", "T", ["S."])
    start, end = part.question
    assert end - start == MAX_QUESTION + 1
    assert part.ids[end - 1] == SEP
    assert part.ids[start:end] == (*encoder.pieces(["so " * (MAX_QUESTION - 2) + "how?"])[0], SEP)


def test_another_file_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    with pytest.raises(ModelFileError, match="cannot be read"):
        AnswerScorer.load(1, file)
    file.write_bytes(b"something else")
    with pytest.raises(ModelFileError, match="not the pinned one"):
        AnswerScorer.load(1, file)


def test_all_sentences_of_a_paper_are_judged_once(library: Library) -> None:
    judged = AnswerScores(library).of(["What is told?"], ["2501.00001", "2501.00002", "2501.99999"])
    assert set(judged) == {"2501.00001", "2501.00002"}
    assert [sentence.text for sentence in judged["2501.00001"].sentences] == list(WEB.sentences)
    many = judged["2501.00002"].sentences
    assert len({sentence.passage.chunk_id for sentence in many}) > 1
    assert all(one.end <= other.start for one, other in pairwise(many))
    text = library.paper("2501.00002").text
    assert [readable(text[one.start : one.end]) for one in many] == [one.text for one in many]
    assert all(one.passage.start <= one.start < one.end <= one.passage.end for one in many)


def test_what_was_judged_is_remembered_until_the_paper_changes(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = AnswerScores(library)
    first = scores.of(["How fast is it?"], ["2501.00001"])["2501.00001"]
    assert first.best == first.odds.max()
    monkeypatch.setattr("rag.retrieve.kept_scores.installed", lambda threads: pytest.fail("judged again"))
    assert scores.of(["How fast is it?"], ["2501.00001"])["2501.00001"] is first
    paper = library.paper("2501.00001")
    monkeypatch.setattr(library.shelf, "papers", lambda ids: {"2501.00001": replace(paper, version=paper.version + 1)})
    with pytest.raises(pytest.fail.Exception, match="judged again"):
        scores.of(["How fast is it?"], ["2501.00001"])


def test_a_paper_of_which_nothing_can_be_quoted_yet_is_left_out_and_judged_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, paper = AnswerScores(library), library.paper("2501.00001")
    with monkeypatch.context() as patched:
        newer = replace(paper, version=paper.version + 1)  # on the shelf before its passages are
        patched.setattr(library.shelf, "papers", lambda ids: {paper.paper_id: newer})
        assert scores.of(["How fast is it?"], [paper.paper_id]) == {}
    asked = Question(standalone="How fast is it?", search_text="How fast is it?", filters=Filters())
    passages = HybridRetriever(library).search("How fast is WebANNS?", k=5)
    assert ExtractiveWriter(library, scores).write(asked, passages).quotes
    monkeypatch.setattr(library.shelf, "papers", lambda ids: {})
    assert not ExtractiveWriter(library, scores).write(asked, passages).quotes


def test_of_several_wordings_the_mean_counts(library: Library) -> None:
    scores = AnswerScores(library)
    one, other = (scores.of([text], ["2501.00001"])["2501.00001"] for text in ("How fast is it?", "What is it?"))
    both = scores.of(["How fast is it?", "What is it?"], ["2501.00001"])["2501.00001"]
    assert both.odds == pytest.approx((one.odds + other.odds) / 2, abs=1e-6)
    assert both.answered == pytest.approx((one.answered + other.answered) / 2)


def test_what_two_passages_share_is_judged_once(library: Library) -> None:
    paper = library.paper("2501.00002")
    rows = library.shelf.chunks([paper.paper_id])
    once = answer_scores._sentences(paper, rows)
    wide = replace(rows[0], start=min(row.start for row in rows), end=max(row.end for row in rows))
    assert len(rows) > 1
    assert [(one.start, one.end) for one in answer_scores._sentences(paper, [wide, *rows])] == [
        (one.start, one.end) for one in once
    ]
