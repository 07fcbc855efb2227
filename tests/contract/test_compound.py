"""Questions that ask several things, over the sample: answered part by part, and a part without an answer is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.types import Answer, Delta, Done, Retrieved, Turn, Understood
from tests.support.samples import sample_library


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    with Assistant(library) as opened:
        yield opened


def answered(assistant: Assistant, question: str, history: tuple[Turn, ...] = ()) -> Answer:
    """An answer in parts whose numbers run on, and whose text shows each part and marks each of its citations there."""
    answer = assistant.answer(question, history)
    assert [cited.n for cited in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert {n for part in answer.parts for n in part.citations} == {cited.n for cited in answer.citations}
    for part, text in zip(answer.parts, _blocks(answer), strict=True):
        assert all(f"[{n}]" in text for n in part.citations)
        assert part.abstained == (part.reason is not None)
    assert answer.abstained == all(part.abstained for part in answer.parts)
    return answer


def _blocks(answer: Answer) -> list[str]:
    """What stands below each part's heading."""
    rest, found = answer.answer, []
    for part in reversed(answer.parts):
        rest, heading, block = rest.rpartition(f"**{part.question[:1].upper()}{part.question[1:]}**\n\n")
        assert heading
        found.append(block)
    assert not rest
    return found[::-1]


def papers(answer: Answer, n: int) -> set[str]:
    """The papers that a part cites."""
    cited = {one.n: one.paper_id for one in answer.citations}
    return {cited[number] for number in answer.parts[n].citations}


ITERQR, PLUM, QUERYGYM = "2504.05309", "2510.07784", "2511.15996"


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote IterQR and how does it work?",
        "who are the authors of iterqr, and on which platform was it deployed",
        "Who is behind IterQR? And where has it been deployed?",
        "Tell me who wrote IterQR, then explain how it rewrites queries.",
    ],
)
def test_the_shelf_answers_its_part_and_the_paper_the_other(assistant: Assistant, question: str) -> None:
    answer = answered(assistant, question)
    assert [part.abstained for part in answer.parts] == [False, False]
    assert papers(answer, 0) == papers(answer, 1) == {ITERQR}
    assert "Shangyu Chen" in _blocks(answer)[0]
    assert answer.confidence_p is not None


def test_three_parts(assistant: Assistant) -> None:
    answer = answered(
        assistant, "What is PLUM? Which product is it launched in? And who wrote QueryGym, the toolkit for queries?"
    )
    assert len(answer.parts) == 3
    assert [papers(answer, n) for n in range(3)] == [{PLUM}, {PLUM}, {QUERYGYM}]
    assert "YouTube" in _blocks(answer)[1]


def test_a_part_that_the_abstract_does_not_tell_is_named(assistant: Assistant) -> None:
    answer = answered(assistant, "How does IterQR work, and how many GPU hours did it take to train IterQR?")
    told, missing = answer.parts
    assert (answer.abstained, told.abstained) == (False, False)
    assert missing.reason in ("detail_absent", "nothing_found")
    assert "does not tell" in _blocks(answer)[1]
    assert answer.closest


def test_it_abstains_where_every_part_does(assistant: Assistant) -> None:
    answer = assistant.answer("How do I bake sourdough bread? And which oven is best for pizza?")
    both = "**How do I bake sourdough bread · Which oven is best for pizza**\n\n"
    said = answer.answer.removeprefix(both)
    assert said.startswith("That is nothing I can help with")
    assert said.count("That is nothing I can help with") == 1, "the same words stand once"
    assert len(answer.parts) == 2
    assert answer.abstained
    assert answer.reason == answer.parts[0].reason
    assert (answer.confidence, answer.confidence_p) == ("low", None)


def test_different_papers_are_each_found(assistant: Assistant) -> None:
    answer = answered(assistant, "How does PLUM tokenise items, and what does QueryGym offer?")
    assert [papers(answer, n) for n in range(2)] == [{PLUM}, {QUERYGYM}]
    assert [one.paper_id for one in answer.retrieved][:2] == [PLUM, QUERYGYM]


def test_a_count_and_a_paper(assistant: Assistant) -> None:
    held = assistant.library.shelf.coverage().papers
    answer = answered(assistant, "How many papers do you have, and what is PLUM?")
    assert f"The library holds {held} papers" in _blocks(answer)[0]
    assert papers(answer, 1) == {PLUM}


def test_a_later_question_goes_on_from_the_parts(assistant: Assistant) -> None:
    question = "Who wrote IterQR and how does it work?"
    first = answered(assistant, question)
    talk = (Turn(role="user", content=question), Turn(role="assistant", content=first.answer))
    then = answered(assistant, "And where was it deployed, and who wrote PLUM?", talk)
    assert [papers(then, n) for n in range(2)] == [{ITERQR}, {PLUM}]


def test_a_later_question_knows_what_follows_a_refused_part(assistant: Assistant) -> None:
    question = "Which oven is best for pizza? And who wrote PLUM?"
    first = answered(assistant, question)
    assert [part.abstained for part in first.parts] == [True, False]
    assert (first.abstained, first.reason) == (False, None)
    assert first.closest
    talk = (Turn(role="user", content=question), Turn(role="assistant", content=first.answer))
    assert {cited.paper_id for cited in assistant.answer("What is it trained for?", talk).citations} == {PLUM}


