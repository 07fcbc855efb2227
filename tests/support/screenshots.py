"""Pictures of the page for README.md: `python -m tests.support.screenshots FOLDER` (`make screenshots`)."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.driving import ANNOTATE, NOWHERE, Tab
from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.page_server import sample_library, served

DESK: Mapping[str, Any] = {"viewport": {"width": 1360, "height": 850}}
PHONE: Mapping[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: Mapping[str, Any] = {**DESK, "color_scheme": "dark"}
COLOURS = 128
"""Enough for a page without photographs; a picture has about 60 kB then."""


def _beginning(tab: Tab) -> None:
    expect(tab.page.locator(".welcome .offers button")).to_have_count(4)


def _answer(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    tab.last.get_by_role("link", name="Evidence 1").click()


def _follow_up(tab: Tab) -> None:
    tab.ask("How does IterQR rewrite queries?").ask("And on what data was it tested?")


def _abstention(tab: Tab) -> None:
    tab.ask(NOWHERE)


def _topic(tab: Tab) -> None:
    tab.page.get_by_role("link", name="Topic").click()
    tab.page.get_by_label("Topic", exact=True).fill("query rewriting")
    tab.page.get_by_role("button", name="Summarise").click()
    expect(tab.page.get_by_role("button", name="Save as Markdown")).to_be_visible()


def _library(tab: Tab) -> None:
    tab.page.get_by_role("link", name="Library").click()
    expect(tab.page.locator("#view .row").first).to_be_visible()


def _today(tab: Tab) -> None:
    tab.page.get_by_role("link", name="Today").click()
    expect(tab.page.locator("#view .row").first).to_be_visible()


def _paper(tab: Tab) -> None:
    tab.page.goto(urljoin(tab.page.url, "/paper/2504.05220"))
    expect(tab.page.locator("#view .similar .row").first).to_be_visible()
    expect(tab.page.locator("#view .offers a").first).to_be_visible()


def _map(tab: Tab) -> None:
    tab.page.get_by_role("link", name="Map", exact=True).click()
    expect(tab.page.locator(".chart[data-drawn]")).to_be_visible()


STATES: Mapping[str, tuple[Mapping[str, Any], Callable[[Tab], None]]] = {
    "today": (DESK, _today),
    "paper": (DESK, _paper),
    "map": (DESK, _map),
    "beginning": (DESK, _beginning),
    "answer": (DESK, _answer),
    "abstention": (DESK, _abstention),
    "dark": (DARK, _follow_up),
    "phone": (PHONE, _answer),
    "topic": (DESK, _topic),
    "library": (DESK, _library),
}
"""File name → how the browser is set up, and what its reader does before the picture is taken."""


def take(browser: Browser, url: str, folder: Path, name: str) -> None:
    """Take one picture."""
    options, act = STATES[name]
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(f"{url}/chat")
    tab = Tab(page).ready()
    act(tab)
    page.wait_for_timeout(700)  # what moves has come to rest
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
    context.close()


def main(folder: Path, *names: str) -> int:
    """Take the named pictures, or all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    with tempfile.TemporaryDirectory() as library, sync_playwright() as playwright:
        sample_library(Path(library))
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        with served(Path(library)) as url:
            for name in names or STATES:
                take(browser, url, folder, name)
                print(folder / f"{name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
