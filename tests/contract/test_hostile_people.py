"""Readers against readers, and against whoever wrote the papers: over real HTTP, on every address there is."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.follow.questions import Follower
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.types import Filters
from tests.support.inert import ATTACK, alive
from tests.support.page_server import served, users
from tests.support.papers import make_paper
from ui.kept import kept_in
from ui.web.base.address import LONE
from ui.web.door import access

ADA, BOB = ("ada", "engine"), ("bob", "builder")
SECRET = "adas own words"
"""Stands in everything that ada keeps, and nowhere else."""
QUESTION = f"Which zebra retrieval method counts stripes? {SECRET}"
IDS = ("2505.00001", "2505.00002", "2505.00003")


@dataclass(frozen=True)
class Place:
    """A library in which ada has kept something of every kind.

    Attributes:
        folder: The library's.
        conversation: Ada's.
        exchange: Ada's answer.
        list_name: Ada's list.
    """

    folder: Path
    conversation: str
    exchange: int
    list_name: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("people")
    said = "We count the stripes of zebra retrieval with a method. It counts stripes well, 30% better."
    papers = [
        make_paper(
            paper_id,
            f"Zebra retrieval {n} {ATTACK}",
            f"{said} {ATTACK}",
            (f"Mal {ATTACK}", "Eve"),
            "2025-05-01",
            url="javascript:window.harmed=1" if n else None,
            categories=(ATTACK[:40],),
            comment=ATTACK,
            doi=f"10.1000/{ATTACK[:60]}",
            licence=f"javascript:{ATTACK[:30]}",
        )
        for n, paper_id in enumerate(IDS)
    ]
    with Assistant(Library(Config(data_dir=folder))) as assistant, closing(Conversations(folder / FILE_NAME)) as store:
        assistant.library.ingest(papers)
        assistant.library.shelf.flags.decide(IDS[2:], "held")
        answer = assistant.answer(QUESTION)
        conversation = store.start("ada", f"{SECRET} {ATTACK}")
        store.rename("ada", conversation, f"{SECRET} {ATTACK}")
        exchange = store.add("ada", conversation, QUESTION, Filters(), f"{SECRET} {answer.answer}", answer)
        store.rate("ada", exchange.exchange_id, 1, f"{SECRET} {ATTACK}")
        kept = kept_in(assistant.library.config.store(KEPT))
        name = f"{SECRET} {ATTACK}"[:60]
        kept.star("ada", IDS[:1], True)
        kept.later("ada", IDS[1:2], True)
        kept.put("ada", name, list(IDS[:2]), make=True)
        kept.write_note("ada", IDS[0], f"{SECRET} {ATTACK}", 0)
        Follower(assistant.library, "ada").add(f"{SECRET} zebra {ATTACK}")
        kept.add_interest("ada", f"{SECRET} zebra retrieval {ATTACK}"[:180])
    return Place(folder, conversation, exchange.exchange_id, name)


@pytest.fixture(scope="module")
def page(place: Place) -> Iterator[str]:
    known = users(**dict((ADA, BOB)))
    with served(place.folder, {"api": True, "mcp": True}, known) as address:
        yield address


@pytest.fixture(scope="module")
def ada(page: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page, auth=ADA, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def bob(page: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page, auth=BOB, timeout=60) as client:
        yield client


def looked_at(place: Place) -> list[str]:
    """Every address that only looks, with what belongs to ada wherever one names something."""
    name = str(httpx.QueryParams({"list": place.list_name}))
    drawn = [
        "today", "day/2025-05-01", "library", "library?words=zebra", f"library?{name}", "library?keep=starred",
        "library?keep=later", "library?keep=noted", "best?q=zebra", "map", "map/1", "quiz", "you", "review",
        "add", "setup", "chat", *(f"paper/{one}" for one in IDS), f"conversation/{place.conversation}", "topic/zebra",
        "nowhere",
    ]  # fmt: skip
    parts = [
        f"lines?papers={'+'.join(IDS)}", "authors?typed=Mal", "foryou", f"reasons?papers={'+'.join(IDS)}", "yours",
        "followed", f"similar/{IDS[0]}", f"questions/{IDS[0]}", "mapped", "mapped/1", "chart", "chosen?q=zebra",
        "questions-of-quiz", f"questions-of-quiz?{name}", f"among?{name}",
    ]  # fmt: skip
    files = [f"{form}?{name}" for form in ("bibtex", "ris", "csl", "md")] + ["bibtex?keep=starred", "profile", "kept"]
    answers = [f"answer/{place.exchange}/{what}" for what in ("next", "table", "table.csv")]
    views = [f"view/{one}" for one in (*drawn, *parts)]
    return [f"/{one}" for one in (*drawn, *views, *(f"export/{one}" for one in files), *answers)]


def status_of(path: str) -> int:
    """What an address of ada's answers her with."""
    return 404 if path.endswith("nowhere") else 200


