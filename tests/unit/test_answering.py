"""The extractive writer: which papers it cites and which sentences it quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.answer.abstention import Decision
from rag.answer.draft import Draft, Quote, quote_text
from rag.answer.extract import LIST_WORDS, ExtractiveWriter
from rag.answer.quotes import _as_wanted, is_doubtful
from rag.answer.select import (
    BELONGS,
    CLOSE,
    DESCRIBED,
    HOLDS,
    RIVALS,
    SURELY,
    TELLS,
    WITHIN,
    choose_papers,
    is_described,
    rivals,
)
from rag.answer.sentences import ASKED, MARGIN, for_each, pack
from rag.assistant import Assistant
from rag.config import AnswerConfig, Config
from rag.index.library import Library
from rag.models.known_item import KnownItem
from rag.query import Kind, Question, Reader
from rag.query.intents.subject import read_phrase
from rag.query.limits.order import Wanted
from rag.query.standing import ABOUT, METHOD
from rag.retrieve.answer_scores import AnswerScores, Judged
from rag.retrieve.hybrid import HybridRetriever, distinct_papers, passage_of
from rag.retrieve.membership import BACKGROUND_RANK, MEMBERSHIP
from rag.retrieve.reranker import NEARNESS
from rag.types import Filters, Passage, Section
from tests.support.papers import make_paper

TWO_STAGES = (
    "However, existing rerankers remain slow and have been costly to serve. "
    "We propose PairSort, which trains a small model by distilling pairwise preferences. "
    "Specifically, a teacher compares passages using long prompts. "
    "PairSort reaches 61.2 nDCG on 43 collections. "
    "A study with readers, in which each saw the rankings of both systems side by side, confirms it. "
    "Our work opens promising directions for research."
)
PAPERS = (
    make_paper("2504.00001", "PairSort: Reranking by Distilled Preferences", TWO_STAGES),
    make_paper(
        "2504.00002",
        "ListSort: Reranking Whole Lists of Passages",
        "Reranking is often done pair by pair. We introduce ListSort, a reranking model that orders whole lists of "
        "passages at once. It needs 7 times fewer calls than pairwise reranking.",
    ),
    make_paper(
        "2504.00003",
        "Bread in Space",
        "Astronauts bake sourdough in orbit. We study how yeast rises without gravity.",
    ),
)


def passage(paper_id: str, points: float, title: str = "A Title", text: str = "We do things.") -> Passage:
    """A retrieved passage with a fused score."""
    return Passage(f"c{paper_id}", paper_id, 1, title, ("Ada",), date(2025, 4, 8), "", 0, len(text), text, points)


def member(paper_id: str, chance: float, text: str = "We do things.") -> Passage:
    """A retrieved passage of a paper that belongs to a list with a chance."""
    return replace(passage(paper_id, chance, text=text), scores={MEMBERSHIP: chance})


def ids(papers: list[Passage]) -> list[str]:
    return [paper.paper_id for paper in papers]


def writer(library: Library) -> ExtractiveWriter:
    return ExtractiveWriter(library, AnswerScores(library))


def read(library: Library, question: str) -> Question:
    return Reader(library).understand(question)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = Library(Config(data_dir=tmp_path_factory.mktemp("library")))
    opened.ingest(PAPERS)
    yield opened
    opened.close()


def test_a_single_question_cites_one_paper_or_two_that_tie() -> None:
    assert ids(choose_papers([passage("a", 1.0), passage("b", 0.8)], "single")) == ["a"]
    assert ids(choose_papers([passage("a", 1.0), passage("b", 0.99), passage("c", 0.98)], "single")) == ["a", "b"]


def test_a_comparison_cites_the_papers_of_its_subjects() -> None:
    ranked = [
        passage("user", 1.0, text="We test against Alpha and Beta."),
        passage("near", 0.9, title="Alphabet Soup"),
        passage("beta", 0.5, title="Beta: A Method"),
        passage("alpha", 0.4, title="ALPHA, Revisited"),
    ]
    assert ids(choose_papers(ranked, "compare", ("Alpha", "Beta"))) == ["alpha", "beta"]
    assert ids(choose_papers(ranked, "compare", ("Beta", "Alpha"))) == ["beta", "alpha"]
    assert ids(choose_papers(ranked, "compare", ("Gamma", "Beta"))) == ["beta"]
    assert ids(choose_papers(ranked, "compare", ("Gamma", "Delta"))) == ["user", "near"]
    ranked.insert(0, passage("later", 1.1, title="Beta-Bench: Alpha Tested"))
    assert ids(choose_papers(ranked, "compare", ("Alpha", "Beta"))) == ["alpha", "beta"]
    assert ids(choose_papers(ranked, "compare")) == ["later", "user"]


def test_a_company_is_no_system_that_is_compared() -> None:
    ranked = [
        passage("rewriting", 1.0, title="Rewriting Queries"),
        passage("distilled", 0.9, title="From a Teacher to SmallNet", text="It was tested online at Acme."),
        passage("other", 0.5, title="Ranking Shops at Acme"),
    ]
    assert ids(choose_papers(ranked, "compare", ("Acme", "SmallNet"))) == ["distilled", "rewriting"]
    assert ids(choose_papers(ranked, "compare", ("Acme", "Rewriting"))) == ["distilled", "rewriting"]
    ranked.insert(1, passage("nearer", 0.95, title="Ranking Routes", text="It runs at Acme."))
    assert ids(choose_papers(ranked, "compare", ("Acme", "SmallNet"))) == ["distilled", "rewriting"]
    assert ids(choose_papers(ranked, "compare", ("Acme", "Routes"))) == ["nearer", "rewriting"]


def test_a_subject_is_rather_the_paper_that_spells_it_the_same() -> None:
    ranked = [
        passage("oracle", 1.0, title="Prism: The Oracle"),
        passage("agents", 0.9, title="PRISM: Agentic Retrieval"),
        passage("ace", 0.8, title="AceSearcher"),
    ]
    assert ids(choose_papers(ranked, "compare", ("PRISM", "AceSearcher"))) == ["agents", "ace"]
    assert ids(choose_papers(ranked, "compare", ("Prism", "AceSearcher"))) == ["oracle", "ace"]
    assert ids(choose_papers(ranked, "compare", ("prism", "AceSearcher"))) == ["oracle", "ace"]


@pytest.mark.parametrize("kind", ["list", "topic"])
def test_a_list_ends_where_the_background_begins(kind: str) -> None:
    far = [passage(f"far{i}", 0.60 - 0.001 * i) for i in range(BACKGROUND_RANK)]
    ranked = [passage("a", 1.0), passage("b", 0.8), passage("c", 0.65), *far]
    assert ids(choose_papers(ranked, kind)) == ["a", "b"]  # type: ignore[arg-type]
    assert len(choose_papers(ranked, kind, whole=True)) == len(ranked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("search", "text", "there"),
    [
        ("papers on query expansion", "Query expansion helps.", True),
        ("Which papers about semantic IDs are new", "We learn a semantic ID for each item.", True),
        ("Which papers use knowledge-graph embeddings?", "Knowledge graph embeddings are learnt.", True),
        ("papers on query expansion", "We expand the query.", False),
        ("papers on fairness", "Fairness matters.", None),
        ("Which papers propose attacks on recommender systems?", "Recommender systems.", None),
    ],
)
def test_the_subject_of_a_list_is_a_phrase(search: str, text: str, there: bool | None) -> None:
    phrase = read_phrase(search)
    assert (bool(phrase.search(text)) if phrase else None) is there


def test_a_name_is_the_subject_of_an_ordered_list() -> None:
    phrase = read_phrase("papers on GEO", named=True)
    assert phrase
    assert (bool(phrase.search("for GEO, we")), bool(phrase.search("Geo-aware"))) == (True, False)
    assert read_phrase("papers on GEO") is None
    assert read_phrase("papers on fairness", named=True) is None


def test_the_newest_papers_on_a_subject_are_of_those_that_surely_belong_or_name_it() -> None:
    near = replace(member("near", 0.95), date=date(2025, 5, 1))
    late = replace(passage("late", 0.2, text="A bit of GEO."), date=date(2025, 6, 1))
    loose = replace(member("loose", SURELY - 0.01), date=date(2025, 7, 1))
    asked = Question("", "papers on GEO", Filters(), kind="list", wanted=Wanted("newest", 2))
    asked = replace(asked, phrase=read_phrase("papers on GEO", named=True))
    assert ids(_as_wanted(asked, [near, loose, late], False, 8)) == ["late", "near"]
    assert ids(_as_wanted(replace(asked, phrase=None), [near, loose, late], False, 8)) == ["near"]
    nearest = replace(asked, wanted=Wanted(limit=2))
    assert ids(_as_wanted(nearest, [near, loose, late], False, 8)) == ["near", "loose"]


def test_a_list_begins_with_the_papers_that_hold_its_subject() -> None:
    far = [passage(f"far{i}", 0.60 - 0.001 * i) for i in range(BACKGROUND_RANK)]
    near = [passage("text", 0.65, text="Query expansion is used."), passage("title", 0.64, title="On Query Expansion")]
    ranked = [passage("a", 1.0), *near, *far, passage("late", 0.1, text="Query expansion.")]
    phrase = read_phrase("papers on query expansion")
    assert ids(choose_papers(ranked, "list", about=phrase)) == ["text", "title", "late", "a"]
    assert ids(choose_papers(ranked, "list")) == ["a"]
    assert ids(choose_papers(ranked, "topic", about=phrase)) == ["a"]


def test_a_list_that_may_be_one_paper_holds_what_is_about_as_near() -> None:
    ranked = [passage("a", 1.0), passage("b", 0.91), passage("c", 0.89)]
    assert ids(choose_papers(ranked, "list", unsure=True)) == ["a", "b"]
    assert ids(choose_papers(ranked, "topic")) == ["a", "b", "c"]


def test_a_question_in_other_words_than_any_papers_describes_one() -> None:
    def near(nearness: float) -> Passage:
        return replace(passage(f"near{nearness}", 1.0), scores={NEARNESS: nearness})

    assert is_described([near(DESCRIBED - 0.01), near(DESCRIBED - 0.1)])
    assert not is_described([near(DESCRIBED - 0.1), near(DESCRIBED + 0.01)])
    assert not is_described([passage("unknown", 1.0)])


def test_a_list_that_may_be_one_described_paper_is_that_one(library: Library) -> None:
    asked = replace(read(library, "papers on query rewriting"), unsure=True)
    assert asked.kind == "list"
    found = [
        replace(one, scores={MEMBERSHIP: 0.9, NEARNESS: DESCRIBED - 0.1})
        for one in HybridRetriever(library).search(asked.search_text)
    ]
    assert len(distinct_papers(found)) > 1
    assert len(writer(library).write(asked, found).quotes) == 1
    sure = writer(library).write(replace(asked, unsure=False), found)
    assert len(sure.quotes) == len(distinct_papers(found))


def test_of_two_papers_that_tie_the_second_is_cited_where_it_answers_as_well(library: Library) -> None:
    asked = replace(read(library, "How are queries rewritten?"), kind="single")
    found = [replace(one, score=1.0) for one in HybridRetriever(library).search(asked.search_text)]
    papers = [one.paper_id for one in distinct_papers(found)]
    scores = AnswerScores(library).of(asked.wordings, papers)

    def cited(first: str, second: str) -> list[str]:
        order = {first: 0, second: 1}
        ranked = sorted((one for one in found if one.paper_id in order), key=lambda one: order[one.paper_id])
        groups = ExtractiveWriter(library, AnswerScores(library)).write(asked, ranked).quotes
        return [group[0].passage.paper_id for group in groups]

    pairs = [(one, other) for one in papers for other in papers if one != other]
    as_good = {
        (one, other)
        for one, other in pairs
        if scores[other].best >= scores[one].best and scores[other].answered >= scores[one].answered
    }
    assert 0 < len(as_good) < len(pairs)
    assert {pair for pair in pairs if len(cited(*pair)) == 2} == as_good


def test_papers_close_to_the_best_one_are_its_rivals() -> None:
    ranked = [passage("a", 1.0), passage("b", 1.01 - CLOSE), passage("c", 0.99 - CLOSE)]
    assert ids(rivals(ranked)) == ["a", "b"]
    assert len(rivals([passage(str(n), 1.0) for n in range(RIVALS + 2)])) == RIVALS


def test_where_no_paper_is_likely_to_be_meant_those_close_to_the_best_are_quoted(library: Library) -> None:
    asked = replace(read(library, "Something that puts search results into order?"), kind="single")
    found = HybridRetriever(library).search(asked.search_text)
    close = [replace(one, score=1.0) for one in found]
    far = [replace(one, score=1.0 if one.paper_id == found[0].paper_id else 0.5) for one in found]
    assert len(distinct_papers(found)) > 1

    def cited(ranked: list[Passage], *, doubtful: bool) -> Draft:
        return writer(library).write(asked, ranked, doubtful=doubtful)

    among = cited(close, doubtful=True)
    assert len(among.quotes) == len(rivals(distinct_papers(close)))
    assert among.rivals
    for one in (cited(far, doubtful=True), cited(far, doubtful=False)):
        assert len(one.quotes) == 1
        assert not one.rivals


def test_a_question_is_doubtful_where_nothing_ties_it_to_a_paper(library: Library) -> None:
    asked = read(library, "Something that puts search results into order?")
    unlikely = Decision(0.2, False, None, "low", chance=0.2)
    assert is_doubtful(asked, unlikely)
    assert not is_doubtful(asked, replace(unlikely, chance=0.5))
    assert not is_doubtful(asked, replace(unlikely, reason="detail_absent", abstain=True, chance=None))
    tied = [
        replace(asked, focus=("2504.00001",)),
        replace(asked, named=("2504.00001",)),
        replace(asked, papers=frozenset({"2504.00001"})),
        replace(asked, filters=Filters(author="Ada")),
        replace(asked, share=2),
    ]
    assert not any(is_doubtful(one, unlikely) for one in tied)


@pytest.mark.parametrize("kind", ["list", "topic"])
def test_a_list_holds_what_is_likely_to_belong(kind: Kind) -> None:
    far = [member(f"far{i}", 0.1) for i in range(BACKGROUND_RANK)]
    least = BELONGS if kind == "list" else TELLS
    ranked = [member("a", 0.95), member("b", least + 0.01), member("c", least - 0.01), *far, passage("late", 0.05)]
    assert ids(choose_papers(ranked, kind)) == ["a", "b"]
    assert len(choose_papers(ranked, kind, whole=True)) == len(ranked)
    assert ids(choose_papers([member("only", 0.2), *far], kind)) == ["only"], "there is always a closest paper"


def test_a_list_that_may_be_one_paper_holds_what_belongs_nearly_for_sure() -> None:
    far = [member(f"far{i}", 0.1) for i in range(BACKGROUND_RANK)]
    ranked = [member("a", SURELY - 0.05), member("b", SURELY + 0.01), member("c", SURELY - 0.01), *far]
    assert ids(choose_papers(ranked, "list", unsure=True)) == ["a", "b"]
    assert ids(choose_papers(ranked, "list")) == ["a", "b", "c"]


def test_within_filters_what_may_belong_is_listed() -> None:
    far = [member(f"far{i}", 0.1) for i in range(BACKGROUND_RANK)]
    ranked = [member("a", 0.9), member("b", WITHIN + 0.05), member("c", WITHIN - 0.05), *far]
    assert ids(choose_papers(ranked, "list", within=True)) == ["a", "b"]
    assert ids(choose_papers(ranked, "list")) == ["a"]


def test_to_hold_a_list_s_subject_word_for_word_makes_it_likelier_to_belong() -> None:
    far = [member(f"far{i}", 0.1) for i in range(BACKGROUND_RANK)]
    held = [member("held", HOLDS + 0.01, "Query expansion."), member("mentions", HOLDS - 0.01, "Query expansion.")]
    late = passage("late", 0.01, text="On query expansion.")
    ranked = [member("a", 0.9), *held, *far, late]
    phrase = read_phrase("papers on query expansion")
    assert ids(choose_papers(ranked, "list", about=phrase)) == ["a", "held", "late"]
    assert ids(choose_papers(ranked, "topic", about=phrase)) == ["a"]


def test_of_few_papers_none_of_which_is_likely_to_belong_those_that_stand_out_are_listed() -> None:
    few = [member("a", BELONGS - 0.1), member("b", BELONGS - 0.2), member("c", 0.01)]
    assert ids(choose_papers(few, "list")) == ["a", "b"]
    assert ids(choose_papers([member("d", BELONGS), *few], "list")) == ["d"]


def test_few_papers_have_no_background() -> None:
    assert ids(choose_papers([passage("a", 1.0), passage("b", 0.4), passage("c", 0.1)], "list")) == ["a", "b"]


def test_sentences_fill_the_budget_best_first_in_reading_order() -> None:
    assert pack(np.array([1.0, 2.5, 1.3, 2.0]), [10, 30, 30, 15], 60) == [0, 1, 3]


def test_the_best_sentence_is_taken_however_long() -> None:
    assert pack(np.array([0.9, 0.1]), [70, 5], 40) == [0]


def test_quotes_end_where_a_sentence_is_much_less_likely_to_answer() -> None:
    odds = np.array([-3.0, 1.0 - MARGIN, 1.0, 1.0 - MARGIN - 0.01])
    assert pack(odds, [5, 5, 5, 5], 60) == [1, 2]


def configure(monkeypatch: pytest.MonkeyPatch, library: Library, settings: AnswerConfig) -> None:
    """Answer with other settings, until the test ends."""
    monkeypatch.setattr(library, "config", library.config.model_copy(update={"answer": settings}))


def test_title_and_sentences_fit_the_words_together_and_a_list_shows_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moss = " ".join(f"Method {n} tells mosses apart by the {n} shapes of their leaves." for n in range(9))
    title = "Telling Mosses and Liverworts and Hornworts of the North Apart by Their Leaves"
    with Library(Config(data_dir=tmp_path)) as opened:
        opened.ingest([make_paper("2504.00009", title, moss)])
        scores = AnswerScores(opened)
        judge = scores.of

        def alike(wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
            return {k: replace(one, odds=np.ones_like(one.odds)) for k, one in judge(wordings, paper_ids).items()}

        monkeypatch.setattr(scores, "of", alike)
        question = "How are mosses told apart?"
        passages = HybridRetriever(opened).search(question, k=5)

        def shown(kind: Kind) -> int:
            (group,) = ExtractiveWriter(opened, scores).write(read(opened, question), passages, kind).quotes
            return len(title.split()) + 1 + sum(len(quote_text(quote).split()) for quote in group)

        assert LIST_WORDS < shown("single") <= AnswerConfig().max_words
        assert shown("list") <= LIST_WORDS


def test_what_is_asked_of_a_described_paper_is_quoted_beside_what_describes_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, described = AnswerScores(library), "There is one that distils pairwise preferences. Which score did it get?"
    ask = "Which score did it get"
    judge = scores.of

    def judged(wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        """By the description the first sentence answers, by what is asked the last."""
        found = judge(wordings, paper_ids)
        first = {k: np.linspace(2.0, -2.0, len(one.sentences), dtype=np.float32) for k, one in found.items()}
        return {k: replace(one, odds=first[k][:: -1 if ask in wordings else 1]) for k, one in found.items()}

    monkeypatch.setattr(scores, "of", judged)
    asked = replace(read(library, described), kind="single", asks=(), parts=())
    passages = [one for one in HybridRetriever(library).search(described, k=20) if one.paper_id == "2504.00001"]

    def quoted() -> str:
        (group,) = ExtractiveWriter(library, scores).write(asked, passages).quotes
        return " ".join(quote_text(quote) for quote in group)

    last = judge((described,), ["2504.00001"])["2504.00001"].sentences[-1].text
    assert last in quoted()
    monkeypatch.setattr("rag.answer.extract.known_item", lambda _: KnownItem())
    assert last not in quoted()


def test_each_thing_that_is_asked_has_a_sentence_of_its_own() -> None:
    gains, reason = np.array([2.4, -2.2, -7.0]), np.array([-0.8, -1.3, -5.0])
    assert for_each([reason, gains]) == [0, 1]  # what has most to lose chooses first
    assert pack(np.array([1.5, -3.0, -4.0]), [10, 10, 10], 30, for_each([reason, gains])) == [0, 1]


def test_a_sentence_that_answers_two_things_is_enough_where_no_other_is_near() -> None:
    both = np.array([3.0, 3.0 - MARGIN - 0.1, -9.0])
    assert for_each([both, both]) == [0]


def test_no_sentence_is_taken_for_what_none_answers() -> None:
    absent = np.array([ASKED - 1, ASKED - 0.1, -np.inf])
    assert for_each([np.array([1.0, -5.0, 0.0]), absent]) == [0]
    assert for_each([np.full(3, -np.inf)]) == []


def test_a_how_question_quotes_the_mechanism_and_a_count_its_figure(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, library, AnswerConfig(max_words=30))
    for question, expected in (
        ("How does PairSort train its small model?", "distilling pairwise preferences"),
        ("On how many collections was PairSort tested, and with what score?", "61.2 nDCG on 43 collections"),
    ):
        passages = HybridRetriever(library).search(question, k=20)
        (group,) = writer(library).write(read(library, question), passages).quotes
        text = " ".join(quote_text(quote) for quote in group)
        assert expected in text
        assert "However" not in text
        assert len(text.split()) + len(PAPERS[0].title.split()) + 1 <= 30


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("PairSort vs ListSort: how are they trained?", "{}: how are they trained?"),
        ("Compare PairSort and ListSort", ABOUT),
    ],
)
def test_of_works_that_are_compared_each_is_asked_by_itself(
    library: Library, monkeypatch: pytest.MonkeyPatch, question: str, asked: str
) -> None:
    scores, seen = AnswerScores(library), dict[str, str]()
    judge = scores.of

    def watched(wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        if METHOD in wordings:
            (paper,) = paper_ids
            seen[paper], _ = wordings
        return judge(wordings, paper_ids)

    monkeypatch.setattr(scores, "of", watched)
    passages = HybridRetriever(library).search(question, k=20)
    ExtractiveWriter(library, scores).write(read(library, question), passages)
    assert seen == {"2504.00001": asked.format("PairSort"), "2504.00002": asked.format("ListSort")}


def test_each_thing_that_is_asked_of_works_that_are_compared_is_quoted_of_both(library: Library) -> None:
    question = "Compare PairSort and ListSort: how is each trained or built, and what results do they report?"
    passages = HybridRetriever(library).search(question, k=20)
    draft = writer(library).write(read(library, question), passages)
    pair, whole = (" ".join(quote_text(quote) for quote in group) for group in draft.quotes)
    assert "distilling pairwise preferences" in pair
    assert "61.2 nDCG" in pair
    assert "orders whole lists" in whole
    assert "7 times fewer calls" in whole


@pytest.mark.parametrize(
    ("question", "odds", "told"),
    [
        ("ListSort versus pairwise reranking: how many fewer calls?", (-2.5, 0.5), ["2504.00002"]),
        ("ListSort versus pairwise reranking: how many fewer calls?", (0.5, -2.5), ["2504.00001"]),
        ("ListSort versus pairwise reranking: how many fewer calls?", (-1.5, 0.5), ["2504.00002", "2504.00001"]),
        ("ListSort versus pairwise reranking: how many fewer calls?", (-4.0, -0.5), ["2504.00002", "2504.00001"]),
        ("Compare PairSort and ListSort", (0.5, -4.0), ["2504.00001", "2504.00002"]),  # both are named
        ("Compare 2504.00001 and 2504.00002", (0.5, -4.0), ["2504.00001", "2504.00002"]),
        ("Is PairSort better than ListSort?", (0.5, -4.0), ["2504.00001", "2504.00002"]),
    ],
)
def test_a_comparison_that_one_paper_makes_is_answered_from_it(
    library: Library, monkeypatch: pytest.MonkeyPatch, question: str, odds: tuple[float, float], told: list[str]
) -> None:
    engine = Assistant(library).engine
    best = dict(zip(("2504.00001", "2504.00002"), odds, strict=True))
    judge = engine.scores.of

    def judged(wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        return {
            paper: replace(one, odds=np.full(len(one.sentences), best.get(paper, -9.0), dtype=np.float32))
            for paper, one in judge(wordings, paper_ids).items()
        }

    monkeypatch.setattr(engine.scores, "of", judged)
    found = engine.finder.find(read(library, question))
    draft = engine.quoted.writer.write(found.question, found.passages)
    assert [group[0].passage.paper_id for group in draft.quotes] == told
    assert found.question.kind == ("single" if len(told) == 1 else "compare")


def test_a_list_gives_every_paper_a_short_quote(library: Library) -> None:
    question = "Which papers propose reranking models for passages?"
    groups = (
        writer(library).write(read(library, question), HybridRetriever(library).search(question, k=20), "list").quotes
    )
    assert {group[0].passage.paper_id for group in groups} == {"2504.00001", "2504.00002"}
    for group in groups:
        words = sum(len(quote_text(quote).split()) for quote in group)
        assert words + len(group[0].passage.title.split()) + 1 <= LIST_WORDS


def test_quotes_stand_in_reading_order_within_the_budget(library: Library) -> None:
    question = "Compare PairSort and ListSort: how does each rerank passages?"
    passages = HybridRetriever(library).search(question, k=20)
    draft = writer(library).write(read(library, question), passages)
    assert len(draft.quotes) == 2
    for group in draft.quotes:
        assert [quote.start for quote in group] == sorted(quote.start for quote in group)
        assert sum(len(quote_text(quote).split()) for quote in group) <= library.config.answer.max_words


def test_a_title_that_names_its_paper_stands_in_the_passage_that_is_cited(tmp_path: Path) -> None:
    """Also where a passage of a full text was found: that one doesn't hold the title."""
    told = make_paper("2504.00009", "Yeast in Orbit", "We study how dough rises without gravity.")
    body = "1 Ovens\n\nAn oven floats and has a window. It was built in Kiel by three engineers of the port."
    start = len(told.text) + 2
    paper = replace(told, body=body, sections=(Section("1 Ovens", start, start + len(body)),), pages=(start,))
    with closing(Library(Config(data_dir=tmp_path))) as library:
        library.ingest([paper])
        paper = library.paper(told.paper_id)
        rows = {row.chunk_id: row for row in library.shelf.chunks([paper.paper_id])}
        found = passage_of(paper, next(row for row in rows.values() if row.start >= start))
        draft = Draft(((Quote(found, found.start, found.end),),))
        ((quote,),) = writer(library).nearest(read(library, "Who pays the bakers' taxes?"), draft).quotes
    assert quote_text(quote) == paper.text[quote.start : quote.end] == "Yeast in Orbit"
    cited = rows[quote.passage.chunk_id]
    assert cited.start < start, "not the passage of the full text"
    assert quote.passage.text == paper.text[: cited.end]


