"""For you, a surprise and the reader's own page, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from rag.config import Config
from rag.index.library import Library
from tests.browser.driving import Tab
from tests.support.page_server import served
from tests.support.tastes import KEPT, tastes

NewTab = Callable[..., Tab]


@pytest.fixture
def page(new_tab: NewTab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Today of a reader who keeps nothing."""
    folder = tmp_path_factory.mktemp("tastes")
    with Library(Config(data_dir=folder)) as library:
        library.ingest(tastes())
    with served(folder) as url:
        tab = new_tab("/", url=url)
        yield tab.page
        tab.page.goto("about:blank")  # the server ends before the tab does


def check(page: Page) -> None:
    """Fail with what axe finds."""
    assert Axe().run(page).response["violations"] == []


def test_two_stars_rank_today_and_the_profile_is_the_readers_to_change(page: Page) -> None:
    section = page.locator("#view .foryou")
    expect(section.get_by_label("What would you like to read about?")).to_be_visible()
    for paper_id in KEPT:
        page.evaluate("path => paperchatSite.go(path)", f"/paper/{paper_id}")
        page.get_by_role("button", name="Star").click()
        expect(page.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Today", exact=True).click()
    titles = section.locator("> .rows .title")
    expect(titles.first).to_contain_text("ewrit")
    expect(section.locator("q").first).to_be_visible()
    expect(section.locator(".why a").first).to_have_attribute("href", re.compile(r"/paper/2504\.0000[12]"))
    check(page)

    first = titles.first.inner_text()
    section.locator("> .rows .row").first.get_by_role("button", name="Less like this").click()
    expect(section.locator(".undo")).to_contain_text(f"Less like “{first}”")
    expect(section.locator(".title", has_text=first)).to_have_count(0)
    undo = section.get_by_role("button", name=f"Undo: less like {first}")
    expect(undo).to_be_focused()
    check(page)
    undo.press("Enter")
    expect(titles.first).to_have_text(first)
    expect(section.locator(".undo")).to_have_count(0)
    expect(section.get_by_role("heading", name="For you")).to_be_focused()

    section.get_by_role("button", name="Surprise me").click()
    expect(section.locator(".surprise .line")).to_contain_text(" aligned; most papers are near 0")
    expect(section.get_by_role("heading", name="A surprise")).to_be_focused()
    check(page)

    section.get_by_role("link", name="Your profile").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    expect(page.locator("#view .interest")).to_contain_text("From 2 papers that you keep")
    page.get_by_label("What would you like to read about?").fill("How bread is baked")
    page.keyboard.press("Enter")
    mine = page.get_by_label("Change this interest")
    expect(mine).to_have_value("How bread is baked")
    mine.fill("How rye bread is baked")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_have_text("Changed.")
    expect(mine).to_have_value("How rye bread is baked")
    page.get_by_role("button", name="Take out").click()
    expect(page.get_by_role("heading", name="Taken out")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Undo: take out").click()
    expect(page.locator("#view .interest")).to_have_count(2)
    expect(page.get_by_role("heading", name="Interests")).to_be_focused()
    with page.expect_download() as download:
        page.get_by_role("link", name="The profile", exact=True).click()
    assert download.value.suggested_filename == "profile.json"
    page.get_by_text("All that you keep…").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("Nothing is known yet.")).to_be_visible()
    page.reload()
    expect(page.locator("#view .interest")).to_have_count(0)


def test_what_cannot_be_made_now_is_said_and_asked_for_again(page: Page) -> None:
    origin = page.evaluate("location.origin")
    for paper_id in KEPT:
        page.request.post(f"{origin}/act/star", data={"papers": paper_id, "on": "on"})
    turned_away: list[str] = []

    def busy(route: Route) -> None:
        turned_away.append(route.request.url)
        route.fulfill(status=503, json={"problem": "Too many wait."})

    page.route("**/view/foryou", busy)
    page.goto(f"{origin}/today")
    expect(page.locator("#view .foryou .lead")).to_have_text("Too many wait.")
    page.unroute("**/view/foryou")
    page.route("**/view/reasons?*", busy, times=1)
    page.reload()
    expect(page.locator("#view .foryou > .rows .row q").first).to_be_visible()
    assert len(turned_away) == 2


def test_authors_are_offered_while_a_name_is_typed(page: Page) -> None:
    page.evaluate("paperchatSite.go('/library')")
    page.get_by_text("More fields").click()
    author = page.get_by_role("combobox", name="Author")
    author.press_sequentially("ada")
    expect(page.locator("#author-names option")).to_have_count(1)
    assert page.locator("#author-names option").get_attribute("value") == "Ada Lovelace"
