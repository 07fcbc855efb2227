"""When to refuse, over a real library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.answer.abstention import Abstainer, Decision
from rag.answer.abstention.calibration import FILE_NAME, load_calibration
from rag.answer.abstention.features import DIRECTIONS, GIVEN_DENSE, GIVEN_LEXICAL, Features, gather
from rag.config import Config
from rag.errors import LibraryError
from rag.index.library import Library
from rag.query import Question
from rag.query.demands import with_demands
from rag.query.lexicon.entities import asks_of_a_stranger, names_in
from rag.query.lexicon.knowledge import Known
from rag.retrieve.answer_scores import AnswerScores, Judged
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Filters, Passage
from tests.support.papers import make_paper

PAPERS = [
    make_paper(
        "2501.00001",
        "Talk2Web: Chatbots that Answer from Websites",
        "We propose Talk2Web, an agent for websites. In a usability study, visitors found assets faster with it.",
    ),
    make_paper(
        "2501.00002",
        "GREBE: Sparse Retrieval with Few Postings",
        "GREBE prunes postings. It improves nDCG@10 by 7.4% on MS MARCO and needs 12 GPUs. 48 participants tried it.",
    ),
    make_paper("2501.00003", "Fair Music Recommendation", "Listeners of rare genres get worse lists. We repair them."),
    make_paper("2501.00004", "Item Tokens for Generative Recommendation", "Items become short token sequences."),
    make_paper("2501.00005", "Legal Case Search", "Precedents are found by their statutes and their facts."),
    make_paper("2501.00006", "Reading Receipts", "A vision model reads receipts and fills a table of prices."),
    make_paper("2501.00007", "Query Logs of Libraries", "People search for authors, then for subjects."),
    make_paper("2501.00008", "Poisoned Passages", "Attackers insert passages that mislead generators."),
    make_paper("2501.00009", "Caching Embeddings", "Vectors are kept in fast memory and evicted by age."),
    make_paper("2501.00010", "Point-of-Interest Suggestions", "Places are suggested from a traveller's trace."),
    make_paper("2501.00011", "Clinical Trial Matching", "Patients are matched with trials by their records."),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as library:
        library.ingest(PAPERS)
        yield library


def asked(question: str, library: Library | None = None, **changes: object) -> Question:
    """A question about nothing but its words; what it names is looked up where a library is given."""
    values: dict[str, object] = {"standalone": question, "search_text": question, "filters": Filters()}
    if library:
        vocabulary = Known(library).state().speller.vocabulary
        values["entities"] = names_in(question, library.shelf.entities, vocabulary)
        values["of_a_stranger"] = asks_of_a_stranger(question, vocabulary)
    return with_demands(Question(**values | changes))  # type: ignore[arg-type]


class Judge(AnswerScores):
    """Says of every paper that its first sentence answers with these odds, and the abstract likewise."""

    def __init__(self, library: Library, odds: Mapping[str, float]) -> None:
        super().__init__(library)
        self._odds = odds

    def of(self, wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        found = {}
        for paper_id in paper_ids:
            odds = self._odds.get(paper_id, -6.0)
            found[paper_id] = Judged(paper_id, (), np.array([odds, -8.0], dtype=np.float32), odds)
        return found


def decide(library: Library, question: Question, passages: Sequence[Passage], **odds: float) -> Decision:
    """The decision where the papers are judged so: `t2w=3.0` for Talk2Web, `grebe=…` for GREBE."""
    named = {"t2w": "2501.00001", "grebe": "2501.00002", "cache": "2501.00009"}
    return Abstainer(Judge(library, {named[name]: one for name, one in odds.items()})).decide(question, passages)


def test_every_feature_has_a_direction_and_the_packaged_weights_keep_it(tmp_path: Path) -> None:
    calibration = load_calibration(tmp_path)
    one, many = calibration.unanswered["one"], calibration.unanswered["many"]
    for regression, sign in ((one, 1), (many, 1), (calibration.right, -1)):
        assert set(Features.names()) == set(DIRECTIONS) == set(regression.weights)
        assert all(weight * DIRECTIONS[name] * sign >= 0 for name, weight in regression.weights.items())
    point = next(point for point in calibration.curve if point.threshold == calibration.threshold)
    assert point.false_refusals <= 0.05


def test_a_named_paper_that_does_not_tell_is_said_not_to_and_keeps_its_citation(library: Library) -> None:
    question = asked("How many participants took part in the Talk2Web usability study?", library)
    decision = decide(library, question, HybridRetriever(library).search(question.search_text, k=100), t2w=-6)
    assert (decision.abstain, decision.reason) == (True, "detail_absent")
    assert (decision.paper_id, decision.confidence, decision.chance) == ("2501.00001", "low", None)


def test_a_paper_that_answers_is_not_refused(library: Library) -> None:
    question = asked("How does GREBE prune postings?", library)
    decision = decide(library, question, HybridRetriever(library).search(question.search_text, k=100), grebe=3)
    assert (decision.abstain, decision.reason) == (False, None)
    assert decision.chance is not None
    assert decision.confidence in ("high", "medium")


def test_the_likelier_a_paper_answers_the_surer_is_the_answer(library: Library) -> None:
    question = asked("How does GREBE prune postings?", library)
    passages = HybridRetriever(library).search(question.search_text, k=100)
    sure, unsure = decide(library, question, passages, grebe=3), decide(library, question, passages, grebe=-1)
    assert sure.probability < unsure.probability
    assert (sure.chance or 0) > (unsure.chance or 0)


def test_a_list_is_not_said_to_lack_a_detail(library: Library) -> None:
    question = asked("papers that count participants of Talk2Web", library, kind="list")
    decision = decide(library, question, HybridRetriever(library).search(question.search_text, k=100), t2w=-6)
    assert decision.reason != "detail_absent"


def test_another_paper_does_not_answer_for_the_one_that_is_named(library: Library) -> None:
    question = asked("How many GPUs does Talk2Web need next to sparse retrieval that needs GPUs?", library)
    passages = HybridRetriever(library).search(question.search_text, k=100)
    assert passages[0].paper_id == "2501.00002"
    evidence = gather(Judge(library, {"2501.00002": 4.0}), question, passages)
    assert (evidence.paper_id, evidence.clear) == ("2501.00001", True)
    assert evidence.features.best == evidence.features.answered == -6.0


def test_of_papers_as_near_as_the_first_none_answers_for_it(library: Library) -> None:
    question = asked("Which vectors or postings are kept?", library)
    passages = HybridRetriever(library).search(question.search_text, k=100)
    near = [replace(passage, score=1.0 if n < 3 else 0.1) for n, passage in enumerate(passages)]
    judge = Judge(library, {passages[0].paper_id: 1.0, passages[1].paper_id: 4.0})
    evidence = gather(judge, question, near)
    assert (evidence.paper_id, evidence.named) == (passages[0].paper_id, False)
    assert evidence.features.best == evidence.features.answered == 1.0


def test_a_subject_that_many_papers_are_on_is_broad_however_small_the_gaps(tmp_path: Path) -> None:
    papers = [make_paper(f"2501.{n:05}", f"Bread {n}", f"We bake rye bread in oven {n}.") for n in range(1, 13)]
    papers += [make_paper(f"2502.{n:05}", f"Papers {n}", f"We list papers on subject {n}.") for n in range(1, 40)]
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(papers)
        for question, broad in (("Which are on rye bread?", True), ("Which are on glaciers and walruses?", False)):
            found = HybridRetriever(library).search(question, k=100)
            evidence = gather(AnswerScores(library), asked(question, library), found)
            assert evidence.broad is broad


def test_of_a_paper_that_is_given_the_ranking_says_nothing(library: Library) -> None:
    question = asked("By how much?", library)
    passages = HybridRetriever(library).search("Which vectors or postings are kept?", k=100)
    given = replace(question, focus=(passages[0].paper_id,))
    gaps = [
        (found.dense_gap, found.lexical_gap)
        for shown in (passages, [replace(one, scores={"dense": 0.3, "lexical": 0.1}) for one in passages])
        for found in [gather(AnswerScores(library), given, shown).features]
    ]
    assert gaps == [(GIVEN_DENSE, GIVEN_LEXICAL)] * 2
    assert gather(AnswerScores(library), question, passages).features.dense_gap != GIVEN_DENSE


def test_a_name_within_another_word_of_a_title_names_no_paper(tmp_path: Path) -> None:
    other = make_paper("2502.00001", "GREBEs in Action: Wetland Surveys", "Water birds are counted, with a recall.")
    agent = make_paper("2502.00002", "Drug Agents", "An agent that finds drugs reaches a recall of 83%; GREBE has 65%.")
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([other, agent])
        question = "What recall does the agent that finds drugs reach, and GREBE?"
        evidence = gather(AnswerScores(library), asked(question, library), HybridRetriever(library).search(question))
    assert evidence.paper_id == "2502.00002"


def test_a_name_means_the_title_that_spells_it_the_same(tmp_path: Path) -> None:
    bird = make_paper("2502.00001", "A Grebe in the Reeds", "A grebe is a bird that needs a lake and 3 nests.")
    system = make_paper("2502.00002", "GREBE: Sparse Retrieval", "GREBE prunes the postings of sparse retrieval.")
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([bird, system])
        question = "How many nests does GREBE need?"
        passages = sorted(HybridRetriever(library).search(question), key=lambda passage: passage.paper_id)
        evidence = gather(AnswerScores(library), asked(question, library), passages)
    assert evidence.paper_id == "2502.00002"


def test_what_the_library_knows_nothing_of_is_refused(library: Library) -> None:
    question = "How do I bake sourdough bread?"
    decision = Abstainer(AnswerScores(library)).decide(
        asked(question, library), HybridRetriever(library).search(question, k=100)
    )
    assert (decision.abstain, decision.reason) == (True, "nothing_found")


@pytest.mark.parametrize(
    ("question", "abstains"),
    [
        ("How does HERON-9 prune the postings of sparse retrieval?", True),
        ("How many participants did the HeronNet of sparse retrieval postings have?", True),
        ("How does GREBE prune the postings of sparse retrieval?", False),
        ("How does GREBE prune postings, and does HERON-9 do so too?", False),
        ("On MSMARCO-9, how are the postings of sparse retrieval pruned?", False),
        ("Can ChatGPT9 prune the postings of sparse retrieval?", False),
    ],
)
def test_what_is_asked_of_a_name_that_no_paper_holds_is_refused(
    library: Library, question: str, abstains: bool
) -> None:
    passages = HybridRetriever(library).search(question, k=100)
    decision = Abstainer(AnswerScores(library)).decide(asked(question, library), passages)
    assert decision.abstain is abstains


def test_a_comparison_with_a_stranger_is_about_the_other(library: Library) -> None:
    question = "How does HERON-9 compare with GREBE?"
    passages = HybridRetriever(library).search(question, k=100)
    assert not Abstainer(AnswerScores(library)).decide(asked(question, library, kind="compare"), passages).abstain


def test_no_passages_are_nothing_found(library: Library) -> None:
    decision = Abstainer(AnswerScores(library)).decide(asked("anything"), [])
    assert (decision.probability, decision.abstain, decision.reason) == (1.0, True, "nothing_found")


def test_filters_that_say_everything_are_never_refused(library: Library) -> None:
    passages = HybridRetriever(library).search("bread", k=100)
    author = Filters(author="Ada Lovelace")
    abstainer = Abstainer(AnswerScores(library))
    assert not abstainer.decide(
        asked("papers by Ada Lovelace", filters=author, kind="list", only_filters=True), passages
    ).abstain
    assert not abstainer.decide(asked("Ada Lovelace", filters=author, only_filters=True), passages).abstain


@pytest.mark.parametrize(
    ("question", "abstains"),
    [("papers on volcanic ash", True), ("papers on legal precedents", False), ("papers on musical genres", False)],
)
def test_a_list_within_filters_must_still_be_about_its_subject(library: Library, question: str, abstains: bool) -> None:
    passages = HybridRetriever(library).search(question, k=100)
    within = Filters(author="Ada Lovelace")
    decision = Abstainer(AnswerScores(library)).decide(asked(question, filters=within, kind="list"), passages)
    assert (decision.abstain, decision.reason) == (abstains, "nothing_found" if abstains else None)


@pytest.mark.parametrize(
    "question",
    ["Which country has the longest coast?", "who painted the Mona Lisa", "set a table for six", "3 * 7"],
)
def test_what_no_paper_is_about_is_refused_though_words_are_shared(library: Library, question: str) -> None:
    passages = HybridRetriever(library).search(question, k=100)
    decision = Abstainer(AnswerScores(library)).decide(asked(question, library), passages)
    assert (decision.abstain, decision.reason) == (True, "nothing_found")


@pytest.mark.parametrize("question", ["Who won the world cup?", "Which country has the longest coast?"])
def test_what_a_given_paper_is_far_from_is_refused(library: Library, question: str) -> None:
    given = library.shelf.papers(["2501.00001"])
    passages = HybridRetriever(library).search(question, k=100, papers=frozenset(given))
    scores, alone = AnswerScores(library), asked(question, library, papers=frozenset(given))
    decision = Abstainer(scores).decide(alone, passages)
    assert (decision.abstain, decision.reason) == (True, "detail_absent")
    assert gather(scores, alone, passages).faint
    assert not gather(scores, replace(alone, share=2), passages).faint


def test_words_that_an_abstract_holds_count_where_its_meaning_is_far(library: Library) -> None:
    passages = HybridRetriever(library).search("precedents, statutes and facts", k=100)
    far = [replace(passage, scores={**passage.scores, "dense": 0.24}) for passage in passages]
    assert not gather(AnswerScores(library), asked("precedents, statutes and facts"), far).faint
    assert gather(AnswerScores(library), asked("precedents of zebras, quaggas and okapis"), far).faint


def test_a_system_that_only_the_abstract_names_is_known_by_it(library: Library) -> None:
    paper = make_paper(
        "2501.00012",
        "Fewer Clicks to the Right Table",
        "We present TabHop, an agent that hops between tables of a lake.",
    )
    library.ingest([paper])
    question = "How many tables did TabHop visit?"
    passages = HybridRetriever(library).search(question, k=100)
    evidence = gather(AnswerScores(library), asked(question, library), passages)
    assert (evidence.named, evidence.paper_id) == (True, "2501.00012")
    library.remove(["2501.00012"])


def test_of_a_paper_that_is_given_by_its_id_it_is_said_that_it_does_not_tell(library: Library) -> None:
    question = "what about its budget and its calendar?"
    passages = HybridRetriever(library).search(question, k=100, papers=frozenset({"2501.00009"}))
    decision = decide(library, asked(question, papers=frozenset({"2501.00009"})), passages)
    assert (decision.reason, decision.paper_id) == ("detail_absent", "2501.00009")


def test_a_part_of_a_question_is_told_by_its_paper_or_not_at_all(library: Library) -> None:
    one = asked("how does GREBE prune its postings?", library, papers=frozenset({"2501.00002"}))
    passages = HybridRetriever(library).search(one.search_text, k=100, papers=one.papers)
    assert decide(library, one, passages, grebe=-1.6).reason is None
    assert decide(library, replace(one, share=2), passages, grebe=-1.6).reason == "detail_absent"
    assert decide(library, replace(one, share=2), passages, grebe=0.5).reason is None


def test_a_given_paper_that_answers_is_near_enough_whatever_the_wording(library: Library) -> None:
    one = asked("who tried it out?", papers=frozenset({"2501.00001"}))
    passages = HybridRetriever(library).search(one.search_text, k=100, papers=one.papers)
    assert decide(library, one, passages, t2w=4).reason is None


def test_words_of_papers_taken_for_absent_count_as_unknown(library: Library) -> None:
    question = asked("How does GREBE prune postings?", library)
    passages = HybridRetriever(library).search(question.search_text, k=100)
    rest = [passage for passage in passages if passage.paper_id != "2501.00002"]
    assert gather(AnswerScores(library), question, passages).features.foreign == 0
    assert gather(AnswerScores(library), question, rest).features.foreign == 0
    assert gather(AnswerScores(library), question, rest, {"2501.00002"}).features.foreign > 0.9


def test_a_long_question_may_use_unknown_words(library: Library) -> None:
    passages = HybridRetriever(library).search("music", k=100)
    short = gather(AnswerScores(library), asked("zebras and music"), passages).features.foreign
    words = "zebras quaggas lamas alpacas tapirs okapis elks music tunes melodies listeners lists"
    assert 0 < gather(AnswerScores(library), asked(words), passages).features.foreign < short < 1


def test_the_librarys_own_calibration_wins_and_a_broken_one_is_named(tmp_path: Path) -> None:
    packaged = load_calibration(tmp_path)
    own = packaged.model_copy(update={"threshold": 0.5})
    (tmp_path / FILE_NAME).write_text(own.model_dump_json())
    assert load_calibration(tmp_path).threshold == 0.5
    moody = own.right.model_copy(update={"weights": {"mood": 1.0}})
    (tmp_path / FILE_NAME).write_text(own.model_copy(update={"right": moody}).model_dump_json())
    with pytest.raises(LibraryError, match="other features"):
        load_calibration(tmp_path)
    half = {"one": own.unanswered["one"]}
    (tmp_path / FILE_NAME).write_text(own.model_copy(update={"unanswered": half}).model_dump_json())
    with pytest.raises(LibraryError, match="other features"):
        load_calibration(tmp_path)
    (tmp_path / FILE_NAME).write_text("{}")
    with pytest.raises(LibraryError, match="not a calibration"):
        load_calibration(tmp_path)
