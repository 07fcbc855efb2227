"""Answers to scan, and what comes after them; keys; a server that is away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.driving import ANNOTATE, Tab

NewTab = Callable[..., Tab]
COMPARED = "Compare IterQR and StealthRank."
LISTED = "Which papers are about query rewriting?"


def test_a_list_is_rows_that_open_to_their_quotes(tab: Tab) -> None:
    tab.ask(LISTED)
    rows = tab.last.locator(".found")
    assert rows.count() > 1
    row = rows.filter(has_text="IterQR").first
    expect(row.locator(".facts").first).to_contain_text("Shangyu Chen, Xinyu Jia, Yingfei Zhang and 3 more")
    expect(row.locator(".line")).to_be_visible()
    expect(row.locator("blockquote").first).to_be_hidden()
    expect(tab.last.locator(".status")).not_to_contain_text("confidence")
    row.locator("summary").click()
    expect(row.locator("blockquote").first).to_be_visible()
    expect(row.locator(".line")).to_be_hidden()
    row.get_by_role("link", name="Open the paper").click()
    expect(tab.page.locator("#view .paper h1")).to_contain_text("IterQR")


def test_a_comparison_is_a_table_of_quotes_that_grows_by_what_is_wanted(tab: Tab) -> None:
    tab.ask(COMPARED)
    grid = tab.last.locator(".grid")
    expect(grid.locator("tbody th")).to_have_text(["Task", "Method", "Data", "Result", "Difference"])
    expect(grid.locator("thead a")).to_have_text([re.compile("^IterQR"), re.compile("^StealthRank")])
    marker = grid.locator("a.marker").first
    marker.hover()
    expect(tab.page.locator("#peek blockquote")).to_contain_text(grid.locator(".cell").first.inner_text())
    field = tab.last.get_by_label("What else to compare")
    field.fill("where was it deployed")
    field.press("Enter")
    added = grid.locator("tbody tr").last
    expect(added.locator("th")).to_contain_text("Where was it deployed")
    expect(added.locator("td").first).to_contain_text("deployed in Meituan Delivery")
    expect(field).to_be_focused()
    with tab.page.expect_download() as saved:
        tab.last.get_by_role("link", name="Save as CSV").click()
    rows = list(csv.reader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    assert rows[0] == [
        "paper",
        "title",
        "date",
        "task",
        "method",
        "data",
        "result",
        "difference",
        "where was it deployed",
    ]
    assert [row[0] for row in rows[1:]] == ["2504.05309", "2504.05804"]
    assert rows[1][-1] == added.locator(".cell").first.inner_text()
    tab.page.reload()
    tab.ready()
    expect(added.locator("th")).to_contain_text("Where was it deployed")
    added.get_by_role("button", name="Take away").click()
    expect(grid.locator("tbody th")).to_have_count(5)


def test_a_list_is_compared_in_a_table_when_that_is_wanted(tab: Tab) -> None:
    tab.ask(LISTED)
    expect(tab.last.locator(".grid")).to_have_count(0)
    tab.last.get_by_role("button", name="Compare in a table").click()
    grid = tab.last.locator(".grid")
    expect(grid.locator("[scope=col]")).to_have_text([re.compile("Paper|^[A-Z]")] * grid.locator("thead th").count())
    expect(grid.locator("th a[data-paper]")).to_have_count(tab.last.locator(".found").count())


def test_what_is_suggested_after_an_answer_is_answered(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    offers = tab.last.locator(".next .offers button")
    expect(offers.first).to_be_visible()
    assert offers.count() <= 3
    tab.box.blur()
    tab.page.keyboard.press("f")
    expect(offers.first).to_be_focused()
    question = offers.first.inner_text()
    tab.page.keyboard.press("Enter")
    tab.answered(question)
    expect(tab.last).not_to_have_class(re.compile("abstained"))
    expect(tab.cards.first.locator("h3")).to_contain_text("Utility-Focused LLM Annotation")
    expect(tab.page.locator("#past .next")).to_have_count(0)


def test_confidence_says_what_it_means(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    word = tab.last.get_by_role("button", name="High confidence")
    meaning = tab.last.get_by_role("tooltip")
    expect(meaning).to_be_hidden()
    word.hover()
    expect(meaning).to_contain_text(re.compile(r"Of 100 answers .* about \d+ quote what was asked"))


def test_keys_are_listed_and_can_be_switched_off(tab: Tab) -> None:
    page = tab.page
    page.get_by_role("button", name="Keys (?)").click()
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("next citation")
    keys.get_by_label("Single-letter keys are on").uncheck()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    tab.ask(ANNOTATE)
    tab.box.blur()
    page.keyboard.press("n")
    expect(page.locator("#peek")).to_be_hidden()
    page.keyboard.press("?")
    keys.get_by_label("Single-letter keys are on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#peek")).to_be_visible()
    tab.box.focus()
    page.keyboard.type("n?/")
    expect(tab.box).to_have_value("n?/")


def test_a_slash_leads_to_the_box_of_the_page_in_view(tab: Tab) -> None:
    for name, label in (
        ("Today", "Ask your papers"),
        ("Library", "Search titles and abstracts"),
        ("Topic", "Topic"),
        ("Chat", "Question"),
    ):
        tab.page.get_by_role("link", name=name, exact=True).click()
        box = tab.page.get_by_label(label, exact=True).last
        expect(box).to_be_visible()
        box.blur()
        tab.page.keyboard.press("/")
        expect(box).to_be_focused()
        tab.page.keyboard.type("a/b")
        expect(box).to_have_value("a/b")


def test_keys_work_on_drawn_pages(new_tab: NewTab) -> None:
    page = new_tab("/paper/2504.05220").page
    expect(page.locator("#view .offers a").first).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("#view .offers a").first).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(".welcome")).to_be_visible()
    assert page.url.endswith("/chat")


SHOWN = """() => [...document.querySelectorAll("#site :is(a:not(#skip), button)")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.getBoundingClientRect(), one.closest("nav")?.getBoundingClientRect()])
    .map(([box, nav]) => [Math.max(box.left, nav?.left ?? box.left), Math.min(box.right, nav?.right ?? box.right)])
    .filter(([begin, end]) => end > begin)"""
"""Left and right edge of what is seen of each link and button; the links of pages scroll where they don't fit."""


