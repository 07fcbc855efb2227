"""A real browser on the real page over a real library; each test has a browser context of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.browser.driving import Tab
from tests.support.browser import ARGUMENTS, HELP, find_chromium
from tests.support.page_server import sample_library, served
from tests.support.scripted import ScriptedAssistant

PATIENCE_MS = 30_000
"""How long a test waits for the page on a busy machine."""


@pytest.fixture(scope="module")  # Playwright's event loop runs as long, and no other may start in its thread
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail(HELP)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    sample_library(folder)
    return folder


@pytest.fixture(scope="session")
def address(library_folder: Path) -> Iterator[str]:
    """The page over the sample reports."""
    with served(library_folder, make=ScriptedAssistant) as url:
        yield url


@pytest.fixture
def new_tab(browser: Browser, address: str) -> Iterator[Callable[..., Tab]]:
    """Open a tab in a context of its own; fail when the page asks another host or its script raises."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_tab(path: str = "/chat", url: str = address, **options: object) -> Tab:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.route(lambda asked: not asked.startswith((address, url, "data:", "blob:")), refuse)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.goto(url + path)
        return Tab(page)

    def refuse(route: Route) -> None:
        wrong.append(f"asked {route.request.url}")
        route.abort()

    yield open_tab
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    """A tab on the chat page, ready to be used."""
    return new_tab().ready()


@pytest.fixture
def page(tab: Tab) -> Page:
    """The same tab, as Playwright knows it."""
    return tab.page
