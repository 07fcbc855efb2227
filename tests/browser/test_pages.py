"""The library, paper, add, topic and setup pages and the sign-in form, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

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
    return on_library(new_tab("/library", url=pages).ready().page)


def on_library(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    return page


def find(page: Page, words: str) -> None:
    page.get_by_label("Search titles and abstracts").fill(words)


def said(page: Page) -> Locator:
    """How many papers the list has."""
    return page.locator("#view .count-of")


def titles(page: Page) -> Locator:
    return page.locator("#view .found > .rows .title")


def test_the_list_is_turned_page_by_page(library: Page) -> None:
    expect(titles(library)).to_have_count(25)
    find(library, "filler")
    expect(library.locator("#view .here")).to_have_text("1 to 25 of 40")
    library.get_by_role("link", name="More →").click()
    expect(library.locator("#view .here")).to_have_text("26 to 40 of 40")
    expect(titles(library)).to_have_count(15)
    assert library.url.endswith("/library?words=filler&at=25")
    library.go_back()
    expect(library.locator("#view .here")).to_have_text("1 to 25 of 40")
    expect(library.get_by_label("Search titles and abstracts")).to_have_value("filler")


def test_all_papers_of_a_page_are_chosen_at_once(library: Page) -> None:
    find(library, "filler")
    expect(said(library)).to_have_text("40 papers found")
    every = library.get_by_label("Choose these 25")
    every.check()
    number = library.locator("#view .choice .number")
    expect(number).to_have_text("25 chosen")
    library.get_by_role("link", name="More →").click()
    expect(library.get_by_label("Choose these 15")).not_to_be_checked()
    library.get_by_label("Choose these 15").check()
    expect(number).to_have_text("40 chosen")
    library.locator("#view input.pick").first.uncheck()
    expect(library.get_by_label("Choose these 15")).to_have_js_property("indeterminate", True)
    library.go_back()
    expect(every).to_be_checked()
    every.uncheck()
    expect(number).to_have_text("14 chosen")


def test_words_dates_and_authors_restrict_the_list(library: Page, pages: str) -> None:
    find(library, "IterQR")
    expect(said(library)).to_have_text("1 paper found")
    expect(titles(library)).to_contain_text("IterQR")
    expect(library.get_by_role("heading", name="Near in meaning")).to_be_visible()
    find(library, "")
    expect(said(library)).to_have_text("Newest first")
    library.locator(".facets a", has_text="January 2024").click()
    expect(said(library)).to_have_text("40 papers found")
    library.get_by_role("link", name="Without: January 2024").click()
    expect(said(library)).to_have_text("Newest first")
    library.goto(f"{pages}/library?author=Nobody+Known")
    expect(library.get_by_text("No paper fits.")).to_be_visible()
    library.goto(f"{pages}/library?from=2025-01-31&to=2024-01-31")
    expect(library.locator("#view .failure")).to_contain_text("lies after the last")


def test_a_paper_shows_its_versions_and_what_changed(library: Page) -> None:
    find(library, "doors")
    library.get_by_role("link", name=OPENED).click()
    paper = library.locator("#view article.paper")
    expect(paper.get_by_role("heading", name=OPENED).first).to_be_visible()
    assert library.url.endswith("/paper/2402.00001")
    expect(paper.locator(".diff del")).to_have_text("four")
    expect(paper.locator(".diff ins")).to_have_text("seven")
    expect(paper.get_by_role("link", name="PDF")).to_have_attribute("href", "https://arxiv.org/pdf/2402.00001")
    expect(library.locator(".similar .title").first).to_be_visible()
    expect(library.locator(".similar .title", has_text=OPENED)).to_have_count(0)
    library.go_back()
    expect(titles(library)).to_have_text([OPENED])


def test_what_strangers_wrote_does_nothing(library: Page) -> None:
    """The browser fails the test when the page asks another host, opens a dialog or raises."""
    find(library, "pixel")
    title = titles(library)
    expect(title).to_have_count(1)
    expect(title).to_contain_text("[link](javascript:alert(1))")
    expect(title).to_contain_text("${1+1} {{1}}")
    title.click()
    expect(library.locator("#view .people")).to_have_text("Mallory")
    assert library.locator("#view img, #view a[href^=javascript]").count() == 0


def test_an_upload_lists_the_rows_it_could_not_read(new_tab: Callable[..., Tab], pages: str, tmp_path: Path) -> None:
    page = new_tab("/add", url=pages).ready().page
    row = {
        "arxiv_id": "2403.00001",
        "title": "Freshly Uploaded",
        "abstract": "New.",
        "authors": ["A B"],
        "date": "2024-03-01",
    }
    path = tmp_path / "mixed.jsonl"
    path.write_text(f"{json.dumps(row)}\n<b>not</b> JSON\n")
    mistaken = tmp_path / "mistaken.jsonl"
    mistaken.write_text("{}\n")
    page.locator("#files input[type=file]").set_input_files([mistaken, path])
    expect(page.locator("#files")).to_contain_text("mixed")
    page.locator("#files .label-clear-button").first.click()
    expect(page.locator("#files")).not_to_contain_text("mistaken")
    page.get_by_role("button", name="Add to the library").click()
    added = page.locator("#added")
    expect(added).to_contain_text("1 new, 0 updated, 0 unchanged papers")
    expect(added.locator(".rejected td").first).to_have_text("mixed.jsonl:2")
    expect(added.locator(".rejected td").last).to_contain_text("not JSON")
    page.get_by_role("link", name="Library", exact=True).click()
    find(page, "freshly uploaded")
    expect(titles(page)).to_have_text(["Freshly Uploaded"])


def test_a_file_of_another_kind_is_not_taken(new_tab: Callable[..., Tab], pages: str, tmp_path: Path) -> None:
    page = new_tab("/add", url=pages).ready().page
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n")
    page.locator("#files input[type=file]").set_input_files(path)
    expect(page.locator("#files")).to_contain_text("notes")
    page.get_by_role("button", name="Add to the library").click()
    expect(page.locator("#added .failure")).to_contain_text("notes.md")
    expect(page.locator("#added")).not_to_contain_text(str(tmp_path))


def test_a_paper_is_removed_only_after_a_yes(library: Page) -> None:
    find(library, "filler 39")
    titles(library).filter(has_text="Filler 39").click()
    expect(library.get_by_role("button", name="Remove it")).to_be_hidden()
    library.get_by_text("Remove from the library…").click()
    library.get_by_role("button", name="Remove it").click()
    expect(library.locator("#toast")).to_have_text("Removed from the library.")
    expect(library.get_by_role("heading", name="Library")).to_be_visible()
    find(library, "filler 39")
    expect(titles(library).filter(has_text="Filler 39")).to_have_count(0)


def test_the_plot_shows_what_reports_brought(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab("/add", url=pages).ready().page
    bar = page.locator("#brought .column").first
    expect(bar).to_have_attribute("title", re.compile(r"Jan 2024: (39|40) new"))  # another test removes one
    page.get_by_label("day").check()
    expect(page.locator("#brought .column").last).to_have_attribute("title", "22 Nov: 7 new")


PAGES = ["/today", "/library?words=doors", "/paper/2402.00001", "/paper/none", "/you", "/quiz", "/best", "/add"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_phone(new_tab: Callable[..., Tab], pages: str, path: str) -> None:
    tab = new_tab(path, url=pages, viewport={"width": 390, "height": 844})
    page = (tab.ready() if path == "/add" else tab).page
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_heads_have_room_on_a_phone(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab("/chat", url=pages, viewport={"width": 390, "height": 844}).ready().page
    bar, first = page.locator("#site").bounding_box(), page.locator("#new").bounding_box()
    assert bar
    assert first
    assert first["y"] - (bar["y"] + bar["height"]) >= 6, "the buttons stand below the bar, not at it"
    page.goto(f"{pages}/library")
    page.set_viewport_size({"width": 320, "height": 640})
    hidden = page.locator("#site nav").evaluate("nav => nav.scrollWidth - nav.clientWidth")
    assert hidden <= 0, "each page of the bar is in sight"
    head, lead = (page.locator(f"#view .library .top{one}").bounding_box() for one in ("", " > .lead"))
    assert head
    assert lead
    assert abs(head["width"] - lead["width"]) < 2, "its line is as long as the page is wide"


def test_nothing_stands_askew(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab("/topic/retrieval-augmented%20generation", url=pages).ready().page
    expect(page.locator("#summary .evidence .card").first).to_be_visible()
    column = page.locator("#topic").bounding_box()
    assert column
    assert abs(column["x"] - (1440 - column["x"] - column["width"])) < 20, "a page stands in the middle"
    page.goto(f"{pages}/topic")
    expect(page.locator("#about form")).to_be_visible()
    empty = page.locator("#topic").bounding_box()
    assert empty
    assert abs(empty["width"] - column["width"]) < 20, "the form stands where it stands above a result"
    page.keyboard.press("?")
    rows = page.locator("#keys dt")
    expect(rows.first).to_be_visible()
    lines = {round(rows.nth(n).bounding_box()["height"]) for n in range(rows.count())}  # type: ignore[index]
    assert max(lines) < 2 * min(lines), "the keys of a row stand side by side"
    page.goto(f"{pages}/library")
    page.set_viewport_size({"width": 390, "height": 844})
    tops = [page.locator(f"#view .library .head {one}").first.bounding_box() for one in (".every input", ".count-of")]
    box, said = (top["y"] + top["height"] / 2 for top in tops if top)
    assert abs(box - said) < 6, "a box and its line stand on one level"
    on_library(page).locator(".title").first.click()
    page.set_viewport_size({"width": 1440, "height": 900})
    first, last = page.locator("#view .paper .tools .mark").first, page.get_by_role("link", name="arXiv", exact=True)
    often, seldom = first.bounding_box(), last.bounding_box()
    assert often is not None
    assert seldom is not None
    assert seldom["y"] > often["y"] + 10, "what is done often stands by itself"


def test_a_topic_is_summarised_and_saved(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab(url=pages).ready().page
    page.get_by_role("link", name="Topic").click()
    page.get_by_label("Topic", exact=True).last.fill("retrieval-augmented generation")
    page.get_by_role("button", name="Summarise").click()
    summary = page.locator("#summary article:not(.running)")
    expect(summary.locator(".theme").first).to_be_visible()
    expect(summary.locator(".bars .column i").first).to_be_attached()
    assert summary.locator(".sides tbody tr").count() > 1
    marker = summary.locator("a.marker").first
    marker.click()
    card = page.locator("#summary .evidence .card.selected")
    expect(card).to_have_attribute("id", f"topic-{marker.get_attribute('data-n')}")
    expect(card).to_be_in_viewport()
    expect(marker).to_be_in_viewport()  # the text stays where it was
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as Markdown").click()
    assert download.value.suggested_filename == "retrieval-augmented-generation.md"
    assert "## References" in Path(download.value.path()).read_text()


def test_what_restricts_a_topic_is_shown_and_taken_away(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab(url=pages).ready().page
    page.get_by_role("link", name="Topic").click()
    page.get_by_label("Topic", exact=True).last.fill("retrieval-augmented generation")
    form = page.locator("#about form")
    expect(form.get_by_label("From")).to_be_hidden()
    form.get_by_text("Filters").click()
    form.get_by_label("From").fill("2025-04-10")
    form.get_by_label("To", exact=True).fill("2025-04-10")
    form.get_by_label("Category").fill("cs.IR")
    page.get_by_role("button", name="Summarise").click()
    chips = page.locator("#summary article:not(.running) .chip")
    expect(chips).to_have_count(2)
    expect(page.locator("#summary").get_by_role("button", name="Follow")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Without: reports")).click()
    expect(form.get_by_label("From")).to_have_value("")
    expect(chips).to_have_count(1)
    expect(chips).to_have_text(re.compile("^Category cs.IR"))
    expect(page.get_by_label("Topic", exact=True).last).to_be_focused()
    page.get_by_role("button", name=re.compile("Without")).click()
    expect(page.locator("#summary article:not(.running)")).to_be_visible()
    expect(chips).to_have_count(0)


def test_filters_of_a_topic_are_in_sight_while_they_hold(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab("/topic", url=pages).ready().page
    form = page.locator("#about form")
    fold, category, day = form.get_by_text("Filters"), form.get_by_label("Category"), form.get_by_label("From")
    fold.click()
    category.fill("cs.IR")
    fold.click()
    page.wait_for_timeout(300)
    expect(category).to_be_visible()
    category.fill("")
    fold.click()
    expect(category).to_be_hidden()
    fold.click()
    day.press("0")  # a day that is begun and not typed to its end
    day.press("4")
    fold.click()
    expect(day).to_be_hidden()
    form.get_by_label("Topic").fill("retrieval-augmented generation")
    page.get_by_role("button", name="Summarise").click()
    expect(day).to_be_visible()
    expect(day).to_be_focused()


def test_a_topic_that_the_library_does_not_know(new_tab: Callable[..., Tab], pages: str) -> None:
    page = new_tab(url=pages).ready().page
    page.get_by_role("link", name="Topic").click()
    page.get_by_label("Topic", exact=True).last.fill("cheese making in the Alps")
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary .abstained")).to_be_visible()


def test_the_setup_says_what_is_missing_and_no_secret(
    new_tab: Callable[..., Tab], pages: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    page = new_tab(url=pages).ready().page
    page.get_by_role("link", name="Setup").click()
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
        expect(page.get_by_role("link", name="Library")).to_be_visible()
        assert page.url == f"{url}/?q="
        page.get_by_role("button", name="Theme: system (next: light)").click()
        page.get_by_role("button", name="Theme: light (next: dark)").click()
        page.goto(f"{url}/logout")
        expect(page).to_have_title("Sign in · paperchat")
        expect(page.locator("html")).to_have_css("color-scheme", "dark")
        expect(page.locator("body")).to_have_css("background-color", "rgb(18, 22, 28)")
        page.goto("about:blank")  # the server ends before the tab does