@pytest.mark.parametrize(
    "question",
    [
        "How does PLUM combine search and recommendation?",
        "What does QueryGym offer for prompts and datasets?",
        "How do IterQR and QueryGym differ, and which one is a toolkit?",
        "Which papers are about query rewriting, and what is each about?",
        "Who wrote IterQR?",
    ],
)
def test_one_question_is_answered_as_one(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.parts == ()
    assert "\n\n**How" not in answer.answer


def test_parts_with_the_same_quotes_are_answered_as_one(assistant: Assistant) -> None:
    question = "What is QueryGym and what is QueryGym?"
    assert len(assistant.engine.understand(question).parts) == 2
    assert assistant.answer(question).parts == ()


def test_what_is_shown_comes_in_order(assistant: Assistant) -> None:
    events = list(assistant.ask("Who wrote IterQR and how does it work?"))
    assert [type(event) for event in events] == [Understood, Retrieved, Delta, Delta, Done]
    done = events[-1]
    assert isinstance(done, Done)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == done.answer.answer


def test_what_restricts_the_question_restricts_each_part(assistant: Assistant) -> None:
    answer = answered(
        assistant, "Since 2025-05-01, which papers are on query rewriting, and which papers are on semantic IDs?"
    )
    assert len(answer.parts) == 2
    assert answer.parts[1].citations
    assert all(cited.date >= "2025-05-01" for cited in answer.citations)


def test_a_part_that_names_nothing_is_about_the_same_paper_within_restrictions_too(assistant: Assistant) -> None:
    answer = answered(assistant, "Since 2025-04-01, how does IterQR rewrite queries? And which gains are reported?")
    assert [papers(answer, n) for n in range(2)] == [{ITERQR}, {ITERQR}]


def test_things_asked_of_the_one_paper_are_no_list_of_papers(assistant: Assistant) -> None:
    answer = answered(assistant, "How does IterQR rewrite queries, and which base model writes them?")
    assert [papers(answer, n) for n in range(2)] == [{ITERQR}, {ITERQR}]


def test_another_papers_figures_are_no_answer_about_the_one_that_is_named(assistant: Assistant) -> None:
    """Nor are they where a pronoun stands for it: what its abstract does not tell is said not to be told."""
    for second in ("what is the exact NDCG@10 on each", "how many GPU hours did it take", "is its code available"):
        answer = answered(assistant, f"What does IterQR do, and {second}?")
        assert {one.paper_id for one in answer.citations} == {ITERQR}, second


def test_thanks_belong_to_no_part(assistant: Assistant) -> None:
    answer = answered(assistant, "How does IterQR rewrite queries, and which gains are reported? Thank you!")
    assert [part.question for part in answer.parts] == ["How does IterQR rewrite queries", "which gains are reported"]
    assert [papers(answer, n) for n in range(2)] == [{ITERQR}, {ITERQR}]


def test_what_the_shelf_says_of_one_paper_is_told_part_by_part(assistant: Assistant) -> None:
    answer = answered(assistant, "Who wrote PLUM, and when was it listed?")
    who, when = _blocks(answer)
    assert "authors" in who
    assert "2025-10-11" in when


def test_what_is_asked_further_of_a_name_that_stands_nowhere_is_answered_from_no_other_paper(
    assistant: Assistant,
) -> None:
    answer = assistant.answer("How does KoalaSieve-XL work, and how does it rewrite queries?")
    assert (answer.abstained, answer.citations) == (True, ())
    assert "KoalaSieve-XL" in answer.notes[0].text
    other = answered(
        assistant, "How does KoalaSieve-XL work? What challenges does query rewriting for food delivery face?"
    )
    assert ([part.abstained for part in other.parts], papers(other, 1)) == ([True, False], {ITERQR})


def test_a_paper_that_is_named_and_described_is_not_compared_with_another(assistant: Assistant) -> None:
    answer = assistant.answer("IterQR, the query rewriting framework for Meituan: which optimizer is it trained with?")
    assert {one.paper_id for one in answer.citations} == {ITERQR}
    compared = assistant.answer("IterQR and the toolkit for query reformulation: what does each of them rewrite?")
    assert {one.paper_id for one in compared.citations} == {ITERQR, QUERYGYM}


def test_what_asks_nothing_of_the_papers_is_no_part(assistant: Assistant) -> None:
    asked = "What is IterQR?"
    before = (Turn(role="user", content=asked), Turn(role="assistant", content=assistant.answer(asked).answer))
    answer = assistant.answer("where was it deployed, or do I hack it", before)
    assert (answer.parts, {one.paper_id for one in answer.citations}) == ((), {ITERQR})
    assert len(assistant.answer("where was it deployed, and what can I ask you?", before).parts) == 2


def test_a_part_that_points_back_is_about_what_was_talked_of_and_no_other_paper(assistant: Assistant) -> None:
    talk = (
        Turn(role="user", content="How does IterQR work?"),
        Turn(role="assistant", content=assistant.answer("How does IterQR work?").answer),
    )
    asked = "How many articles was it tried on, and were there any in it that should be excluded?"
    answer = assistant.answer(asked, talk)
    assert {cited.paper_id for cited in answer.citations} == {ITERQR}
    assert "No paper matches" not in answer.answer
