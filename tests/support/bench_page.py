"""How quick the page is: `python -m tests.support.bench_page` prints medians in milliseconds.

ready: from opening the address to a page in which one can type a question, beside an empty Gradio page's, in turn.
start: from the end of retrieval on the server to the answer's first word on the page. long: from Enter to the question
on the page and to the whole answer, in a new conversation and in one of 200 questions.
Set OPENBLAS_NUM_THREADS=1, as the command does for itself.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import gradio as gr
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rag.assistant import Assistant
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.types import Event, Filters, Mode, Retrieved, Turn
from tests.browser.driving import ANNOTATE, Tab
from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.page_server import sample_library, served

REPEATS = 7
retrieved: list[float] = []
"""When retrieval ended, in milliseconds since the epoch."""
WATCH = """() => {
  window.seen = null;
  const before = document.querySelector("#live .turn").id;
  new MutationObserver(() => {
    const turn = document.querySelector("#live .turn");
    const text = turn.id !== before && turn.querySelector(".answer")?.textContent.trim();
    if (text && !window.seen) window.seen = performance.timeOrigin + performance.now();
  }).observe(document.querySelector("#live"), { childList: true, subtree: true, characterData: true });
}"""


class TimedAssistant(Assistant):
    """The real assistant, which notes when retrieval has ended."""

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
        *,
        user: str | None = None,
    ) -> Iterator[Event]:
        """Answer, and look at the clock."""
        for event in super().ask(question, history, filters, mode, user=user):
            if isinstance(event, Retrieved):
                retrieved.append(1000 * time.time())
            yield event


def opened(browser: Browser, url: str, selector: str) -> float:
    """Milliseconds until an element of a fresh browser context's page is there."""
    with browser.new_context() as context:
        page = context.new_page()
        begin = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector(selector)
        return 1000 * (time.perf_counter() - begin)


def first_word(page: Page) -> float:
    """Milliseconds from the end of retrieval to the first word."""
    page.evaluate(WATCH)
    Tab(page).send(ANNOTATE)
    page.wait_for_function("window.seen")
    page.wait_for_selector("#live .turn[id]")
    return float(page.evaluate("window.seen")) - retrieved[-1]


def asked(tab: Tab, question: str) -> tuple[float, float]:
    """Milliseconds until the question, and until its whole answer, is on the page."""
    tab.box.fill(question)
    begin = time.perf_counter()
    tab.box.press("Enter")
    tab.page.wait_for_function("(text) => document.querySelector('#live h2')?.textContent === text", arg=question)
    shown = time.perf_counter()
    tab.page.wait_for_selector("#live .turn[id]")
    return 1000 * (shown - begin), 1000 * (time.perf_counter() - begin)


def lengthen(folder: Path, conversation: str) -> None:
    """Add 200 answered questions to a conversation."""
    store = Conversations(folder / FILE_NAME)
    (first,) = store.exchanges("", conversation)
    for n in range(200):
        store.add("", conversation, f"Question {n}?", first.filters, first.said, first.answer, first.passages)
    store.close()


def main() -> None:
    """Measure and print."""
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        sample_library(folder)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        with gr.Blocks() as nothing:
            pass
        _, empty, _ = nothing.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
        with served(folder, make=TimedAssistant) as url:
            pairs = [
                (opened(browser, f"{url}/chat", "#question textarea"), opened(browser, empty, ".gradio-container"))
                for _ in range(REPEATS)
            ]
            ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
            print(f"ready: {ours:.0f}, empty page {theirs:.0f}, ratio {ours / theirs:.2f}")
            page = browser.new_page()
            page.goto(f"{url}/chat")
            tab = Tab(page).ready()
            tab.ask(ANNOTATE)
            starts = [first_word(page) for _ in range(REPEATS)]
            print(f"start: {statistics.median(starts):.0f}, worst {max(starts):.0f}")
            tab.page.get_by_role("button", name="New conversation").click()
            expect(tab.page.locator(".welcome")).to_be_visible()
            tab.ask(ANNOTATE)
            short = [asked(tab, f"How does IterQR rewrite queries, for the {n}th time?") for n in range(REPEATS)]
            page.get_by_role("button", name="New conversation").click()
            expect(page.locator(".welcome")).to_be_visible()
            tab.ask(ANNOTATE)
            lengthen(folder, page.url.rpartition("/")[2])
            page.reload()
            tab.ready()
            long = [asked(tab, f"How does IterQR rewrite queries, for the {n}th time?") for n in range(REPEATS)]
            for label, times in (("new", short), ("200 questions", long)):
                shown, whole = (statistics.median(column) for column in zip(*times, strict=True))
                print(f"long: {label}: question {shown:.0f}, answer {whole:.0f}")
        browser.close()


if __name__ == "__main__":
    main()
