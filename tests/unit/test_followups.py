"""What a follow-up is about and what it asks: its own words first, the conversation for what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.answer.draft import Told, quote_text
from rag.answer.extract import _quoted
from rag.answer.sentences import AGAIN, MARGIN, untold
from rag.errors import ModelFileError
from rag.models import reference
from rag.models.reference import PAIR, STAY, load_references
from rag.papers.shelf import ChunkRow
from rag.query import Reader
from rag.query.dialogue.conversation import picked
from rag.retrieve.answer_scores import Judged, Sentence
from rag.retrieve.hybrid import passage_of
from rag.types import Filters, Turn
from tests.support.papers import make_paper
from tests.support.reading import ReadingLibrary

ONE = "**OneSearch: Generative Search at Kuaishou** (2025-09-05)\n\n> It needs no cascade. [1]"
TALK = [Turn(role="user", content="How fast is OneSearch?"), Turn(role="assistant", content=ONE)]
QUOTED = "It needs no cascade."


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("reading"))
    yield Reader(opened)
    opened.close()


def test_a_system_that_it_names_takes_the_place_of_those_talked_of(reader: Reader) -> None:
    found = reader.understand("And how does QueryGym do it?", TALK)
    assert found.focus == ("2504.00005",)
    assert "OneSearch" not in found.standalone


def test_where_it_says_no_more_than_a_name_the_earlier_words_ask(reader: Reader) -> None:
    asked = [Turn(role="user", content="How does OneSearch encode queries?"), TALK[1]]
    assert reader.understand("And how does QueryGym do it?", asked).typed.endswith("encode queries")
    assert "encode" not in reader.understand("And how does QueryGym reformulate them?", asked).typed


def test_a_system_set_against_what_was_talked_of(reader: Reader) -> None:
    found = reader.understand("How does it differ from QueryGym?", TALK)
    assert (found.kind, set(found.subjects)) == ("compare", {"2504.00005", "2504.00007"})


def test_the_other_one_is_the_paper_that_was_not_talked_of_last(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    before = [Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    assert reader.understand("And how fast is the other one?", [*before, *TALK]).focus == ("2504.00005",)


LIST = (
    "3 papers found:\n\n**OneSearch: Generative Search at Kuaishou** (2025-09-05)\n\n> It needs no cascade. [1]\n\n"
    "**Principles of LLM Judges** (2025-07-01)\n\n> They agree. [2]\n\n"
    "**Criteria-Based Evaluation of Answers** (2025-05-20)\n\n> Criteria help. [3]"
)
LISTED = [Turn(role="user", content="papers on evaluation"), Turn(role="assistant", content=LIST)]


@pytest.mark.parametrize(
    ("question", "papers", "typed"),
    [
        ("what does the one from July do?", {"2504.00004"}, "what does this paper do?"),
        ("how does the September paper work?", {"2504.00007"}, "how does this paper work?"),
        ("what does the one by Jimmy Lin say?", {"2504.00004"}, "what does this paper say?"),
        ("and the July one?", {"2504.00004"}, "What is this paper about?"),
        ("which data does the one from July use?", {"2504.00004"}, "which data does this paper use?"),
        ("explain the Kuaishou one", {"2504.00007"}, "explain this paper"),
    ],
)
def test_what_is_said_of_it_picks_one_of_the_listed_papers(
    reader: Reader, question: str, papers: set[str], typed: str
) -> None:
    found = reader.understand(question, LISTED)
    assert (found.papers, found.kind, found.typed) == (frozenset(papers), "single", typed)
    assert not found.filters


def test_where_several_of_the_listed_papers_fit_they_are_the_choices(reader: Reader) -> None:
    found = reader.understand("what does the one by Laura Dietz say?", LISTED)
    assert found.choices == ("2504.00004", "2504.00003")


def test_where_none_of_the_listed_papers_fits_no_other_is_meant(reader: Reader) -> None:
    found = reader.understand("what does the one from June do?", LISTED)
    assert found.papers == frozenset({"2504.00007", "2504.00004", "2504.00003"})
    assert found.filters.date_from is not None


def test_the_same_is_asked_of_the_other_paper(reader: Reader) -> None:
    both = f"{ONE}\n\n**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is fast. [2]"
    asked = [Turn(role="user", content="How fast is OneSearch?"), Turn(role="assistant", content=both)]
    found = reader.understand("and the other one?", asked)
    assert (found.focus, found.typed, found.quoted) == (("2504.00005",), "How fast is QueryGym?", ())


def test_who_asks_for_others_twice_wants_none_of_those_named_so_far(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    others = [Turn(role="user", content="Any other papers on it?"), Turn(role="assistant", content=gym)]
    found = reader.understand("Are there any other papers?", [*TALK, *others])
    assert {"2504.00005", "2504.00007"} <= found.left_out


@pytest.mark.parametrize("question", ["papers by Laura Dietz", "and what did Laura Dietz find?"])
def test_an_author_that_it_names_comes_before_what_was_talked_of(reader: Reader, question: str) -> None:
    found = reader.understand(question, TALK)
    assert (found.filters.author, found.focus) == ("Laura Dietz", ())


def test_an_id_that_it_names_comes_before_what_was_talked_of(reader: Reader) -> None:
    found = reader.understand("and what does 2504.00011 do about it?", TALK)
    assert (found.papers, found.focus) == (frozenset({"2504.00011"}), ())


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Instead of OneSearch, how does QueryGym work?", "how does QueryGym work?"),
        ("Forget OneSearch. What is QueryGym?", "What is QueryGym?"),
        ("not OneSearch, QueryGym", "How fast is QueryGym?"),  # the earlier question, of the other
        ("Leaving OneSearch aside, how does QueryGym work?", "how does QueryGym work?"),
        ("Please set aside the “OneSearch” paper for now: is QueryGym open?", "is QueryGym open?"),
        ("Enough of OneSearch: Generative Search at Kuaishou. Is QueryGym open?", "Is QueryGym open?"),
    ],
)
def test_who_turns_away_from_a_paper_wants_the_other_alone(reader: Reader, question: str, left: str) -> None:
    found = reader.understand(question, TALK)
    assert (found.kind, found.focus, found.standalone) == ("single", ("2504.00005",), left)
    assert "OneSearch" not in found.search_text


@pytest.mark.parametrize(
    "question",
    [
        "Why would I use QueryGym rather than OneSearch?",
        "Who should choose QueryGym instead of OneSearch?",
        "Is QueryGym, not OneSearch, the faster one?",
        "Leave OneSearch as it is: how does QueryGym differ?",
        "Not OneSearch and QueryGym?",
        "Leaving OneSearch aside, does QueryGym need what OneSearch needs?",
    ],
)
def test_who_sets_two_papers_against_each_other_wants_both(reader: Reader, question: str) -> None:
    found = reader.understand(question, TALK)
    assert (found.kind, set(found.subjects)) == ("compare", {"OneSearch", "QueryGym"})
    assert found.standalone == question


@pytest.mark.parametrize(
    "question",
    [
        "What about the newest one on pharmacokinetic tables?",
        "I mean the latest paper on subject indexing.",
        "oldest on video search?",
        "And the newest paper about video search?",
        "the oldest ones on subject indexing, please",
    ],
)
def test_the_newest_of_a_subject_is_looked_for_in_the_whole_library(reader: Reader, question: str) -> None:
    found = reader.understand(question, TALK)
    assert (found.focus, found.papers, found.kind) == ((), None, "list")
    assert found.wanted.order == ("oldest" if "oldest" in question else "newest")


@pytest.mark.parametrize(
    "question",
    [
        *("Only from October.", "just those from October", "Only the ones in October, please", "just October"),
        *("October only", "What about just October?", "and the ones from October 2025?"),
    ],
)
def test_a_month_alone_narrows_what_was_asked_before(reader: Reader, question: str) -> None:
    asked = [Turn(role="user", content="Which papers are about tables?"), TALK[1]]
    found = reader.understand(question, asked)
    assert (str(found.filters.date_from), str(found.filters.date_to)) == ("2025-10-01", "2025-10-31")
    assert "tables" in found.search_text


def test_a_list_on_a_subject_of_its_own_is_not_of_one_paper(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """However near the paper is that was talked of: the list is of the library."""
    monkeypatch.setattr("rag.query.dialogue.reference.Reference.about", lambda _, asked, talk: talk[-1])
    assert reader.understand("Which papers are about generative search?", TALK).focus == ()
    assert reader.understand("Which papers does it compare with?", TALK).focus == ("2504.00007",)
    assert reader.understand("How is generative search done?", TALK).focus == ("2504.00007",)


def test_what_is_set_against_one_of_several_is_compared(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    talk = [*TALK, Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    for asked in ("How does it compare with the first one?", "Is it better than the first paper?"):
        found = reader.understand(asked, talk)
        assert (found.kind, set(found.subjects)) == ("compare", {"2504.00007", "2504.00005"})
    assert reader.understand("Back to the first one: how fast is it?", talk).focus == ("2504.00007",)


def test_the_newest_of_those_that_were_named_is_one_of_them(reader: Reader) -> None:
    listed = f"{ONE}\n\n**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [2]"
    talk = [TALK[0], Turn(role="assistant", content=listed)]
    for question in ("Which of them is the newest?", "Tell me the newest among them.", "Which one is the oldest?"):
        found = reader.understand(question, talk)
        assert found.papers == frozenset({"2504.00005", "2504.00007"})
        assert (found.kind, found.wanted.limit) == ("list", 1)
        assert found.wanted.order == ("oldest" if "oldest" in question else "newest")


@pytest.mark.parametrize("question", ["Which of their datasets is the newest?", "Is GPT the latest of these models?"])
def test_the_newest_of_what_is_no_paper_orders_none(reader: Reader, question: str) -> None:
    assert reader.understand(question, TALK).wanted.order is None


def test_thanks_beside_a_question_are_not_part_of_it(reader: Reader) -> None:
    found = reader.understand("Thanks, that helps a lot! Which papers are about tables? Thank you so much!")
    assert found.standalone == "Which papers are about tables?"
    assert reader.understand("Thank you! Thanks a lot!", TALK).standalone == "Thank you! Thanks a lot!"


def test_sentences_are_judged_by_the_words_just_typed(reader: Reader) -> None:
    found = reader.understand("And was it deployed anywhere?", TALK)
    assert (found.typed, found.quoted) == ("Was it deployed anywhere?", (QUOTED,))
    assert found.wordings == (found.typed,)


@pytest.mark.parametrize(("words", "told", "near"), [(60, "partly", True), (8, "again", True), (60, "again", False)])
def test_what_is_only_quoted_again_is_not_said_to_be_partly_new(words: int, told: Told, *, near: bool) -> None:
    paper = make_paper(title="T", abstract="It was said before. This is new here.")
    passage = passage_of(paper, ChunkRow("c", paper.paper_id, 1, 0, len(paper.text)))
    starts = [paper.text.index(first) for first in ("It was", "This is")]
    ends = [starts[1] - 1, len(paper.text)]
    said = tuple(Sentence(passage, start, end, paper.text[start:end]) for start, end in zip(starts, ends, strict=True))
    odds = np.array([1.0, 0.5 if near else 0.5 - MARGIN], dtype=np.float32)
    quotes, found = _quoted(Judged(paper.paper_id, said, odds, 1.0), words, [], ["It was said before."])
    assert found == told
    assert "".join(quote_text(one) for one in quotes).startswith("It was said before.")


@pytest.mark.parametrize(
    ("odds", "left", "told"),
    [
        ((0.4, 0.5), [1], None),  # another sentence answers better
        ((-1.0, 0.5), [1], None),
        ((1.0, 0.9), [0, 1], "partly"),  # what was quoted answers better, and this does as well
        ((1.0, 0.9 - MARGIN), [0], "again"),
        ((AGAIN + 0.1, AGAIN - MARGIN), [0], "again"),  # nothing else answers, and it was not refused
        ((AGAIN - 0.1, AGAIN - 0.2 - MARGIN), [1], "besides"),
    ],
)
def test_what_was_quoted_is_no_answer_again(odds: tuple[float, float], left: list[int], told: Told | None) -> None:
    found, why = untold(np.array(odds), np.array([True, False]))
    assert (np.flatnonzero(np.isfinite(found)).tolist(), why) == (left, told)


def test_where_all_was_quoted_nothing_is_or_what_is_asked_for_again() -> None:
    found, why = untold(np.array([-3.0, -4.0]), np.array([True, True]))
    assert (np.isfinite(found).any(), why) == (False, "besides")
    assert untold(np.array([3.0, -4.0]), np.array([True, True]))[1] == "again"


def test_where_nothing_was_quoted_nothing_is_left_out() -> None:
    assert tuple(untold(np.array([0.9, 0.1]), np.array([False, False]))[0]) == (0.9, 0.1)


@pytest.mark.parametrize("question", ["Tell me about the last one", "and the latter?", "the second one"])
def test_a_place_among_no_papers_picks_none(question: str) -> None:
    assert picked(question, ()) == ()
    assert picked(question, ("a", "b")) == ("b",)


def test_the_shipped_weights_are_whole_and_no_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = load_references()
    assert None in shipped
    assert all(set(model.pairs) == set(PAIR) for model in shipped.values())
    assert all(set(model.stay) == (set(STAY) if model.embedder else set()) for model in shipped.values())
    (tmp_path / reference.WEIGHTS).write_text("[]")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    with pytest.raises(ModelFileError, match="follow-up model"):
        load_references.__wrapped__()


def test_what_only_leaves_some_papers_of_those_asked_for_is_no_part(reader: Reader) -> None:
    found = reader.understand("What is OneSearch about, and how fast is it? Only papers since June 2025, please")
    assert found.filters.date_from == date(2025, 6, 1)
    assert [part.split(" ")[0] for part in found.parts] == ["What", "how"]
    assert len(reader.understand("What is OneSearch about? And who wrote it?").parts) == 2


def test_a_list_is_picked_from_by_its_subject_and_not_by_the_names_in_it(reader: Reader) -> None:
    talk = [Turn(role="user", content="papers on search and judges"), Turn(role="assistant", content=LIST)]
    for asked in ("Which of them are about judges?", "Only those about judges"):
        found = reader.understand(asked, talk)
        assert found.papers == frozenset({"2504.00007", "2504.00004", "2504.00003"})
        assert "OneSearch" in found.standalone
        assert found.names == ()
    assert reader.understand("Which of them beat MiniLM-L6?", talk).names == ("MiniLM-L6",)


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ("the reformulating of questions again pls, is it open?", "Is it open?"),
        ("and what about the rewriting of questions: did they test it?", "Did they test it?"),
        ("does the question-rewriting one run anywhere?", "does the question-rewriting one run anywhere?"),
    ],
)
def test_it_goes_back_to_what_was_talked_of_by_its_subject(reader: Reader, question: str, typed: str) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    before = [Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    found = reader.understand(question, [*before, *TALK])
    assert (found.focus, found.typed) == (("2504.00005",), typed)


def test_an_opening_that_describes_no_paper_talked_of_leaves_the_last(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    before = [Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    assert reader.understand("honestly, is it any good?", [*before, *TALK]).focus == ("2504.00007",)


def test_an_answer_without_a_name_is_about_the_paper_that_words_and_meaning_agree_on(reader: Reader) -> None:
    def focus(asked: str, told: str) -> tuple[str, ...]:
        talk = [Turn(role="user", content=asked), Turn(role="assistant", content=told)]
        return reader.understand("so who is it for?", talk).focus

    assert focus("who reformulates queries?", "A toolkit does, in several ways.") == ("2504.00005",)
    assert focus("who reformulates videos?", "A toolkit does, in several ways.") == (), "another is nearer in meaning"
    assert focus("does anyone do this?", "Yes, several did.") == ()


def test_a_question_stays_unless_another_paper_is_about_its_words(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of a turn leave it open: then it counts how much the paper talked of is about them, and others are."""
    question = "and the one that reformulates the queries of its users, is it open?"
    for here, elsewhere, focus in ((0.7, 0.3, ("2504.00007",)), (0.2, 0.95, ())):
        monkeypatch.setattr(
            "rag.query.dialogue.nearness.Nearness.wording",
            lambda _, asked, papers=None, without=(), here=here, other=elsewhere: here if papers else other,
        )
        assert reader.understand(question, TALK).focus == focus


