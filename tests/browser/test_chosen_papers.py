"""Questions about some papers alone, and papers that are kept from where an answer quotes them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from tests.browser.driving import ANNOTATE, Tab

PAPERS = "2504.05220 2504.05309"


def put(page: Page, name: str, on: str) -> None:
    address = urljoin(page.url, "/act/list")
    assert page.request.post(address, data={"papers": PAPERS, "list": name, "on": on}).ok


def test_a_list_is_asked_alone_until_all_papers_are(new_tab: Callable[..., Tab]) -> None:
    tab = new_tab("/library")
    page = tab.page
    put(page, "my thesis", "on")
    page.goto(urljoin(page.url, "/library?list=my+thesis"))
    tab.ready()
    page.get_by_role("link", name="Ask these").click()
    about = page.locator("#filters .about")
    expect(about).to_contain_text("Asking only 2 papers on the list my thesis")
    tab.ask(ANNOTATE)
    expect(tab.last.locator(".chips")).to_contain_text("2504.05220, 2504.05309")
    expect(about).to_be_visible()
    about.get_by_role("button", name="Ask all papers").click()
    expect(about).to_be_hidden()
    page.goto(urljoin(page.url, "/chat?list=my+thesis&author=Hengran+Zhang"))
    expect(about).to_contain_text("on the list my thesis, by Hengran Zhang")
    put(page, "my thesis", "off")
    page.goto(urljoin(page.url, "/chat?list=nowhere&q=What+is+there"))
    expect(about).to_contain_text("There is no list 'nowhere'.")
    expect(tab.box).to_have_value("What is there")
    expect(tab.last).to_have_count(0)
    page.get_by_role("link", name="Chat", exact=True).click()
    expect(about).to_be_hidden()


def test_a_paper_is_starred_where_it_is_quoted(new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().ready().ask(ANNOTATE)
    star = tab.cards.last.get_by_role("button", name="Star")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(tab.page.locator("#toast")).to_have_text("Starred.")
    tab.page.reload()
    tab.ready()
    expect(star).to_have_attribute("aria-pressed", "true")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")


def test_a_paper_is_kept_for_later_where_a_topic_quotes_it(new_tab: Callable[..., Tab]) -> None:
    page = new_tab("/topic/query%20rewriting").ready().page
    later = page.locator("#topic .card").last.get_by_role("button", name="Read later")
    later.click()
    expect(later).to_have_attribute("aria-pressed", "true")
    later.click()
    expect(later).to_have_attribute("aria-pressed", "false")
