"""Conversations that stay: across reloads and restarts, and apart from each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from rag.papers.readers.conversations import FILE_NAME, Conversations
from tests.browser.driving import ANNOTATE, NOWHERE, Tab
from tests.support.page_server import sample_library, served, users
from tests.support.scripted import SLOW

NewTab = Callable[..., Tab]
ITERQR = "How does IterQR rewrite queries?"
LATE = """
const fetched = window.fetch;
window.fetch = async (...request) => {
  const response = await fetched(...request);
  if (!String(request[0]?.url ?? request[0]).includes("/queue/data?")) return response;
  const late = new TransformStream({
    async transform(bytes, controller) {
      const [now, ...last] = new TextDecoder().decode(bytes).split(/(?=data: {"msg": ?"close_stream)/);
      controller.enqueue(new TextEncoder().encode(now));
      if (last.length) await new Promise((wait) => setTimeout(wait, 1000));
      controller.enqueue(new TextEncoder().encode(last.join("")));
    },
  });
  return new Response(response.body.pipeThrough(late), { headers: response.headers });
};
"""
"""A network on which the word that a stream is closed takes a second."""


def test_reloading_opens_the_same_conversation(tab: Tab) -> None:
    tab.ask(ANNOTATE).ask(ITERQR)
    assert re.search(r"/conversation/[\w-]{12}$", tab.page.url)
    expect(tab.page).to_have_title(f"{ANNOTATE} · paperchat")
    tab.page.reload()
    tab.ready()
    expect(tab.page.locator(".turn h2")).to_have_text([ANNOTATE, ITERQR])
    expect(tab.cards.first.locator("h3")).to_contain_text("IterQR")
    tab.ask("And on what data was it tested?")
    expect(tab.last.locator(".answer strong").first).to_contain_text("IterQR")


def test_a_question_asked_while_the_stream_closes_is_answered(tab: Tab) -> None:
    tab.page.add_init_script(LATE)
    tab.page.reload()
    tab.ready().ask(ITERQR).ask(ANNOTATE)
    expect(tab.page.locator(".turn h2")).to_have_text([ITERQR, ANNOTATE])


def test_a_restarted_server_still_has_it_and_users_are_apart(new_tab: NewTab, tmp_path: Path) -> None:
    sample_library(tmp_path)
    known = users(ada="engine", bob="builder")

    def signed_in(url: str, name: str, password: str, path: str = "/chat") -> Tab:
        tab = new_tab(path, url)
        tab.page.get_by_label(re.compile("name", re.IGNORECASE)).fill(name)
        tab.page.get_by_label(re.compile("password", re.IGNORECASE)).fill(password)
        tab.page.keyboard.press("Enter")
        return tab.ready()

    with served(tmp_path, known=known) as url:
        ada = signed_in(url, "ada", "engine").ask(ANNOTATE)
        path = ada.page.url.removeprefix(url)
        expect(ada.page.locator("#listed a")).to_have_count(1)
        bob = signed_in(url, "bob", "builder")
        expect(bob.page.locator("#listed a")).to_have_count(0)
        bob.page.goto(url + path)
        bob.ready()
        expect(bob.last.get_by_role("alert")).to_contain_text("There is no conversation")
        expect(bob.page.get_by_text("Hengran Zhang")).to_have_count(0)
        ada.page.close()
        bob.page.close()

    with served(tmp_path, known=known) as url:
        ada = signed_in(url, "ada", "engine", path)
        expect(ada.page.locator(".turn h2")).to_have_text([ANNOTATE])
        expect(ada.cards).to_have_count(2)
        ada.page.close()


def test_two_tabs_ask_at_once_without_mixing(new_tab: NewTab) -> None:
    one, two = new_tab().ready(), new_tab().ready()
    one.send(ANNOTATE)
    two.send(ITERQR)
    one.answered(ANNOTATE)
    two.answered(ITERQR)
    one.ask("What figures does it report?")
    two.ask("And on what data was it tested?")
    expect(one.last.locator(".answer strong").first).to_contain_text("Utility-Focused")
    expect(two.last.locator(".answer strong").first).to_contain_text("IterQR")
    assert one.page.url != two.page.url
    expect(one.page.locator(".turn")).to_have_count(2)
    expect(two.page.locator(".turn")).to_have_count(2)


def test_conversations_are_listed_searched_opened_renamed_and_deleted(tab: Tab) -> None:
    page = tab.page
    tab.ask(NOWHERE)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page).to_have_title("Chat · paperchat")
    assert "conversation" not in page.url
    tab.ask(ITERQR)

    page.get_by_role("button", name="Rename").click()
    name = page.get_by_label("Name of the conversation")
    name.fill("Rewriting <b>queries</b>")
    name.press("Enter")
    expect(page.locator("#head h1")).to_have_text("Rewriting <b>queries</b>")
    expect(page.locator("#listed a[aria-current]")).to_have_text("Rewriting <b>queries</b>")

    page.get_by_label("Search conversations").press_sequentially("capital france")
    expect(page.locator("#listed a").first).to_have_text(NOWHERE)
    expect(page.locator("#listed a", has_text="Rewriting <b>queries</b>")).to_have_count(0)
    page.locator("#listed a").first.click()
    expect(page.locator(".turn h2")).to_have_text([NOWHERE])

    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".turn h2")).to_have_text([NOWHERE])
    page.get_by_role("button", name="Delete for good?").click()
    expect(page.locator(".welcome")).to_be_visible()
    page.get_by_label("Search conversations").fill("")
    expect(page.locator("#listed a", has_text="Rewriting <b>queries</b>")).to_have_count(1)


def test_the_back_button_leads_to_the_conversation_before(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    tab.page.get_by_role("button", name="New conversation").click()
    expect(tab.page.locator(".welcome")).to_be_visible()
    tab.page.go_back()
    tab.ready()
    expect(tab.page.locator(".turn h2")).to_have_text([ANNOTATE])


def test_export_gives_markdown_with_references_and_bibtex(tab: Tab) -> None:
    tab.ask(ANNOTATE).ask(ITERQR)
    with tab.page.expect_download() as markdown:
        tab.page.get_by_role("button", name="Export as Markdown").click()
    text = Path(markdown.value.path()).read_text(encoding="utf-8")
    assert markdown.value.suggested_filename.endswith(".md")
    assert text.startswith(f"# {ANNOTATE}\n\n## {ANNOTATE}\n\n**Utility-Focused")
    assert f"## {ITERQR}" in text
    assert "- [3] Shangyu Chen, Xinyu Jia, Yingfei Zhang et al.: *IterQR" in text
    with tab.page.expect_download() as bibliography:
        tab.page.locator("#head").get_by_text("More", exact=True).click()
        tab.page.get_by_role("button", name="Export the cited papers as BibTeX").click()
    expect(tab.page.locator("#head details")).not_to_have_attribute("open", "")
    entries = Path(bibliography.value.path()).read_text(encoding="utf-8")
    assert entries.count("@misc{") == 2
    assert "eprint = {2504.05309}" in entries
    with tab.page.expect_download() as sent:
        tab.page.locator("#head").get_by_text("More", exact=True).click()
        tab.page.get_by_role("button", name="Export as one HTML file for others").click()
    assert sent.value.suggested_filename.endswith(".html")
    html = Path(sent.value.path()).read_text(encoding="utf-8")
    assert "<script" not in html
    assert "IterQR: An Iterative Framework" in html
    for name, suffix, begins in (("RIS", ".ris", "TY  - GEN\nTI  - "), ("CSL-JSON", ".json", '[\n  {\n    "id": ')):
        with tab.page.expect_download() as other:
            tab.page.locator("#head").get_by_text("More", exact=True).click()
            tab.page.get_by_role("button", name=f"Export the cited papers as {name}").click()
        assert other.value.suggested_filename.endswith(suffix)
        assert Path(other.value.path()).read_text(encoding="utf-8").startswith(begins)


def test_the_head_takes_one_line_on_a_phone_and_its_menu_works_from_the_keyboard(new_tab: NewTab) -> None:
    tab = new_tab(viewport={"width": 390, "height": 844}).ready().ask(ANNOTATE)
    page = tab.page
    tools = page.locator("#head .tools > :is(button, details)")
    expect(tools).to_have_count(4)
    assert len({round(box["y"]) for one in tools.all() if (box := one.bounding_box())}) == 1
    more = page.locator("#head summary")
    more.focus()
    page.keyboard.press("Enter")
    last = page.get_by_role("button", name="Export the cited papers as CSL-JSON")
    expect(last).to_be_in_viewport()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(last).to_be_focused()
    page.keyboard.press("Escape")
    expect(last).to_be_hidden()
    expect(more).to_be_focused()


def test_a_long_conversation_shows_its_end_first(new_tab: NewTab, library_folder: Path) -> None:
    tab = new_tab().ready().ask(ANNOTATE)
    conversation = tab.page.url.rpartition("/")[2]
    store = Conversations(library_folder / FILE_NAME)
    (asked,) = store.exchanges("", conversation)
    for n in range(40):
        store.add("", conversation, f"Question {n}", asked.filters, asked.said, asked.answer, asked.passages)
    store.close()
    tab.page.reload()
    tab.ready()
    expect(tab.last.locator("h2")).to_have_text("Question 39")
    expect(tab.page.locator(".turn")).to_have_count(11)
    tab.ask(ITERQR)
    expect(tab.page.locator("#past .turn")).to_have_count(11)
    tab.page.get_by_role("button", name="Show 30 earlier questions").click()
    expect(tab.page.locator("#past .turn")).to_have_count(41)
    expect(tab.page.locator(".turn h2").first).to_have_text(ANNOTATE)


def test_an_answer_goes_on_while_its_page_is_reloaded(tab: Tab) -> None:
    tab.send(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 2.")
    tab.page.reload()
    tab.ready()
    expect(tab.last.locator("h2")).to_have_text(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 0. Sentence 1.")
    seen = tab.last.locator(".answer").inner_text().count("Sentence")
    expect(tab.last.locator(".answer")).to_contain_text(f"Sentence {seen + 5}.")
    tab.page.keyboard.press("Escape")
    expect(tab.last.locator(".status")).to_have_text("Stopped before the end.")
    expect(tab.page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    tab.ask(ANNOTATE)
    expect(tab.page.locator(".turn h2")).to_have_text([SLOW, ANNOTATE])


def test_an_answer_goes_on_while_its_reader_is_elsewhere(tab: Tab) -> None:
    tab.send(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 2.")
    tab.page.get_by_role("button", name="New conversation").click()
    expect(tab.page.locator(".welcome")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    tab.ask(ITERQR)
    expect(tab.page.locator(".turn h2")).to_have_text([ITERQR])
    expect(tab.page.locator("#listed a[aria-current]")).to_have_text(ITERQR)
    tab.page.get_by_role("link", name=SLOW).first.click()
    expect(tab.last.locator("h2")).to_have_text(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 8.")
    tab.page.get_by_role("button", name="Stop (Esc)").click()
    expect(tab.last.locator(".status")).to_have_text("Stopped before the end.")