PAIR_LISTED = (
    "The 2 closest papers:\n\n"
    "**OneSearch: Generative Search at Kuaishou** (2025-09-05)\n\n> It needs no cascade. [1]\n\n"
    "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [2]"
)


@pytest.mark.parametrize(("second", "focus"), [(0.5, "2504.00007"), (0.7, "2504.00005")])
def test_of_an_answer_that_names_several_the_first_is_meant_unless_another_answers_better(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, second: float, focus: str
) -> None:
    told = {"2504.00007": 0.0, "2504.00005": second}
    monkeypatch.setattr(
        "rag.query.dialogue.nearness.Nearness.answered", lambda _, asked, papers: {one: told[one] for one in papers}
    )
    talk = [Turn(role="user", content="anything on searching?"), Turn(role="assistant", content=PAIR_LISTED)]
    assert reader.understand("how many people tested it?", talk).focus == (focus,)


def test_each_of_them_are_the_two_that_were_talked_of(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    talk = [*TALK, Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    found = reader.understand("How did each of them check that it works?", talk)
    assert (found.kind, set(found.focus)) == ("compare", {"2504.00007", "2504.00005"})


def test_a_comparison_that_stands_alone_is_not_of_the_two_that_were_talked_of(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    talk = [*TALK, Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    for asked in (
        "What is the difference between pointwise and listwise reranking of passages with language models?",
        "How do dense retrievers compare with BM25 on questions of lawyers?",
    ):
        assert reader.understand(asked, talk).focus == ()


@pytest.mark.parametrize(
    "question", ["More papers on searching, leaving out that one.", "Show me whatever else there is on searching."]
)
def test_who_asks_for_more_on_a_subject_wants_none_of_those_named_so_far(reader: Reader, question: str) -> None:
    assert "2504.00007" in reader.understand(question, TALK).left_out


def test_who_wants_to_hear_more_of_a_paper_wants_no_other(reader: Reader) -> None:
    assert reader.understand("tell me more about that", TALK).focus == ("2504.00007",)


def test_a_polite_may_is_no_month(reader: Reader) -> None:
    found = reader.understand("May I ask who wrote it?", TALK)
    assert found.focus == ("2504.00007",)
    assert found.about is not None
    assert found.about.kind == "authors"
    assert not found.filters


def test_a_paper_that_does_not_tell_was_talked_of(reader: Reader) -> None:
    lacks = "“OneSearch: Generative Search at Kuaishou” [1] is about this, but its abstract does not tell."
    talk = [Turn(role="user", content="How many GPUs?"), Turn(role="assistant", content=lacks)]
    assert reader.understand("and how is it trained?", talk).focus == ("2504.00007",)


@pytest.mark.parametrize(
    ("second", "focus"), [(1.5, ("2504.00007", "2504.00005")), (2.5, ("2504.00005",)), (-2.5, ("2504.00007",))]
)
def test_of_two_that_were_compared_both_are_meant_unless_one_answers_alone(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, second: float, focus: tuple[str, ...]
) -> None:
    told = {"2504.00007": 0.0, "2504.00005": second}
    monkeypatch.setattr(
        "rag.query.dialogue.nearness.Nearness.answered", lambda _, asked, papers: {one: told[one] for one in papers}
    )
    asked = "How does OneSearch differ from QueryGym?"
    talk = [Turn(role="user", content=asked), Turn(role="assistant", content=PAIR_LISTED)]
    assert reader.understand("how many people tested it?", talk).focus == focus


def test_a_difference_that_is_asked_for_at_length_is_between_the_two_that_were_talked_of(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    talk = [*TALK, Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    long = "and my supervisor wants to know whats the difference between these 2, for my thesis i need 2-3 sentences"
    assert set(reader.understand(long, talk).focus) == {"2504.00005", "2504.00007"}
    assert len(reader.understand("What is the difference between dense and sparse retrieval?", talk).focus) < 2


def test_a_name_that_stands_nowhere_is_not_what_was_talked_of(reader: Reader) -> None:
    assert not reader.understand("What is Zarquix9?", TALK).focus


@pytest.fixture(scope="module")
def holding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A library with a paper that says something of QueryGym."""
    opened = ReadingLibrary(tmp_path_factory.mktemp("holding"))
    told = "NightOwl searches after dark. It is no toolkit. With QueryGym its recall is 0.7."
    opened.replace(make_paper("2504.00020", "NightOwl: Searching after Dark", told))
    yield Reader(opened)
    opened.close()


@pytest.mark.parametrize(
    ("question", "here", "there", "stays"),
    [
        ("How high was recall with QueryGym?", 1.5, -2.0, True),
        ("How high was recall with QueryGym?", 1.5, 0.0, False),
        ("What recall did it get with QueryGym?", 1.5, 1.0, True),
        ("What does QueryGym do?", 0.0, 1.5, False),
    ],
)
def test_a_name_that_the_paper_talked_of_holds_is_its_detail_where_it_answers_rather_than_its_own_paper(
    holding: Reader, monkeypatch: pytest.MonkeyPatch, question: str, here: float, there: float, stays: bool
) -> None:
    told = {"2504.00020": here, "2504.00005": there}
    monkeypatch.setattr(
        "rag.query.dialogue.nearness.Nearness.answered", lambda _, asked, papers: {one: told[one] for one in papers}
    )
    owl = "**NightOwl: Searching after Dark** (2025-04-10)\n\n> It is no toolkit. [1]"
    talk = [Turn(role="user", content="What is NightOwl?"), Turn(role="assistant", content=owl)]
    found = holding.understand(question, talk)
    assert (found.focus == ("2504.00020",)) == stays
    assert ("2504.00005" in found.named) != stays


def test_a_name_is_no_detail_of_the_paper_that_it_is_set_against_or_where_others_are_asked_for(
    holding: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"2504.00020": 3.0, "2504.00005": -2.0}
    monkeypatch.setattr(
        "rag.query.dialogue.nearness.Nearness.answered", lambda _, asked, papers: {one: told[one] for one in papers}
    )
    owl = "**NightOwl: Searching after Dark** (2025-04-10)\n\n> It is no toolkit. [1]"
    talk = [Turn(role="user", content="What is NightOwl?"), Turn(role="assistant", content=owl)]
    assert set(holding.understand("How does it differ from QueryGym?", talk).focus) == {"2504.00020", "2504.00005"}
    assert holding.understand("Are there other papers that beat QueryGym?", talk).focus != ("2504.00020",)


def test_only_a_conversation_makes_a_question_go_on(reader: Reader) -> None:
    assert reader.understand("how fast is it?", TALK).goes_on
    assert not reader.understand("how fast is it?", (), Filters(paper="2504.00007")).goes_on
    assert not reader.understand("How fast is OneSearch?").goes_on


def test_a_word_that_only_other_papers_hold_points_at_none_of_those_talked_of(reader: Reader) -> None:
    listed = f"{ONE}\n\n**UniSearch: Rethinking Video Search** (2025-09-09)\n\n> It is one model. [2]"
    talk = [Turn(role="user", content="Papers on search at Kuaishou?"), Turn(role="assistant", content=listed)]
    assert not reader.understand("the orchestration one, do they claim it's as good", talk).focus
    assert reader.understand("the video one, which tables does it read?", talk).focus == ("2504.00008",)
    assert reader.understand("the orchestration model, is it frozen?", talk).focus, "a part of a paper"
