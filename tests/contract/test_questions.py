"""Questions as people put them, over the sample: what is counted, ordered, compared, or not there at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.query.limits.restrictions import mentioning
from rag.types import Answer, Filters, Passage, Turn
from tests.support.samples import sample_library


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    with Assistant(library) as opened:
        yield opened


def cited(answer: Answer) -> list[str]:
    return list(dict.fromkeys(citation.paper_id for citation in answer.citations))


def test_the_newest_papers_come_in_order(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    answer = assistant.answer("the three newest papers")
    assert answer.answer.startswith("The 3 newest papers found:")
    assert cited(answer) == [paper.paper_id for paper in shelf.browse(limit=3)]
    oldest = assistant.answer("show me the earliest paper")
    assert oldest.answer.startswith("The oldest paper found:")
    assert cited(oldest) == [shelf.browse()[-1].paper_id]
    newest_day = {paper.paper_id for paper in shelf.browse(filters=Filters(date_from=shelf.coverage().last))}
    beyond = len(newest_day) + 1  # the newest report does not hold so many
    for asked in (f"show me the {beyond} latest arrivals", "the newest two, please"):
        count = beyond if "arrivals" in asked else 2
        assert cited(assistant.answer(asked)) == [paper.paper_id for paper in shelf.browse(limit=count)]


def test_the_newest_on_a_subject_are_about_it(assistant: Assistant) -> None:
    answer = assistant.answer("most recent paper on reformulating queries")
    assert cited(answer) == ["2511.15996"]
    earliest = assistant.answer("the oldest paper about reformulating or rewriting queries")
    assert cited(earliest) == ["2504.05309"]


def test_what_is_new_in_a_subject_are_the_papers_about_it_the_newest_first(assistant: Assistant) -> None:
    config = assistant.library.config
    few = config.model_copy(update={"answer": config.answer.model_copy(update={"max_papers": 3})})
    with Assistant(Library(few)) as brief:
        listed = brief.answer("recommendation with language models since April")
        changed = brief.answer("What has changed since April in recommendation with language models?")
    assert len(cited(listed)) == 3
    assert set(cited(changed)) == set(cited(listed))
    days = [citation.date for citation in changed.citations]
    assert days == sorted(days, reverse=True)


def test_no_more_papers_are_named_than_wanted(assistant: Assistant) -> None:
    answer = assistant.answer("please suggest two papers on evaluation with language models")
    assert len(cited(answer)) == 2
    assert answer.answer.startswith("The 2 closest papers:")


def test_a_list_of_all_papers_names_their_number(assistant: Assistant) -> None:
    held = assistant.library.shelf.coverage().papers
    assert assistant.answer("show all the papers").answer.startswith(
        f"The first 10 of {held} papers found, newest first:"
    )


def test_the_number_of_papers_keeps_to_filters_and_to_what_is_left_out(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    author = shelf.browse()[0].authors[0]
    rest = shelf.coverage().papers - len(shelf.select(Filters(author=author)) or ())
    assert f" of {rest} papers found" in assistant.answer(f"all papers not by {author}").answer
    since = shelf.browse()[3].date
    allowed = shelf.select(Filters(date_from=since)) or frozenset()
    with assistant.library.indexes() as indexes:
        holding = mentioning("retrieval", indexes.lexical, shelf)
    assert allowed & holding < holding
    answer = assistant.answer(f"Which papers listed since {since} mention retrieval?")
    count = len(allowed & holding)
    mention = "mention" if count != 1 else "mentions"
    assert answer.answer.startswith(f"{count} paper{'s' * (count != 1)} that {mention} “retrieval”")
    assert answer.answer.endswith("; those listed earlier and again in these days are left out."), "below the list"


def test_papers_that_mention_a_word_are_all_found(assistant: Assistant) -> None:
    holding = {paper.paper_id for paper in assistant.library.shelf.browse() if "youtube" in paper.text.lower()}
    assert holding
    answer = assistant.answer("Which of the papers mention YouTube?")
    assert set(cited(answer)) == holding
    assert answer.answer.startswith(f"{len(holding)} paper")


def test_what_is_compared_with_nothing_is_said_to_be(assistant: Assistant) -> None:
    answer = assistant.answer("IterQR vs. WibbleRank")
    assert answer.answer.startswith("“WibbleRank” stands in none of these papers")
    assert cited(answer) == ["2504.05309"]
    assert [note.code for note in answer.notes] == ["unknown_name"]
    assert not answer.abstained


@pytest.mark.parametrize("named", [("IterQR", "QueryGym"), ("QueryGym", "IterQR")])
def test_what_is_compared_is_cited_in_order_however_far_down_it_was_found(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, named: tuple[str, str]
) -> None:
    ids = {"IterQR": "2504.05309", "QueryGym": "2511.15996"}
    far = assistant.retriever.search

    def search(*args: object, **options: object) -> list[Passage]:
        """What is found where a library is so large that the second system is beyond what is looked at."""
        found = far(*args, **options)  # type: ignore[arg-type]
        return found if options.get("papers") else [one for one in found if one.paper_id != ids[named[1]]]

    monkeypatch.setattr(assistant.retriever, "search", search)
    assert cited(assistant.answer(f"Compare {named[0]} with {named[1]}")) == [ids[name] for name in named]


def test_a_search_keeps_to_its_number_whatever_is_compared(assistant: Assistant) -> None:
    assert len(assistant.search("Compare IterQR with QueryGym", k=1).passages) == 1


def test_a_system_that_no_paper_presents_is_said_to_be_mentioned(assistant: Assistant) -> None:
    notes = assistant.answer("Is IterQR better than ChatGPT?").notes
    assert [note.code for note in notes] == ["only_mentioned"]
    assert 'No paper here presents "ChatGPT"' in notes[0].text
    assert not assistant.answer("Is IterQR better than QueryGym?").notes


@pytest.mark.parametrize(
    "question",
    [
        "What is the tallest mountain in Peru?",
        "Should I water my tomatoes today?",
        "how do I renew my passport",
        "9 / 3",
    ],
)
def test_what_has_nothing_to_do_with_the_papers_is_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert (answer.abstained, answer.reason) == (True, "nothing_found")


def test_a_subject_outside_the_filters_is_not_answered_with_others(assistant: Assistant) -> None:
    answer = assistant.answer("papers on coral reefs from April 2025")
    assert (answer.abstained, answer.citations) == (True, ())


@pytest.mark.parametrize(
    "question",
    ["summarize 9999.99999", "9999.99999", "who wrote arXiv 9999.99999?", "what is 2503.99999 about?"],
)
def test_an_id_that_is_not_in_the_library_is_said_to_be_missing(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    paper_id = "2503.99999" if "2503" in question else "9999.99999"
    assert answer.answer.startswith(f"No paper matches arXiv id {paper_id}. The library holds ")
    assert (answer.reason, answer.closest) == ("outside_range", ())


@pytest.mark.parametrize(
    ("question", "unread"),
    [
        ("how many papers were listed on 2025-04-31?", "2025-04-31"),
        ("how many papers on query rewriting were listed on 2025-04-31?", "2025-04-31"),
        ("published on 2025-04-31", "2025-04-31"),
        ("papers from tomorrow", "tomorrow"),
        ("10/11/2025", "10/11/2025"),
        ("papers from the 1990s", "the 1990s"),
    ],
)
def test_what_is_no_date_is_named_and_neither_counted_nor_listed(
    assistant: Assistant, question: str, unread: str
) -> None:
    answer = assistant.answer(question)
    assert answer.answer.startswith(f"Not understood as a date: “{unread}”.")
    assert (answer.reason, answer.citations, answer.closest) == ("nothing_found", (), ())
    assert [note.code for note in answer.notes] == ["date_unread"]


def test_a_subject_is_answered_beside_what_is_no_date(assistant: Assistant) -> None:
    answer = assistant.answer("papers on query rewriting from 31 April")
    assert cited(answer)
    assert [note.text for note in answer.notes] == ['"31 April" was not understood as a date and restricts nothing.']


def test_blanks_within_a_question_mean_nothing(assistant: Assistant) -> None:
    plain = "papers on query rewriting in Q2 2025"
    wide = " papers  on\tquery rewriting" + " \n" * 500 + "in Q2 2025 "
    answer = assistant.answer(wide)
    assert answer.question == wide
    assert answer.standalone_question == plain
    assert cited(answer) == cited(assistant.answer(plain))
    history = (Turn(role="user", content=wide), Turn(role="assistant", content="Some."))
    assert (
        assistant.answer("And in Q3 2025?", history).standalone_question == "papers on query rewriting (And in Q3 2025)"
    )


def test_dates_are_no_unknown_names(assistant: Assistant) -> None:
    answer = assistant.answer("papers on query rewriting in Q2 2025")
    assert [note.code for note in answer.notes] == ["filter_read"]


def test_a_fact_is_quoted_where_it_stands_and_missed_where_it_does_not(assistant: Assistant) -> None:
    answer = assistant.answer("Was IterQR rolled out?")
    assert cited(answer) == ["2504.05309"]
    assert "deploy" in answer.citations[0].quote
    missed = assistant.answer("How many nurses took part in the StealthRank study in Norway?")
    assert (missed.reason, cited(missed)) == ("detail_absent", ["2504.05804"])
    assert missed.answer.endswith("[1] is about this, but its abstract does not tell."), "no sentence is near to nurses"
    (named,) = missed.citations
    text = assistant.library.paper(named.paper_id, named.version).text
    assert named.quote == named.title == text[named.start : named.end]
    near = assistant.answer("Which GPU does IterQR need to rewrite queries?")
    assert (near.reason, cited(near)) == ("detail_absent", ["2504.05309"])
    assert "its abstract does not tell. What comes closest:" in near.answer
    assert near.citations[0].quote != near.citations[0].title


def test_a_greeting_is_told_what_can_be_asked(assistant: Assistant) -> None:
    answer = assistant.answer("hi there!")
    assert "Ask what a paper does" in answer.answer
    assert f"{assistant.library.shelf.coverage().papers} papers" in answer.answer
    assert (answer.abstained, answer.citations, answer.closest) == (False, (), ())


def test_who_wrote_most_and_when_most_was_listed(assistant: Assistant) -> None:
    papers = assistant.library.shelf.browse()
    names = {name for paper in papers for name in paper.authors}
    answer = assistant.answer("Who has written the most papers?")
    assert answer.answer.startswith(f"{len(papers)} papers, by {len(names)} authors. Most are by ")
    months = [f"{paper.date:%Y-%m}" for paper in papers]
    most = max(set(months), key=months.count)
    answer = assistant.answer("which month had the most papers?")
    assert f"Most were first listed in {most} ({months.count(most)})" in answer.answer


def test_the_days_on_which_papers_were_listed_are_named(assistant: Assistant) -> None:
    papers = assistant.library.shelf.browse(filters=Filters(date(2025, 4, 1), date(2025, 6, 30)))
    days = sorted(Counter(paper.date for paper in papers).items())
    assert len(days) > 1
    answer = assistant.answer("Which days in Q2 2025 have new papers?")
    assert f"on {len(days)} days, from {days[0][0]} to {days[-1][0]}" in answer.answer
    assert answer.answer.endswith(", ".join(str(day.day) for day, _ in days))
    assert answer.answer.startswith(f"{len(papers)} papers first listed from 2025-04-01 to 2025-06-30, ")


def test_a_system_is_looked_for_in_the_paper_that_introduces_it(assistant: Assistant) -> None:
    answer = assistant.answer("What's the latency of GoalAct on MovieLens?")
    assert cited(answer) == ["2504.16563"]
    assert answer.reason == "detail_absent"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who wrote it?", "is by 6 authors: Shangyu Chen"),
        ("When was it first listed?", "was first listed on 2025-04-10"),
        ("Is it deployed?", "deployed in Meituan"),
        ("What does it propose?", "IterQR"),
    ],
)
def test_a_question_put_to_one_paper_need_not_name_it(assistant: Assistant, question: str, said: str) -> None:
    answer = assistant.answer(question, filters=Filters(paper="2504.05309"))
    assert not answer.abstained
    assert said in answer.answer
    assert {citation.paper_id for citation in answer.citations} == {"2504.05309"}
    assert not [note for note in answer.notes if note.code in ("follow_up", "papers_read")]


def test_what_one_paper_does_not_tell_is_not_taken_from_others(assistant: Assistant) -> None:
    answer = assistant.answer("How many GPU hours did its training take?", filters=Filters(paper="2504.05309"))
    assert answer.reason == "detail_absent"
    like = assistant.answer("Which papers are similar to it?", filters=Filters(paper="2504.05309"))
    assert like.citations
    assert "2504.05309" not in {citation.paper_id for citation in like.citations}


@pytest.mark.parametrize(
    ("listed", "asked", "paper"),
    [
        ("papers on query rewriting", "Which of these was deployed at a food delivery platform?", "2504.05309"),
        ("papers about retrieval-augmented generation", "Which of those annotates the utility?", "2504.05220"),
    ],
)
def test_of_papers_that_were_named_those_are_picked_that_answer(
    assistant: Assistant, listed: str, asked: str, paper: str
) -> None:
    named = assistant.answer(listed)
    assert len(cited(named)) > 1
    talk = [Turn(role="user", content=listed), Turn(role="assistant", content=named.answer)]
    picked = assistant.answer(asked, talk)
    assert cited(picked)[0] == paper
    assert len(cited(picked)) < len(cited(named))
    assert picked.answer.startswith("The closest of these papers:")
