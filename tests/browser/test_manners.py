"""Phone, dark, keyboard, screen readers, deep links, and no other host."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import expect

from tests.browser.driving import ANNOTATE, NOWHERE, Tab
from tests.support.scripted import SLOW

NewTab = Callable[..., Tab]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LUMINANCE = """(selector) => {
  const [r, g, b] = getComputedStyle(document.querySelector(selector)).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (r + g + b) / 3;
}"""

BRIGHT = "[...looks].filter((colour) => Math.max(...colour.match(/\\d+/g).slice(0, 3)) > 60)"
"""Bright colours that the page had since it was opened."""
NAMELESS = """() => [...document.querySelectorAll("#chat :is(button, input, textarea, a)")]
    .filter((one) => one.offsetParent)
    .filter((one) => ![one, ...(one.labels || []), one.closest("label")].some((text) => text?.textContent.trim()))
    .filter((one) => !one.getAttribute("aria-label"))
    .map((one) => one.outerHTML.slice(0, 120))"""
"""Controls that a screen reader could not name."""
PLACES = """() => ["#live .turn h2", "#live .answer", "#composer"]
    .map((one) => document.querySelector(one).getBoundingClientRect().top)"""


def test_a_phone_shows_the_evidence_below_the_answer_and_never_scrolls_sideways(new_tab: NewTab) -> None:
    tab = new_tab(**PHONE).ready()
    widest = "document.documentElement.scrollWidth"
    assert tab.page.evaluate(widest) == 390
    below = "innerHeight - document.querySelector('#composer').getBoundingClientRect().bottom"
    assert tab.page.evaluate(below) < 10
    tab.ask(ANNOTATE)
    assert tab.page.evaluate(widest) == 390
    answer, card = tab.last.bounding_box(), tab.cards.first.bounding_box()
    assert answer
    assert card
    assert card["y"] > answer["y"] + answer["height"]
    assert card["width"] > 300
    tab.last.get_by_role("link", name="Evidence 2").tap()
    sheet = tab.page.get_by_role("dialog", name="Quote and source")
    expect(sheet.get_by_role("heading", name="Evidence 2")).to_be_visible()
    second = sheet.locator("blockquote").inner_text()
    sheet.get_by_role("button", name="Previous quote").tap()
    expect(sheet.get_by_role("heading", name="Evidence 1")).to_be_visible()
    assert sheet.locator("blockquote").inner_text() != second
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_be_hidden()
    tab.last.get_by_role("link", name="Evidence 2").tap()
    sheet.get_by_role("button", name="See it in the paper").tap()
    expect(tab.page.locator("#evidence .card.selected")).to_be_in_viewport()
    expect(tab.page.locator("#evidence .card.selected mark").first).to_be_in_viewport()
    tab.page.get_by_role("button", name="Back to the answer").tap()
    expect(tab.last.get_by_role("link", name="Evidence 2")).to_be_in_viewport()
    expect(tab.last.get_by_role("link", name="Evidence 2")).to_be_focused()


def test_a_phone_unfolds_the_conversations(new_tab: NewTab) -> None:
    tab = new_tab(**PHONE).ready().ask(ANNOTATE)
    fold = tab.page.get_by_role("button", name="Conversations", exact=True)
    expect(tab.page.locator("#listed")).to_be_hidden()
    fold.tap()
    expect(fold).to_have_attribute("aria-expanded", "true")
    tab.page.locator("#listed a").first.tap()
    expect(tab.page.locator("#listed")).to_be_hidden()
    expect(tab.page.locator(".turn h2")).to_have_text([ANNOTATE])


def test_dark_and_light_follow_the_system(new_tab: NewTab) -> None:
    dark, light = (new_tab(color_scheme=scheme).ready().ask(ANNOTATE) for scheme in ("dark", "light"))
    assert dark.page.evaluate(LUMINANCE, "body") < 40
    assert light.page.evaluate(LUMINANCE, "body") > 220
    assert dark.page.evaluate(LUMINANCE, "#evidence .card mark") < 110
    assert light.page.evaluate(LUMINANCE, "#evidence .card mark") > 200


def test_a_theme_is_chosen_and_remembered(new_tab: NewTab) -> None:
    tab = new_tab(color_scheme="light").ready()
    tab.page.get_by_role("button", name="Theme: system (next: light)").click()
    tab.page.get_by_role("button", name="Theme: light (next: dark)").click()
    expect(tab.page.locator("#announcements")).to_have_text("Theme: dark")
    assert tab.page.evaluate(LUMINANCE, "body") < 40
    tab.page.add_init_script("""
        window.looks = new Set();
        requestAnimationFrame(function look() {
          if (document.body) looks.add(getComputedStyle(document.body).backgroundColor);
          requestAnimationFrame(look);
        });
    """)
    tab.page.reload()
    tab.ready()
    assert tab.page.evaluate("looks.size > 0")
    assert tab.page.evaluate(BRIGHT) == []
    tab.page.emulate_media(color_scheme="dark")
    tab.page.get_by_role("button", name="Theme: dark (next: system)").click()
    assert tab.page.evaluate(LUMINANCE, "body") < 40
    tab.page.emulate_media(color_scheme="light")
    tab.page.wait_for_function("!document.body.classList.contains('dark')")
    assert tab.page.evaluate(LUMINANCE, "body") > 220


def test_everything_can_be_done_with_the_keyboard(tab: Tab) -> None:
    page = tab.page
    tab.box.blur()
    page.keyboard.press("/")
    expect(tab.box).to_be_focused()
    first, _, second = ANNOTATE.partition(" annotate ")
    page.keyboard.type(first)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type(f"annotate {second}")
    expect(tab.box).to_have_value(f"{first}\nannotate {second}")
    page.keyboard.press("Enter")
    expect(tab.cards).to_have_count(2)
    tab.last.get_by_role("button", name="Edit the question").focus()
    for control in (".explained", ".heading a", "a.marker"):
        page.keyboard.press("Tab")
        expect(tab.last.locator(control).first).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(tab.cards.first).to_be_focused()
    tab.box.focus()
    page.keyboard.type(SLOW)
    page.keyboard.press("Enter")
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 1.")
    page.keyboard.press("Escape")
    expect(tab.last.locator(".status")).to_have_text("Stopped before the end.")
    expect(tab.box).to_be_focused()


def test_every_control_has_a_name(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    nameless = tab.page.evaluate(NAMELESS)
    assert nameless == []
    expect(tab.page.locator("#announcements")).to_have_text(re.compile("^Answer: Utility-Focused .*RAG outcomes"))
    tab.send(SLOW)
    expect(tab.page.locator("#live .answer[aria-busy=true]")).to_contain_text("Sentence 1.")
    expect(tab.page.locator("#live [aria-live=polite]")).to_have_count(0)  # the answer is told once, when it is whole
    expect(tab.page.locator("#announcements")).not_to_contain_text("Sentence")
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#announcements")).to_contain_text("Answer: Sentence 0. Sentence 1.")


def test_an_address_may_hold_a_question(new_tab: NewTab) -> None:
    tab = new_tab("/?q=How+does+IterQR+rewrite+queries%3F").ready()
    tab.answered("How does IterQR rewrite queries?")
    expect(tab.page).to_have_url(re.compile(r"/conversation/[\w-]+$"))
    tab.page.reload()
    tab.ready()
    expect(tab.page.locator(".turn")).to_have_count(1)


def test_an_unknown_conversation_is_said_to_be_unknown(new_tab: NewTab) -> None:
    tab = new_tab("/?conversation=nosuchthing").ready()
    expect(tab.page.locator("#view .lead")).to_contain_text("There is no such conversation.")
    tab.page.get_by_role("link", name="Chat", exact=True).click()
    tab.ask(ANNOTATE)
    expect(tab.page.locator(".turn")).to_have_count(1)


def test_nothing_moves_while_an_answer_grows(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    tab.send(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 1.")
    before = tab.page.evaluate(PLACES)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 12.")
    assert tab.page.evaluate(PLACES) == before
    tab.page.keyboard.press("Escape")
    expect(tab.last.locator(".status")).to_have_text("Stopped before the end.")
    assert tab.page.evaluate(PLACES) == before


def top_of(tab: Tab) -> float:
    """How far below the window's top the last question begins."""
    return float(tab.last.evaluate("(turn) => turn.getBoundingClientRect().top"))