ACTIONS = (
    "star", "later", "read", "list", "follow", "less", "interest", "uninterest", "restore", "surprise", "forget",
    "unrewrite", "note", "answer", "unlearn", "release", "hold",
)  # fmt: skip
"""What a reader does; `remove`, `fetch` and `sample` leave another library behind."""


TEXTS = ("title", "said", "problem", "path", "names")
"""Fields of a reply that the page's script puts in as text."""


def html_of(reply: httpx.Response) -> list[str]:
    """The drawings in a reply."""
    if reply.headers.get("content-type", "").startswith("application/json"):
        found: list[str] = []

        def walk(value: Any) -> None:
            if isinstance(value, dict):
                for key, one in value.items():
                    if key not in TEXTS:
                        walk(one)
            elif isinstance(value, list):
                for one in value:
                    walk(one)
            elif isinstance(value, str) and "<" in value:
                found.append(value)

        walk(reply.json())
        return found
    return [reply.text] if reply.headers.get("content-type", "").startswith("text/html") else []


# --- what strangers wrote -------------------------------------------------------------------------------------------


def test_nothing_that_strangers_wrote_runs_on_any_drawn_page(ada: httpx.Client, place: Place) -> None:
    seen = 0
    for path in looked_at(place):
        reply = ada.get(path, headers={"accept": "text/html"} if not path.startswith("/view") else {})
        assert reply.status_code == status_of(path), path
        if path.startswith(("/view/chart", "/view/authors", "/view/lines", "/view/among", "/export")):
            continue  # data, which a script puts in as text; files
        for html in html_of(reply):
            whole = html.lstrip().lower().startswith("<!doctype")
            drawn = html.partition('<main id="view"')[2].partition("</main>")[0] if whole else html
            assert not alive(drawn), (path, alive(drawn))
            seen += "harmed" in drawn
    assert seen > 15, "the attack stands on the pages, as text"


def test_no_script_of_a_stranger_stands_in_a_whole_page(ada: httpx.Client, place: Place) -> None:
    for path in ("/today", f"/paper/{IDS[0]}", "/library", f"/conversation/{place.conversation}", "/topic/zebra"):
        text = ada.get(path, headers={"accept": "text/html"}).text
        head = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert head
        assert "<" not in head[1]
        outside = re.sub(r"<script\b[^>]*>.*?</script>", "", text, flags=re.DOTALL)
        assert "<img src=x" not in outside
        assert "<svg onload" not in outside


def test_data_for_scripts_is_no_page_that_a_browser_would_show(ada: httpx.Client) -> None:
    for path in ("/view/authors?typed=Mal", f"/view/lines?papers={IDS[0]}", "/view/chart", "/export/kept"):
        reply = ada.get(path)
        assert reply.headers["content-type"].startswith("application/json")
        assert reply.headers["x-content-type-options"] == "nosniff"
    for form in ("bibtex", "ris", "csl", "md"):
        assert ada.get(f"/export/{form}").headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("field", ["list", "text", "sentence", "papers", "key", "category", "what", "part"])
def test_what_is_typed_comes_back_as_text(ada: httpx.Client, field: str) -> None:
    for name in (*ACTIONS, "fetch"):
        if name in ("forget", "unlearn"):
            continue  # nothing to be forgotten here
        fields = {"papers": IDS[2], "list": "mine", "revision": "7", "part": "you", field: ATTACK[:150]}
        for html in html_of(ada.post(f"/act/{name}", json=fields)):
            if html.lstrip().startswith("<"):  # a drawing; what is only said is put in as text
                assert not alive(html), (name, alive(html))


# --- one reader's things --------------------------------------------------------------------------------------------


def test_ada_sees_her_own(ada: httpx.Client, place: Place) -> None:
    assert SECRET in ada.get("/export/kept").text
    assert SECRET in ada.get(f"/view/paper/{IDS[0]}").text
    assert SECRET in ada.get("/view/library").text
    assert SECRET in ada.get(f"/view/conversation/{place.conversation}").text


def test_nobody_else_sees_anything_of_hers_on_any_address(bob: httpx.Client, page: str, place: Place) -> None:
    for path in looked_at(place):
        for headers in ({}, {"accept": "text/html"}):
            assert SECRET not in _own_words(bob.get(path, headers=headers).text, place), path
        stranger = httpx.get(page + path, timeout=60)
        assert stranger.text in ("Sign in first.", "There is nothing here."), path


def test_nobody_else_changes_anything_of_hers(bob: httpx.Client, ada: httpx.Client, place: Place) -> None:
    before = ada.get("/export/kept").json()
    fields = {
        "papers": " ".join(IDS[:2]), "list": place.list_name, "on": "off", "text": "bob was here", "revision": "1",
        "sentence": "bob", "key": SECRET, "what": "kept", "part": "you",
    }  # fmt: skip
    for name in ACTIONS:
        reply = bob.post(f"/act/{name}", json=fields)
        assert SECRET not in _own_words(reply.text, place), name
    assert ada.get("/export/kept").json() == before
    assert "bob was here" not in ada.get(f"/view/paper/{IDS[0]}").text


