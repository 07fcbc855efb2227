"""For you and the reader's own page, drawn over real libraries without a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import ConversationNotFound
from rag.follow.reasons import Reason
from rag.follow.surprise import Surprise
from rag.index.library import Library
from rag.papers.database import Database
from rag.papers.readers.answered import FILE_NAME as ANSWERED
from rag.papers.readers.answered import Given
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.papers.readers.kept import FILE_NAME as KEPT_FILE
from rag.papers.readers.rewritten import FILE_NAME as REWRITES
from rag.papers.readers.rewritten import Rewriting, Rewritten
from rag.query.dialogue.wording import Wording
from rag.types import Filters, Paper
from rag.types.card import Tag
from tests.support.evaluation import quoting
from tests.support.papers import make_paper
from tests.support.tastes import BREAD, KEPT, QUERIES, tastes
from tests.unit.test_site import sqlite_error
from ui.foryou import because
from ui.kept import answered_in
from ui.web.base.address import Address
from ui.web.companion import foryou
from ui.web.drawn.actions import Actions
from ui.web.drawn.site import Site

BOX = 'name="sentence"'
QUESTION = "How are search queries rewritten?"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def made(folder: Path, stack: ExitStack, papers: Iterable[Paper]) -> Site:
    """The pages over a library of some papers."""
    assistant = stack.enter_context(Assistant(Library(Config(data_dir=folder))))
    assistant.library.ingest(papers)
    return Site(assistant, Conversations(folder / FILE_NAME))


@pytest.fixture
def site(tmp_path: Path, stack: ExitStack) -> Site:
    return made(tmp_path, stack, tastes())


def client_of(site: Site, user: str = "") -> TestClient:
    app = FastAPI()
    Actions(site, lambda _: user, lambda category: category).serve(app)
    return TestClient(app)


def drawn(site: Site, path: str, owner: str = "") -> str:
    html = str(site.view(Address.read(path), owner).html)
    if 'data-whole="/view/yours"' in html:
        html += client_of(site, owner).get("/view/yours").json()["html"]
    return html


def rows(html: str) -> list[str]:
    return re.findall(r'<li class="row" data-paper="([^"]*)"', html)


def act(site: Site, name: str, user: str = "", **fields: str) -> dict[str, Any]:
    found: dict[str, Any] = client_of(site, user).post(f"/act/{name}", json=fields).json()
    return found


def test_a_reader_of_whom_nothing_is_known_finds_the_box_on_both_pages(site: Site) -> None:
    today, you = drawn(site, "/today"), drawn(site, "/you")
    section = today[today.index('class="foryou"') : today.index('class="theme"')]
    assert BOX in section
    assert "star one, or say in a sentence" in section
    assert not rows(section), "the newest papers stand below"
    assert BOX in you
    assert "Nothing is known yet." in you


def test_new_papers_are_ranked_and_reasons_come_after(site: Site) -> None:
    site.kept.star("", KEPT)
    assert 'data-whole="/view/foryou"' in drawn(site, "/today"), "worked out after the page is drawn"
    section = client_of(site).get("/view/foryou").json()["html"]
    assert set(rows(section)[:2]) == set(QUERIES)
    assert "Of 4 new papers, those nearest to what you keep. All that is new follows below, these too." in section
    assert 'class="foryou" data-part="foryou"' in drawn(site, "/today"), "known by now"
    first = rows(section)[0]
    assert f'data-why="{first}"' in section
    why = client_of(site).get("/view/reasons", params={"papers": first}).json()[first]
    like = r'like <a href="/paper/2504\.0000[12]">[^<]+</a>, both on “[Ss]earch queries”'
    assert re.search(rf'<q>[^<]+</q><span class="why">{like}', why)
    again = client_of(site).get("/view/foryou").json()["html"]
    assert why in again
    assert rows(again) == rows(section), "reasons change no rank"
    assert client_of(site).get("/view/reasons", params={"papers": "9999.99999"}).json() == {}


def test_questions_count_are_shown_and_are_taken_out(site: Site) -> None:
    opened = site._conversations.start("", QUESTION)
    assert "you-asked" not in drawn(site, "/you")
    site._conversations.add("", opened, QUESTION, Filters(), "", quoting(*KEPT))
    section = client_of(site).get("/view/foryou").json()["html"]
    assert set(rows(section)[:2]) == set(QUERIES)
    assert "those nearest to what you keep and ask." in section
    html = drawn(site, "/you")
    assert f"From 1 question that you asked, “{QUESTION}”</p>" in html
    (key,) = re.findall(r'data-post="/act/uninterest" data-key="(asked:\w+)"', html)
    act(site, "uninterest", part="you", key=key)
    assert "you-asked" not in drawn(site, "/you")
    assert f'data-post="/act/restore" data-key="{key}"' in drawn(site, "/you")
    act(site, "restore", part="you", key=key)
    assert "you-asked" in drawn(site, "/you")
    act(site, "forget", part="you", what="profile")
    assert QUESTION not in drawn(site, "/you")
    assert "Nothing is known yet." in drawn(site, "/you")


def test_a_paper_without_a_reason_shows_its_line(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.kept.star("", KEPT)
    monkeypatch.setattr("ui.web.companion.personal.Personal.why", lambda *_: {QUERIES[0]: ""})
    said = client_of(site).get("/view/reasons", params={"papers": QUERIES[0]}).json()[QUERIES[0]]
    text = site.shelf.papers([QUERIES[0]])[QUERIES[0]].text
    assert said.removeprefix("<span>").removesuffix("</span>") in text
    assert said


def test_where_nothing_is_new_the_whole_library_is_ranked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.kept.star("", KEPT[:1])
    monkeypatch.setattr("rag.papers.readers.kept.SAME_VISIT", timedelta(0))
    newest = site.news.newest()
    assert newest
    site.kept.seen("", datetime(2025, 5, 6, tzinfo=UTC), newest)
    site.personal.profile("")
    html = drawn(site, "/today")
    assert "Nothing is new: these are from the whole library." in html
    assert rows(html)[0] in {KEPT[1], *QUERIES}


def test_less_like_this_takes_the_row_and_its_kind_away_and_is_taken_back(site: Site) -> None:
    site.kept.add_interest("", "How bread is baked in ovens")
    before = rows(client_of(site).get("/view/foryou").json()["html"])
    assert set(before[:2]) == set(BREAD)
    answer = act(site, "less", papers=BREAD[0], on="on", part="foryou")
    after = answer["parts"]["foryou"]
    assert not set(rows(after)) & set(BREAD)
    assert "Less like “Rye bread in ovens” from now on." in after
    assert f'data-post="/act/less" data-papers="{BREAD[0]}" data-on="off" data-focus' in after
    back = act(site, "less", papers=BREAD[0], on="off", part="foryou")["parts"]["foryou"]
    assert rows(back) == before
    assert "from now on" not in back
    plain = act(site, "less", papers=BREAD[0], on="on")
    assert (plain["pressed"], plain["parts"]) == (True, {})
    assert '<button type="button" class="quiet" aria-label="Undo: less like Rye bread in ovens"' in drawn(site, "/you")


def test_an_interest_is_added_changed_taken_out_and_counts_again(site: Site) -> None:
    added = act(site, "interest", sentence="Baking <b>bread</b>", part="you")["parts"]["you"]
    assert 'value="Baking &lt;b&gt;bread&lt;/b&gt;"' in added
    (typed,) = site.kept.interests("")
    changed = act(site, "interest", sentence="Baking rye bread", key=typed.key, part="you")["parts"]["you"]
    assert "Baking rye bread" in changed
    assert [one.sentence for one in site.kept.interests("")] == ["Baking rye bread"]
    assert "blank" in act(site, "interest", sentence=" - ", part="you")["problem"]
    site.kept.star("", KEPT)
    (key,) = (one.key for one in site.personal.profile("").interests if not one.sentence)
    out = act(site, "uninterest", key=key, part="you")["parts"]["you"]
    assert "Taken out" in out
    assert "From 2 papers" not in out
    assert "From 2 papers" in act(site, "restore", key=key, part="you")["parts"]["you"]
    assert "no interest" in act(site, "uninterest", key="x")["problem"]
    act(site, "uninterest", key=site.kept.interests("")[0].key)
    assert site.kept.interests("") == ()


def test_a_surprise_has_both_scores_in_words_and_another_follows(site: Site) -> None:
    site.kept.star("", KEPT)
    first = act(site, "surprise")["parts"]["surprise"]
    assert re.search(r"Unlike all that you keep \(0\.\d\d apart\), but .+ nearest to “.+” \(0\.\d\d aligned; ", first)
    second = act(site, "surprise", place="1")["parts"]["surprise"]
    assert rows(first) != rows(second)
    assert rows(act(site, "surprise", place=str(len(site.personal.surprises(""))))["parts"]["surprise"]) == rows(first)
    assert rows(act(site, "surprise", place="x")["parts"]["surprise"]) == rows(first)
    fewer = act(site, "less", papers=rows(first)[0], on="on", part="surprise")["parts"]["surprise"]
    assert rows(first)[0] not in rows(fewer)
    assert "from now on" in fewer


def test_a_reason_names_nothing_that_both_are_about_where_that_is_not_known() -> None:
    kept = make_paper("2504.1", "Rye")
    assert because(Reason("2504.2", 0, 9, "2504.1", "", "bread"), {"2504.1": kept}, {})[2] == ", both on “bread”"
    assert because(Reason("2504.2", 0, 9, "2504.1", ""), {"2504.1": kept}, {}) == ("like ", "Rye", "")


def test_a_surprise_of_nobody_says_so(site: Site) -> None:
    assert "Nothing here is unlike what you keep" in act(site, "surprise")["parts"]["surprise"]
    paper = make_paper("2504.1", "<i>A</i>", "B")
    html = foryou.another(Surprise("2504.1", 0.7, 0.4, ""), paper, site.personal.profile(""))
    assert "Unlike all that you keep (0.70 apart), but of such papers one of the nearest to your interests (" in html
    assert "(0.40 aligned; " in html
    assert "<i>A" not in html
    html = foryou.another(Surprise("2504.1", 0.55, 0.4, ""), paper, site.personal.profile(""))
    assert "Further from what you keep than half of what is left to recommend (0.55 apart), and of such papers " in html
    assert "Unlike" not in html


def test_what_others_like_is_theirs(site: Site) -> None:
    act(site, "interest", "ada", sentence="Baking bread")
    assert "Nothing is known yet." in drawn(site, "/you")
    assert "Baking bread" in drawn(site, "/you", "ada")


def test_all_of_it_is_taken_along_and_forgotten(site: Site) -> None:
    site.kept.star("", KEPT)
    site.kept.add_interest("", "Baking bread")
    site.kept.less("", BREAD[0])
    client = client_of(site)
    for name, has in (("profile", "interests"), ("kept", "starred")):
        answer = client.get(f"/export/{name}")
        assert has in json.loads(answer.content)
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.json"'
    assert "Say what" in act(site, "forget", what="everything")["problem"]
    act(site, "forget", what="profile")
    assert (site.kept.interests(""), site.kept.lessened(""), len(site.kept.starred(""))) == ((), (), 2)
    assert "Nothing is known yet." in act(site, "forget", what="kept")["parts"]["you"]
    assert site.kept.starred("") == ()


def test_odd_readers_are_told_why(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack, [make_paper("2504.00001", "Only one"), make_paper("2504.00002", "And another")])
    site.kept.less("", "2504.00001")
    assert "only known what you want less of" in drawn(site, "/you")
    site.kept.less("", "2504.00002")
    assert "Nothing is left to recommend: every paper here is of a kind" in str(site.for_you(""))
    site.kept.less("", ["2504.00001", "2504.00002"], False)
    site.kept.star("", "2504.00001")
    site.library.remove(["2504.00002"])
    assert "Nothing is left to recommend" in str(site.for_you(""))
    site.library.remove(["2504.00001"])
    assert "The library is empty" in drawn(site, "/you")
    site.library.ingest([make_paper("2504.00009", "Yet another")])
    you = drawn(site, "/you")
    assert "no longer in the library" in you
    assert "1 paper that you keep has left the library and does not count." in you
    assert BOX in you


def test_a_damaged_file_is_told_on_both_pages_and_the_papers_are_shown(tmp_path: Path, stack: ExitStack) -> None:
    made(tmp_path / "a", stack, tastes()).kept.star("", KEPT)
    for file in (tmp_path / "a").glob(f"{KEPT_FILE}*"):
        file.unlink()
    (tmp_path / "a" / KEPT_FILE).write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    site = made(tmp_path / "a", stack, [])
    for path in ("/today", "/you"):
        html = drawn(site, path)
        assert "What you keep cannot be read." in html
        assert BOX not in html
    assert "Rye bread in ovens" in drawn(site, "/today")
    assert "problem" in act(site, "interest", sentence="Baking bread")


def test_where_nothing_can_be_kept_it_is_said(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, stack, tastes())
    for file in tmp_path.glob(f"{KEPT_FILE}*"):
        file.unlink()
    connect = Database._connect

    def refused(self: Database) -> Any:
        if self.path.name == KEPT_FILE:
            raise sqlite_error()
        return connect(self)

    monkeypatch.setattr(Database, "_connect", refused)
    site = made(tmp_path, stack, [])
    for path in ("/today", "/you"):
        assert "This library may not be written" in drawn(site, path)


def learnt(site: Site, *questions: str, context: str = "") -> None:
    """Have rewritings of some questions."""
    with closing(Rewritten(site.library.folder / REWRITES)) as store:
        for one in questions:
            said = Wording.of(one)
            store.add("", Rewriting(0, one, said.exact, said.near, context, "Else", "reader", datetime.now(UTC)))


def test_rewritings_are_shown_and_forgotten_one_by_one_or_all(site: Site) -> None:
    assert "Questions in other words" not in drawn(site, "/you")
    learnt(site, "How is <b>bread</b> baked?", "How are queries rewritten?", "Who bakes?")
    html = drawn(site, "/you")
    assert "How is &lt;b&gt;bread&lt;/b&gt; baked?" in html
    assert "Else · your own words" in html
    first = site.rewrites.all("")[0]
    left = act(site, "unrewrite", key=str(first.number), part="you")["parts"]["you"]
    assert "bread" not in left
    assert "Who bakes?" in left
    assert "No rewriting" in act(site, "unrewrite", key="99")["problem"]
    assert "Nothing was forgotten" in act(site, "unrewrite", key="x")["problem"]
    cleared = act(site, "unrewrite", key="all", part="you")
    assert cleared["said"] == "2 questions forgotten."
    assert "Questions in other words" not in cleared["parts"]["you"]


def test_export_and_forget_hold_answers_and_rewritings_too(site: Site) -> None:
    exported = client_of(site).get("/export/kept").json()
    assert (exported["quiz"], exported["rewrites"]) == ([], [])
    learnt(site, "How is bread baked?")
    answers, _ = answered_in(site.library.config.store(ANSWERED))
    answers.add("", Given("q", KEPT[0], Tag("rag", "RAG"), "yes", True, datetime.now(UTC)))
    exported = client_of(site).get("/export/kept").json()
    assert (exported["quiz"][0]["chosen"], exported["rewrites"][0]["question"]) == ("yes", "How is bread baked?")
    act(site, "forget", what="kept")
    assert (answers.of(""), site.rewrites.all("")) == ((), [])


def test_a_damaged_file_keeps_none_of_the_others_from_being_forgotten(site: Site) -> None:
    site.kept.star("", KEPT)
    learnt(site, "How is bread baked?")
    (site.library.folder / ANSWERED).write_bytes(b"no database at all, but long enough to be read as one" * 20)
    assert "cannot be read" in act(site, "forget", what="kept")["problem"]
    assert (site.kept.starred(""), site.rewrites.all("")) == ((), [])


def test_a_deleted_conversation_takes_along_what_was_learnt_from_it(site: Site, tmp_path: Path) -> None:
    store = Conversations(tmp_path / FILE_NAME)
    conversation = store.start("", "How is bread baked?")
    store.add("", conversation, "How is bread baked?", Filters(), "", None)
    learnt(site, "How is bread baked?", "Who bakes?")
    learnt(site, "And rolls?", context=Wording.of("How is bread baked?").near)
    assistant = site._assistant
    assistant.delete("", conversation, store)
    assert [one.question for one in assistant.rewrites.all("")] == ["Who bakes?"]
    with pytest.raises(ConversationNotFound):
        store.title("", conversation)
    store.close()


def test_a_read_paper_leaves_the_section_and_nothing_is_worked_out_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.kept.star("", KEPT)
    before = rows(client_of(site).get("/view/foryou").json()["html"])
    monkeypatch.setattr("ui.web.companion.personal.profile_of", lambda *_: pytest.fail("worked out anew"))
    site.view(Address.read(f"/paper/{before[0]}"), "")
    assert before[0] not in rows(drawn(site, "/today")[: drawn(site, "/today").index('class="theme"')])
    assert 'class="foryou" data-part' in drawn(site, "/today")


def test_surprises_are_worked_out_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.kept.star("", KEPT)
    first = act(site, "surprise")["parts"]["surprise"]
    monkeypatch.setattr("ui.web.companion.personal.surprise", lambda *_: pytest.fail("worked out anew"))
    assert rows(act(site, "surprise")["parts"]["surprise"]) == rows(first)


def test_what_ranks_waits_for_its_like_and_never_holds_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.drawn.actions.WAITING", -1)  # all who rank are turned away
    client = client_of(site)
    for name in ("less", "interest", "uninterest", "restore", "surprise", "forget", "unrewrite", "answer", "unlearn"):
        assert client.post(f"/act/{name}", json={}).status_code == 503, name
    assert client.get("/export/profile").status_code == 503
    assert client.post("/act/star", json={"papers": KEPT[0]}).status_code == 200
    assert 'data-whole="/view/yours"' in client.get("/view/you").json()["html"]


def test_what_was_pressed_leaves_a_place_to_go_on_from(site: Site) -> None:
    added = act(site, "interest", sentence="Baking bread", part="foryou")["parts"]["foryou"]
    assert '<h2 tabindex="-1" data-focus>For you' in added
    site.kept.star("", KEPT)
    less = act(site, "less", papers=BREAD[0], on="on", part="foryou")
    assert less["said"] == ""
    assert less["parts"]["foryou"].count("data-focus") == 1, "the undo"
    back = act(site, "less", papers=BREAD[0], on="off", part="you")
    assert back["said"] == "Taken back."
    act(site, "less", papers=BREAD[0], on="on")
    assert '<section id="you-less"><h2 tabindex="-1">Less like these' in drawn(site, "/you")
    second = act(site, "surprise", place="1")["parts"]["surprise"]
    assert 'data-place="1"' in second