def test_every_new_question_comes_to_the_top_once(tab: Tab) -> None:
    head = 100  # px, those of the navigation and of the conversation, which stay in view
    tab.page.set_viewport_size({"width": 1440, "height": 560})
    for question in (ANNOTATE, "How does IterQR rewrite queries?", NOWHERE, "thanks!"):
        tab.ask(question)
    expect(tab.page.locator("#past .turn")).to_have_count(3)
    assert abs(top_of(tab) - head) <= 2

    tab.page.evaluate("scrollTo(0, 0)")
    moved = top_of(tab)
    tab.last.get_by_role("button", name="Good answer").dispatch_event("click")  # a click would scroll to it
    expect(tab.last.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    assert top_of(tab) == moved


def test_a_question_that_is_refused_at_once_comes_to_the_top(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 1440, "height": 560})
    tab.ask(ANNOTATE).ask("How does IterQR rewrite queries?")
    tab.page.locator("#filters summary").click()
    tab.page.get_by_label("From").fill("2025-11-01")
    tab.page.get_by_label("To").fill("2025-04-01")
    tab.page.evaluate("scrollTo(0, 0)")
    tab.send(ANNOTATE)
    expect(tab.last.get_by_role("alert")).to_be_in_viewport()
    assert top_of(tab) < 200


def test_a_phone_shows_a_new_answer_from_its_beginning(new_tab: NewTab) -> None:
    tab = new_tab(**PHONE).ready().ask(ANNOTATE).ask("How does IterQR rewrite queries?")
    expect(tab.last.locator("h2")).to_be_in_viewport()
    assert abs(top_of(tab) - 52) <= 2  # below the navigation


def test_links_within_a_page_take_the_keyboard_along(new_tab: NewTab) -> None:
    page = new_tab("/best?q=survey+of+query+rewriting").page
    link = page.locator("#view .levels tbody a").nth(1)
    link.press("Enter", timeout=60_000)  # the models are loaded for it
    expect(page.locator("#best-2")).to_be_focused()
    expect(page.locator("#toast")).to_have_text(re.compile(r"^\d papers\.$"))
    page.keyboard.press("Tab")
    expect(page.locator("#best-2 a").first).to_be_focused()
    page.locator("#skip").press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("What the best paper is to be and to have")).to_be_focused()


def test_the_page_has_an_icon_and_a_title(tab: Tab) -> None:
    expect(tab.page).to_have_title("Chat · paperchat")
    expect(tab.page.locator("head link[rel=icon]")).to_have_attribute("href", re.compile("^data:image/svg"))
    assert tab.page.request.get(urljoin(tab.page.url, "/favicon.ico")).headers["content-type"].startswith("image/svg")
