"""The library, topic and setup pages and the sign-in form, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rag.config import Config
from rag.index.library import Library
from tests.browser.driving import Tab
from tests.support.page_server import sample_library, served, users
from tests.support.papers import make_paper

OPENED = "Opened in Two Versions"
HOSTILE = (
    'Nothing <img src=x onerror="alert(1)"> ![pixel](https://evil.example/p.png) [link](javascript:alert(1)) '
    "${1+1} {{1}}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample, 40 short papers, one in two versions and one with a hostile text."""
    made = tmp_path_factory.mktemp("pages")
    sample_library(made)
    rows = [make_paper(f"2401.{n:05}", f"Filler {n}", f"Filling number {n}.", day="2024-01-02") for n in range(40)]
    rows += [
        make_paper("2402.00001", OPENED, "We open four doors at once.", day="2024-02-01"),
        make_paper("2402.00001", OPENED, "We open seven doors at once.", day="2024-02-09"),
        make_paper("2402.00002", HOSTILE, HOSTILE, ("<b>Mallory</b>",), day="2024-02-03"),
    ]
    with Library(Config(data_dir=made)) as library:
        library.ingest(rows)
    return made


@pytest.fixture(scope="module")
def pages(folder: Path) -> Iterator[str]:
    with served(folder) as url:
        yield url


@pytest.fixture
def library(new_tab: Callable[..., Tab], pages: str) -> Page:
    """The library page."""
    return on_library(new_tab(url=pages).page)


def on_library(page: Page) -> Page:
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#found table")).to_be_visible()
    return page


def find(page: Page, words: str) -> None:
    page.get_by_label("Search", exact=True).fill(words)


def test_the_list_is_turned_page_by_page(library: Page) -> None:
    rows = library.locator("#found tbody tr")
    expect(rows).to_have_count(25)
    find(library, "filler")
    expect(library.locator("#found .here")).to_have_text("1–25 of 40")
    library.get_by_role("button", name="Older").click()
    expect(library.locator("#found .here")).to_have_text("26–40 of 40")
    expect(rows).to_have_count(15)
    expect(library.get_by_role("button", name="Older")).to_be_disabled()
    library.get_by_role("button", name="Newer").click()
    expect(library.locator("#found .here")).to_have_text("1–25 of 40")


def test_words_dates_and_authors_restrict_the_list(library: Page) -> None:
    find(library, "IterQR")
    expect(library.locator("#found tbody tr")).to_have_count(1)
    expect(library.locator("#found .title")).to_contain_text("IterQR")
    find(library, "")
    library.locator("#find input[name=to]").fill("2024-01-31")
    expect(library.locator("#found .here")).to_have_text("1–25 of 40")
    library.locator("#find input[name=author]").fill("Nobody Known")
    expect(library.get_by_text("No paper fits.")).to_be_visible()
    library.locator("#find input[name=from]").fill("2025-01-31")
    expect(library.locator("#found .failure")).to_contain_text("lies after the last")


def test_a_paper_shows_its_versions_and_what_changed(library: Page) -> None:
    find(library, "doors")
    library.get_by_role("button", name=OPENED).click()
    paper = library.locator("#paper article")
    expect(paper.get_by_role("heading", name=OPENED).first).to_be_visible()
    expect(paper.locator(".diff del")).to_have_text("four")
    expect(paper.locator(".diff ins")).to_have_text("seven")
    expect(paper.get_by_role("link", name="PDF")).to_have_attribute("href", "https://arxiv.org/pdf/2402.00001")
    library.get_by_role("button", name="All papers").click()
    expect(paper).to_have_count(0)


def test_a_search_that_finds_nothing_shows_no_paper(library: Page) -> None:
    expect(library.locator("#covered")).to_contain_text("papers in the library")
    find(library, "IterQR")
    expect(library.locator("#found tbody tr")).to_have_count(1)
    expect(library.locator("#found .version")).to_have_text("v1")
    library.locator("#found .title").click()
    expect(library.locator("#paper article")).to_be_visible()
    find(library, "Mallory nothing pixel")
    expect(library.get_by_text("No paper fits.")).to_be_visible()
    expect(library.locator("#paper article")).to_be_hidden()
    expect(library.get_by_text("What each report brought")).to_be_visible()
    find(library, "IterQR")
    expect(library.locator("#paper article")).to_be_visible()


def test_what_strangers_wrote_does_nothing(library: Page) -> None:
    """The browser fails the test when the page asks another host, opens a dialog or raises."""
    find(library, "pixel")
    title = library.locator("#found .title")
    expect(title).to_have_count(1)
    expect(title).to_contain_text("[link](javascript:alert(1))")
    expect(title).to_contain_text("${1+1} {{1}}")
    title.click()
    expect(library.locator("#paper .people")).to_have_text("Mallory")
    assert library.locator("#library img, #library a[href^=javascript]").count() == 0


