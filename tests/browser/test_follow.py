"""Following a topic, a list of papers and an author, and what Today makes of it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.driving import Tab
from tests.support.page_server import sample_library, served
from ui.web.companion import follows

NewTab = Callable[..., Tab]
LISTED = "Which papers are about query rewriting?"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[str]:
    """The page over a library of the sample in which nothing is followed yet."""
    sample_library(tmp_path)
    with served(tmp_path) as url:
        yield url


def followed(page: Page) -> list[str]:
    page.evaluate("paperchatSite.go('/today')")
    expect(page.locator("#followed")).to_be_visible()
    return page.locator("#followed h3").all_text_contents()


def test_what_is_followed_anywhere_stands_on_today_until_it_is_ended(new_tab: NewTab, own: str) -> None:
    tab = new_tab("/topic/query%20rewriting", own).ready()
    page = tab.page
    topic = page.locator("#summary").get_by_role("button", name="Follow")
    topic.click()
    expect(topic).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast")).to_have_text("Followed: Today tells what is new to it.")
    page.evaluate("paperchatSite.go('/chat')")
    listed = tab.ask(LISTED).last.get_by_role("button", name="Follow")
    listed.click()
    expect(listed).to_have_attribute("aria-pressed", "true")
    page.evaluate("paperchatSite.go('/paper/2504.05220')")
    page.get_by_text("Follow its authors").click()
    with page.expect_response("**/act/follow"):
        page.get_by_label("Hengran Zhang").check()
    assert followed(page) == ["query rewriting", LISTED, "Papers by Hengran Zhang"]
    page.get_by_label("Follow a question, a topic or an author").fill("dense retrieval")
    page.keyboard.press("Enter")
    expect(page.locator("#followed h3")).to_have_count(4)
    expect(page.locator("#followed h2")).to_be_focused()
    page.get_by_role("button", name="Follow no longer: query rewriting").press("Enter")
    expect(page.locator("#followed h3")).to_have_count(3)
    expect(page.locator("#followed h2")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(f"{own}/paper/2504.05220")
    expect(page.locator("#view .paper h1")).to_be_visible()
    page.go_back()
    expect(page.locator("#live")).to_be_visible()
    page.reload()
    tab.ready()
    expect(listed).to_have_attribute("aria-pressed", "true")
    page.close()


def test_what_is_typed_stays_while_questions_are_asked_again(new_tab: NewTab, own: str) -> None:
    page = new_tab("/library", own).ready().page
    today = page.request.get(f"{own}/view/today").json()
    part = 'data-part="followed"'
    place = today["html"].split(f'{part} data-place="')[1].split('"')[0]
    today["html"] = today["html"].replace(part, f'{part} data-whole="/view/followed?place={place}"')
    page.route("**/view/today", lambda route: route.fulfill(json=today))
    held: list[Route] = []
    page.route("**/view/followed?**", lambda route: held.append(route))
    with page.expect_request("**/view/followed?**"):
        page.evaluate("paperchatSite.go('/today')")
    box = page.get_by_label("Follow a question, a topic or an author")
    box.fill("dense retrieval")
    page.evaluate("document.querySelector('#followed').dataset.before = true")
    held[0].continue_()
    expect(page.locator("#followed[data-before]")).to_have_count(0)
    expect(box).to_be_focused()
    expect(box).to_have_value("dense retrieval")
    box.press("Enter")
    expect(page.locator("#followed h3")).to_have_text(["dense retrieval"])
    expect(box).to_have_value("")
    page.close()


def test_a_box_that_was_refused_is_ticked_no_longer(new_tab: NewTab, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = new_tab("/paper/2504.05220", own).ready().page
    page.get_by_text("Follow its authors").click()
    monkeypatch.setattr(follows, "MOST", 0)
    box = page.get_by_label("Hengran Zhang")
    box.click()
    expect(page.locator("#toast")).to_contain_text("the most there can be")
    expect(box).not_to_be_checked()
    page.route("**/act/follow", lambda route: route.abort())
    box.click()
    expect(page.locator("#toast")).to_contain_text("The server cannot be reached")
    expect(box).not_to_be_checked()
    page.close()


def test_a_list_of_chosen_papers_is_not_followed_by_its_words(new_tab: NewTab, own: str) -> None:
    tab = new_tab("/chat?category=cs.IR", own).ready().ask(LISTED)
    expect(tab.last.locator("footer.tools")).to_be_visible()
    expect(tab.last.get_by_role("button", name="Follow")).to_have_count(0)
    tab.page.close()


def test_a_pasted_topic_that_is_not_there_stays_the_page_for_nothing(new_tab: NewTab, own: str) -> None:
    tab = new_tab("/topic/cheese%20making%20in%20the%20Alps", own).ready()
    page = tab.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is here")
    expect(page.get_by_role("searchbox")).to_have_value("cheese making in the Alps")
    follow = page.get_by_role("button", name="Follow")
    follow.click()
    expect(follow).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Topic", exact=True).click()
    expect(page.get_by_label("Topic", exact=True).last).to_be_visible()
    assert followed(page) == ["cheese making in the Alps"]
    page.close()
