"""What a reader waits for, in Chromium: ``python -m tests.support.bench_reader --library DIR --qa FILE --big DIR``.

start: from the command to a page in which one can type, and to all of Gradio. box: from an address to its visible box.
words: from Enter on Chat to the first words of the answer. today: Today over a large library, the first time and after.
people: so many ask at the same moment, round after round, questions of all kinds mixed; the first as soon as the page
is there, with nothing warm. read: the same when the page has read all papers, which takes minutes. note: clicks from
opening the page to a paper that is starred and has a note. Libraries stay as they are: what is measured
is a folder that is thrown away, with what a page writes to copied or left out (`apart`). Prints a JSON line for each.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from eval.bench.load import Person, event_of, page, questions_of
from rag.index.passage_tokens import FOLDER as TOKENS
from rag.papers.shelf import FILE_NAME as SHELF
from tests.browser.driving import Tab
from tests.support.browser import ARGUMENTS, find_chromium

PATIENCE_S = 120.0
CORES = 2
SEED = 14
SETTLED_S = 30.0
"""Seconds in which a page has read nothing more, after which it has read all."""
WATCH = """(question) => {
  window.seen = null;
  const look = () => {
    const turn = document.querySelector("#live .turn");
    const words = turn?.querySelector(".answer")?.textContent.trim();
    const asked = turn?.querySelector("h2")?.textContent;
    if (words && asked === question) window.seen = performance.timeOrigin + performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""Looks at what is painted: between two frames the last answer stands below the next question."""
ROWS = ("start", "people", "read", "box", "words", "note", "today")
"""What is measured, by the names above."""


@contextmanager
def tab_of(browser: Browser) -> Iterator[Page]:
    """A tab in a context of its own, which waits for a busy machine."""
    with browser.new_context() as context:
        context.set_default_timeout(1000 * PATIENCE_S)
        yield context.new_page()


@contextmanager
def apart(library: Path) -> Iterator[Path]:
    """A throw-away folder that stands for a library at rest: its databases copied, links to all other files.

    A page writes to databases, Chroma's too, even where it only reads. What readers keep, token vectors and locks are
    left out: a page makes its own, and would delete the oldest.
    """
    with tempfile.TemporaryDirectory(prefix="paperchat-reader-") as name:
        folder = Path(name)
        shutil.copytree(library, folder, dirs_exist_ok=True, copy_function=_put, ignore=_left_out(library))
        yield folder


def _put(file: str, target: str) -> None:
    if ".sqlite" in Path(file).name:
        shutil.copyfile(file, target)
    else:
        Path(target).symlink_to(Path(file).resolve())


def _left_out(library: Path) -> Callable[[str, list[str]], set[str]]:
    def names(folder: str, inside: list[str]) -> set[str]:
        theirs = {one for one in inside if one == TOKENS or (".sqlite" in one and not one.startswith(SHELF))}
        anywhere = {one for one in inside if one.endswith((".lock", "-shm"))}
        return anywhere | theirs if Path(folder) == library else anywhere

    return names


def seconds(since: float) -> float:
    """Seconds since then, to the hundredth."""
    return round(time.perf_counter() - since, 2)


def started(library: Path, browser: Browser) -> dict[str, float]:
    """From the command to a page that can be used, and to all of it."""
    with apart(library) as folder:
        begin = time.perf_counter()
        with page(folder, CORES, ready=False) as (address, _):
            usable = opened(browser, f"{address}/", "#view .row", begin)
            httpx.get(f"{address}/ready", timeout=PATIENCE_S).raise_for_status()
            return {"page": usable, "whole": seconds(begin)}


def opened(browser: Browser, url: str, selector: str, since: float | None = None) -> float:
    """Seconds until an element of a fresh browser context's page is visible."""
    with tab_of(browser) as shown:
        begin = since or time.perf_counter()
        shown.goto(url, wait_until="commit")
        shown.wait_for_selector(selector)
        return seconds(begin)


def first_words(browser: Browser, address: str, questions: Sequence[str]) -> list[float]:
    """Seconds from Enter to the first words of each question's answer, in one conversation."""
    found = []
    with tab_of(browser) as shown:
        shown.goto(f"{address}/chat")
        tab = Tab(shown).ready()
        for question in questions:
            tab.box.fill(question)
            shown.evaluate(WATCH, question)
            pressed = time.time()
            tab.box.press("Enter")
            shown.wait_for_function("window.seen")
            found.append(round(float(shown.evaluate("window.seen")) / 1000 - pressed, 3))
            tab.answered(question)
    return found


def rounds(address: str, questions: Sequence[str], people: int, times: int) -> list[dict[str, Any]]:
    """Everybody asks at the same moment, and again when all have their answers."""
    submit, found = event_of(address), []
    with httpx.Client(base_url=f"{address}/gradio_api", timeout=PATIENCE_S) as client, ThreadPoolExecutor(people) as at:
        everybody = [Person(client, submit) for _ in range(people)]
        for turn in range(times):
            line = Barrier(people)

            def ask(number: int, turn: int = turn, line: Barrier = line) -> tuple[float, str | None]:
                line.wait()
                begin = time.perf_counter()
                error = everybody[number].ask(questions[(turn * people + number) % len(questions)])
                return time.perf_counter() - begin, error

            told = list(at.map(ask, range(people)))
            waited = [one for one, error in told if error is None]
            errors = [error for _, error in told if error]
            p95 = round(float(np.percentile(waited, 95)), 2) if waited else None
            found.append({"p95_s": p95, "errors": len(errors), "first_errors": errors[:1]})
    return found


def mixed(questions: Sequence[str]) -> list[str]:
    """Questions in an order that is always the same: sets hold them kind by kind, and so does nobody ask."""
    return random.Random(SEED).sample(questions, len(questions))


def wait_until_read(folder: Path) -> int:
    """Wait until a page has read its library's papers; gives the number of texts whose words are kept."""
    kept, since = -1, time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        time.sleep(1)
        now = len(list((folder / TOKENS).glob("*")))
        kept, since = now, since if now == kept else time.monotonic()
    return kept


class Clicks:
    """Counts clicks on a page."""

    def __init__(self, shown: Page) -> None:
        """Begin at none."""
        self.page, self.number = shown, 0

    def on(self, selector: str) -> None:
        """Click once, on the first that is visible."""
        self.page.locator(selector).locator("visible=true").first.click()
        self.number += 1


def noted(browser: Browser, address: str) -> int:
    """Clicks from the page's first picture to a paper that is starred and has a note, both read back."""
    with tab_of(browser) as shown:
        shown.goto(f"{address}/")
        clicks = Clicks(shown)
        clicks.on("#view .row h3 a, #view .row .title a")
        star = shown.locator("#view .paper .tools").get_by_role("button", name="Star", exact=False).first
        expect(star).to_be_visible()
        clicks.on("#view .paper .tools button.mark")
        clicks.on("#view textarea")
        shown.keyboard.type("Read before Friday.")
        clicks.on("#view form:has(textarea) button[type=submit], #view .note button")
        expect(shown.locator("#view")).to_contain_text("Saved")
        shown.reload()
        expect(shown.locator("#view textarea")).to_have_value("Read before Friday.")
        expect(star).to_have_attribute("aria-pressed", "true")
        return clicks.number


def measured(given: argparse.Namespace, browser: Browser) -> Iterator[tuple[str, Any]]:
    """Each row that is wanted, as it is known."""
    questions = questions_of(given.qa)
    yield "load_average", os.getloadavg()
    if "start" in given.rows:
        yield "start_s", [started(given.library, browser) for _ in range(3)]
    if {"people", "box", "words", "note"} & set(given.rows):
        with apart(given.library) as folder, page(folder, CORES) as (address, _):
            yield from _asked(given, browser, address, questions)
    if "read" in given.rows:
        with apart(given.library) as folder, page(folder, CORES) as (address, _):
            read = wait_until_read(folder)
            found = rounds(address, mixed(questions), given.people, 4)
            yield "read", {"people": given.people, "texts_read": read, "rounds": found}
    if "today" in given.rows and given.big:
        with apart(given.big) as folder, page(folder, CORES) as (address, _):
            yield "today_big_s", [opened(browser, f"{address}/today", "#view .row") for _ in range(4)]


def _asked(
    given: argparse.Namespace, browser: Browser, address: str, questions: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """What is measured of one server; people first, as nothing is warm then."""
    if "people" in given.rows:
        yield "people", {"people": given.people, "rounds": rounds(address, mixed(questions), given.people, 4)}
    if "box" in given.rows:
        chat, today = "#question textarea", "#view input[name=q]"
        for name, path, box in (("box_chat_s", "/chat", chat), ("box_today_s", "/today", today)):
            yield name, statistics.median(opened(browser, f"{address}{path}", box) for _ in range(7))
    if "words" in given.rows:
        words = first_words(browser, address, questions[: given.questions])
        yield "words_s", {"median": statistics.median(words), "p90": round(float(np.percentile(words, 90)), 2)}
    if "note" in given.rows:
        yield "clicks_to_a_note", noted(browser, address)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--qa", type=Path, required=True, help="JSON lines with questions")
    parser.add_argument("--big", type=Path, help="a large library, for Today")
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--questions", type=int, default=20, help="how many are asked for their first words")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="what is measured")
    given = parser.parse_args()
    expect.set_options(timeout=1000 * PATIENCE_S)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for name, found in measured(given, browser):
            print(json.dumps({name: found}), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