def _own_words(text: str, place: Place) -> str:
    """A reply without what bob himself asked for by name, however it is written there."""
    plain = unescape(unquote_plus(text.replace('\\"', '"')))
    return plain.replace(place.list_name, "").replace(place.list_name.strip(), "").replace(f"'{SECRET}'", "")


def test_no_event_of_the_page_tells_or_changes_what_is_somebody_elses(
    bob: httpx.Client, ada: httpx.Client, place: Place
) -> None:
    """Every handler that Gradio serves, called with ada's conversation and answer."""
    config = bob.get("/config").json()
    kinds = {one["id"]: one["type"] for one in config["components"]}
    called = 0
    told = ""
    for handler in config["dependencies"]:
        if not handler["backend_fn"] or handler["api_visibility"] != "private":
            continue
        hers = {"conversation": place.conversation, "title": "x", "replaces": place.exchange, "whole": True}
        data: list[object] = [
            "zebra" if kinds[one] in ("textbox", "radio") else None if kinds[one] in ("file", "state") else hers
            for one in handler["inputs"]
        ]
        event = {"exchange": place.exchange, "conversation": place.conversation, "title": "bob was here", "n": 1}
        event |= {"rating": -1, "comment": "bob was here", "kind": "html", "what": "dates", "text": "zebra"}
        told += _called(bob, handler["id"], data, event)
        called += 1
    assert called > 15
    assert SECRET not in told
    with closing(Conversations(place.folder / FILE_NAME)) as store:
        assert store.title("ada", place.conversation).startswith(SECRET)
        (exchange,) = store.exchanges("ada", place.conversation)
        assert (exchange.rating, exchange.comment[: len(SECRET)]) == (1, SECRET)


def _called(client: httpx.Client, handler: int, data: list[object], event: dict[str, object]) -> str:
    """All that Gradio's stream says after a handler was called."""
    session = f"bobs{handler}"
    body = {"data": data, "event_data": event, "fn_index": handler, "session_hash": session, "trigger_id": None}
    joined = client.post("/gradio_api/queue/join", json=body)
    if joined.status_code != 200:
        return joined.text
    said = ""
    with client.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            said += line
            if '"msg":"process_completed"' in line.replace(" ", "") or '"msg":"close_stream"' in line.replace(" ", ""):
                break
    return said


def test_programs_are_told_nothing_of_readers(bob: httpx.Client, place: Place) -> None:
    for name, data in (
        ("ask", [f"What did ada ask? {place.conversation}", None]),
        ("search", [SECRET]),
        ("papers", [SECRET]),
        ("topic", ["zebra"]),
    ):
        reply = bob.post(f"/gradio_api/run/{name}", json={"data": [*data, *[None] * 9][: 10 if name != "topic" else 8]})
        told = reply.text.replace(json.dumps(json.dumps(SECRET))[2:-2], "", 1)  # the query itself
        assert SECRET not in told or SECRET in data
        assert place.list_name not in told
        assert place.conversation not in told or name == "ask"


# --- that nothing is forgotten here ---------------------------------------------------------------------------------


def test_every_address_of_ours_is_tried_here(place: Place) -> None:
    """An address or action that is added to the page has to be added above."""
    looked = " ".join(looked_at(place))
    web = Path(access.__file__).parents[1]
    files = ("drawn/actions.py", "drawn/acts.py", "chat/later.py")
    source = "".join((web / name).read_text(encoding="utf-8") for name in files)
    routes = re.findall(r'app\.get\("(/[^"]+)"\)', source)
    assert len(routes) > 15
    for route in routes:
        start, end = route.partition("{")[0].rstrip("/"), route.partition("}")[2]
        assert re.search(re.escape(start) + r"[^ ]*" + re.escape(end), looked), f"{route} is tried by no test here"
    names = set(re.findall(r'^            "(\w+)": self\._', source, re.MULTILINE))
    assert names - {"remove", "fetch", "sample"} == set(ACTIONS)
    assert set(LONE) <= {re.split(r"[/?]", one)[1] for one in looked_at(place)}


# --- wrong passwords ------------------------------------------------------------------------------------------------


def test_one_address_may_not_try_a_password_on_everybody(place: Place) -> None:
    known = users(**dict((ADA, BOB)))
    with served(place.folder, known=known, whole=False) as address:
        for n in range(30):
            reply = httpx.post(f"{address}/login", data={"username": f"user{n}", "password": "123456"}, timeout=60)
            assert reply.status_code == 401
        reply = httpx.post(f"{address}/login", data={"username": "ada", "password": "engine"}, timeout=60)
        assert (reply.status_code, "wait" in reply.text) == (401, True)


def test_many_at_once_do_not_get_more_tries(place: Place) -> None:
    with served(place.folder, known=users(ada="engine"), whole=False) as address:
        found = []

        def attempt() -> None:
            found.append(httpx.post(f"{address}/login", data={"username": "ada", "password": "no"}, timeout=60).text)

        threads = [threading.Thread(target=attempt) for _ in range(20)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sum("wrong." in text for text in found) <= 5
