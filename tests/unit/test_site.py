"""Drawn pages over real libraries, without a server."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import LibraryError, ListNotFound
from rag.index.library import Library
from rag.papers.browse.catalogue import SHOWN
from rag.papers.database import Database
from rag.papers.descriptions import Descriptions
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.types import Filters, Paper
from tests.support.papers import make_paper
from ui.kept import kept_in
from ui.web.base.address import Address
from ui.web.base.restriction import restriction
from ui.web.drawn.actions import Actions
from ui.web.drawn.site import GROUPING, WAITING, Site
from ui.web.drawn.view import View
from ui.web.forms import setup, topic
from ui.web.host.opening import Opening

PAPERS = (
    make_paper("2504.00001", "Ranking Passages", "We rank passages.", ("Ada Ling",), "2025-04-10"),
    make_paper("2505.00002", "Ranking Again", "We rank passages twice.", ("Bo Ray",), "2025-05-05"),
    make_paper("2505.00003", "Baking Bread", "We bake bread.", ("Bo Ray",), "2025-05-20"),
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def made(folder: Path, stack: ExitStack, papers: Iterable[Paper] = PAPERS) -> Site:
    """The pages over a library of some papers."""
    assistant = stack.enter_context(Assistant(Library(Config(data_dir=folder))))
    assistant.library.ingest(papers)
    return Site(assistant, Conversations(folder / FILE_NAME))


def drawn(site: Site, path: str, query: str = "") -> str:
    return str(site.view(Address.read(path, query), "").html)


def client_of(site: Site) -> TestClient:
    app = FastAPI()
    Actions(site, lambda _: "", lambda category: category).serve(app)
    return TestClient(app)


def test_a_slow_today_leaves_the_threads_of_other_pages_alone(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, go_on = made(tmp_path, stack), threading.Event()
    view = site.view

    def slow(at: Address, owner: str) -> View:
        if at.page in ("today", "day"):
            go_on.wait(20)
        return view(at, owner)

    monkeypatch.setattr(site, "view", slow)
    app = FastAPI()
    Actions(site, lambda _: "", lambda category: category).serve(app)
    front = Opening(app, site)

    async def live() -> tuple[int, int, list[int]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://page") as client:
            days = ("/today", "/view/day/2025-05-20")
            calls = [asyncio.create_task(client.get(days[n % 2])) for n in range(GROUPING + WAITING + 3)]
            try:
                async with asyncio.timeout(10):
                    while sum(call.done() for call in calls) < 3:
                        await asyncio.sleep(0.01)
                    library = await client.get("/library"), await client.get("/view/library")
            finally:
                go_on.set()
            statuses = sorted(reply.status_code for reply in await asyncio.gather(*calls))
            return library[0].status_code, library[1].status_code, statuses

    assert asyncio.run(live()) == (200, 200, [200] * (GROUPING + WAITING) + [503] * 3)


def test_a_month_and_days_restrict_together(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    for query, titles in {
        "month=2025-05&from=2025-05-10": {"2505.00003"},
        "month=2025-05&to=2025-05-10": {"2505.00002"},
        "month=2025-05": {"2505.00002", "2505.00003"},
        "month=2025-04&from=2025-05-10": set(),
    }.items():
        fields = Address.read("/library", query).fields
        assert {one.paper_id for one in site.holdings(fields, "")} == titles, query


def test_a_count_beside_a_value_is_what_a_click_gives(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    html = drawn(site, "/library", "author=Ada+Ling")
    assert '<a href="/library?author=Bo+Ray"><span>Bo Ray</span></a><span class="count">2</span>' in html
    assert "May 2025" not in html


def test_what_is_kept_counts_what_the_library_holds_and_names_the_rest(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    site.kept.star("", "2504.00001")
    site.kept.star("", "2409.99999")
    site.kept.make_list("", "zoo")
    site.kept.put("", "zoo", ["2409.99999"])
    html = drawn(site, "/library", "keep=starred")
    assert '<span>Starred</span></a><span class="count">1</span>' in html
    assert '<span>zoo</span></a><span class="count">0</span>' in html
    assert "No longer in the library" in html
    assert 'aria-pressed="true" aria-label="Star" title="Star" data-post="/act/star" data-papers="2409.99999"' in html
    assert 'data-list="zoo"' in drawn(site, "/library", "list=zoo")
    assert "No longer in the library" not in drawn(site, "/library")


def test_a_list_is_asked_and_exported_as_a_whole(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    site.kept.put("", "my thesis", ["2504.00001", "2505.00002", "2409.99999"], make=True)
    html = drawn(site, "/library", "list=my+thesis&words=ranking&order=newest")
    assert 'href="/chat?list=my+thesis&amp;words=ranking">Ask these</a>' in html
    assert 'href="/export/bibtex?list=my+thesis&amp;words=ranking"' in html
    assert "Ask these" not in drawn(site, "/library", "author=Bo+Ray")
    assert "Ask these" not in drawn(site, "/library", "keep=later"), "nothing is there"
    client = client_of(site)
    asked = client.get("/view/among", params={"list": "my thesis", "author": "Bo Ray"}).json()
    assert asked == {"papers": "2505.00002", "said": "1 paper on the list my thesis, by Bo Ray"}
    whole = client.get("/view/among", params={"list": "my thesis"}).json()
    assert set(whole["papers"].split()) == {"2504.00001", "2505.00002"}
    assert Filters.read({"paper": whole["papers"]}).paper == whole["papers"]
    for fields, problem in (
        ({"list": "thesis"}, "There is no list 'thesis'."),
        ({"keep": "later"}, "There is no paper to read later."),
    ):
        refused = client.get("/view/among", params=fields)
        assert refused.status_code == 400
        assert refused.json()["problem"].startswith(problem)


def test_a_field_that_restricts_is_said_and_one_that_cannot_is_refused(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    assert "Without: 2 chosen papers" in drawn(site, "/library", "paper=2504.00001+2505.00002")
    assert "Nothing is kept as" in drawn(site, "/library", "keep=lost")
    with pytest.raises(ListNotFound):
        restriction({"keep": "lost"}, site.kept, "")


def test_what_is_not_read_yet_is_a_place_in_the_library(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    assert "Unread" not in drawn(site, "/library"), "nothing was read: it would be the library"
    site.kept.read("", ["2504.00001", "2409.99999"])
    html = drawn(site, "/library", "keep=unread")
    assert '<span>Unread</span></a><span class="count">2</span>' in html
    assert "Ranking Again" in html
    assert "Ranking Passages" not in html
    assert "Ranking Passages" not in drawn(site, "/library", "keep=unread&words=passages")
    assert [one.paper_id for one in site.holdings({"keep": "unread", "author": "Bo Ray"}, "")] == [
        "2505.00003",
        "2505.00002",
    ]
    assert (
        '<a href="/library?keep=unread&amp;author=Bo+Ray"><span>Bo Ray</span></a><span class="count">2</span>' in html
    )
    assert site.holdings({"keep": "unread"}, "ada") == site.holdings({}, "ada"), "what others read is theirs"


def test_authors_are_offered_while_a_name_is_typed(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    client = client_of(site)
    for typed, names in {"bo": ["Bo Ray"], "RAY": ["Bo Ray"], "ada l": ["Ada Ling"], "ling ada": [], " ": []}.items():
        assert client.get("/view/authors", params={"typed": typed}).json() == {"names": names}, typed
    assert len(site.catalogue.authors("bo", 0)) == 0
    assert 'list="author-names"' in drawn(site, "/library")


def test_today_tells_a_library_without_days_from_an_empty_one(tmp_path: Path, stack: ExitStack) -> None:
    undated = made(tmp_path / "undated", stack, [make_paper(undated=True)])
    assert "No paper in the library has a date" in drawn(undated, "/today")
    ahead = made(tmp_path / "ahead", stack, [make_paper(day="2999-01-02")])
    assert "/day/2999-01-02" in drawn(ahead, "/today")
    assert "The library is empty" in drawn(made(tmp_path / "empty", stack, []), "/today")


def test_a_folder_that_may_not_be_written_is_shown_with_nothing_kept(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, stack)
    for path in tmp_path.glob(f"{KEPT}*"):
        path.unlink()
    connect = Database._connect

    def refused(self: Database) -> Any:
        if self.path.name == KEPT:
            raise sqlite_error()
        return connect(self)

    monkeypatch.setattr(Database, "_connect", refused)
    site = made(tmp_path, stack, [])
    assert "Baking Bread" in drawn(site, "/today")
    assert "Ranking Passages" in drawn(site, "/paper/2504.00001")
    with pytest.raises(LibraryError):
        kept_in(tmp_path / KEPT).star("", "2504.00001")


def sqlite_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return error


def test_half_a_surrogate_pair_is_answered(tmp_path: Path, stack: ExitStack) -> None:
    client = client_of(made(tmp_path, stack))
    sent = [json.dumps({"papers": "2504.00001", "text": text, "revision": "0"}) for text in ("a\ud800b", "c\ud800d")]
    assert client.post("/act/note", content=sent[0]).json()["said"] == "Note saved."
    conflict = client.post("/act/note", content=sent[1]).json()
    assert "a?b" in conflict["parts"]["note"]
    assert "c?d" in conflict["parts"]["note"]


def test_a_list_is_made_with_its_first_paper_and_grows_from_another_tab(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    client = client_of(site)
    for paper_id in ("2505.00002", "2504.00001"):
        assert "problem" not in client.post("/act/list", json={"papers": paper_id, "list": "zoo"}).json()
    assert site.kept.get_list("", "zoo").papers == ("2505.00002", "2504.00001")
    assert "blank" in client.post("/act/list", json={"papers": "2504.00001", "list": " "}).json()["problem"]


def test_several_papers_are_starred_at_once_or_none(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    client = client_of(site)
    assert client.post("/act/star", json={"papers": f"2504.00001 {'9' * 600}"}).status_code == 400
    assert site.kept.starred("") == ()
    client.post("/act/star", json={"papers": "2504.00001 2505.00002"})
    assert site.kept.starred("") == ("2505.00002", "2504.00001"), "the last one first"


def test_the_map_is_drawn_once_and_then_shown_with_its_regions(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    client = client_of(site)
    assert 'data-later="/view/mapped"' in drawn(site, "/map")
    assert site.chart("", "") == {}
    assert "More from this region" not in drawn(site, "/paper/2504.00001")
    assert "3 papers in 1 region" in client.get("/view/mapped").json()["html"]
    site.kept.star("", "2505.00003")
    html = drawn(site, "/map/1")
    assert "Baking Bread" in html
    assert "Ranking Passages" in html
    assert "starred 1" in html
    assert "More from this region" in drawn(site, "/paper/2504.00001")
    state = html.split("/view/chart?state=")[1].split('"')[0]
    told = client.get(f"/view/chart?state={state}")
    assert told.headers["cache-control"].startswith("private")
    assert sum(leaf[-1] for leaf in told.json()["leaves"]) == 3
    papers = client.get(f"/view/chart/1.1?state={state}").json()["papers"]
    assert {one[0] for one in papers} == {one.paper_id for one in PAPERS}
    site.library.ingest([make_paper("2506.00001", "Baking Cake", "We bake cake.")])
    stale = client.get(f"/view/chart/1.1?state={state}")
    assert (stale.json(), stale.headers["cache-control"]) == ({}, "no-store"), "its places are others by now"


def test_a_paper_waits_for_no_map(tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    site = made(tmp_path, stack)
    site.maps.map()
    site.library.ingest([make_paper("2506.00001", "Baking Cake", "We bake cake.")])
    monkeypatch.setattr("rag.themes.map.vectors_of", lambda library: pytest.fail("vectors are read"))
    assert "More from this region" in drawn(site, "/paper/2504.00001")
    assert "More from this region" not in drawn(site, "/paper/2506.00001")


def test_what_is_no_region_of_the_map_is_missing(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    site.maps.map()
    for path in ("/map/9", "/map/1.1.1.1", "/map/north", "/map/1.9"):
        view = site.view(Address.read(path), "")
        assert view.status == 404, path
        assert 'name="words"' in view.html
        assert "See the whole map" in view.html
    assert "The library is empty" in drawn(made(tmp_path / "empty", stack, []), "/map")


def test_strangers_words_are_escaped_on_the_map(tmp_path: Path, stack: ExitStack) -> None:
    hostile = [make_paper(f"2506.0000{n}", f"<b>Bold</b> & Brave {n}", "<script>x</script>") for n in range(6)]
    site = made(tmp_path, stack, hostile)
    site.maps.map()
    html = drawn(site, "/map") + drawn(site, "/map/1")
    assert "<b>" not in html
    assert "<script>" not in html


def test_a_topic_that_costs_says_so_to_the_page() -> None:
    assert "data-costs" in topic._form(costs=True)
    assert "data-costs" not in topic._form(costs=False)


def test_the_setup_form_has_one_place_for_its_lines() -> None:
    assert str(setup._writer(Config())).count("hidden") == 1


def test_each_facet_is_counted_once_whatever_is_restricted(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = made(tmp_path, stack)
    counted: list[str] = []
    counts = Descriptions.counts

    def counting(self: Descriptions, names: Iterable[str], *rest: Any) -> Any:
        counted.extend(names)
        return counts(self, names, *rest)

    monkeypatch.setattr(Descriptions, "counts", counting)
    html = drawn(site, "/library", "month=2025-05&author=Bo+Ray")
    assert sorted(counted) == sorted(SHOWN)
    assert "Ada Ling" not in html, "nobody else wrote in May"
    assert "2025-04" not in html, "Bo Ray did not write in April"
    assert "Ada Ling" in drawn(site, "/library", "author=Bo+Ray"), "what the place of a value could hold is counted"


def test_the_best_paper_shows_its_criteria_first_and_then_papers_with_quotes(tmp_path: Path, stack: ExitStack) -> None:
    site = made(tmp_path, stack)
    page = drawn(site, "/best", "q=best+paper+on+ranking+passages,+with+code")
    assert page.index('value="ranking passages"') < page.index('data-later="/view/chosen?q=best')
    assert 'name="k1" value="subject"' in page.replace(' type="hidden"', "")
    assert "<q>" not in page
    fields = {"q": "best paper on ranking passages, with code", "changed": "1", "c1": "baking bread", "k1": "subject"}
    found = str(site.chosen({**fields, "w1": "must"}, ""))
    first = found.index("Baking Bread")
    assert first < found.index("<q>", first)
    assert "meets “code available”" not in found  # it was left out
    assert "does not say" in drawn(site, "/best", "q=best+paper%3F")
    assert "does not say" in drawn(site, "/best", "q=best+paper+on+bread&changed=1")
    assert 'href="/best?q=' in drawn(site, "/best")
    too_long = site.view(Address("best", "", {"q": "x" * 5000}), "")
    assert too_long.status == 400
    assert "limit is 4,000" in too_long.html


def test_what_goes_wrong_while_papers_are_judged_is_said_in_their_place(tmp_path: Path, stack: ExitStack) -> None:
    client = client_of(made(tmp_path, stack))
    assert "looked at" in client.get("/view/chosen", params={"q": "best paper on bread"}).json()["html"]
    many = {f"c{n}": f"bread{n} crust" for n in range(1, 10)}
    said = client.get("/view/chosen", params={"q": "best paper on bread", "changed": "1", **many}).json()["html"]
    assert "criteria are too many" in said
    strange = {"q": "best paper on <script>bread</script>", "changed": "1", "c1": "<b>rye</b>", "k1": "subject"}
    html = client.get("/view/best", params=strange).json()["html"]
    assert "<script>" not in html
    assert "&lt;b&gt;rye" in html


def test_regions_of_the_map_show_their_papers_by_month(tmp_path: Path, stack: ExitStack) -> None:
    site = made(
        tmp_path / "long", stack, [*PAPERS, make_paper("2507.00004", "Baking Rolls", "We bake.", day="2025-07-01")]
    )
    site.maps.map()
    html = drawn(site, "/map")
    said = [
        [int(n) for n in re.findall(r" 2025 (\d+)", one)]
        for one in re.findall(r'aria-label="Papers by month: ([^"]*)"', html)
    ]
    assert [sum(numbers) for numbers in zip(*said, strict=True)] == [1, 2, 0, 1]
    short = made(tmp_path / "short", stack)
    short.maps.map()
    assert 'class="regions"' in drawn(short, "/map")
    assert "by month" not in drawn(short, "/map"), "two months are no trend"
