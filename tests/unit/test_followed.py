"""Followed questions: what is kept, when they are asked again, and what differs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from llama_index.core import MockEmbedding

from rag.config import Config
from rag.errors import EmbeddingUnavailableError, FollowedNotFound, IndexDamaged
from rag.follow.changes import difference
from rag.follow.questions import Follower
from rag.index.library import Library
from rag.papers.database import Connection, Database
from rag.papers.readers import followed
from rag.papers.readers.followed import FILE_NAME, STEPS, Asking, FollowedQuestions
from rag.types import Answer, Citation, Receipt
from tests.support.papers import make_paper
from tests.support.postgres import on_both

pytestmark = on_both

DAY = date(2025, 4, 10)


def citation(paper_id: str, quote: str, n: int = 1) -> Citation:
    return Citation(
        n=n, paper_id=paper_id, version=1, title=f"Title {paper_id}", authors=(), date="2025-04-10", url="",
        chunk_id="c", quote=quote, start=0, end=len(quote),
    )  # fmt: skip


def moved(citation: Citation, start: int) -> Citation:
    return citation.model_copy(update={"start": start, "end": start + len(citation.quote)})


def answer(*citations: Citation) -> Answer:
    return Answer(
        question="q", standalone_question="q", answer="", abstained=not citations, reason=None, confidence="low",
        mode="extractive", citations=citations, receipt=Receipt(corpus="", config="", model=""),
    )  # fmt: skip


def test_papers_and_quotes_are_told_apart_whatever_their_order() -> None:
    a, b, c = citation("1", "a"), citation("2", "b"), citation("3", "c")
    told = difference([a, b], [citation("2", "other"), citation("2", "b"), c])
    assert [paper.paper_id for paper in told.new] == ["3"]
    assert [paper.paper_id for paper in told.dropped] == ["1"]
    assert [(was.quotes, now.quotes) for was, now in told.changed] == [(("b",), ("other", "b"))]
    assert not difference([a, b, citation("1", "d")], [b, citation("1", "d"), a])
    assert difference([], []) == difference([a], [a])


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    config = Config(data_dir=tmp_path / "library")
    with Library(config, MockEmbedding(embed_dim=8, model_name="quick")) as opened:
        opened.ingest([make_paper()])
        yield opened


def add_papers(library: Library, *ids: str, day: str) -> None:
    library.ingest([make_paper(paper_id, f"Title {paper_id}", day=day) for paper_id in ids])


def test_a_library_in_which_nothing_is_followed_gets_no_file(library: Library) -> None:
    follower = Follower(library)
    assert follower.outdated() == []
    assert follower.brought() == []
    assert not (library.folder / FILE_NAME).exists()


def test_a_question_is_asked_again_only_where_the_library_has_changed(library: Library) -> None:
    follower = Follower(library)
    follower.add("What is new?")
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answer(citation("2504.00001", "a"))

    assert follower.ask_again(ask) == []
    assert follower.ask_again(ask) == []
    assert asked == ["What is new?"]
    add_papers(library, "2504.00002", day="2025-04-11")
    assert [one.question for one in follower.outdated()] == ["What is new?"]
    follower.ask_again(ask)
    assert len(asked) == 2
    (brought,) = follower.brought()
    assert brought.answer
    assert not brought.change  # the first answer is where it begins, the second is the same


def test_what_a_question_brings_belongs_to_the_day_that_the_library_reached(library: Library) -> None:
    follower = Follower(library)
    follower.add("What is new?")
    told = {DAY: ["1"], date(2025, 4, 11): ["1", "2"], date(2025, 4, 12): ["2", "3"]}
    for n, (day, ids) in enumerate(told.items()):
        add_papers(library, f"2504.1000{n}", day=day.isoformat())
        follower.ask_again(lambda _, ids=ids: answer(*(citation(i, "a") for i in ids)))  # type: ignore[misc]

    def new(since: date | None, until: date) -> tuple[list[str], list[str]]:
        (brought,) = follower.brought(since, until)
        return [one.paper_id for one in brought.change.new], [one.paper_id for one in brought.change.dropped]

    assert new(DAY, DAY) == ([], [])
    assert new(date(2025, 4, 11), date(2025, 4, 11)) == (["2"], [])
    assert new(date(2025, 4, 12), date(2025, 4, 12)) == (["3"], ["1"])
    assert new(date(2025, 4, 11), date(2025, 4, 12)) == (["2", "3"], ["1"])
    assert new(None, date.max) == (["3"], ["1"])
    assert new(date(2025, 4, 13), date(2025, 4, 14)) == ([], [])
    assert new(date(2025, 1, 1), date(2025, 1, 2)) == ([], [])


def test_a_question_that_fails_is_named_and_keeps_what_it_brought(library: Library) -> None:
    follower = Follower(library)
    follower.add("Good?")
    follower.add("Bad?")
    follower.ask_again(lambda _: answer(citation("1", "a")))
    add_papers(library, "2504.00002", day="2025-04-11")

    def ask(question: str) -> Answer:
        if question == "Bad?":
            raise EmbeddingUnavailableError("The server is away.", "Start it.")
        return answer(citation("1", "a"), citation("2", "b"))

    (error,) = follower.ask_again(ask)
    assert error.message == "The followed question “Bad?” could not be answered. The server is away."
    assert error.advice == "Start it."
    good, bad = follower.brought()
    assert [one.paper_id for one in good.change.new] == ["2"]
    assert bad.followed.problem == "The server is away."
    assert bad.answer
    assert [one.question for one in follower.outdated()] == ["Bad?"]  # asked again the next time
    assert follower.ask_again(lambda _: answer(citation("1", "a"))) == []
    assert [one.followed.problem for one in follower.brought()] == ["", ""]


def test_questions_are_kept_once_and_numbers_never_move(tmp_path: Path) -> None:
    store = FollowedQuestions(tmp_path / FILE_NAME)
    assert [store.add("", text).number for text in ("a", "b", "a", "c")] == [1, 2, 1, 3]
    moment = datetime(2025, 4, 10, 6, tzinfo=UTC)
    store.note(3, "state", Asking(moment, DAY, (citation("1", "é “x”"),)))
    assert store.remove("", 3).question == "c"
    assert store.askings(3) == []
    assert store.add("", "d").number == 4  # a number that a reader has noted down never means another question
    with pytest.raises(FollowedNotFound, match="number 3"):
        store.remove("", 3)
    store.note(1, "state", Asking(moment, DAY, (citation("1", "é “x”"),)))
    store.close()
    again = FollowedQuestions(tmp_path / FILE_NAME)
    assert again.askings(1) == [Asking(moment, DAY, (citation("1", "é “x”"),))]
    assert [(one.number, one.question, one.state) for one in again.all()] == [
        (1, "a", "state"),
        (2, "b", ""),
        (4, "d", ""),
    ]


def test_every_reader_follows_for_themselves_and_a_question_is_asked_once(library: Library) -> None:
    ada, bob = Follower(library, "ada"), Follower(library, "bob")
    ada.add("What is new?")
    ada.ask_again(lambda _: answer(citation("1", "a")))
    add_papers(library, "2504.00002", day="2025-04-11")
    ada.ask_again(lambda _: answer(citation("1", "a"), citation("2", "b")))
    with closing(FollowedQuestions(library.config.store(FILE_NAME))) as store:
        joined = store.askings(1)[-1].asked + timedelta(days=1)
        store.add("bob", "What is new?")
        store._db.execute("UPDATE followers SET since = ? WHERE owner = 'bob'", (joined.isoformat(),))
    bob.add("And what else?")
    assert [one.question for one in ada.all()] == ["What is new?"]
    assert [one.question for one in bob.all()] == ["And what else?", "What is new?"]
    assert [one.question for one in bob.outdated()] == ["And what else?"]
    assert ada.outdated() == []
    assert [one.question for one in ada.outdated(everybodys=True)] == ["And what else?"]
    assert [one.paper_id for one in ada.brought()[0].change.new] == ["2"]
    (_, brought) = bob.brought()
    assert brought.answer
    assert not brought.change, "what came before he followed it is not news to him"
    assert brought.answer.asked == brought.followed.added == joined, "nor is he told that it was asked before"
    with pytest.raises(FollowedNotFound):
        ada.remove(bob.all()[0].number)
    ada.remove(1)
    assert [one.question for one in bob.all()] == ["And what else?", "What is new?"]
    assert len(bob.brought()) == 2
    bob.remove(1)
    assert Follower(library, "cy").add("What is new?").number == 3
    assert Follower(library).all() == []


@pytest.mark.parametrize("stands", [True, False])
def test_what_came_before_a_reader_joined_is_not_news_though_it_is_found_only_now(
    library: Library, stands: bool
) -> None:
    ada, bob = Follower(library, "ada"), Follower(library, "bob")
    ada.add("What is new?")
    ada.ask_again(lambda _: answer(citation("1", "a")))
    add_papers(library, "2504.00002", day="2025-04-11")
    number = bob.add("What is new?").number
    assert bob.brought()[0].answer is None, "the last answer was outdated when he joined"
    found = [citation("1", "a")] if stands else [citation("1", "a"), citation("2", "b")]
    bob.ask_again(lambda _: answer(*found), number=number)
    assert [one.paper_id for one in ada.brought()[0].change.new] == ([] if stands else ["2"])
    assert bob.brought()[0].answer
    assert not bob.brought()[0].change
    add_papers(library, "2504.00003", day="2025-04-12")
    bob.ask_again(lambda _: answer(*found, citation("3", "c")))
    assert [one.paper_id for one in bob.brought()[0].change.new] == ["3"]


def test_one_question_is_asked_without_the_others(library: Library) -> None:
    follower = Follower(library)
    follower.add("Slow?")
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answer()

    follower.ask_again(ask, number=follower.add("New?").number)
    assert asked == ["New?"]
    assert [one.question for one in follower.outdated()] == ["Slow?"]


def test_what_readers_ask_is_told_to_nobody_where_it_fails(library: Library) -> None:
    for user, question in (("ada", "Secret?"), ("bob", "Hidden?"), ("", "Open?")):
        Follower(library, user).add(question)

    def ask(question: str) -> Answer:
        raise EmbeddingUnavailableError(f"“{question}” is too much for the server.", "Start it.")

    told = [one.message + one.advice for one in Follower(library).ask_again(ask, everybodys=True)]
    assert len(told) == 2
    assert "“Open?”" in told[0]
    assert "2 questions that readers follow" in told[1]
    assert not any(word in "".join(told) for word in ("Secret", "Hidden"))
    assert Follower(library, "ada").brought()[0].followed.problem, "who asked is told why"


def test_two_that_ask_at_once_keep_one_answer_and_the_newer(library: Library) -> None:
    follower = Follower(library)
    follower.add("What is new?")
    follower.ask_again(lambda _: answer(citation("1", "a")))

    def beside(others: Callable[[], object], *found: Citation) -> Callable[[str], Answer]:
        def ask(_: str) -> Answer:
            others()
            return answer(*found)

        return ask

    new = (citation("1", "a"), citation("2", "b"))
    add_papers(library, "2504.00002", day="2025-04-11")
    follower.ask_again(beside(lambda: follower.ask_again(lambda _: answer(*new)), *new))

    def newer() -> None:
        add_papers(library, "2504.00004", day="2025-04-12")
        follower.ask_again(lambda _: answer(citation("4", "d")))

    add_papers(library, "2504.00003", day="2025-04-12")
    follower.ask_again(beside(newer, citation("3", "c")))
    with closing(FollowedQuestions(library.config.store(FILE_NAME))) as store:
        kept = [[one.paper_id for one in asking.citations] for asking in store.askings(1)]
    assert kept == [["1"], ["1", "2"], ["4"]]


@pytest.mark.sqlite_only
def test_a_question_is_given_back_though_it_is_ended_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FollowedQuestions(tmp_path / FILE_NAME)
    whole = Database.transaction

    @contextmanager
    def ended(db: Database) -> Iterator[Connection]:
        with whole(db) as writing:
            yield writing
        monkeypatch.setattr(Database, "transaction", whole)
        store.forget("")

    monkeypatch.setattr(Database, "transaction", ended)
    assert store.add("", "a").question == "a"
    assert store.of("") == []


def test_what_stood_in_between_is_not_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = Follower(library)
    with closing(FollowedQuestions(library.config.store(FILE_NAME))) as store:
        for question in ("a", "b"):
            number = store.add("", question).number
            for n in range(50):
                asking = Asking(datetime.now(UTC), DAY + timedelta(days=n), (citation(str(n), "a"),))
                store.note(number, "", asking)
    read = Mock(wraps=followed.Asking)
    monkeypatch.setattr(followed, "Asking", read)
    renamed = Mock(wraps=library.shelf.renamed)
    monkeypatch.setattr(library.shelf, "renamed", renamed)
    brought = follower.brought(DAY + timedelta(days=20), DAY + timedelta(days=30))
    assert [[one.paper_id for one in it.change.dropped + it.change.new] for it in brought] == [["19", "30"]] * 2
    assert read.call_count == 4
    assert renamed.call_count == 1


def test_all_that_a_reader_follows_is_forgotten_with_them(tmp_path: Path) -> None:
    store = FollowedQuestions(tmp_path / FILE_NAME)
    for user, question in (("ada", "a"), ("ada", "b"), ("bob", "b")):
        store.add(user, question)
    store.forget("ada")
    assert store.of("ada") == []
    assert [one.question for one in store.all()] == ["b"]
    assert [one.question for one in store.of("bob")] == ["b"]


@pytest.mark.sqlite_only
def test_what_was_followed_before_there_were_readers_is_the_one_readers(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as db:
        db.executescript(STEPS[0])
        db.execute("INSERT INTO questions (question, added) VALUES ('a', '2025-04-10T06:00:00+00:00')")
        db.execute("PRAGMA user_version = 1")
    with closing(FollowedQuestions(path)) as store:
        assert [(one.number, one.question, one.added) for one in store.of("")] == [
            (1, "a", datetime(2025, 4, 10, 6, tzinfo=UTC))
        ]


@pytest.mark.sqlite_only
def test_a_file_of_a_later_version_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    FollowedQuestions(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(IndexDamaged, match="schema 99"):
        FollowedQuestions(path)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"no database at all, whatever its name says " * 50)
    with pytest.raises(IndexDamaged, match="damaged"):
        FollowedQuestions(damaged)


DOI = "10.1145/3700001.3700002"


def test_what_a_paper_brought_leads_on_to_the_id_that_it_has_now(library: Library) -> None:
    follower = Follower(library)
    followed = follower.add("What is new?")
    whale = make_paper(f"doi:{DOI}", "A Whale Of A Title", abstract="As published.", day="2025-04-11")
    library.ingest([whale])
    quoted = moved(citation(whale.paper_id, "As published."), whale.text.index("As published."))
    follower.ask_again(lambda _: answer(citation("2504.00001", "a")))
    library.ingest([make_paper("2504.00008", "Any Other Title", day="2025-04-11")])
    follower.ask_again(lambda _: answer(quoted))
    assert [one.paper_id for one in follower.brought()[0].change.new] == [whale.paper_id]
    library.ingest([make_paper("2504.00009", "A Whale Of A Title", doi=DOI, day="2025-04-12")])
    brought = follower.brought()[0]
    assert brought.answer
    assert [one.paper_id for one in brought.answer.citations] == ["2504.00009"]
    (new,) = brought.change.new
    assert library.shelf.paper(new.paper_id, new.version).text.endswith("As published."), "the version that has it"
    assert new.url == library.paper("2504.00009").url
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answer(quoted.model_copy(update={"paper_id": "2504.00009"}))

    follower.ask_again(ask)
    assert asked == ["What is new?"]
    with closing(FollowedQuestions(library.folder / FILE_NAME)) as store:
        assert len(store.askings(followed.number)) == 2, "another id alone is no other answer"
