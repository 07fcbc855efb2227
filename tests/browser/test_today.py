"""Today, addresses and what is kept, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from rag.config import Config
from rag.index.library import Library
from tests.browser.driving import ANNOTATE, Tab
from tests.support.page_server import sample_library, served, users
from tests.support.papers import make_paper
from ui.web.host import serving

NewTab = Callable[..., Tab]
PAPER = "2511.00001"
LINES = "We weigh seven elephants by hand."


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample and three newer papers, one of which was revised on the newest day."""
    folder = tmp_path_factory.mktemp("today")
    sample_library(folder)
    rows = [
        make_paper(PAPER, "Weighing Elephants", f"Elephants are heavy. {LINES}", ("Ada Ling", "Bo Ray"), "2025-11-24"),
        make_paper("2511.00002", "Counting Elephants", "We count nine elephants.", ("Ada Ling",), "2025-11-24"),
        make_paper("2511.00003", "Painting Doors", "We paint four doors.", day="2025-11-20"),
        make_paper("2511.00003", "Painting Doors", "We paint five doors.", day="2025-11-24"),
    ]
    with Library(Config(data_dir=folder)) as library:
        library.ingest(rows)
    with served(folder) as url:
        yield url


def opened(new_tab: NewTab, url: str, path: str = "/") -> Page:
    page: Page = new_tab(path, url=url).ready().page
    return page


def test_today_shows_what_is_new_by_day_and_theme(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today)
    expect(page).to_have_title("Today · paperchat")
    expect(page.locator("#view .row .title").first).to_be_visible()
    row = page.locator("#view .row", has_text="Weighing Elephants")
    expect(row.locator(".line")).to_have_text(LINES)
    expect(row.locator(".dot")).to_have_attribute("title", "Unread")
    revised = page.locator("#view .revised")
    expect(revised.locator("del")).to_have_text("four")
    expect(revised.locator("ins")).to_have_text("five")
    page.get_by_role("link", name="22 Nov 2025: 7 papers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Saturday, 22 Nov 2025")
    assert page.url == f"{today}/day/2025-11-22"
    page.go_back()
    expect(row).to_be_visible()


def test_a_star_a_note_and_a_list_take_few_clicks_and_stay(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today)
    page.locator("#view .title", has_text="Weighing Elephants").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Weighing Elephants")
    page.get_by_role("button", name="Star").click()
    note = page.get_by_label("Your note")
    note.fill("Heavy <b>ones</b> first.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_have_text("Note saved.")
    page.get_by_text("Lists", exact=True).click()
    page.get_by_label("New list").fill("zoo / <i>big</i>")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("In 1 list")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    expect(note).to_have_value("Heavy <b>ones</b> first.")
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_role("link", name="zoo / <i>big</i>").click()
    expect(page.locator("#view .found > .rows .title")).to_have_text(["Weighing Elephants"])
    page.get_by_role("link", name="Today", exact=True).click()
    read = page.locator("#view .row", has_text="Weighing Elephants")
    expect(read.locator(".dot.unread")).to_have_count(0)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("#view .dot.unread")).to_have_count(0)


def test_what_comes_after_all_is_read_shows_none_of_it_as_unread(new_tab: NewTab, tmp_path: Path) -> None:
    sample_library(tmp_path)
    with served(tmp_path) as url:
        page = opened(new_tab, url)
        held: list[Route] = []
        page.route("**/view/foryou", lambda route: held.append(route))
        page.locator("#view .row").first.get_by_role("button", name="Star").click()
        expect(page.locator("#toast")).not_to_be_empty()
        page.get_by_role("link", name="Library", exact=True).click()
        with page.expect_request("**/view/foryou"):
            page.get_by_role("link", name="Today", exact=True).click()
        expect(page.locator("#view .dot.unread")).not_to_have_count(0)
        drawn_before = held[0].fetch().text()
        page.get_by_role("button", name="Mark all as read").click()
        expect(page.locator("#view .dot.unread")).to_have_count(0)
        held[0].fulfill(body=drawn_before, content_type="application/json")
        expect(page.locator("#view .foryou .row").first).to_be_visible()
        expect(page.locator("#view .dot.unread")).to_have_count(0)
        page.goto("about:blank")  # the server ends before the tab does


def test_two_tabs_that_edit_a_note_lose_nothing(new_tab: NewTab, today: str) -> None:
    one, two = (opened(new_tab, today, "/paper/2511.00002") for _ in range(2))
    for page, text in ((one, "The first."), (two, "The second.")):
        page.get_by_label("Your note").fill(text)
        page.get_by_role("button", name="Save").click()
    expect(two.locator("#view .conflict")).to_contain_text("The first.")
    expect(two.get_by_label("Your note")).to_have_value("The second.")
    two.get_by_role("button", name="Save over it").click()
    expect(two.locator("#toast")).to_have_text("Note saved.")
    one.reload()
    expect(one.get_by_label("Your note")).to_have_value("The second.")