def test_most_papers_are_capped(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Which papers propose reranking models for passages?"
    passages = HybridRetriever(library).search(question, k=20)
    configure(monkeypatch, library, AnswerConfig(max_papers=1))
    assert len(writer(library).write(read(library, question), passages, "list").quotes) == 1


def test_papers_with_a_rare_name_of_the_question_belong_to_its_topic(library: Library) -> None:
    question = "What do papers say about reranking with PairSort?"
    scores = {"2504.00001": 0.2, "2504.00002": 1.0, "2504.00003": 0.1}  # alone, they would leave PairSort out
    passages = [replace(one, score=scores[one.paper_id]) for one in HybridRetriever(library).search(question, k=20)]
    passages.sort(key=lambda one: -one.score)
    groups = writer(library).write(read(library, question), passages, "topic").quotes
    assert [group[0].passage.paper_id for group in groups] == ["2504.00002", "2504.00001"]
    groups = writer(library).write(read(library, question), passages, "list").quotes
    assert [group[0].passage.paper_id for group in groups] == ["2504.00001"]
    groups = writer(library).write(read(library, "What do papers say about reranking?"), passages, "topic").quotes
    assert [group[0].passage.paper_id for group in groups] == ["2504.00002"]


def test_where_the_code_is_stands_in_an_answer_only_where_it_is_asked(tmp_path: Path) -> None:
    words = (
        "We propose SmallSort, a reranker for long lists. It sorts passages by using pairs. Our code is available at "
        "https://example.org/smallsort."
    )
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2505.00001", "SmallSort: Sorting Little", words)])
        quoted = {}
        for question in ("How does SmallSort sort the passages?", "Where is the code of SmallSort?"):
            passages = HybridRetriever(library).search(question)
            (group,) = writer(library).write(read(library, question), passages).quotes
            quoted[question] = " ".join(quote_text(quote) for quote in group)
    how, where = quoted.values()
    assert "using pairs" in how
    assert "example.org" not in how
    assert "example.org" in where


def test_what_something_is_is_said_by_what_presents_it_rather_than_by_its_results(tmp_path: Path) -> None:
    words = (
        "We propose SmallSort, a reranker for long lists that compares neighbours only. "
        "Experiments show that SmallSort outperforms all others."
    )
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2505.00001", "SmallSort: Sorting Little", words)])
        judged = AnswerScores(library).of(["What is SmallSort?"], ["2505.00001"])["2505.00001"]
    best = judged.sentences[int(np.argmax(judged.odds))].text
    assert best == "We propose SmallSort, a reranker for long lists that compares neighbours only."
