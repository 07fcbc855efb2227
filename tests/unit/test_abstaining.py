"""When to refuse: which detail is asked for, whether it is there, and the decision over a real library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.abstention import Abstainer
from rag.answer.abstention.calibration import FILE_NAME, load_calibration
from rag.answer.abstention.features import DIRECTIONS, Features, gather
from rag.config import Config
from rag.errors import LibraryError
from rag.index.library import Library
from rag.query import Question
from rag.query.details import read_details, stands_in
from rag.query.entities import asks_of_a_stranger, names_in
from rag.query.knowledge import Known
from rag.query.reader import with_demands
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Filters
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


@pytest.mark.parametrize(
    ("question", "kind", "noun"),
    [
        ("How many participants took part in the study?", "count", "participants"),
        ("number of GPUs and latency for the summariser", "count", "GPUs"),
        ("What online lift did it report?", "measure", "online lift"),
        ("What nDCG@10 does it score?", "measure", "nDCG@10"),
        ("Which web search API does it call?", "name", "web search API"),
        ("Which hospital took part?", "name", "hospital"),
        ("How much CO2 does training emit?", "figure", ""),
        ("How much revenue did it bring its platform?", "measure", "revenue"),
        ("What sensitivity does it reach on mammograms?", "measure", "sensitivity"),
        ("How does GREBE use reinforcement learning to prune?", "means", "reinforcement learning"),
        ("How long does indexing take?", "count", "seconds, hours or days"),
        ("Where can I get the code?", "link", ""),
    ],
)
def test_details_are_read(question: str, kind: str, noun: str) -> None:
    assert [(detail.kind, detail.noun) for detail in read_details(question)] == [(kind, noun)]


@pytest.mark.parametrize(
    "question",
    [
        "How does it keep a recommender from forgetting?",
        "Has anyone reduced the number of participants in a trial?",
        "Which papers deal with patents?",
        "How much do readers gain?",
        "Which two kinds of benchmarks are there?",
        "What limitations of LLMs did they find?",
        "How does it use reinforcement learning?",
        "How do LLMs use long contexts?",
        "Which advantages over other search engines does it have?",
    ],
)
def test_most_questions_ask_for_no_detail(question: str) -> None:
    assert read_details(question) == ()


@pytest.mark.parametrize(
    ("question", "text", "there"),
    [
        ("How many participants?", "We asked 48 people.", True),
        ("How many participants?", "It gains 48% over BM25.", False),
        ("How many participants?", "In 2024 participants were asked.", False),
        ("How many pairs?", "It holds 50K product pairs.", True),
        ("How many parameters?", "It stays efficient (0.2B parameters).", True),
        ("How many steps?", "There are steps: (1) reading and (2) writing.", False),
        ("What nDCG@10 does it reach?", "It wins in nDCG@10 by far.", False),
        ("What nDCG@10 does it reach?", "It reaches 0.71 in nDCG@10.", True),
        ("What accuracy does it reach?", "It reaches 0.71 in nDCG@10.", False),
        ("What score does it reach?", "It reaches 0.71 in nDCG@10.", True),
        ("What sensitivity does it reach?", "It reaches an accuracy of 0.71.", False),
        ("How does GREBE use reinforcement learning?", "It learns by contrastive learning.", False),
        ("How does GREBE use reinforcement learning?", "A policy is reinforced by clicks.", True),
        ("How does GREBE employ optical flow?", "It is near-optimal.", False),
        ("Why does GREBE use the data?", "It prunes postings.", True),
        ("What sensitivity does it reach?", "It reaches a sensitivity of 0.71.", True),
        ("How much memory does it need?", "Latency drops by 53%.", False),
        ("How much memory does it need?", "It fits into 24 GB.", True),
        ("How much training data does it need?", "Trained on 5,000 labelled pairs, it wins.", True),
        ("Which base LLM does it use?", "We fine-tune Qwen2.5.", True),
        ("Which base LLM does it use?", "The LLM of Foo is tuned.", False),
        ("Which hospital took part?", "Doctors at the Charité hospital took part.", True),
        ("Which hospital took part?", "Doctors took part. We thank Ada.", False),
        ("How long does it take?", "It takes 3 hours.", True),
        ("How long does it take?", "It takes 3 steps.", False),
        ("Where can I download the code?", "Code: https://example.org/x", True),
        ("Where can I download the code?", "We describe the code.", False),
        ("By how much does it improve GMV?", "As Figure 1 shows, a 3-stage framework improves it.", False),
        ("By how much does it improve GMV?", "It shows a 3-fold gain.", True),
        ("By how much does it improve GMV?", "A 3-stage framework gains 4.2%.", True),
    ],
)
def test_a_detail_stands_in_a_text_or_not(question: str, text: str, there: bool) -> None:
    (detail,) = read_details(question)
    assert stands_in(detail, text) is there


def test_every_feature_has_a_direction_and_the_packaged_weights_keep_it(tmp_path: Path) -> None:
    calibration = load_calibration(tmp_path)
    assert set(Features.names()) == set(DIRECTIONS) == set(calibration.weights)
    assert all(weight * DIRECTIONS[name] > 0 for name, weight in calibration.weights.items())
    point = next(point for point in calibration.curve if point.threshold == calibration.threshold)
    assert point.false_refusals <= 0.05
    assert point.f1 >= 0.7


def test_near_miss_keeps_its_paper_and_says_what_it_lacks(library: Library) -> None:
    question = asked("How many participants took part in the Talk2Web usability study?", library)
    decision = Abstainer(library).decide(question, HybridRetriever(library).search(question.search_text, k=100))
    assert (decision.abstain, decision.reason) == (True, "detail_absent")
    assert (decision.paper_id, decision.missing) == ("2501.00001", "number of participants")
    assert decision.confidence == "low"


@pytest.mark.parametrize(
    "question",
    ["How many participants tried GREBE?", "By how much does GREBE improve nDCG@10?", "How does GREBE prune postings?"],
)
def test_a_paper_that_answers_is_not_refused(library: Library, question: str) -> None:
    decision = Abstainer(library).decide(asked(question, library), HybridRetriever(library).search(question, k=100))
    assert (decision.abstain, decision.reason, decision.missing) == (False, None, None)
    assert decision.confidence in ("high", "medium")


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Which GPU was used to train Talk2Web?", "name of the GPU"),
        ("What dataset does Talk2Web use?", "word on the data used"),
        ("By how much does Talk2Web improve GMV?", "figure for it"),
        (
            "On a website, how does the agent Talk2Web help visitors find assets and how many visitors?",
            "number of visitors",
        ),
    ],
)
def test_a_named_paper_without_the_detail_is_said_to_lack_it_however_near_it_is(
    library: Library, question: str, missing: str
) -> None:
    passages = HybridRetriever(library).search(question, k=100, focus={"2501.00001"})
    decision = Abstainer(library).decide(asked(question, library), passages)
    assert (decision.reason, decision.paper_id, decision.missing) == ("detail_absent", "2501.00001", missing)
    assert decision.confidence == "low"


def test_another_papers_number_does_not_answer_for_the_one_that_is_named(library: Library) -> None:
    question = "How many GPUs does Talk2Web need next to sparse retrieval that needs GPUs?"
    passages = HybridRetriever(library).search(question, k=100)
    assert passages[0].paper_id == "2501.00002"
    evidence = gather(library, asked(question, library), passages)
    assert (evidence.paper_id, evidence.clear) == ("2501.00001", True)
    assert [detail.noun for detail in evidence.missing] == ["GPUs"]


def test_a_name_within_another_word_of_a_title_names_no_paper(tmp_path: Path) -> None:
    other = make_paper("2502.00001", "GREBEs in Action: Wetland Surveys", "Water birds are counted, with a recall.")
    agent = make_paper("2502.00002", "Drug Agents", "An agent that finds drugs reaches a recall of 83%; GREBE has 65%.")
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([other, agent])
        question = "What recall does the agent that finds drugs reach, and GREBE?"
        evidence = gather(library, asked(question, library), HybridRetriever(library).search(question))
    assert evidence.paper_id == "2502.00002"
    assert evidence.missing == ()


def test_a_name_means_the_title_that_spells_it_the_same(tmp_path: Path) -> None:
    bird = make_paper("2502.00001", "A Grebe in the Reeds", "A grebe is a bird that needs a lake and 3 nests.")
    system = make_paper("2502.00002", "GREBE: Sparse Retrieval", "GREBE prunes the postings of sparse retrieval.")
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([bird, system])
        question = "How many nests does GREBE need?"
        passages = sorted(HybridRetriever(library).search(question), key=lambda passage: passage.paper_id)
        evidence = gather(library, asked(question, library), passages)
    assert evidence.paper_id == "2502.00002"
    assert [detail.noun for detail in evidence.missing] == ["nests"]


def test_what_the_library_knows_nothing_of_is_refused(library: Library) -> None:
    question = "How do I bake sourdough bread?"
    decision = Abstainer(library).decide(asked(question, library), HybridRetriever(library).search(question, k=100))
    assert (decision.abstain, decision.reason, decision.missing) == (True, "nothing_found", None)


@pytest.mark.parametrize(
    ("question", "abstains"),
    [
        ("How does HERON-9 prune the postings of sparse retrieval?", True),
        ("How many participants did the HeronNet of sparse retrieval postings have?", True),
        ("How does GREBE prune the postings of sparse retrieval?", False),
        ("How does GREBE prune postings, and does HERON-9 do so too?", False),
        ("How are the postings of sparse retrieval pruned on MSMARCO-9?", False),
        ("Can ChatGPT9 prune the postings of sparse retrieval?", False),
    ],
)
def test_what_is_asked_of_a_name_that_no_paper_holds_is_refused(
    library: Library, question: str, abstains: bool
) -> None:
    passages = HybridRetriever(library).search(question, k=100)
    decision = Abstainer(library).decide(asked(question, library), passages)
    assert decision.abstain is abstains


def test_a_comparison_with_a_stranger_is_about_the_other(library: Library) -> None:
    question = "How does HERON-9 compare with GREBE?"
    passages = HybridRetriever(library).search(question, k=100)
    assert not Abstainer(library).decide(asked(question, library, kind="compare"), passages).abstain


def test_no_passages_are_nothing_found(library: Library) -> None:
    decision = Abstainer(library).decide(asked("anything"), [])
    assert (decision.probability, decision.abstain, decision.reason) == (1.0, True, "nothing_found")


def test_filters_that_say_everything_are_never_refused(library: Library) -> None:
    passages = HybridRetriever(library).search("bread", k=100)
    author = Filters(author="Ada Lovelace")
    abstainer = Abstainer(library)
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
    decision = Abstainer(library).decide(asked(question, filters=within, kind="list"), passages)
    assert (decision.abstain, decision.reason) == (abstains, "nothing_found" if abstains else None)


@pytest.mark.parametrize(
    "question",
    ["Which country has the longest coast?", "who painted the Mona Lisa", "set a table for six", "3 * 7"],
)
def test_what_no_paper_is_about_is_refused_though_words_are_shared(library: Library, question: str) -> None:
    passages = HybridRetriever(library).search(question, k=100)
    decision = Abstainer(library).decide(asked(question, library), passages)
    assert (decision.abstain, decision.reason) == (True, "nothing_found")


def test_words_that_an_abstract_holds_count_where_its_meaning_is_far(library: Library) -> None:
    passages = HybridRetriever(library).search("precedents, statutes and facts", k=100)
    far = [replace(passage, scores={**passage.scores, "dense": 0.24}) for passage in passages]
    assert not gather(library, asked("precedents, statutes and facts"), far).faint
    assert gather(library, asked("precedents of zebras, quaggas and okapis"), far).faint


def test_a_system_that_only_the_abstract_names_is_known_by_it(library: Library) -> None:
    paper = make_paper(
        "2501.00012",
        "Fewer Clicks to the Right Table",
        "We present TabHop, an agent that hops between tables of a lake.",
    )
    library.ingest([paper])
    question = "How many tables did TabHop visit?"
    passages = HybridRetriever(library).search(question, k=100)
    evidence = gather(library, asked(question, library), passages)
    assert (evidence.named, evidence.paper_id) == (True, "2501.00012")
    decision = Abstainer(library).decide(asked(question, library), passages)
    assert (decision.reason, decision.missing) == ("detail_absent", "number of tables")
    told = "Tell my grandmother what TabHop is good for, please, and slowly"
    assert not Abstainer(library).decide(asked(told, library), HybridRetriever(library).search(told, k=100)).abstain
    library.remove(["2501.00012"])


def test_a_paper_that_is_given_by_its_id_is_not_refused(library: Library) -> None:
    question = "what about its budget and its calendar?"
    passages = HybridRetriever(library).search(question, k=100, papers=frozenset({"2501.00009"}))
    decision = Abstainer(library).decide(asked(question, papers=frozenset({"2501.00009"})), passages)
    assert (decision.abstain, decision.confidence) == (False, "low")


def test_words_of_papers_taken_for_absent_count_as_unknown(library: Library) -> None:
    question = asked("How does GREBE prune postings?", library)
    passages = HybridRetriever(library).search(question.search_text, k=100)
    rest = [passage for passage in passages if passage.paper_id != "2501.00002"]
    assert gather(library, question, passages).features.foreign == 0
    assert gather(library, question, rest).features.foreign == 0
    assert gather(library, question, rest, {"2501.00002"}).features.foreign > 0.9


def test_a_long_question_may_use_unknown_words(library: Library) -> None:
    passages = HybridRetriever(library).search("music", k=100)
    short = gather(library, asked("zebras and music"), passages).features.foreign
    words = "zebras quaggas lamas alpacas tapirs okapis elks music tunes melodies listeners lists"
    assert 0 < gather(library, asked(words), passages).features.foreign < short < 1


def test_the_librarys_own_calibration_wins_and_a_broken_one_is_named(tmp_path: Path) -> None:
    packaged = load_calibration(tmp_path)
    own = packaged.model_copy(update={"threshold": 0.5})
    (tmp_path / FILE_NAME).write_text(own.model_dump_json())
    assert load_calibration(tmp_path).threshold == 0.5
    (tmp_path / FILE_NAME).write_text(own.model_copy(update={"weights": {"mood": 1.0}}).model_dump_json())
    with pytest.raises(LibraryError, match="other features"):
        load_calibration(tmp_path)
    (tmp_path / FILE_NAME).write_text("{}")
    with pytest.raises(LibraryError, match="not a calibration"):
        load_calibration(tmp_path)