def test_what_is_typed_while_a_note_is_saved_stays_in_the_field(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today, "/paper/2511.00003")
    held: list[Route] = []
    page.route("**/act/note", lambda route: held.append(route))
    note = page.get_by_label("Your note")
    note.fill("One.")
    page.get_by_role("button", name="Save").click()
    note.press_sequentially(" Two.")
    page.wait_for_function("document.querySelector('#view .note button').disabled")
    held.pop().continue_()
    expect(page.locator("#view .note .said")).to_have_text("What you typed since is not saved yet")
    expect(note).to_have_value("One. Two.")
    expect(note).to_be_focused()
    page.unroute("**/act/note")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#view .note .said")).to_contain_text("Saved ")
    page.reload()
    expect(note).to_have_value("One. Two.")
    note.fill("One. Two. Three.")
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.locator("#view .library")).to_be_visible()
    page.reload()
    page.go_back()
    expect(note).to_have_value("One. Two. Three.")
    expect(page.locator("#view .note .said")).to_have_text("Not saved yet")


def test_a_note_that_was_not_saved_outlives_its_tab(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today, "/paper/2511.00001")
    page.get_by_label("Your note").fill("Half a thought")
    again = page.context.new_page()
    page.close()
    again.goto(f"{today}/paper/2511.00001")
    note, said = again.get_by_label("Your note"), again.locator("#view .note .said")
    expect(note).to_have_value("Half a thought")
    expect(said).to_have_text("What you typed before the page was closed is back; it is not saved yet")
    again.get_by_role("button", name="Save").click()
    expect(said).to_contain_text("Saved ")
    once_more = again.context.new_page()
    once_more.goto(f"{today}/paper/2511.00001")
    expect(once_more.get_by_label("Your note")).to_have_value("Half a thought")
    expect(once_more.locator("#view .note .said")).to_contain_text("Saved ")
    assert again.evaluate("localStorage.getItem('paperchat.notes')") is None


def test_an_unsaved_note_is_its_readers_and_goes_with_the_sign_out(new_tab: NewTab, tmp_path: Path) -> None:
    sample_library(tmp_path / "library")

    def sign_in(page: Page, name: str, password: str) -> None:
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your note")).to_be_visible()

    with served(tmp_path / "library", known=users(ada="correct horse", bob="wrong donkey")) as url:
        page = new_tab("/paper/2504.05309", url=url).page
        sign_in(page, "ada", "correct horse")
        page.get_by_label("Your note").fill("Hers")
        other = page.context.new_page()
        page.close()
        other.context.clear_cookies()
        other.goto(f"{url}/paper/2504.05309")
        sign_in(other, "bob", "wrong donkey")
        expect(other.get_by_label("Your note")).to_have_value("")
        other.get_by_label("Your note").fill("His")
        other.goto(f"{url}/setup")
        other.get_by_role("link", name="Sign out").click()
        expect(other).to_have_title("Sign in · paperchat")
        held = other.evaluate("localStorage.getItem('paperchat.notes')")
        assert "Hers" in held
        assert "His" not in held
        other.goto("about:blank")  # the server ends before the tab does


