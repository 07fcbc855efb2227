"""What axe-core finds on every page, in light and in dark: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.driving import ANNOTATE, NOWHERE, Tab

NewTab = Callable[..., Tab]
COMPARED = "Compare IterQR and StealthRank."
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
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def check(tab: Tab, state: str) -> None:
    """Fail with what axe finds, and where."""
    found = Axe().run(tab.page).response["violations"]
    lines = [
        f"{one['id']}: {node['html'][:160]} ({'; '.join(node['failureSummary'].splitlines()[1:])[:200]})"
        for one in found
        for node in one["nodes"][:4]
    ]
    assert not lines, "\n".join([state, *lines])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chat_has_no_violation(new_tab: NewTab, scheme: str) -> None:
    tab = new_tab(color_scheme=scheme).ready()
    check(tab, "welcome")
    tab.ask(ANNOTATE)
    tab.last.get_by_role("button", name="Good answer").click()
    expect(tab.last.locator(".kept")).to_be_visible()
    tab.last.get_by_role("link", name="Evidence 2").hover()
    expect(tab.page.locator("#peek")).to_be_visible()
    check(tab, "answer with its quote at the marker")
    tab.ask(NOWHERE).ask(COMPARED)
    expect(tab.page.locator(".grid")).to_be_visible()
    tab.last.locator("summary").first.click()
    tab.last.locator(".explained").hover()
    check(tab, "refusal and comparison")
    tab.box.blur()
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog", name="Keys")).to_be_visible()
    check(tab, "keys")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_other_pages_have_no_violation(new_tab: NewTab, scheme: str) -> None:
    tab = new_tab("/", color_scheme=scheme).ready()
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


def test_a_phone_has_no_violation(new_tab: NewTab) -> None:
    tab = new_tab(**PHONE).ready().ask(LISTED)
    check(tab, "list on a phone")
    tab.last.locator("a.marker:visible").first.tap()
    expect(tab.page.get_by_role("dialog", name="Quote and source")).to_be_visible()
    check(tab, "sheet")