@pytest.mark.parametrize("width", [1440, 720, 390, 320])
def test_nothing_in_the_head_of_the_page_overlaps(new_tab: NewTab, width: int) -> None:
    page = new_tab("/library", viewport={"width": width, "height": 800}).page
    edges = sorted(map(tuple, page.evaluate(SHOWN)))
    assert len(edges) >= 6
    assert all(end <= begin for (_, end), (begin, _) in pairwise(edges))
    assert edges[-1][1] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_long_question_is_folded(tab: Tab) -> None:
    tab.ask(f"How does IterQR rewrite queries? {'I want to know it all. ' * 40}".strip())
    heading = tab.last.locator("h2")
    folded = heading.bounding_box()
    tab.last.get_by_role("button", name="Show the whole question").click()
    whole = heading.bounding_box()
    assert folded
    assert whole
    assert folded["height"] < 130 < whole["height"]


def test_the_name_of_a_file_has_no_space_before_its_ending(tab: Tab) -> None:
    tab.ask("What is a: “name/of” a file? ")
    with tab.page.expect_download() as saved:
        tab.page.get_by_role("button", name="Export as Markdown").click()
    assert saved.value.suggested_filename == "What is a “name of” a file.md"


def test_the_navigation_stays_in_sight(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 1440, "height": 500})
    tab.ask(LISTED)
    tab.page.evaluate("scrollTo(0, 600)")
    tab.page.wait_for_function("scrollY > 200")
    expect(tab.page.get_by_role("link", name="Library", exact=True)).to_be_in_viewport()


def test_a_question_sent_while_the_server_is_away_is_kept_and_sent_later(tab: Tab) -> None:
    def cut(route: Route) -> None:
        route.abort("connectionrefused")

    tab.ask("How does IterQR rewrite queries?")
    for path in ("**/queue/join*", "**/app_id*"):
        tab.page.route(path, cut)
    tab.send(ANNOTATE)
    expect(tab.page.get_by_role("alert").filter(has_text="The server does not answer")).to_be_visible()
    expect(tab.box).to_have_value(ANNOTATE)
    for path in ("**/queue/join*", "**/app_id*"):
        tab.page.unroute(path)
    tab.answered(ANNOTATE)
    expect(tab.page.locator("#away")).to_have_count(0)
    expect(tab.page.locator(".turn h2")).to_have_text(["How does IterQR rewrite queries?", ANNOTATE])


def test_the_setup_form_gives_the_lines_to_write(tab: Tab) -> None:
    page = tab.page
    page.get_by_role("link", name="Setup").click()
    page.get_by_label("Let a language model write").check()
    page.get_by_label("Address of the model server").fill("http://127.0.0.1:11434/v1")
    page.get_by_label("Model", exact=False).last.fill('qwen: "8b"')
    page.get_by_role("button", name="Show the lines for config.yaml").click()
    expect(page.locator("#setup pre")).to_be_visible()
    expect(page.locator("#setup pre")).to_have_text(
        re.compile(
            r'answer:\s+mode: llm\s+llm:\s+provider: openai-compatible\s+base_url: .*model: "qwen: \\"8b\\""', re.S
        )
    )
    page.get_by_label("Dark").check()
    expect(page.get_by_role("button", name="Theme: dark (next: system)")).to_be_visible()
    expect(page.locator("#setup").get_by_text("all-MiniLM-L6-v2")).to_be_hidden()
    page.get_by_text("All settings").click()
    expect(page.locator("#setup").get_by_text("all-MiniLM-L6-v2")).to_be_visible()