def test_an_upload_lists_the_rows_it_could_not_read(library: Page, tmp_path: Path) -> None:
    row = {
        "arxiv_id": "2403.00001",
        "title": "Freshly Uploaded",
        "abstract": "New.",
        "authors": ["A B"],
        "date": "2024-03-01",
    }
    path = tmp_path / "mixed.jsonl"
    path.write_text(f"{json.dumps(row)}\n<b>not</b> JSON\n")
    library.locator("#files input[type=file]").set_input_files(path)
    expect(library.locator("#files")).to_contain_text("mixed")
    library.get_by_role("button", name="Add to the library").click()
    added = library.locator("#added")
    expect(added).to_contain_text("1 new, 0 updated, 0 unchanged papers")
    expect(added.locator(".rejected td").first).to_have_text("mixed.jsonl:2")
    expect(added.locator(".rejected td").last).to_contain_text("not JSON")
    find(library, "freshly uploaded")
    expect(library.locator("#found .title")).to_have_count(1)
    expect(library.locator("#found .title")).to_have_text("Freshly Uploaded")


def test_a_file_of_another_kind_is_not_taken(library: Page, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n")
    library.locator("#files input[type=file]").set_input_files(path)
    expect(library.locator("#files")).to_contain_text("notes")
    library.get_by_role("button", name="Add to the library").click()
    expect(library.locator("#added .failure")).to_contain_text("notes.md")
    expect(library.locator("#added")).not_to_contain_text(str(tmp_path))


def test_a_paper_is_removed_only_after_a_yes(library: Page) -> None:
    find(library, "filler 39")
    title = library.locator("#found .title", has_text="Filler 39")
    title.click()
    library.get_by_role("button", name="Remove from the library…").click()
    library.get_by_role("button", name="Keep it").click()
    expect(library.locator("#paper .removal.asking")).to_have_count(0)
    library.get_by_role("button", name="Remove from the library…").click()
    library.get_by_role("button", name="Remove it").click()
    expect(library.locator("#found .note")).to_have_text("Removed: Filler 39")
    expect(title).to_have_count(0)
    expect(library.locator("#paper article")).to_have_count(0)


def test_the_plot_shows_what_reports_brought(library: Page) -> None:
    bar = library.locator("#brought .column").first
    expect(bar).to_have_attribute("title", re.compile(r"Jan 2024: (39|40) new"))  # another test removes one
    library.get_by_label("day").check()
    expect(library.locator("#brought .column").last).to_have_attribute("title", "22 Nov: 7 new")


def test_the_library_fits_a_phone(new_tab: Callable[..., Tab], pages: str) -> None:
    page = on_library(new_tab(url=pages, viewport={"width": 390, "height": 844}).page)
    find(page, "doors")
    page.get_by_role("button", name=OPENED).click()
    expect(page.locator("#paper article")).to_be_in_viewport()
    expect(page.locator("#found")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_topic_is_summarised_and_saved(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab(url=pages).page
    page.get_by_role("tab", name="Topic").click()
    page.get_by_label("Topic", exact=True).last.fill("retrieval-augmented generation")
    page.get_by_role("button", name="Summarise").click()
    summary = page.locator("#summary article:not(.running)")
    expect(summary.locator(".theme").first).to_be_visible()
    expect(summary.locator(".bars .column i").first).to_be_attached()
    assert summary.locator(".sides tbody tr").count() > 1
    marker = summary.locator("a.marker").first
    marker.click()
    expect(summary.locator(".references .selected")).to_have_attribute("id", f"topic-{marker.get_attribute('data-n')}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as Markdown").click()
    assert download.value.suggested_filename == "retrieval-augmented-generation.md"
    assert "## References" in Path(download.value.path()).read_text()


def test_a_topic_that_the_library_does_not_know(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab(url=pages).page
    page.get_by_role("tab", name="Topic").click()
    page.get_by_label("Topic", exact=True).last.fill("cheese making in the Alps")
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary .abstained")).to_be_visible()


def test_the_setup_says_what_is_missing_and_no_secret(
    new_tab: Callable[..., Tab], pages: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    page = new_tab(url=pages).page
    page.get_by_role("tab", name="Setup").click()
    setup = page.locator("#setup article")
    expect(setup.locator(".lead")).to_contain_text("for written answers set llm.provider and llm.model")
    expect(setup).to_contain_text("all-MiniLM-L6-v2")
    expect(setup).to_contain_text(str(folder))
    assert "sk-very-secret" not in page.content()


def test_who_has_a_password_gets_in(new_tab: Callable[..., Tab], folder: Path) -> None:
    with served(folder, known=users(ada="correct horse")) as url:
        page = new_tab("/?q=", url=url).page
        expect(page).to_have_title("Sign in · paperchat")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
        expect(page.get_by_label("Name")).to_have_value("ada")
        page.get_by_label("Password").fill("correct horse")
        page.keyboard.press("Enter")
        expect(page.get_by_role("tab", name="Library")).to_be_visible()
        assert page.url == f"{url}/?q="
        page.get_by_role("button", name="Theme: system (next: light)").click()
        page.get_by_role("button", name="Theme: light (next: dark)").click()
        page.goto(f"{url}/logout")
        expect(page).to_have_title("Sign in · paperchat")
        expect(page.locator("html")).to_have_css("color-scheme", "dark")
        expect(page.locator("body")).to_have_css("background-color", "rgb(18, 22, 28)")
        page.goto("about:blank")  # the server ends before the tab does
