"""Rewritings that learn: what teaches one, what it is used for, and what takes it away again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag.errors import RewritingNotFound
from rag.follow.rewrites import Rewrites
from rag.papers.readers.conversations import FILE_NAME, Conversations, Exchange, Rating
from rag.papers.readers.rewritten import FILE_NAME as REWRITES
from rag.query.dialogue.rewriting import REMEMBERED, Recalled, with_rewriting
from rag.query.question import Question
from rag.types import Answer, Citation, Filters, Note, Receipt, Turn

NOW = datetime(2025, 5, 1, 12, tzinfo=UTC)
FAILED, AGAIN = "How are searches of shoppers put into better words?", "How does IterQR rewrite searches of shoppers?"
FOLLOW, ALONE = "and which data?", "Which data was it tested on (about IterQR)"


def answer(question: str, standalone: str = "", *, notes: tuple[Note, ...] = (), paper: str = "2504.05309") -> Answer:
    """An answer that cites a paper; without one, none."""
    cited = Citation(
        n=1, paper_id=paper, version=1, title="T", authors=(), date="2025-04-10", url="", chunk_id="c", quote="q",
        start=0, end=1,
    )  # fmt: skip
    return Answer(
        question=question, standalone_question=standalone or question, answer="", abstained=not paper, reason=None,
        confidence="low", mode="extractive", citations=(cited,) if paper else (), notes=notes,
        receipt=Receipt(corpus="", config="", model=""),
    )  # fmt: skip


def asked(
    question: str, given: Answer | None = None, rating: Rating | None = None, minutes: int = 0, n: int = 1
) -> Exchange:
    said = given or answer(question)
    return Exchange(n, question, Filters(), "", said, (), NOW + timedelta(minutes=minutes), rating)


def follow_up() -> Exchange:
    note = Note(code="follow_up", text=f"Read as a follow-up: {ALONE}")
    return asked(FOLLOW, answer(FOLLOW, ALONE, notes=(note,)))


@pytest.fixture
def rewrites(tmp_path: Path) -> Rewrites:
    return Rewrites(tmp_path / REWRITES)


def recalled(rewrites: Rewrites, question: str, *before: str, user: str = "") -> str:
    history = [Turn(role="user", content=one) for one in before]
    found, notes = rewrites.recall(user, question, history)
    assert notes == ()
    return found.text if found else ""


def test_nothing_is_kept_and_no_file_is_made_before_something_helped(rewrites: Rewrites, tmp_path: Path) -> None:
    assert recalled(rewrites, FAILED) == ""
    assert rewrites.all("") == []
    assert rewrites.learn("", asked("What is IterQR?")) == []
    assert rewrites.unlearn("", asked("What is IterQR?")) == 0
    assert not (tmp_path / REWRITES).exists()


def test_a_question_asked_again_after_an_answer_that_was_no_help_is_remembered(rewrites: Rewrites) -> None:
    for before in (asked(FAILED, rating=-1), asked(FAILED, answer(FAILED, paper=""))):
        (kept,) = rewrites.learn("", asked(AGAIN, minutes=5), before)
        assert (kept.question, kept.text, kept.origin) == (FAILED, AGAIN, "reader")
    assert recalled(rewrites, FAILED) == AGAIN
    assert recalled(rewrites, "how are the searches of shoppers put into better words") == AGAIN
    assert recalled(rewrites, "How are searches of shoppers not put into better words?") == ""
    assert recalled(rewrites, FAILED, user="bo") == ""
    assert len(rewrites.all("")) == 1


@pytest.mark.parametrize(
    ("before", "minutes"),
    [
        (asked(FAILED), 5),  # it was some help
        (asked(FAILED, rating=-1), 45),  # too long ago
        (asked("Who wrote PLUM, and when?", rating=-1), 5),  # something else
        (asked("How did PLUM rewrite searches of shoppers?", rating=-1), 5),  # another system
        (asked("How does IterQR rewrite searches of shoppers without a model?", rating=-1), 5),
    ],
)
def test_what_is_no_other_wording_teaches_nothing(rewrites: Rewrites, before: Exchange, minutes: int) -> None:
    assert rewrites.learn("", asked(AGAIN, minutes=minutes), before) == []


def test_meaning_tells_another_wording_where_words_do_not(rewrites: Rewrites) -> None:
    before = asked("What puts shopping wishes into better words?", rating=-1)
    assert rewrites.learn("", asked(AGAIN, minutes=1), before, lambda _, __: 0.3) == []
    assert len(rewrites.learn("", asked(AGAIN, minutes=1), before, lambda _, __: 0.6)) == 1


def test_a_follow_up_is_remembered_in_its_conversation_only(rewrites: Rewrites) -> None:
    assert rewrites.learn("", follow_up()) == []  # nobody knows what it followed
    (kept,) = rewrites.learn("", follow_up(), follows=asked("How does IterQR rewrite queries?"))
    assert kept.origin == "follow_up"
    assert recalled(rewrites, FOLLOW, "How does IterQR rewrite queries?") == ALONE
    assert recalled(rewrites, FOLLOW, "How does PLUM rank?") == ""
    assert recalled(rewrites, FOLLOW) == ""


def test_a_thumb_down_forgets_what_led_to_the_answer(rewrites: Rewrites) -> None:
    rewrites.learn("", follow_up(), follows=asked("How does IterQR rewrite queries?"))
    assert rewrites.unlearn("", follow_up(), asked("How does IterQR rewrite queries?")) == 1
    rewrites.learn("", asked(AGAIN, minutes=5), asked(FAILED, rating=-1))
    note = Note(code=REMEMBERED, text=f"Searched for what helped before: {AGAIN}")
    rewrites.unlearn("bo", asked(FAILED, answer(FAILED, notes=(note,))))
    assert recalled(rewrites, FAILED) == AGAIN
    assert rewrites.unlearn("", asked(FAILED, answer(FAILED, notes=(note,)))) == 1
    assert rewrites.all("") == []


def test_what_is_remembered_teaches_nothing_anew(rewrites: Rewrites) -> None:
    note = Note(code=REMEMBERED, text=f"Searched for what helped before: {ALONE}")
    assert rewrites.learn("", asked(FOLLOW, answer(FOLLOW, ALONE, notes=(note,))), asked("Before?")) == []


def test_one_is_removed_by_number_and_all_are_cleared(rewrites: Rewrites) -> None:
    rewrites.learn("", asked(AGAIN, minutes=5), asked(FAILED, rating=-1))
    (one,) = rewrites.all("")
    with pytest.raises(RewritingNotFound, match="number 9"):
        rewrites.remove("", 9)
    assert rewrites.remove("", one.number).text == AGAIN
    rewrites.learn("", asked(AGAIN, minutes=5), asked(FAILED, rating=-1))
    assert rewrites.clear("") == 1
    assert rewrites.clear("") == 0


def test_a_paper_kept_soon_after_the_answer_that_cites_it_teaches(rewrites: Rewrites, tmp_path: Path) -> None:
    store = Conversations(tmp_path / FILE_NAME)
    conversation = store.start("", FAILED)
    bad = store.add("", conversation, FAILED, Filters(), "", answer(FAILED, paper=""))
    store.add("", conversation, AGAIN, Filters(), "", answer(AGAIN), replaces=bad.exchange_id)  # edited and asked anew
    assert rewrites.kept("", ["2504.99999"], store) == []
    assert rewrites.kept("bo", ["2504.05309"], store) == []
    later = datetime.now(UTC) + timedelta(hours=1)
    assert rewrites.kept("", ["2504.05309"], store, now=later) == []
    assert [one.question for one in rewrites.kept("", ["2504.05309"], store)] == [FAILED]
    store.close()


def test_a_follow_up_that_was_edited_is_learnt_after_the_question_that_it_follows(
    rewrites: Rewrites, tmp_path: Path
) -> None:
    store, first = Conversations(tmp_path / FILE_NAME), "How does IterQR rewrite queries?"
    conversation = store.start("", first)
    store.add("", conversation, first, Filters(), "", answer(first))
    bad = store.add("", conversation, "and what data?", Filters(), "", answer("and what data?", paper=""))
    good = store.add(
        "", conversation, FOLLOW, Filters(), "", follow_up().answer, replaces=bad.exchange_id
    )  # edited and asked anew
    (kept, *_) = rewrites.helped("", good, store)
    assert (kept.question, kept.text) == (FOLLOW, ALONE)
    assert recalled(rewrites, FOLLOW, first) == ALONE
    assert recalled(rewrites, FOLLOW, "and what data?") == ""
    store.close()


@pytest.mark.sqlite_only
def test_a_damaged_file_stops_no_question(tmp_path: Path) -> None:
    (tmp_path / REWRITES).write_bytes(b"no database at all, but long enough to be read as one" * 20)
    found, notes = Rewrites(tmp_path / REWRITES).recall("", FAILED)
    assert found is None
    assert "cannot be read" in notes[0].text
    assert "move it away" in notes[0].text


def question(text: str, **more: object) -> Question:
    return Question(text, text, Filters(), **more)  # type: ignore[arg-type]


def test_a_rewriting_says_what_to_search_for_and_not_what_is_judged() -> None:
    read = with_rewriting(question(FAILED), question(AGAIN), Recalled(1, AGAIN))
    assert read is not None
    assert (read.search_text, read.typed, read.standalone) == (AGAIN, FAILED, FAILED)
    assert read.wordings == (FAILED,)
    assert [note.code for note in read.notes] == [REMEMBERED]


def test_a_rewriting_may_not_change_what_a_question_names() -> None:
    one, other = Filters(author="Wei Lin"), Filters(author="Bo Ray")
    plain, again = question(FAILED), question(AGAIN)
    may_not = [
        (plain, question(AGAIN, papers=frozenset({"2504.05309"}))),
        (Question(FAILED, FAILED, one), Question(AGAIN, AGAIN, other)),
        (plain, Question(AGAIN, AGAIN, one)),
        (question(FAILED, strangers=("BlokRank",)), again),
        (question(FAILED, parts=("How?", "Why?")), again),
        (question(FAILED, only_filters=True), again),
        (question(FAILED, focus=("2504.05309",)), again),
        (question("Which 3 papers rewrite queries?"), question("Which papers rewrite queries?")),
    ]
    for read, alone in may_not:
        assert with_rewriting(read, alone, Recalled(1, alone.standalone)) is None
    assert with_rewriting(Question(FAILED, FAILED, one), again, Recalled(1, AGAIN)) is not None
    assert with_rewriting(question(FOLLOW, focus=("2504.05309",)), question(ALONE), Recalled(1, ALONE, True))
