"""Questions read as a whole: filters, search text, follow-ups, notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from rag.answer.render import render_group
from rag.papers.shelf import Shelf
from rag.query import Reader
from rag.query.intents.about import About
from rag.text.markdown import escape_line
from rag.types import Citation, Filters, Turn
from tests.support.papers import make_paper
from tests.support.reading import ReadingLibrary


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingLibrary]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("reading"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reader(library: ReadingLibrary) -> Reader:
    return Reader(library)


def turns(*contents: str) -> list[Turn]:
    """A conversation: the reader's turn, the assistant's, and so on."""
    roles = ("user", "assistant")
    return [Turn.model_validate({"role": roles[n % 2], "content": text}) for n, text in enumerate(contents)]


def codes(found: object) -> list[str]:
    return [note.code for note in found.notes]  # type: ignore[attr-defined]


def test_a_plain_question_passes_through(reader: Reader) -> None:
    question = "How does QueryGym reformulate queries?"
    found = reader.understand(question)
    assert (found.standalone, found.search_text) == (question, question)
    assert (found.filters, found.papers, found.focus, found.notes) == (Filters(), None, (), ())


def test_author_and_dates_become_filters_and_leave_the_search(reader: Reader) -> None:
    found = reader.understand(
        "Which papers on judges did Laura Dietz write that first appeared in the reports before June 2025?"
    )
    assert found.filters == Filters(None, date(2025, 5, 31), "Laura Dietz")
    assert found.search_text == "Which papers on judges?"
    assert (
        reader.understand("papers by Laura Dietz that showed up in the reports, on judging").search_text
        == "papers, on judging"
    )
    assert found.standalone.startswith("Which papers on judges did Laura Dietz write")
    assert found.kind == "list"
    assert codes(found) == ["filter_read"]
    assert found.notes[0].text == "Read from the question: reports to 2025-05-31, papers by Laura Dietz."


def test_explicit_filters_win(reader: Reader) -> None:
    given = Filters(date(2025, 9, 1), None, "Ben Chen")
    found = reader.understand("papers by Laura Dietz listed in May 2025", filters=given)
    assert found.filters == given
    assert codes(found) == []
    mixed = reader.understand("papers by Laura Dietz listed in May 2025", filters=Filters(author="Ben Chen"))
    assert mixed.filters == Filters(date(2025, 5, 1), date(2025, 5, 31), "Ben Chen")


def test_a_constraint_that_says_everything_leaves_something_to_search_for(reader: Reader) -> None:
    assert reader.understand("papers by Keunwoo Choi").search_text == "papers by Keunwoo Choi"
    assert "Search-R1: Training Language Models to Search" in reader.understand("What is 2503.09516 about?").search_text


def test_dates_alone_list_the_papers_of_those_days(reader: Reader) -> None:
    for question in ("before June 2025", "until 2025-05-31"):
        found = reader.understand(question)
        assert found.filters == Filters(None, date(2025, 5, 31))
        assert (found.kind, found.selects) == ("list", True)


def test_what_is_counted_from_the_newest_report_names_it(reader: Reader, library: ReadingLibrary) -> None:
    note = reader.understand("new papers this week").notes[0].text
    assert note.endswith(f" (the newest is of {library.shelf.coverage().last}).")
    assert "newest" not in reader.understand("papers since May 2025").notes[0].text


def test_two_dates_are_both_kept(reader: Reader) -> None:
    found = reader.understand("papers on agents listed since May 2025 and before July 2025")
    assert found.filters == Filters(date(2025, 5, 1), date(2025, 6, 30))


def test_months_that_are_listed_are_wanted_and_a_gap_restricts_nothing(reader: Reader) -> None:
    found = reader.understand("papers on agents in April and in June")
    assert found.filters == Filters(date(2025, 4, 1), date(2025, 6, 30))
    assert reader.understand("papers on agents before May or after July").filters == Filters()


def test_what_only_asks_for_what_was_listed_then_is_not_searched_for(reader: Reader) -> None:
    for question in ("the week of 16 June, what came in?", "did anything get reported on the 1st of September?"):
        assert reader.understand(question).only_filters, question


@pytest.mark.parametrize(
    ("question", "author", "ids"),
    [
        ("papers by Guoliang Li and Xuanhe Zhou", "Guoliang Li and Xuanhe Zhou", {"2504.00010"}),
        ("papers by Laura Dietz and Jimmy Lin", "Laura Dietz and Jimmy Lin", {"2504.00004"}),
        ("papers by Ben Chen and Keunwoo Choi", "Ben Chen or Keunwoo Choi", {"2504.00007", "2504.00012"}),
        ("papers by Laura Dietz or Ben Chen", "Laura Dietz or Ben Chen", {"2504.00003", "2504.00004", "2504.00007"}),
        ("papers by Ada Lovelace", "Ada Lovelace", set()),
        ("papers by Ada Lovelace and Laura Dietz", "Ada Lovelace and Laura Dietz", set()),
    ],
)
def test_several_authors(library: ReadingLibrary, reader: Reader, question: str, author: str, ids: set[str]) -> None:
    found = reader.understand(question)
    assert found.filters.author == author
    assert set(library.shelf.select(found.filters) or ()) == ids


def test_a_named_paper_restricts_and_an_unknown_one_too(reader: Reader) -> None:
    found = reader.understand("Which reward does arXiv 2503.09516v2 use?")
    assert found.papers == frozenset({"2503.09516"})
    assert found.search_text == "Which reward does use?"
    assert codes(found) == ["papers_read"]
    assert reader.understand("Which reward does arXiv 2599.00001 use?").papers == frozenset({"2599.00001"})
    assert reader.understand("Which reward is at 2599.00001?").papers is None  # no such month
    assert reader.understand("Which reward does arXiv 2512.99999 use?").papers == frozenset({"2512.99999"})


def test_two_named_papers_are_compared(reader: Reader) -> None:
    found = reader.understand("2504.00007 vs 2504.00008: which targets video?")
    assert (found.kind, found.subjects) == ("compare", ("2504.00007", "2504.00008"))
    assert "Rethinking Video Search" in reader.understand("compare 2504.00007 and 2504.00008").search_text


@pytest.mark.parametrize(
    "question",
    [
        "agent papers, Nov 2025",
        "everything co-authored by Laura Dietz",
        "Which of Laura Dietz's papers treat judges?",
        "Any May reports on spoken search?",
        "what is Jimmy Lin working on?",
    ],
)
def test_restricted_questions_that_ask_for_papers_are_lists(reader: Reader, question: str) -> None:
    found = reader.understand(question)
    assert found.filters
    assert found.kind == "list"


def test_a_paper_to_be_similar_to_is_searched_for_by_its_title(reader: Reader) -> None:
    found = reader.understand("papers similar to arXiv 2503.09516")
    assert found.papers is None
    assert found.search_text == "Search-R1: Training Language Models to Search"
    assert (found.kind, found.left_out) == ("list", frozenset({"2503.09516"}))


def test_corrections_are_noted_and_spare_names_of_people(reader: Reader) -> None:
    found = reader.understand("QuerryGym by Jimmy Lin: what querry answrs?")
    assert found.standalone == "QueryGym by Jimmy Lin: what query answers?"
    assert [note.text for note in found.notes][:2] == [
        'Searched for "QueryGym" instead of "QuerryGym".',
        'Searched for "query" instead of "querry".',
    ]
    assert found.filters.author == "Jimmy Lin"


AUTOPK = turns(
    "Is there work on pharmacokinetic tables?", "Yes, AutoPK (arXiv 2504.00006) extracts them with language models."
)


@pytest.mark.parametrize(
    "question",
    [
        "and what data did they test on?",
        "ok, what did they test it on and how big was the gain?",
        "Which model size did they find best?",
        "How big was the gain?",
        "does it beat BM25?",
        "On MS MARCO, how fast is it?",
        "What about inference cost?",
        "who are the authors?",
        "so what is the context there?",
        "tell me more about that",
        "why does this work?",
        "How many customers does that app have?",
        "Did the authors release their code?",
    ],
)
def test_a_follow_up_stays_on_the_paper(reader: Reader, question: str) -> None:
    found = reader.understand(question, AUTOPK)
    assert found.focus == ("2504.00006",)
    assert "AutoPK" in found.standalone
    assert "AutoPK" in found.search_text
    assert question.lower().endswith(found.typed.lower())  # nothing of what was said before
    assert codes(found) == ["follow_up"]


@pytest.mark.parametrize(
    "question",
    [
        "How does QueryGym reformulate queries?",
        "Which papers treat music recommendation?",
        "Does OneSearch use semantic IDs, and how are they learned?",
        "ok, now a different topic: fairness in news feeds",
        "Are there papers on podcasts?",
        "Show me papers that scale to billions of songs",
        "Thanks! Which surveys cover agent memory?",
    ],
)
def test_a_change_of_subject_drops_the_conversation(reader: Reader, question: str) -> None:
    found = reader.understand(question, AUTOPK)
    asked = question.removeprefix("Thanks! ")
    assert (found.standalone, found.search_text, found.focus) == (asked, asked, ())


@pytest.mark.parametrize("question", ["Are there alternatives to it?", "anything else like this?", "any others?"])
def test_who_asks_for_others_is_not_held_to_the_paper(reader: Reader, question: str) -> None:
    found = reader.understand(question, AUTOPK)
    assert found.focus == ()
    assert "pharmacokinetic tables" in found.search_text
    assert "AutoPK" not in found.search_text


def test_a_paper_is_found_by_its_name_or_title_alone(reader: Reader) -> None:
    named = turns("Anything on tables?", "AutoPK does that, with a hybrid similarity.")
    assert reader.understand("how accurate is it?", named).focus == ("2504.00006",)
    in_text = turns(
        "Anything on indexing?", "Subject Indexing with Annif, see **Subject Indexing with Annif** (2025-12-31)"
    )
    assert reader.understand("how accurate is it?", in_text).focus == ("2504.00011",)


def test_our_own_answers_are_read_back(reader: Reader) -> None:
    def cited(n: int, paper_id: str, title: str) -> str:
        citation = Citation(
            n=n, paper_id=paper_id, version=1, title=title, authors=(), date="2025-09-05", url="", chunk_id="c",
            quote="We study [search].", start=0, end=18,
        )  # fmt: skip
        return render_group([citation])

    answer = "\n\n".join(
        [
            cited(1, "2504.00007", "OneSearch: Generative Search at Kuaishou"),
            cited(2, "2504.00008", "UniSearch: Rethinking Video Search"),
        ]
    )
    history = turns("What does Kuaishou do in search?", answer)
    assert reader.understand("how were they trained?", history).focus == ("2504.00007", "2504.00008")
    assert reader.understand("what does the second one use?", history).focus == ("2504.00008",)
    assert reader.understand("and how was OneSearch trained?", history).focus == ("2504.00007",)


def test_an_earlier_answer_counts_when_the_last_names_no_paper(reader: Reader) -> None:
    history = [*AUTOPK, *turns("Is it fast?", "Yes, about ten times faster than before.")]
    found = reader.understand("and how accurate is it?", history)
    assert found.focus == ("2504.00006",)
    assert found.typed == "How accurate is it?"


TWO = turns(
    "Compare OneSearch and UniSearch",
    "**OneSearch: Generative Search at Kuaishou** (2025-09-05)\n\n**UniSearch: Rethinking Video Search** (2025-09-05)",
)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("When was the first listed?", ("2504.00007",)),
        ("What does the second propose for video?", ("2504.00008",)),
        ("Was the second deployed?", ("2504.00008",)),
        ("why did the last use the same data?", ("2504.00008",)),
        ("Does the latter beat the former?", ("2504.00008", "2504.00007")),
        ("How were they trained?", ("2504.00007", "2504.00008")),
    ],
)
def test_a_paper_is_picked_by_its_place(reader: Reader, question: str, meant: tuple[str, ...]) -> None:
    assert reader.understand(question, TWO).focus == meant


@pytest.mark.parametrize("question", ["What was the first stage of RLHF?", "how does the first retrieval stage work?"])
def test_a_first_of_something_picks_no_paper(reader: Reader, question: str) -> None:
    assert reader.understand(question, TWO).focus in ((), ("2504.00007", "2504.00008"))


@pytest.mark.parametrize(
    "said",
    [
        *("thanks!", "ok", "thank you very much", "great", "cool thanks", "got it", "that's all, thanks"),
        *("Interesting!", "thank you very much, this is exactly what I needed"),
    ],
)
def test_a_courtesy_asks_for_nothing_and_is_forgotten(reader: Reader, said: str) -> None:
    found = reader.understand(said, AUTOPK)
    assert (found.standalone, found.focus, found.notes) == (said, (), ())
    went_on = [*AUTOPK, *turns(said, "That asks for nothing that papers could say.")]
    later, at_once = (reader.understand("and how accurate is it?", history) for history in (went_on, AUTOPK))
    assert (later.standalone, later.focus) == (at_once.standalone, at_once.focus)


@pytest.mark.parametrize("question", ["ok, is it fast?", "thanks, and the data?", "is it good?", "no, the second one"])
def test_a_question_behind_a_courtesy_is_none(reader: Reader, question: str) -> None:
    assert reader.understand(question, AUTOPK).focus == ("2504.00006",)


REFUSED = (
    "Nothing in the library answers this. Searched: 12 papers.\n\nClosest papers:\n\n"
    "- OneSearch: Generative Search at Kuaishou (2504.00007)\n- UniSearch: Rethinking Video Search (2504.00008)"
)


def test_papers_that_a_refusal_offers_are_not_talked_of(reader: Reader) -> None:
    alone = [*AUTOPK, *turns("Who won the world cup?", REFUSED)]
    assert reader.understand("what data does it use?", alone).focus == ()
    assert reader.understand("what does the second one use?", alone).focus == ("2504.00008",)
    followed = [*AUTOPK, *turns("and who paid for it?", REFUSED)]
    assert reader.understand("what data does it use?", followed).focus == ("2504.00006",)
    named = turns("Which GPU trains OneSearch?", REFUSED)
    assert reader.understand("what data does it use?", named).focus == ("2504.00007",)


def test_what_was_asked_in_between_is_not_searched_for(reader: Reader) -> None:
    history = [*AUTOPK, *turns("Was it deployed anywhere?", "Nobody says.", "and the annotators?", "Nobody says.")]
    found = reader.understand("how accurate is it?", history)
    assert "AutoPK" in found.search_text
    assert "deployed" not in found.search_text
    assert "annotators" not in found.search_text


def test_what_is_like_a_paper_is_sought_by_its_title(reader: Reader) -> None:
    paper = "**OneSearch: Generative Search at Kuaishou** (2025-09-05)"
    history = turns("How fast is OneSearch?", paper, "Was it deployed anywhere?", paper)
    found = reader.understand("Are there similar papers?", history)
    assert "Generative Search at Kuaishou" in found.search_text
    assert "deployed" not in found.search_text
    again = reader.understand("what about since July?", [*history, *turns("Are there similar papers?", paper)])
    assert (again.search_text, again.left_out) == (found.search_text, found.left_out)
    assert again.filters.date_from == date(2025, 7, 1)


def test_another_restriction_alone_repeats_the_question_with_it(reader: Reader) -> None:
    history = turns("Which papers on generative search were new in May 2025?", "Two papers.")
    found = reader.understand("And in September 2025?", history)
    assert found.filters == Filters(date(2025, 9, 1), date(2025, 9, 30))
    assert found.search_text == "Which papers on generative search?"
    by_author = reader.understand("and by Laura Dietz?", history)
    assert by_author.filters == Filters(date(2025, 5, 1), date(2025, 5, 31), "Laura Dietz")


def test_who_picks_among_the_answers_keeps_their_restriction(reader: Reader) -> None:
    history = turns("papers by Laura Dietz", "Two: on criteria and on judges.")
    assert reader.understand("which of them treat judges?", history).filters.author == "Laura Dietz"


def test_a_name_against_its_baseline_is_no_comparison_of_papers(tmp_path: Path) -> None:
    library = ReadingLibrary(tmp_path)
    reader = Reader(library)
    assert reader.understand("OneSearch vs UniSearch?").subjects == ("OneSearch", "UniSearch")
    with_baseline = "We compare AutoPK with the TabFM baseline."
    paper = make_paper(
        "2504.00006", "AutoPK: Extracting Pharmacokinetic Data from Tables", with_baseline, day="2025-12-30"
    )
    library.replace(paper)
    assert reader.understand("What does AutoPK score vs TabFM?").kind == "single"
    library.close()


def test_new_papers_are_known_at_once(tmp_path: Path) -> None:
    library = ReadingLibrary(tmp_path)
    reader = Reader(library)
    assert reader.understand("what is TableJuggler?").standalone == "what is TableJuggler?"
    assert reader.understand("what is TabelJuggler?").standalone == "what is TabelJuggler?"
    library.replace(make_paper("2512.00001", "TableJuggler: Tables in the Air", day="2026-01-02"))
    assert reader.understand("what is TabelJuggler?").standalone == "what is TableJuggler?"
    assert reader.understand("what was new in the latest report?").filters.date_from == date(2026, 1, 2)
    library.close()


def test_an_empty_library_reads_nothing(tmp_path: Path) -> None:
    class Empty(ReadingLibrary):
        def __init__(self) -> None:
            self.shelf = Shelf(tmp_path / "shelf.sqlite")

    empty = Empty()
    assert Reader(empty).understand("papers by Laura Dietz in May").filters == Filters()
    empty.shelf.close()


def test_restrictions_add_up_over_a_conversation(reader: Reader) -> None:
    history = turns("Which papers compare LLM judges?", "Some.", "and by Laura Dietz?", "Two.")
    found = reader.understand("and in July?", history)
    assert found.filters == Filters(date(2025, 7, 1), date(2025, 7, 31), "Laura Dietz")
    assert found.search_text == "Which papers compare LLM judges?"
    assert reader.understand("and in July?").filters == Filters(date(2025, 7, 1), date(2025, 7, 31))


def test_a_restriction_of_nothing_but_restrictions_selects(reader: Reader) -> None:
    found = reader.understand("and in July?", turns("papers by Laura Dietz", "Two."))
    assert found.filters == Filters(date(2025, 7, 1), date(2025, 7, 31), "Laura Dietz")
    assert found.selects


def test_how_many_counts_what_was_talked_of(reader: Reader) -> None:
    found = reader.understand("how many are there?", turns("papers by Laura Dietz", "Two."))
    assert found.about == About("count")
    assert found.filters == Filters(author="Laura Dietz")
    by_topic = reader.understand("and how many is that?", turns("Which papers compare LLM judges?", "Some."))
    assert (by_topic.about, by_topic.search_text, by_topic.kind) == (None, "Which papers compare LLM judges?", "list")


def test_which_of_them_means_the_papers_named_before(reader: Reader) -> None:
    named = (
        "**Criteria-Based Evaluation of Answers** (2025-05-20)\n\n**Principles of LLM Judges** (2025-07-01)",
        "**OneSearch: Generative Search at Kuaishou** (2025-09-05)",
    )
    history = turns("How are answers judged?", named[0], "What is OneSearch?", named[1])
    found = reader.understand("which of them are by humans?", history)
    assert found.papers == frozenset({"2504.00003", "2504.00004"})
    assert found.kind == "list"
    restricted = reader.understand("which of them are by humans?", turns("papers by Laura Dietz", named[0]))
    assert (restricted.papers, restricted.filters) == (found.papers, Filters(author="Laura Dietz"))
    assert (found.picked, restricted.picked) == (True, False)


def test_a_question_about_a_paper_talked_of_keeps_it(reader: Reader) -> None:
    history = turns("What is OneSearch?", "**OneSearch: Generative Search at Kuaishou** (2025-09-05)")
    found = reader.understand("who wrote it?", history)
    assert (found.about, found.focus) == (About("authors"), ("2504.00007",))
    assert reader.understand("How many papers do you have?", history).notes == ()


@pytest.mark.parametrize("typed", ["Laura Deitz", "Laua Dietz", "laura dietzz"])
def test_a_misspelt_author_is_found_and_said(reader: Reader, typed: str) -> None:
    found = reader.understand(f"papers by {typed}")
    assert (found.filters.author or "").lower() == "laura dietz"
    assert codes(found) == ["spelling", "filter_read"]


@pytest.mark.parametrize(
    ("question", "author"),
    [
        ("papers by Dietz, Laura", "Laura Dietz"),
        ("papers by Dietz Laura", "Laura Dietz"),
        ("papers by Clarke, C.", "C. Clarke"),
        ("papers by Elodie Dupont", "Elodie Dupont"),
        ("papers by Laura Lin", "Laura Lin"),  # both parts are known: somebody else
    ],
)
def test_names_turned_round_and_names_that_may_be_right(reader: Reader, question: str, author: str) -> None:
    found = reader.understand(question)
    assert found.filters.author == author
    assert codes(found) == ["filter_read"]


def test_what_is_not_wanted_is_left_out(reader: Reader) -> None:
    by = reader.understand("which papers on judges are not by Laura Dietz?")
    assert by.filters == Filters()
    assert by.left_out == {"2504.00003", "2504.00004"}
    assert codes(by) == ["left_out"]
    about = reader.understand("which papers are about search but not about video?")
    assert about.left_out == {"2504.00008"}
    assert about.search_text == "which papers are about search?"
    assert codes(reader.understand("which papers retrieve without training?")) == ["negation"]
    assert reader.understand("How does it search without video?").left_out == frozenset()


@pytest.mark.parametrize("text", ["2) users differ", "1. first", "- minus", "# hash", "+ plus"])
def test_a_quote_that_begins_like_a_list_or_a_heading_stays_text(text: str) -> None:
    assert MarkdownIt().render(f"> {escape_line(text)}") == f"<blockquote>\n<p>{text}</p>\n</blockquote>\n"


def test_a_quote_that_begins_with_a_figure_stays_as_it_is() -> None:
    assert escape_line("2.5 times as fast") == "2.5 times as fast"


def test_a_comparison_with_a_name_that_no_paper_holds_is_about_the_other(reader: Reader) -> None:
    found = reader.understand("QueryGym versus RankForge: which one is easier to use?")
    assert (found.kind, found.subjects, found.absent) == ("single", ("QueryGym",), ("RankForge",))
    plain = reader.understand("How is LightRetriever different from Gobblewock?")
    assert (plain.kind, plain.absent) == ("single", ("Gobblewock",))
    compound = reader.understand("How does the QueryGym-based toolkit compare with the Video-Search of UniSearch?")
    assert compound.absent == ()
    held = reader.understand("Compare OneSearch and UniSearch")
    assert (held.kind, held.subjects, held.absent) == ("compare", ("OneSearch", "UniSearch"), ())


def test_a_name_that_papers_only_mention_is_told_apart(tmp_path: Path) -> None:
    library = ReadingLibrary(tmp_path)
    reader = Reader(library)
    title = "MedRec: Recommending with GraphFM-Based Signals"
    library.replace(
        make_paper(
            "2512.00002", title, "We use GraphFM and name our score HealthQ. We present TriageNet.", day="2026-01-02"
        )
    )
    compared = reader.understand("Is OneSearch better than GraphFM?")
    assert (compared.kind, compared.subjects, compared.mentioned) == ("compare", ("OneSearch", "GraphFM"), ("GraphFM",))
    assert compared.named == ("2504.00007",)
    presented = reader.understand("Is OneSearch better than TriageNet?")
    assert (presented.mentioned, presented.named) == ((), ("2504.00007", "2512.00002"))
    library.close()


def test_papers_that_mention_something_are_those_that_hold_it(reader: Reader) -> None:
    found = reader.understand("list the papers that mention judges")
    assert (found.mention, found.papers) == ("judges", frozenset({"2504.00004"}))
    nowhere = reader.understand("which papers mention Gobblewock?")
    assert (nowhere.mention, nowhere.papers) == ("", None)


def test_a_number_and_an_order_are_kept_for_lists_only(reader: Reader) -> None:
    found = reader.understand("the two newest papers on search")
    assert (found.kind, found.wanted.order, found.wanted.limit) == ("list", "newest", 2)
    assert found.search_text == "papers on search"
    everything = reader.understand("show the oldest paper")
    assert (everything.selects, everything.wanted.order, everything.wanted.limit) == (True, "oldest", 1)
    assert reader.understand("list all of your papers").selects
    assert not reader.understand("Summarise the latest papers on judges").wanted


def test_a_list_about_one_given_paper_is_no_list(reader: Reader) -> None:
    assert reader.understand("2504.00002: which benchmarks?").kind == "single"


TALK = turns("What is QueryGym?", "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22) [1]")


def test_what_it_has_is_asked_of_the_paper_and_not_of_the_library(reader: Reader) -> None:
    found = reader.understand("and how many entries does it contain?", TALK)
    assert (found.about, found.focus) == (None, ("2504.00005",))
    assert reader.understand("how many papers are there from May?", TALK).about == About("count")


def test_a_question_in_another_language_gets_a_note(reader: Reader) -> None:
    assert "language" in codes(reader.understand("Quels travaux utilisent les juges automatiques ?"))
    assert "language" in codes(reader.understand("检索增强生成"))
    assert "language" not in codes(reader.understand("Which papers cite Dupont and Suominen?"))
    assert "language" not in codes(reader.understand("QueryGym vs MiniOneRec"))


@pytest.mark.parametrize("question", ["hey, help me", "What can I ask you?", "How does it work?", "what are you?"])
def test_what_can_be_asked(reader: Reader, question: str) -> None:
    assert reader.understand(question).about == About("help")


@pytest.mark.parametrize("question", ["How does SPLADE work?", "help with cold start", "hello world programs"])
def test_what_merely_sounds_like_it(reader: Reader, question: str) -> None:
    assert reader.understand(question).about is None


def test_the_paper_that_introduces_a_system_is_preferred(tmp_path: Path) -> None:
    shop = make_paper("2505.00001", "Fewer Clicks to the Right Table", "We present TabHop, an agent that hops.")
    other = make_paper("2505.00002", "Lakes of Tables", "We compare TabHop with others. We propose LakeDive (LD).")
    library = ReadingLibrary(tmp_path)
    library.replace(shop, other)
    reader = Reader(library)
    assert reader.understand("What does TabHop score on BRIGHT?").named == ("2505.00001",)
    assert set(reader.understand("TabHop vs LakeDive").named) == {"2505.00001", "2505.00002"}
    assert reader.understand("Which papers use TabHop?").named == ()
    assert reader.understand("How do agents hop?").named == ()
    library.close()


def test_a_system_that_opens_a_title_is_preferred_too(reader: Reader) -> None:
    assert reader.understand("What does QueryGym score on BRIGHT?").named == ("2504.00005",)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which datasets was QueryGym evaluated on?", "single"),
        ("What benchmarks were used to test QueryGym?", "single"),
        ("Which benchmarks are similar to QueryGym?", "list"),
        ("Which datasets were released for conversational search?", "list"),
        ("Which papers use QueryGym?", "list"),
    ],
)
def test_what_a_named_system_was_tested_on_is_asked_of_its_paper(reader: Reader, question: str, kind: str) -> None:
    assert reader.understand(question).kind == kind


@pytest.mark.parametrize("question", ["QueryGym", "QueryGym?", " QueryGym ?"])
def test_a_name_alone_asks_what_it_is(reader: Reader, question: str) -> None:
    found = reader.understand(question)
    assert (found.kind, found.intent.kind) == ("single", "define")
    assert found.named


@pytest.mark.parametrize(
    ("before", "now", "meant"),
    [
        ("We propose OldTokRec, a recommender.", "We propose NewTokRec, a recommender.", "NewTokRec"),
        # which of two new names took its place nobody knows
        ("We propose OldTokRec.", "We propose NewTokRec. We also introduce TokBench.", ""),
        # it was left out, and nothing took its place
        ("We propose NewTokRec. We also introduce OldTokRec.", "We propose NewTokRec, a recommender.", ""),
        ("We propose ElseTokRec.", "We propose NewTokRec, a recommender.", ""),
        ("It is compared with OldTokRec.", "We propose NewTokRec, a recommender.", ""),
    ],
)
def test_a_name_that_a_paper_gave_up_means_that_paper(tmp_path: Path, before: str, now: str, meant: str) -> None:
    library = ReadingLibrary(tmp_path)
    for text, day in ((before, "2025-05-01"), (now, "2025-06-01")):
        library.replace(make_paper("2504.77777", "Tokens without Gaps", text, day=day))
    found = Reader(library).understand("What is OldTokRec?")
    assert found.standalone == f"What is {meant or 'OldTokRec'}?"
    assert found.named == (("2504.77777",) if meant else ())
    said = [note.text for note in found.notes if note.code == "spelling"]
    assert said == ([f'Read as "{meant}": that paper called it "OldTokRec" in an earlier version.'] if meant else [])
    assert not found.read_as, "it is no guess"
    library.close()


def test_several_things_of_one_paper_are_no_comparison(tmp_path: Path) -> None:
    library = ReadingLibrary(tmp_path)
    text = "We introduce ImgJewel, a dataset of pictures. We collected many LoRASets, prompts and users."
    library.replace(make_paper("2504.77778", "ImgJewel: Pictures in the Wild", text))
    found = Reader(library).understand("number of users, LoRASets and prompts in ImgJewel?")
    assert (found.kind, found.sides, found.named) == ("single", (), ("2504.77778",))
    library.close()


def test_what_is_counted_in_there_is_counted_in_the_paper_that_was_talked_of(reader: Reader) -> None:
    talk = turns("What is OneSearch?", "**OneSearch: Generative Search at Kuaishou** (2025-09-05)")
    for question in ("how many questions are in there?", "how many items are in there?"):
        found = reader.understand(question, talk)
        assert (found.about, found.focus) == (None, ("2504.00007",))
    for question in ("how many reports do you cover?", "how many PDFs do you hold?"):
        assert reader.understand(question, talk).about == About("coverage")
