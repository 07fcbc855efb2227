"""The quiz in a real browser: a key and a click answer, right and wrong are shown with the quote, bars follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.driving import Tab
from tests.support.page_server import sample_library, served

NewTab = Callable[..., Tab]
PAPERS = "2511.16414+2504.04178+2510.07784"
"""That give four questions: to look through all would take longer."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("quiz")
    sample_library(folder)
    with served(folder) as url:
        yield url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_question_is_answered_by_key_or_click_and_what_is_known_follows(
    new_tab: NewTab, sample: str, scheme: str
) -> None:
    page: Page = new_tab(f"/quiz?seed=4&paper={PAPERS}", url=sample, color_scheme=scheme).page
    open_ones = page.locator("#view .question:not(.answered)")
    expect(open_ones).to_have_count(4, timeout=60_000)  # the models are loaded for them
    expect(page.locator("#toast")).to_have_text("4 questions.")
    page.keyboard.press("2")
    answered = page.locator("#view .question.answered")
    expect(answered).to_have_count(1)
    expect(answered.locator(".verdict")).to_be_focused()
    expect(answered.locator("blockquote")).not_to_be_empty()
    expect(answered.locator(".option.right")).to_have_count(1)
    expect(page.locator("#view .mastery li").first).to_be_visible()
    open_ones.first.locator("button.option").first.click()
    expect(answered).to_have_count(2)
    expect(open_ones).to_have_count(2)
    assert Axe().run(page).response["violations"] == []
    link = answered.first.locator(".by a")
    title = link.text_content()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title or "")
    page.get_by_role("link", name="Quiz me on it").click()
    expect(page).to_have_url(f"{sample}/quiz?paper={page.url.rsplit('=', 1)[1]}")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you know?")
    page.get_by_text("Forget my answers").click()
    page.get_by_role("button", name="Forget them").click()
    expect(page.locator("#view aside .hint")).to_have_text(
        "After your first answers, what you know of each topic stands here."
    )
    expect(page.get_by_role("heading", name="What you know")).to_be_focused()
