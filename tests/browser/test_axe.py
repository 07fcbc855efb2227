"""What axe-core finds on every page, wide and half as wide, in light and in dark: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from rag.config import Config
from rag.index.library import Library
from tests.browser.driving import ANNOTATE, NOWHERE, Tab
from tests.support.page_server import sample_library, served, users
from tests.support.papers import make_paper

NewTab = Callable[..., Tab]
COMPARED = "How do IterQR and StealthRank differ?"
LISTED = "Which papers are about query rewriting?"
DRAWN = {
    "/today": "#view .row",
    "/day/2025-04-10": "#view .row",
    "/paper/2504.05220": "#view .offers a",
    "/library?words=IterQR": "#view .row",
    "/library?month=2025-04": "#view .chips",
    "/you": "#view .you",
    "/map": "#view .chart[data-drawn]",
    "/map/1": "#view .told .row",
    "/quiz": "#view .question",
    "/best?q=best+paper+on+query+rewriting+with+code": "#view .criteria",
    "/nowhere": "#view .missing",
    "/add": "#brought .bars",
}
"""Addresses, and what is there when all of the page is."""
CLOSED = {
    "/today": "#view .rows",
    "/day/2025-11-24": "#view .theme .row",
    "/paper/2511.00003": "#view .versions",
    "/review": "#view .why",
}
"""The same of a library with a paper in two versions, one that is held, and a day of one theme."""
WIDE = 768
"""Width from which a quote comes to its marker, px."""
LOOKS = pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (720, "light"), (720, "dark")])
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LEAST_PX = 24
"""Of what a finger is to hit."""
SMALL = """(least) => [...document.querySelectorAll(
    "#summary .marker, .card footer :is(a, button), .pick, .order a, .paper .tools :is(a, button, summary)")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.textContent.trim() || one.className, one.getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < least)
    .map(([name, box]) => `${name} ${Math.round(box.width)}×${Math.round(box.height)}`)"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page that only Ada may read."""
    folder: Path = tmp_path_factory.mktemp("closed")
    sample_library(folder)
    rows = [
        make_paper("2511.00001", "Weighing Elephants", "We weigh seven elephants.", day="2025-11-24"),
        make_paper("2511.00003", "Painting Doors", "We paint four doors.", day="2025-11-20"),
        make_paper("2511.00003", "Painting Doors", "We paint five doors.", day="2025-11-24"),
    ]
    with Library(Config(data_dir=folder)) as library:
        library.ingest(rows)
        library.shelf.flags.decide(["2511.00001"], "held")
    with served(folder, known=users(ada="engine")) as url:
        yield url


def check(tab: Tab, state: str) -> None:
    """Fail with what axe finds, and where."""
    found = Axe().run(tab.page).response["violations"]
    lines = [
        f"{one['id']}: {node['html'][:160]} ({'; '.join(node['failureSummary'].splitlines()[1:])[:200]})"
        for one in found
        for node in one["nodes"][:4]
    ]
    assert not lines, "\n".join([state, *lines])


@LOOKS
def test_chat_has_no_violation(new_tab: NewTab, width: int, scheme: str) -> None:
    tab = new_tab(color_scheme=scheme, viewport={"width": width, "height": 900}).ready()
    check(tab, "welcome")
    tab.ask(ANNOTATE)
    tab.last.get_by_role("button", name="Good answer").click()
    expect(tab.last.locator(".kept")).to_be_visible()
    if width >= WIDE:
        tab.last.get_by_role("link", name="Evidence 2").hover()
        expect(tab.page.locator("#peek")).to_be_visible()
        check(tab, "answer with its quote at the marker")
    else:  # there the quote comes as a sheet (`test_a_phone_has_no_violation`)
        check(tab, "answer")
    tab.last.locator(".explained").hover()
    check(tab, "answer with what its confidence means")
    tab.ask(NOWHERE).ask(COMPARED)
    expect(tab.page.locator(".grid")).to_be_visible()
    tab.last.locator("summary").first.click()
    check(tab, "refusal and comparison")
    tab.box.blur()
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog", name="Keys")).to_be_visible()
    check(tab, "keys")


@LOOKS
def test_the_other_pages_have_no_violation(new_tab: NewTab, width: int, scheme: str) -> None:
    tab = new_tab("/", color_scheme=scheme, viewport={"width": width, "height": 900}).ready()
    page = tab.page
    for path, part in DRAWN.items():
        page.evaluate("path => paperchatSite.go(path)", path)
        expect(page.locator(part).first).to_be_visible()
        check(tab, path)
    page.get_by_role("link", name="Topic", exact=True).click()
    page.get_by_label("Topic", exact=True).last.fill("retrieval-augmented generation")
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary .evidence")).to_be_visible()
    check(tab, "topic")
    page.get_by_role("link", name="Setup").click()
    expect(page.locator("#setup .lead")).to_be_visible()
    page.get_by_text("All settings").click()
    check(tab, "setup")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_in_and_what_is_held_have_no_violation(new_tab: NewTab, closed: str, scheme: str) -> None:
    tab = new_tab("/today", closed, color_scheme=scheme)
    page = tab.page
    check(tab, "sign in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("engine")
    page.keyboard.press("Enter")
    tab.ready()
    for path, part in CLOSED.items():
        page.evaluate("path => paperchatSite.go(path)", path)
        expect(page.locator(part).first).to_be_visible()
        check(tab, path)
    page.evaluate("paperchatSite.go('/library')")
    page.get_by_label("Choose").first.check()
    expect(page.locator("#view .choice")).to_be_visible()
    check(tab, "selection")
    page.close()


def test_an_empty_library_has_no_violation(new_tab: NewTab, tmp_path: Path) -> None:
    with served(tmp_path) as url:
        tab = new_tab("/today", url)
        expect(tab.page.locator("#view .steps")).to_be_visible()
        check(tab, "empty")
        tab.page.close()


def small(tab: Tab) -> list[str]:
    """What a finger would miss."""
    return list(tab.page.evaluate(SMALL, LEAST_PX))


def test_a_phone_has_no_violation_elsewhere_and_nothing_that_a_finger_misses(new_tab: NewTab) -> None:
    tab = new_tab("/library?words=IterQR", **PHONE).ready()
    page = tab.page
    expect(page.locator("#view .order a").first).to_be_visible()
    check(tab, "library on a phone")
    assert small(tab) == []
    page.evaluate("paperchatSite.go('/paper/2504.05220')")
    expect(page.locator("#view .offers a").first).to_be_visible()
    page.get_by_text("Remove from the library…").tap()
    check(tab, "paper on a phone")
    assert small(tab) == []
    page.get_by_role("link", name="Topic", exact=True).tap()
    page.get_by_label("Topic", exact=True).last.fill("retrieval-augmented generation")
    page.get_by_role("button", name="Summarise").tap()
    expect(page.locator("#summary .marker").first).to_be_visible()
    check(tab, "topic on a phone")
    assert small(tab) == []


def test_a_phone_has_no_violation(new_tab: NewTab) -> None:
    tab = new_tab(**PHONE).ready().ask(LISTED)
    check(tab, "list on a phone")
    tab.last.locator("a.marker:visible").first.tap()
    expect(tab.page.get_by_role("dialog", name="Quote and source")).to_be_visible()
    check(tab, "sheet")
