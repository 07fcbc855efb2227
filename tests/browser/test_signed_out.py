"""A sign-in that ends while the page is open: the page says so, and what was written is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import ANNOTATE, Tab
from tests.support.page_server import served, users
from tests.support.scripted import ScriptedAssistant

NewTab = Callable[..., Tab]


@pytest.fixture(scope="module")
def closed(library_folder: Path) -> Iterator[str]:
    """A page that only Ada may read."""
    with served(library_folder, known=users(ada="engine"), make=ScriptedAssistant) as url:
        yield url


def sign_in(page: Page) -> None:
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("engine")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Library", exact=True)).to_be_visible()


def follow(page: Page) -> None:
    """Sign in where the page's link leads to, in a tab of its own."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in").click()
    sign_in(opened.value)
    opened.value.close()


def test_a_question_stands_in_the_box_after_the_sign_in(new_tab: NewTab, closed: str) -> None:
    tab = new_tab("/chat", closed)
    sign_in(tab.page)
    tab.ready()
    tab.page.context.clear_cookies()
    tab.send(ANNOTATE)
    expect(tab.page.locator("#away")).to_contain_text("You are signed out. Your question stands in the box again when")
    expect(tab.box).to_have_value(ANNOTATE)
    follow(tab.page)
    expect(tab.page.locator("#away")).to_be_hidden()
    expect(tab.box).to_have_value(ANNOTATE)
    expect(tab.page.locator(".turn h2")).to_have_count(0)
    tab.page.close()


def test_a_comment_is_kept_after_the_sign_in(new_tab: NewTab, closed: str) -> None:
    tab = new_tab("/chat", closed)
    sign_in(tab.page)
    tab.ready().ask(ANNOTATE)
    tab.last.get_by_role("button", name="Bad answer").click()
    comment = tab.last.get_by_label("What was good or wrong about it?")
    comment.fill("It misses the loss.")
    tab.page.context.clear_cookies()
    comment.press("Enter")
    expect(tab.page.locator("#away")).to_contain_text("You are signed out. Your comment is kept and sent when")
    follow(tab.page)
    expect(tab.page.get_by_text("Your comment is kept with the answer")).to_be_visible()
    expect(comment).to_have_value("It misses the loss.")
    tab.page.close()


def test_a_note_stays_and_a_link_leads_to_the_form(new_tab: NewTab, closed: str) -> None:
    tab = new_tab("/paper/2504.05309", closed)
    page = tab.page
    sign_in(page)
    tab.ready()
    note = page.get_by_label("Your note")
    note.fill("Read it again.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_contain_text("You are signed out. What you typed stays here.")
    follow(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_have_text("Note saved.")
    expect(note).to_have_value("Read it again.")
    page.context.clear_cookies()
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page).to_have_title("Sign in · paperchat")
    sign_in(page)
    expect(page).to_have_url(f"{closed}/library")
    page.close()
