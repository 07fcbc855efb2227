"""What strangers write does nothing and loads nothing. That no other host is asked, `new_tab` checks for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import expect

from rag.config import Config
from rag.index.library import Library
from rag.types import Paper
from tests.browser.driving import Tab
from tests.support.page_server import served

NewTab = Callable[..., Tab]
ATTACK = (
    "<img src=x onerror=window.harmed=1> ![seen](http://elsewhere.example/a.png) [read](javascript:window.harmed=1) "
    "<svg onload=window.harmed=1> ${window.harmed=1} {{constructor.constructor('window.harmed=1')()}} "
    '"><script>window.harmed=1</script> [1]: http://elsewhere.example/b <style>@import "http://elsewhere.example/c";</style>'
)
HANDLERS = """[...document.querySelectorAll("#chat *")]
    .filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith("on"))).length"""
QUESTION = "Which zebra retrieval method counts stripes?"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    paper = Paper(
        paper_id="2505.00001",
        title=f"Zebra retrieval {ATTACK}",
        abstract=f"We count the stripes of zebra retrieval with a method {ATTACK}. It counts stripes well.",
        authors=(f"Mal {ATTACK}", "Eve"),
        date=date(2025, 5, 1),
        url="javascript:window.harmed=1",
    )
    other = Paper(
        "2505.00002",
        f"Giraffe {ATTACK}",
        f"Necks are long {ATTACK}.",
        ("Eve",),
        date(2025, 5, 2),
        "https://evil.example/abs/1",
    )
    with Library(Config(data_dir=folder)) as library:
        library.ingest([paper, other])
    with served(folder) as url:
        yield url


def test_hostile_papers_are_shown_as_text(new_tab: NewTab, hostile: str) -> None:
    tab = new_tab("/chat", hostile).ready()
    tab.ask(QUESTION)
    expect(tab.last.locator(".answer")).to_contain_text("<svg onload=window.harmed=1>")
    expect(tab.cards.first).to_contain_text("<script>window.harmed=1</script>")
    for summary in tab.cards.locator("summary").all():
        summary.click()
    tab.ask(f"And what is {ATTACK}?")
    tab.ask("What is the capital of France?")
    expect(tab.last.locator(".offers button").first).to_be_visible()
    tab.page.reload()
    tab.ready()
    for area in ("#thread", "#evidence", "#conversations"):
        assert tab.page.locator(f"{area} :is(img, script, style, iframe, object, video, audio)").count() == 0
        links = tab.page.locator(f"{area} a").evaluate_all("links => links.map(one => one.getAttribute('href'))")
        assert all(link.startswith(("#", "/conversation/", "/paper/2505.0000")) for link in links), links
    assert tab.page.evaluate(HANDLERS) == 0
    assert tab.page.evaluate("window.harmed") is None


def test_a_name_of_a_conversation_is_text(new_tab: NewTab, hostile: str) -> None:
    tab = new_tab("/chat", hostile).ready().ask(QUESTION)
    tab.page.get_by_role("button", name="Rename").click()
    tab.page.get_by_label("Name of the conversation").fill("<img src=x onerror=window.harmed=1>")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#head h1")).to_have_text("<img src=x onerror=window.harmed=1>")
    assert tab.page.evaluate("window.harmed") is None
