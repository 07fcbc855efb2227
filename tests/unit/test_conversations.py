"""The store of conversations: what was said comes back, to its owner only."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rag.errors import ConversationNotFound, IndexDamaged
from rag.papers.bibliography.transcript import bibliography, markdown, with_references
from rag.papers.readers.conversations import TITLE_LENGTH, Conversations, Exchange
from rag.types import Answer, Citation, Filters, Passage, Receipt, Turn
from tests.support.postgres import on_both
from ui.cli.base.printing import reference

pytestmark = on_both

NOW = datetime(2025, 5, 1, tzinfo=UTC)
QUOTE = "A list_of [n] quotes"


def answer_to(question: str, *markers: int) -> Answer:
    """An answer with as many citations, all of one paper but the last."""
    citations = tuple(
        Citation(
            n=n,
            paper_id="2504.00001" if n < 3 else "2504.00003",
            version=2,
            title="On *stars*",
            authors=("Ann Lee", "Bo Ray", "Cy Fox", "Di Sun"),
            date="2025-04-10",
            url="https://arxiv.org/abs/2504.00001",
            chunk_id=f"chunk{n}",
            quote=QUOTE,
            start=12,
            end=12 + len(QUOTE),
        )
        for n in markers
    )
    return Answer(
        question=question,
        standalone_question=question,
        answer="Said. " + " ".join(f"[{n}]" for n in markers) + r" \[9\]",
        abstained=False,
        reason=None,
        confidence="high",
        mode="extractive",
        citations=citations,
        receipt=Receipt(corpus="c0ffee", config="beef", model="extractive"),
    )


def test_names_are_readable_in_references_and_latex_in_bibtex() -> None:
    answer = answer_to("Who?", 1)
    (cited,) = answer.citations
    cited = cited.model_copy(update={"authors": (r"Michael G\"unther", "Bo Ray")})
    told = Exchange(1, "Who?", Filters(), "Said. [1]", answer.model_copy(update={"citations": (cited,)}), (), NOW)
    assert "Michael Günther, Bo Ray: " in with_references(told)
    assert "Michael Günther, Bo Ray: " in markdown("Who?", [told])
    assert reference([cited]).startswith("[1] Michael Günther et al.: ")
    assert r"G\"unther" in bibliography([told])


def passage(chunk_id: str) -> Passage:
    """A passage with all its reasons."""
    return Passage(
        chunk_id, "2504.00001", 2, "T", ("Ann",), date(2025, 4, 10), "", 0, 9, "some text", 0.5,
        {"dense": 1}, {"dense": 0.7}, ("text",), {"conversation": 0.2},
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "conversations.sqlite")


def said(store: Conversations, conversation: str, question: str, owner: str = "", **more: object) -> int:
    answer = answer_to(question, 1)
    kept = store.add(owner, conversation, question, Filters(), answer.answer, answer, [], **more)  # type: ignore[arg-type]
    return kept.exchange_id


def test_an_exchange_comes_back_whole_from_another_opening(store: Conversations, tmp_path: Path) -> None:
    filters = Filters(date(2025, 4, 1), None, "Lee")
    conversation = store.start("ada", "Why?")
    answer = answer_to("Why?", 1)
    passages = [passage("chunk1"), passage("not-cited")]
    kept = store.add("ada", conversation, "Why?", filters, answer.answer, answer, passages)
    store.rate("ada", kept.exchange_id, -1, " too short ")
    store.close()

    (found,) = Conversations(tmp_path / "conversations.sqlite").exchanges("ada", conversation)
    assert (found.question, found.filters, found.answer, found.asked) == ("Why?", filters, answer, kept.asked)
    assert found.passages == (passage("chunk1"),)
    assert (found.rating, found.comment) == (-1, "too short")


def test_owners_see_their_own_only(store: Conversations) -> None:
    conversation = store.start("ada", "Why?")
    exchange = said(store, conversation, "Why?", "ada")
    assert [one.conversation_id for one in store.find("ada")] == [conversation]
    assert store.find("bob") == store.find("") == []
    for forbidden in (
        lambda: store.exchanges("bob", conversation),
        lambda: store.exchange("bob", exchange),
        lambda: store.turns("bob", conversation),
        lambda: store.rename("bob", conversation, "Mine"),
        lambda: store.delete("bob", conversation),
        lambda: store.rate("bob", exchange, 1),
        lambda: said(store, conversation, "And?", "bob"),
    ):
        with pytest.raises(ConversationNotFound):
            forbidden()
    assert len(store.exchanges("ada", conversation)) == 1


def test_search_needs_every_word_in_title_question_or_answer(store: Conversations) -> None:
    first, second = store.start("", "Alpha 100%"), store.start("", "Beta")
    said(store, first, "about whales")
    said(store, second, "about foxes")
    for words, found in (
        ("", [second, first]),
        ("about", [second, first]),
        ("about WHALES", [first]),
        ("whales foxes", []),
        ("beta said.", [second]),
        ("100%", [first]),
        ("1_0", []),
    ):
        assert [one.conversation_id for one in store.find("", words)] == found, words


def test_the_newest_asked_in_comes_first(store: Conversations) -> None:
    first, second = store.start("", "one"), store.start("", "two")
    said(store, second, "x")
    said(store, first, "y")
    assert [one.conversation_id for one in store.find("")] == [first, second]
    assert [one.questions for one in store.find("")] == [1, 1]


def test_titles_are_one_line_and_short(store: Conversations) -> None:
    conversation = store.start("", "What\n is " + "this " * 60)
    title = store.title("", conversation)
    assert title.startswith("What is this this")
    assert title.endswith(" this…")
    assert len(title) <= TITLE_LENGTH
    store.rename("", conversation, "  \n ")
    assert store.title("", conversation) == title
    store.rename("", conversation, " New  name ")
    assert store.title("", conversation) == "New name"


def test_deleting_forgets_answers_and_feedback(store: Conversations) -> None:
    gone, stays = store.start("", "gone"), store.start("", "stays")
    for conversation in (gone, stays):
        store.rate("", said(store, conversation, "q"), 1)
    store.delete("", gone)
    assert [one.conversation_id for one in store.find("")] == [stays]
    assert len(list(store.rated())) == 1
    with pytest.raises(ConversationNotFound):
        store.exchanges("", gone)


def test_asking_anew_hides_the_old_answer_and_keeps_its_feedback(store: Conversations) -> None:
    conversation = store.start("", "q")
    first, old = said(store, conversation, "first"), said(store, conversation, "old")
    store.rate("", old, -1, "wrong")
    assert [turn.content for turn in store.turns("", conversation, old)][::2] == ["first"]
    new = said(store, conversation, "new", replaces=old)
    assert [one.exchange_id for one in store.exchanges("", conversation)] == [first, new]
    assert [turn.content for turn in store.turns("", conversation)][::2] == ["first", "new"]
    assert [(one.question, one.comment, history) for one, history in store.rated()] == [
        ("old", "wrong", store.turns("", conversation, old))
    ]


def test_a_stopped_answer_is_kept_as_far_as_it_came(store: Conversations) -> None:
    conversation = store.start("", "q")
    store.add("", conversation, "q", Filters(), "As far as", None)
    (found,) = store.exchanges("", conversation)
    assert (found.said, found.answer) == ("As far as", None)
    assert store.turns("", conversation)[1] == Turn(role="assistant", content="As far as")


def test_only_the_newest_are_read_where_that_is_enough(store: Conversations) -> None:
    conversation = store.start("", "q")
    for n in range(5):
        said(store, conversation, f"q{n}")
    assert [one.question for one in store.exchanges("", conversation, 2)] == ["q3", "q4"]


def test_a_verdict_taken_back_is_no_feedback(store: Conversations) -> None:
    exchange = said(store, store.start("", "q"), "q")
    store.rate("", exchange, 1)
    store.rate("", exchange, None)
    assert list(store.rated()) == []


def test_many_threads_write_at_once(store: Conversations) -> None:
    failures: list[BaseException] = []

    def write(n: int) -> None:
        try:
            conversation = store.start(f"u{n}", "q")
            for _ in range(10):
                said(store, conversation, "q", f"u{n}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [store.find(f"u{n}")[0].questions for n in range(8)] == [10] * 8


@pytest.mark.sqlite_only
def test_a_file_of_a_later_schema_is_refused(store: Conversations, tmp_path: Path) -> None:
    store._db.execute("PRAGMA user_version = 9")
    store.close()
    with pytest.raises(IndexDamaged, match="schema 9"):
        Conversations(tmp_path / "conversations.sqlite")


def test_markdown_renumbers_markers_and_leaves_escaped_ones(store: Conversations) -> None:
    conversation = store.start("", "Two *questions*")
    for question, markers in (("first", (1, 2)), ("second", (1, 3)), ("again", (1,))):
        answer = answer_to(question, *markers)
        store.add("", conversation, question, Filters(), answer.answer, answer)
    store.add("", conversation, "third", Filters(), "Half a[1]", None)  # of which no citation is known
    text = markdown("Two *questions*", store.exchanges("", conversation))
    assert text.startswith("# Two \\*questions\\*\n\n## first\n\nSaid. [1] [2] \\[9\\]\n\n## second\n\nSaid. [3] [5]")
    assert "## again\n\nSaid. [6] \\[9\\]" in text
    assert "## third\n\nHalf a\n\n*Stopped before its end.*\n\n## References" in text
    assert "- [5] Ann Lee, Bo Ray, Cy Fox et al.: *On stars*, 2025-04-10, version 2. https://arxiv.org" in text
    assert [line[:5] for line in text.splitlines() if line.startswith("- [")] == [
        "- [1]",
        "- [2]",
        "- [3]",
        "- [5]",
        "- [6]",
    ]


def test_bibliography_has_each_paper_once(store: Conversations) -> None:
    conversation = store.start("", "q")
    for _ in range(2):
        answer = answer_to("q", 1, 2, 3)
        store.add("", conversation, "q", Filters(), answer.answer, answer)
    text = bibliography(store.exchanges("", conversation))
    assert [key in text for key in ("2504.00001,", "2504.00003,")] == [True, True]
    assert text.count("@misc{") == 2
    assert with_references(store.exchanges("", conversation)[0]).count("\n- [") == 3