def test_a_failure_that_speaks_no_json_leaves_the_note_and_its_button(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today, "/paper/2511.00003")
    page.route("**/act/note", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    page.get_by_label("Your note").fill("Kept.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_contain_text("502")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    expect(page.get_by_label("Your note")).to_have_value("Kept.")


def test_chosen_papers_are_exported_and_asked_alone(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today, "/library?words=elephants")
    page.get_by_label("Choose Weighing Elephants").check()
    page.get_by_label("Choose Counting Elephants").check()
    expect(page.locator("#view .choice .number")).to_have_text("2 chosen")
    page.locator("#view .choice summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="RIS", exact=True).click()
    assert Path(download.value.path()).read_text().count("TY  - ") == 2
    page.get_by_role("link", name="Ask only these").click()
    expect(page.locator("#filters .active")).to_have_text("1 active")
    Tab(page).ask("How many elephants are weighed?")
    expect(page.locator("#live .answer")).to_contain_text("seven elephants")


def test_a_paper_is_asked_about_from_its_page(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today, f"/paper/{PAPER}")
    page.get_by_label("Ask about this paper").fill("How many are weighed?")
    page.keyboard.press("Enter")
    expect(page.locator("#live .answer")).to_contain_text("seven elephants")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Weighing Elephants")
    page.locator("#view .people a", has_text="Ada Ling").click()
    expect(page.locator("#view .found > .rows .title")).to_have_count(2)


def test_back_and_forward_and_a_pasted_link_lead_everywhere(new_tab: NewTab, today: str) -> None:
    page = opened(new_tab, today)
    page.get_by_role("link", name="Chat", exact=True).click()
    tab = Tab(page).ask(ANNOTATE)
    conversation = page.url
    page.get_by_role("link", name="Topic", exact=True).click()
    page.get_by_label("Topic", exact=True).last.fill("query rewriting")
    page.keyboard.press("Enter")
    expect(page.locator("#summary .summary:not(.running)")).to_be_visible()
    assert page.url == f"{today}/topic/query%20rewriting"
    page.go_back()
    page.go_back()
    expect(tab.last.locator("h2")).to_be_visible()
    assert page.url == conversation
    page.go_back()
    expect(page.locator(".welcome")).to_be_visible()
    assert page.url == f"{today}/chat"
    page.go_back()
    expect(page.locator("#view .today")).to_be_visible()
    page.go_forward()
    page.go_forward()
    expect(page.locator("#live h2")).to_have_text(ANNOTATE)
    page.goto(f"{today}/topic/query%20rewriting")
    expect(page.locator("#summary h1")).to_have_text("query rewriting")


def test_a_question_is_asked_from_today_before_the_chat_is_there(new_tab: NewTab, today: str) -> None:
    page = new_tab("/", url=today).page
    page.get_by_label("Ask your papers").fill(ANNOTATE)
    page.keyboard.press("Enter")
    expect(page.locator("#live h2")).to_have_text(ANNOTATE)
    expect(page.locator("#live .turn[id]")).to_be_visible()
    page.go_back()
    expect(page.locator("#view .today")).to_be_visible()


def test_a_page_is_read_before_gradio_is_there(
    new_tab: NewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample_library(tmp_path)
    make, go_on = serving._gradio_app, threading.Event()

    def late(*given: Any) -> Any:
        go_on.wait(30)
        return make(*given)

    monkeypatch.setattr(serving, "_gradio_app", late)
    with served(tmp_path, whole=False) as url:
        page = new_tab("/", url=url).page
        expect(page.locator("#view .row")).not_to_have_count(0)
        assert page.locator("gradio-app").count() == 0
        page.locator("#view .title").first.click()
        page.get_by_label("Ask about this paper").fill("What does it propose?")
        go_on.set()
        expect(page.locator("html.arrived")).to_be_attached()
        expect(page.get_by_label("Ask about this paper")).to_have_value("What does it propose?")
        page.keyboard.press("Enter")
        expect(page.locator("#live .turn[id]")).to_be_visible()
        page.goto("about:blank")  # the server ends before the tab does


def test_a_drawn_page_can_be_used_before_gradios_scripts_come(new_tab: NewTab, today: str) -> None:
    asked = httpx.get(f"{today}/today", headers={"Accept": "text/html"}).text
    assert "Weighing Elephants" in asked
    assert "gradio" not in asked.partition("<main")[2]
    page = opened(new_tab, today)
    page.get_by_role("link", name="Chat", exact=True).click()
    expect(page.get_by_label("Question", exact=True)).to_be_visible()


def test_nothing_at_an_address_is_said_with_a_box_to_search(new_tab: NewTab, today: str) -> None:
    page = new_tab("/paper/9999.99999", url=today).page
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is here")
    page.get_by_label("Search titles and abstracts").fill("elephants")
    page.keyboard.press("Enter")
    expect(page.locator("#view .found > .rows .title")).to_have_count(2)


def test_an_empty_library_says_what_to_do(new_tab: NewTab, tmp_path: Path) -> None:
    with served(tmp_path, known=users(ada="engine")) as url:
        page = new_tab("/day/2025-11-22", url=url).page
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("engine")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
        assert page.url == f"{url}/day/2025-11-22"
        page.get_by_role("link", name="Today").first.click()
        expect(page.locator("#view .steps > li")).to_have_count(3)
        category = page.get_by_label("arXiv category")
        for typed, is_one in (("cs.IR", True), ("cond-mat.dis-nn", True), ("hep-th", True), ("not one!", False)):
            category.fill(typed)
            assert category.evaluate("box => box.validity.valid") is is_one, typed
        page.get_by_role("button", name="Add the sample").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Saturday, 22 Nov 2025")
        expect(page.locator("#view .dot.unread")).to_have_count(7)
        page.goto("about:blank")  # the server ends before the tab does
