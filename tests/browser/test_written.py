"""Answers that a model writes, in a real browser; the model is a scripted server that speaks OpenAI's protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from rag.config import AnswerConfig, LLMConfig
from tests.browser.driving import Tab
from tests.support import roles
from tests.support.chat_server import Asked, Fault, Stream, chat_server
from tests.support.page_server import sample_library, served

NewTab = Callable[..., Tab]
STREAMED = "How does IterQR rewrite queries in e-commerce search?"
INVENTING = "Which papers use semantic IDs for generative recommendation?"
FAILING = "What does StealthRank manipulate?"


def model(asked: Asked) -> str | Fault | Stream:
    """Plays another part for each question."""
    said = "\n".join(str(message["content"]) for message in asked.body["messages"])
    if FAILING in said:
        return Fault(500)
    if INVENTING in said:
        return roles.inventing(asked)
    return Stream([f"{sentence} " for sentence in roles.quoted(asked)], delay=1.5)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the sample reports, in mode llm."""
    folder = tmp_path_factory.mktemp("written")
    sample_library(folder)
    with chat_server(model) as server:
        llm = LLMConfig(
            provider="openai-compatible",
            model="scripted",
            base_url=server.base_url,
            api_key_env="NO_SUCH_KEY",
            max_retries=0,
            thinks=False,
        )
        with served(folder, sections={"answer": AnswerConfig(mode="llm"), "llm": llm}) as url:
            yield url


def test_a_written_answer_streams_in_and_cites(new_tab: NewTab, written: str) -> None:
    tab = new_tab(url=written).ready()
    tab.send(STREAMED)
    running = tab.page.locator("#live .turn.running")
    expect(running.locator(".status")).to_contain_text("Writing from")
    expect(running.locator(".answer a.marker").first).to_be_visible()
    begun, first = time.monotonic(), running.locator(".answer").inner_text()
    tab.answered(STREAMED)
    assert time.monotonic() - begun > 1
    whole = tab.last.locator(".answer").inner_text()
    assert whole.startswith(first.strip())
    assert len(whole) > len(first)
    tab.last.get_by_role("link", name="Evidence 1").first.click()
    expect(tab.page.locator("#evidence .card.selected mark").first).to_be_visible()


def test_sentences_that_no_source_carries_are_shown_on_request(new_tab: NewTab, written: str) -> None:
    tab = new_tab(url=written).ready().ask(INVENTING)
    expect(tab.last.locator(".answer")).not_to_contain_text("2599.01234")
    removed = tab.last.locator(".removed")
    expect(removed.locator("li").first).to_be_hidden()
    removed.locator("summary").click()
    expect(removed.locator("li", has_text="FooBarNet-9000")).to_be_visible()
    expect(removed.locator("li", has_text="Wholly Invented Transformers").locator("span")).not_to_be_empty()
    expect(removed.locator("a")).to_have_count(0)


def test_a_model_that_fails_is_replaced_by_quotes_and_a_note(new_tab: NewTab, written: str) -> None:
    tab = new_tab(url=written).ready().ask(FAILING)
    expect(tab.last.locator(".notes")).to_contain_text("500")
    expect(tab.last.locator(".answer blockquote").first).to_be_visible()
    expect(tab.last.locator(".answer")).to_contain_text("StealthRank")
    expect(tab.cards.first.locator("h3")).to_contain_text("StealthRank")


def test_an_address_only_fills_the_box_where_answers_cost_money(new_tab: NewTab, written: str) -> None:
    tab = new_tab(f"/?q={quote(STREAMED)}", url=written).ready()
    expect(tab.box).to_have_value(STREAMED)
    expect(tab.box).to_be_focused()
    expect(tab.page.locator(".turn")).to_have_count(0)
    tab.box.press("Enter")
    tab.answered(STREAMED)


def test_the_setup_page_says_who_writes(new_tab: NewTab, written: str) -> None:
    tab = new_tab(url=written).ready()
    tab.page.get_by_role("link", name="Setup").click()
    expect(tab.page.locator("#setup .lead")).to_contain_text("Answers are written by scripted")
