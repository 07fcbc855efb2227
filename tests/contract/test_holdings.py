"""Questions about the library itself, over the sample: counts, authors, days, and what is covered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.query.limits.restrictions import mentioning
from rag.types import Answer, Filters, Turn
from tests.support.samples import sample_library


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    with Assistant(library) as opened:
        yield opened


def answered(assistant: Assistant, question: str, history: tuple[Turn, ...] = ()) -> Answer:
    """An answer from the shelf, whose citations are the titles of papers, exact and marked once."""
    answer = assistant.answer(question, history)
    assert not answer.abstained
    retrieved = {item.chunk_id for item in answer.retrieved}
    for cited in answer.citations:
        stored = assistant.library.paper(cited.paper_id, cited.version)
        assert (cited.start, cited.quote) == (0, stored.title)
        assert stored.text[cited.start : cited.end] == cited.quote
        assert cited.chunk_id in retrieved
        assert answer.answer.count(f"[{cited.n}]") == 1
    return answer


def test_papers_are_counted_over_the_whole_shelf(assistant: Assistant) -> None:
    held = assistant.library.shelf.coverage()
    answer = answered(assistant, "How many papers do you have?")
    assert answer.answer == f"The library holds {held.papers} papers, from {held.first} to {held.last}."
    assert answer.confidence == "high"


def test_a_count_keeps_to_its_filters(assistant: Assistant) -> None:
    days = Filters(date_to=assistant.library.shelf.listing_days()[0])
    expected = assistant.library.shelf.select(days)
    assert expected
    answer = answered(assistant, f"how many papers were listed until {days.date_to}?")
    assert answer.answer.startswith(f"{len(expected)} papers first listed until {days.date_to}.")
    assert {cited.paper_id for cited in answer.citations} <= expected
    assert len(answer.citations) == min(len(expected), assistant.library.config.answer.max_papers)


def test_a_count_of_nothing_offers_what_lies_outside(assistant: Assistant) -> None:
    answer = assistant.answer("how many papers were listed before 2020?")
    assert (answer.abstained, answer.reason) == (True, "outside_range")
    assert answer.closest


def test_nobody_has_no_papers_and_nothing_is_close_to_them(assistant: Assistant) -> None:
    for question in ("how many papers by Jane Nobody?", "papers by Jane Nobody"):
        answer = assistant.answer(question)
        assert answer.answer.startswith("No paper matches author Jane Nobody. The library holds ")
        assert (answer.reason, answer.closest) == ("outside_range", ())
    assert assistant.answer("papers by Jane Nobody on query rewriting").closest


def test_somebody_of_a_similar_name_is_offered(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    name = next(
        author for paper in shelf.browse() for author in paper.authors if len(author.split()) == 2 and author.isascii()
    )
    given, surname = name.split()
    unknown = f"{given} {surname}x"
    assert not shelf.is_author(unknown)
    count = len(shelf.select(Filters(author=name)) or ())
    answer = assistant.answer("papers", filters=Filters(author=unknown))
    assert f"Did you mean {name} ({count} paper{'s' * (count != 1)})?" in answer.answer
    assert (answer.reason, answer.closest) == ("outside_range", ())


def test_a_count_leaves_out_what_is_not_wanted(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    author = shelf.browse()[0].authors[0]
    unwanted = shelf.select(Filters(author=author))
    assert unwanted
    answer = answered(assistant, f"How many papers are not by {author}?")
    assert answer.answer.startswith(
        f"{shelf.coverage().papers - len(unwanted)} papers, not counting those by {author}."
    )
    assert not {cited.paper_id for cited in answer.citations} & unwanted


def test_papers_with_certain_words_are_counted(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    holding = {
        paper.paper_id for paper in shelf.browse() if all(word in paper.text.lower() for word in ("query", "rewrit"))
    }
    assert holding
    answer = answered(assistant, "How many papers are about query rewriting?")
    assert answer.answer.startswith(f"{len(holding)} paper")
    assert "all the words of “query rewriting”" in answer.answer
    assert {cited.paper_id for cited in answer.citations} == holding


def test_authors_of_a_paper_that_is_named_or_talked_of(assistant: Assistant) -> None:
    paper = assistant.library.paper("2504.05309")
    named = answered(assistant, "Who wrote IterQR?")
    assert [cited.paper_id for cited in named.citations] == ["2504.05309"]
    assert all(author in named.answer for author in paper.authors)
    history = (
        Turn(role="user", content="How does IterQR rewrite queries?"),
        Turn(role="assistant", content=f"**{paper.title}** (2025-04-10)\n\n> It does. [1]"),
    )
    assert answered(assistant, "who wrote it?", history).answer == named.answer
    by_id = answered(assistant, "Who are the authors of 2504.05309?")
    assert by_id.answer == named.answer


def test_a_name_that_others_only_mention_has_no_author_here(assistant: Assistant) -> None:
    assert "is by" not in assistant.answer("who wrote BERT?").answer


@pytest.mark.parametrize(
    "question",
    [
        "who wrote Query Rewrite in e-Commercial Search System?",
        "who wrote query rewrite in e-commercial search system?",
        "When was A Survey of Query Rewriting listed?",
        'who wrote "a survey of query rewriting"?',
        "Who are the authors of QR: Learning to rewrite queries?",
    ],
)
def test_a_title_that_no_paper_has_is_said_to_be_none(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.answer.startswith("No paper in the library is called “")
    assert (answer.abstained, answer.reason, answer.confidence) == (True, "nothing_found", "low")
    assert not answer.citations
    assert "2504.05309" in [paper.paper_id for paper in answer.closest]


def test_a_paper_that_is_described_is_the_nearest_to_its_description(assistant: Assistant) -> None:
    answer = answered(assistant, "Who wrote the paper on iterative query rewriting for food delivery search?")
    assert answer.answer.startswith("Nearest to “the paper on iterative query rewriting for food delivery search”:")
    assert [cited.paper_id for cited in answer.citations] == ["2504.05309"]
    assert answer.confidence != "high"


def test_what_is_no_name_is_searched_for(assistant: Assistant) -> None:
    assert "is called" not in assistant.answer("who proposed using LLMs for query rewriting?").answer


def test_a_paper_that_nobody_named_cannot_be_told(assistant: Assistant) -> None:
    history = (
        Turn(role="user", content="who wrote GraphRAG?"),
        Turn(role="assistant", content=assistant.answer("who wrote GraphRAG?").answer),
    )
    for earlier in (history, ()):
        answer = assistant.answer("When was it listed?", earlier)
        assert answer.answer.startswith("Which paper is meant cannot be told")
        assert (answer.abstained, answer.citations) == (True, ())
        assert answer.closest


def test_days_of_a_paper(assistant: Assistant) -> None:
    paper = assistant.library.paper("2504.05309")
    answer = answered(assistant, "When was IterQR listed?")
    assert f"was first listed on {paper.date}" in answer.answer
    assert [cited.paper_id for cited in answer.citations] == ["2504.05309"]


@pytest.mark.parametrize(
    "question",
    [
        "How many papers are there?",
        "Who wrote IterQR?",
        "When was 2504.05309 listed?",
        "Which reports are covered?",
        "who wrote Attention Is All You Need?",
        "How many papers are about query rewriting?",
    ],
)
def test_what_was_found_goes_down_twenty_papers_from_those_that_are_meant(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    found = list(dict.fromkeys(item.paper_id for item in answer.retrieved))
    assert len(found) >= 20
    cited = [citation.paper_id for citation in answer.citations]
    assert found[: len(cited)] == cited
    assert len({item.chunk_id for item in answer.retrieved}) == len(answer.retrieved)


def test_what_is_covered(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    days = shelf.listing_days()
    answer = answered(assistant, "Which reports are covered?")
    assert f"{shelf.coverage().papers} papers, listed on {len(days)} days from {days[0]} to {days[-1]}" in answer.answer
    newest = {paper.paper_id for paper in shelf.browse(filters=Filters(date_from=days[-1]))}
    assert {cited.paper_id for cited in answer.citations} <= newest


def test_a_list_says_how_many_were_found_and_a_selection_begins_with_the_newest(assistant: Assistant) -> None:
    shelf, shown = assistant.library.shelf, assistant.library.config.answer.max_papers
    first = shelf.coverage().first
    answer = assistant.answer(f"Which papers appeared since {first}?")
    assert answer.answer.startswith(f"The first {shown} of {shelf.coverage().papers} papers found, newest first:")
    days = [cited.date for cited in answer.citations]
    assert days == sorted(days, reverse=True)
    listed = assistant.answer("Which papers use semantic IDs for generative recommendation?")
    papers = len({cited.paper_id for cited in listed.citations})
    assert papers > 1
    assert listed.answer.startswith(f"The {papers} closest papers:")


def test_a_sort_and_either_of_two_subjects_are_counted_by_their_words(assistant: Assistant) -> None:
    texts = {paper.paper_id: paper.text.lower() for paper in assistant.library.shelf.browse()}
    benchmarks = {paper_id for paper_id, text in texts.items() if "benchmark" in text}
    assert benchmarks
    answer = answered(assistant, "How many benchmark papers are there?")
    assert answer.answer.startswith(f"{len(benchmarks)} paper")
    assert "have the word “benchmark” in title" in answer.answer
    assert (
        "all the words of “query rewriting” in title"
        in answered(assistant, "How many papers on query rewriting do you have?").answer
    )
    either = {paper_id for paper_id, text in texts.items() if "youtube" in text or "iterqr" in text}
    assert len(either) > 1
    answer = answered(assistant, "How many papers are about YouTube or IterQR?")
    assert answer.answer.startswith(f"{len(either)} papers have the word “YouTube” or the word “IterQR” in ")


def test_a_count_says_what_it_does_not_count_and_is_then_less_sure(assistant: Assistant) -> None:
    shelf = assistant.library.shelf
    with assistant.library.indexes() as indexes:
        left_out = mentioning("recommendation", indexes.lexical, shelf)
        holding = mentioning("retrieval", indexes.lexical, shelf) - left_out
    assert left_out
    assert holding
    answer = answered(assistant, "How many papers are about retrieval and not recommendation?")
    assert answer.answer.startswith(
        f'{len(holding)} papers, not counting those that mention "recommendation", have the word “retrieval”'
    )
    assert answer.confidence == "medium"
    answer = answered(assistant, "How many papers are not about recommendation?")
    rest = shelf.coverage().papers - len(left_out)
    assert answer.answer.startswith(f'{rest} papers, not counting those that mention "recommendation".')
    assert answer.confidence == "medium"


def test_the_parts_of_a_joined_word_are_counted_together(assistant: Assistant) -> None:
    texts = [paper.text.lower() for paper in assistant.library.shelf.browse()]
    both = sum("retriev" in text and "augment" in text for text in texts)
    assert 0 < both < sum("retriev" in text or "augment" in text for text in texts)
    with assistant.library.indexes() as indexes:
        assert len(mentioning("retrieval-augmented", indexes.lexical, assistant.library.shelf)) == both
    assert answered(assistant, "How many papers are about retrieval-augmented?").answer.startswith(f"{both} paper")


def test_a_count_of_no_paper_says_so_and_shows_the_nearest(assistant: Assistant) -> None:
    last = assistant.library.shelf.coverage().last
    answer = assistant.answer(f"How many papers about query rewriting and sourdough were listed since {last}?")
    assert answer.answer.startswith(f"No paper first listed since {last} has all the words of “query rewriting")
    assert not answer.abstained
    assert answer.citations


def test_what_cannot_be_counted_is_said_to_be(assistant: Assistant) -> None:
    assert assistant.answer("How many papers use LLMs?").answer.startswith("How many there are cannot be told. The ")


def test_what_is_not_wanted_is_left_out(assistant: Assistant) -> None:
    answer = assistant.answer("Which papers are about generative retrieval but not about recommendation?")
    notes = [note.text for note in answer.notes if note.code == "left_out"]
    assert len(notes) == 1
    assert 'that mention "recommendation"' in notes[0]
    texts = [assistant.library.paper(item.paper_id).text.lower() for item in answer.retrieved]
    assert texts
    assert not any("recommendation" in text for text in texts)


@pytest.mark.parametrize("said", ["thanks a lot!", "Good morning", "perfect, bye", "ok"])
def test_who_asks_for_nothing_gets_a_sentence_and_no_papers(assistant: Assistant, said: str) -> None:
    asked = Turn(role="user", content="How does IterQR rewrite queries?")
    answer = assistant.answer(said, (asked, Turn(role="assistant", content="In stages.")))
    assert (answer.abstained, answer.citations, answer.closest) == (False, (), ())
    assert answer.answer.count(".") == 1


def test_what_is_off_topic_is_refused_with_what_can_be_asked(assistant: Assistant) -> None:
    answer = assistant.answer("How long do I have to boil an egg?")
    assert (answer.abstained, answer.reason, answer.citations) == (True, "nothing_found", ())
    assert "Ask what a paper does" in answer.answer
    assert answer.closest
    assert not any(paper.title in answer.answer for paper in answer.closest)


def test_what_sounds_like_everyday_life_and_is_in_a_paper_is_answered(assistant: Assistant) -> None:
    assert not assistant.answer("how do people search for food that is delivered").abstained


@pytest.mark.parametrize("question", ["What's new today?", "any new papers?", "show me the latest arrivals"])
def test_what_is_new_are_the_papers_of_the_newest_report(assistant: Assistant, question: str) -> None:
    shelf = assistant.library.shelf
    newest = {paper.paper_id for paper in shelf.browse(filters=Filters(date_from=shelf.coverage().last))}
    answer = assistant.answer(question)
    assert not answer.abstained
    assert {cited.paper_id for cited in answer.citations} <= newest
    assert answer.citations


def test_papers_like_one_do_not_hold_it(assistant: Assistant) -> None:
    for question in ("papers similar to 2504.05309", "what else is like IterQR?", "2504.05309: related papers?"):
        answer = assistant.answer(question)
        assert not answer.abstained
        assert answer.citations
        assert "2504.05309" not in {cited.paper_id for cited in answer.citations}
        assert "2504.05309" not in {item.paper_id for item in answer.retrieved}


def test_papers_like_any_are_at_least_the_nearest_five(assistant: Assistant) -> None:
    for paper in assistant.library.shelf.browse(limit=40):
        answer = assistant.answer(f"similar to {paper.paper_id}")
        assert not answer.abstained, paper.title
        assert len({cited.paper_id for cited in answer.citations} - {paper.paper_id}) >= 5


@pytest.mark.parametrize("question", ["Recommend me something to read.", "trending topics?"])
def test_what_nothing_here_tells_is_said_with_what_can_be_asked_instead(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert "paperchat topic SUBJECT" in answer.answer
    assert (answer.abstained, answer.confidence) == (False, "low")


def test_reading_on_a_subject_is_a_list_about_it(assistant: Assistant) -> None:
    answer = assistant.answer("What should I read about query rewriting?")
    assert "2504.05309" in {cited.paper_id for cited in answer.citations}


def test_what_was_asked_of_one_paper_is_asked_of_another(assistant: Assistant) -> None:
    asked = "Who wrote PLUM?"
    talk = [Turn(role="user", content=asked), Turn(role="assistant", content=assistant.answer(asked).answer)]
    other = assistant.answer("and of IterQR?", talk)
    assert "is by 6 authors: Shangyu Chen" in other.answer
