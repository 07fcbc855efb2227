"""An answer and its evidence as HTML, where no browser is needed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.conversations import Conversation, Exchange
from rag.papers.readers.kept import Marks
from rag.papers.shelf import Coverage
from rag.types import Answer, Citation, Clarify, Filters, Passage, Receipt, Timings
from tests.support.papers import make_paper
from ui.web.chat.turns import followable, turn
from ui.web.chat.views import conversations
from ui.web.drawn import bookmarks
from ui.web.evidence.cards import cards

COVERAGE = Coverage(2, date(2025, 4, 10), date(2025, 4, 11))
ANSWER = Answer(
    question="How does GRACE work?",
    standalone_question="How does GRACE work?",
    answer="Said. [1][2][3]",
    abstained=False,
    reason=None,
    confidence="low",
    mode="extractive",
    receipt=Receipt(corpus="c0ffee", config="beef", model="extractive"),
)


def exchange(answer: Answer, *passages: Passage) -> Exchange:
    return Exchange(7, answer.question, Filters(), answer.answer, answer, passages, datetime.now(UTC))


def test_a_question_back_names_its_choices_once_and_claims_no_confidence() -> None:
    choices = ("GRACE: One (2504.00001)", "GRACE: Two (2504.00003)")
    asked = Clarify(text="2 papers here call a system GRACE. Which one do you mean?", choices=choices)
    said = "\n".join([asked.text, "", *(f"{n}. {choice}" for n, choice in enumerate(choices, 1))])
    back = ANSWER.model_copy(update={"answer": said, "clarify": asked})
    shown = str(turn(exchange(back), COVERAGE, last=True)).partition('<footer class="tools"')[0]
    assert shown.count(asked.text) == 1
    assert "<li>" not in shown
    assert "confidence" not in shown
    for choice in choices:
        assert f'<button type="button" data-action="ask" data-text="{choice}">{choice}</button>' in shown


def test_confidence_is_shown_where_a_chance_is_known() -> None:
    """Of a list, a count or a refusal nobody knows how likely it is right."""
    sure = ANSWER.model_copy(update={"confidence": "high", "confidence_p": 0.93})
    assert "High confidence" in str(turn(exchange(sure), COVERAGE, last=True))
    for unknown in (
        sure.model_copy(update={"confidence_p": None}),
        sure.model_copy(update={"abstained": True, "reason": "nothing_found"}),
    ):
        assert "confidence" not in str(turn(exchange(unknown), COVERAGE, last=True)).partition("<footer")[0]


def test_an_answer_that_took_no_time_says_so_in_words() -> None:
    for milliseconds, said in ((20.0, "Searched in less than 0.1 s"), (140.0, "Searched in 0.1 s")):
        timed = ANSWER.model_copy(update={"timings": Timings(total_ms=milliseconds)})
        assert f"<p>{said}</p>" in str(turn(exchange(timed), COVERAGE, last=True))


def test_a_list_of_conversations_says_that_there_are_older_ones() -> None:
    found = [Conversation("c1", "On GRACE", datetime.now(UTC), 1)]
    assert "older" not in conversations(found, "", searched=False)
    assert "The newest 1. Search finds older ones." in conversations(found, "", searched=False, more=True)
    assert "The newest 1. More words find older ones." in conversations(found, "", searched=True, more=True)


def citation(n: int, paper_id: str, *others: str) -> Citation:
    return Citation(
        n=n, paper_id=paper_id, version=1, title=f"Paper {paper_id}", authors=("Ada Lovelace", *others),
        date="2025-04-10", url=f"https://arxiv.org/abs/{paper_id}", chunk_id=f"chunk{n}",
        quote="We do things.", start=9, end=22,
    )  # fmt: skip


def test_the_papers_of_an_answer_can_be_asked_alone() -> None:
    several = ANSWER.model_copy(
        update={"citations": (citation(1, "2504.00003"), citation(2, "2504.00001"), citation(3, "2504.00003"))}
    )
    shown = str(turn(exchange(several), COVERAGE))
    assert '<a href="/chat?paper=2504.00003+2504.00001" class="of-these">Ask only these 2 papers</a>' in shown
    one = several.model_copy(update={"citations": several.citations[:1]})
    closest = several.model_copy(update={"abstained": True, "reason": "nothing_found"})
    assert all("of-these" not in turn(exchange(other), COVERAGE) for other in (one, closest))


def test_quotes_of_one_paper_in_a_row_name_its_authors_once(tmp_path: Path) -> None:
    cited = (citation(1, "2504.00001"), citation(2, "2504.00001"), citation(3, "2504.00003", *"BCDE"))
    found = Passage(
        "chunk1", "2504.00001", 1, "T", ("Ada",), date(2025, 4, 10), "", 0, 9, "text", 0.5,
        {"dense": 1}, {}, (), {"named": 0.2},
    )  # fmt: skip
    told = exchange(ANSWER.model_copy(update={"citations": cited}), found)
    with Library(Config(data_dir=tmp_path)) as library:
        library.shelf.record([make_paper("2504.00001"), make_paper("2504.00003")])
        shown = str(cards(told, library, 2))
    first, second, third = re.findall(r"<article.*?</article>", shown, re.DOTALL)
    assert [len(re.findall('class="people"', card)) for card in (first, second, third)] == [1, 0, 1]
    assert [len(re.findall(">arXiv</a>", card)) for card in (first, second, third)] == [0, 1, 1]
    assert 'class="card more selected" id="e7-2"' in second
    assert all("<mark>We do things.</mark>" in card for card in (first, second, third))
    assert "Ada Lovelace, B, C, D, E</p>" in third
    assert "the question names it" in first
    lowered = replace(told, passages=(replace(found, boosts={"reranker": -0.2}),))
    with Library(Config(data_dir=tmp_path)) as library:
        assert "Moved up" not in str(cards(lowered, library))
    with Library(Config(data_dir=tmp_path)) as library:
        kept = {"2504.00001": bookmarks.marks("2504.00001", Marks(starred=True))}
        shown = str(cards(told, library, None, kept))
    once, _, other = re.findall(r"<article.*?</article>", shown, re.DOTALL)
    assert shown.count('data-post="/act/star" data-papers="2504.00001"') == 1, "below the last card of a paper"
    assert 'aria-pressed="true" aria-label="Star"' in shown
    assert "/act/" not in once + other
    told = replace(told, answer=ANSWER.model_copy(update={"citations": (cited[0], cited[2], cited[1])}))
    with Library(Config(data_dir=tmp_path)) as library:
        assert str(cards(told, library)).count('class="people"') == 3


def test_only_a_list_that_needs_nothing_said_before_is_followed() -> None:
    question = {"question": "Which of them use LLMs?", "standalone_question": "Which of them use LLMs?"}
    listed = ANSWER.model_copy(update={**question, "shape": "list", "citations": (citation(1, "a"),)})
    told = exchange(listed)
    assert followable(replace(told, question="Which of  them use LLMs? ")) == "Which of them use LLMs?"
    shown = listed.model_copy(update={"standalone_question": "Which of them use LLMs? (about Next-User Retrieval, …)"})
    assert followable(replace(told, answer=shown)) == ""
