"""Questions, answers and their evidence in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from rag.config import Config
from rag.index.library import Library
from tests.browser.driving import ANNOTATE, NOWHERE, Tab
from tests.support.scripted import BROKEN, CHOICES, FAILING, SLOW, UNSURE

NewTab = Callable[..., Tab]


def test_an_answer_is_quoted_and_its_marker_selects_the_highlighted_passage(tab: Tab, library_folder: Path) -> None:
    tab.ask(ANNOTATE)
    expect(tab.last.locator(".answer strong")).to_contain_text("Utility-Focused LLM Annotation")
    expect(tab.cards).to_have_count(2)

    tab.last.get_by_role("link", name="Evidence 2").click()

    selected = tab.page.locator("#evidence .card.selected")
    expect(selected).to_have_count(1)
    expect(selected).to_be_focused()
    expect(selected).to_be_in_viewport()
    expect(selected.locator("h3")).to_contain_text("Utility-Focused LLM Annotation for Retrieval")
    expect(tab.cards.first.locator(".people")).to_contain_text("Hengran Zhang")
    expect(tab.cards.first.locator(".facts")).to_have_text("10 Apr 2025 · version 2 of 2 · 2504.05220")
    expect(selected.locator(".people, .facts")).to_have_count(0)  # said once, by the card above
    passage = selected.locator("blockquote.passage")
    quote = passage.locator("mark").inner_text()
    with Library(Config(data_dir=library_folder)) as library:
        text = library.paper("2504.05220", 2).text
    before, after = text.split(quote)
    shown_before, shown_after = passage.inner_text().split(quote)
    assert shown_before.strip("… ") in before
    assert shown_after.strip("… ") in after
    assert len(shown_before) > 100


def test_a_card_says_why_it_was_found_and_leads_to_the_paper(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    card = tab.cards.first
    card.get_by_text("Why this passage").click()
    expect(card.locator("dl")).to_contain_text("1st by what it means")
    expect(card.locator("dl")).to_contain_text("1st by its words")
    expect(tab.page.get_by_role("link", name="arXiv")).to_have_count(1)  # two quotes of one paper
    card = tab.cards.last
    expect(card.get_by_role("link", name="arXiv")).to_have_attribute("href", "https://arxiv.org/abs/2504.05220")
    expect(card.get_by_role("link", name="PDF")).to_have_attribute("href", "https://arxiv.org/pdf/2504.05220")


def test_a_marker_shows_its_quote_and_source_where_it_stands(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    peek = tab.page.locator("#peek")
    marker = tab.last.get_by_role("link", name="Evidence 2")
    marker.hover()
    expect(peek).to_be_visible()
    expect(peek.locator(".title")).to_contain_text("Utility-Focused LLM Annotation")
    expect(peek.locator(".facts")).to_have_text(re.compile(r"^Hengran Zhang, .*\s· 10 Apr 2025\s· version 2$"))
    expect(tab.cards.nth(1)).to_have_class(re.compile("pointed"))
    peek.hover()  # it may be read, and its words marked
    tab.page.wait_for_timeout(400)
    expect(peek).to_be_visible()
    tab.box.hover()
    expect(peek).to_be_hidden()
    described = marker.get_attribute("aria-describedby")
    quote = tab.page.locator(f"[id='{described}']")
    assert quote.text_content() == tab.cards.nth(1).locator("mark").first.text_content()


def test_keys_lead_from_one_citation_to_the_next(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    tab.box.blur()
    for key, n in (("n", 1), ("n", 2), ("n", 1), ("p", 2)):
        tab.page.keyboard.press(key)
        expect(tab.last.get_by_role("link", name=f"Evidence {n}")).to_be_focused()
        expect(tab.page.locator("#peek")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#peek")).to_be_hidden()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#evidence .card.selected")).to_be_focused()


def test_a_cards_heading_opens_the_paper_here(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    link = tab.cards.first.locator("h3 a")
    expect(link).to_have_attribute("href", "/paper/2504.05220")
    link.click()
    expect(tab.page.locator("#view .paper h1")).to_contain_text("Utility-Focused LLM Annotation")


def test_bibtex_and_answer_are_copied(new_tab: NewTab) -> None:
    tab = new_tab(permissions=["clipboard-read", "clipboard-write"]).ready().ask(ANNOTATE)
    read = "() => navigator.clipboard.readText()"
    tab.cards.last.get_by_role("button", name="Copy BibTeX").click()
    expect(tab.page.locator("#announcements")).to_have_text("Copied.")
    assert tab.page.evaluate(read).startswith("@misc{zhang2025:2504.05220,")
    tab.last.get_by_role("button", name="Copy the answer").click()
    tab.page.wait_for_function("navigator.clipboard.readText().then(text => !text.startsWith('@misc'))")
    copied = tab.page.evaluate(read)
    assert "enhance out-of-domain retrieval performance" in copied
    assert "https://arxiv.org/abs/2504.05220" in copied


def test_examples_are_made_from_the_library_and_answered(tab: Tab) -> None:
    offers = tab.page.locator(".welcome .offers button")
    questions = offers.all_inner_texts()
    assert len(questions) == 4
    offers.first.click()
    tab.answered(questions[0])
    for question in questions:
        tab.ask(question)
        expect(tab.last).not_to_have_class(re.compile("abstained"))
        expect(tab.last.locator("a.marker:visible").first).to_be_visible()


def test_an_abstention_looks_different_and_offers_the_closest_papers(tab: Tab) -> None:
    tab.ask(NOWHERE)
    expect(tab.last).to_have_class(re.compile("abstained"))
    expect(tab.last.locator(".verdict")).to_have_text("Not in these papers")
    expect(tab.last.locator(".answer li")).to_have_count(0)
    expect(tab.cards).to_have_count(0)
    offer = tab.last.locator(".offers button").first
    question = offer.inner_text()
    offer.click()
    tab.answered(question)
    expect(tab.last).not_to_have_class(re.compile("abstained"))
    assert tab.last.locator(".answer strong").first.inner_text() in question


def test_a_follow_up_keeps_its_context(tab: Tab) -> None:
    tab.ask("How does IterQR rewrite queries?").ask("And on what data was it tested?")
    expect(tab.last.locator(".notes")).to_contain_text("Read as a follow-up")
    expect(tab.last.locator(".answer strong").first).to_contain_text("IterQR")
    expect(tab.page.locator("#past .turn h2")).to_have_text(["How does IterQR rewrite queries?"])


def test_an_older_answers_marker_brings_its_evidence_back(tab: Tab) -> None:
    tab.ask(ANNOTATE).ask("How does IterQR rewrite queries?")
    expect(tab.cards.first.locator("h3")).to_contain_text("IterQR")
    tab.page.locator("#past").get_by_role("link", name="Evidence 2").click()
    expect(tab.page.locator("#evidence .card.selected h3")).to_contain_text("Utility-Focused")
    expect(tab.cards).to_have_count(2)


def test_stopping_keeps_what_came_and_frees_the_box(tab: Tab) -> None:
    tab.send(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 2.")
    tab.page.get_by_role("button", name="Stop (Esc)").click()
    expect(tab.last.locator(".status")).to_have_text("Stopped before the end.")
    said = tab.last.locator(".answer").inner_text()
    assert "Sentence 2." in said
    assert "Sentence 200." not in said
    expect(tab.page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    tab.page.reload()
    tab.ready()
    expect(tab.last.locator(".answer")).to_have_text(said)


def test_steps_are_shown_while_an_answer_is_under_way(tab: Tab) -> None:
    tab.send(SLOW)
    expect(tab.last.locator(".status")).to_contain_text("Searching for: slow papers")
    tab.page.keyboard.press("Escape")
    expect(tab.last.locator(".status")).to_have_text("Stopped before the end.")


def test_a_question_sent_while_another_is_answered_waits_for_its_turn(tab: Tab) -> None:
    tab.send(SLOW)
    expect(tab.last.locator(".answer")).to_contain_text("Sentence 1.")
    tab.send(ANNOTATE)
    expect(tab.box).to_have_value(ANNOTATE)
    expect(tab.last.locator("h2")).to_have_text(SLOW)
    tab.page.keyboard.press("Escape")
    tab.answered(ANNOTATE)
    expect(tab.page.locator("#past .turn h2")).to_have_text(SLOW)


def test_what_is_typed_right_after_a_question_stays(tab: Tab) -> None:
    tab.send(ANNOTATE)
    tab.page.keyboard.type("And then?")
    tab.answered(ANNOTATE)
    expect(tab.box).to_have_value("And then?")
    tab.last.get_by_role("button", name="Ask again").click()
    tab.answered(ANNOTATE)
    expect(tab.box).to_have_value("And then?")


def test_an_error_is_one_readable_message_and_the_question_stays(tab: Tab) -> None:
    listed = tab.page.locator("#listed a").count()
    for question, message in (
        (FAILING, "The embedding server <b>embed.local</b> does not answer."),
        (BROKEN, "paperchat itself failed (ZeroDivisionError)."),
    ):
        tab.send(question)
        expect(tab.last.get_by_role("alert").locator("strong")).to_have_text(message)
        expect(tab.box).to_have_value(question)
        expect(tab.last.get_by_role("alert")).not_to_contain_text("Traceback")
    tab.page.reload()
    tab.ready()
    expect(tab.page.locator("#listed a")).to_have_count(listed)
    expect(tab.page.locator(".welcome")).to_be_visible()


def test_retrying_and_editing_replace_the_last_question(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    first = tab.last.get_attribute("id")
    tab.last.get_by_role("button", name="Ask again").click()
    expect(tab.page.locator(f"#{first}")).to_have_count(0)
    tab.answered(ANNOTATE)
    expect(tab.page.locator(".turn")).to_have_count(1)

    tab.last.get_by_role("button", name="Edit the question").click()
    expect(tab.box).to_have_value(ANNOTATE)
    expect(tab.page.locator("#aside")).to_contain_text("replaces your last question")
    tab.ask("How does IterQR rewrite queries?")
    expect(tab.page.locator(".turn")).to_have_count(1)
    expect(tab.page.locator("#aside")).to_have_text("")


def test_editing_can_be_cancelled(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    tab.last.get_by_role("button", name="Edit the question").click()
    expect(tab.page.locator("#aside")).to_contain_text("replaces")
    tab.page.keyboard.press("Escape")
    expect(tab.box).to_have_value("")
    expect(tab.page.locator("#aside")).to_have_text("")
    tab.ask("How does IterQR rewrite queries?")
    expect(tab.page.locator(".turn")).to_have_count(2)


def test_a_question_back_offers_its_choices_and_removed_sentences_are_shown_on_request(tab: Tab) -> None:
    tab.ask(UNSURE)
    expect(tab.last.locator(".offers p")).to_have_text("Which of these do you mean?")
    expect(tab.last.locator(".offers button")).to_have_text(list(CHOICES))
    removed = tab.last.locator(".removed")
    expect(removed.locator("li")).to_be_hidden()
    removed.get_by_text("1 sentence removed by the citation check").click()
    expect(removed.locator("li")).to_contain_text("It was the first of its kind.")
    expect(removed.locator("li")).to_contain_text("No source says so.")
    tab.last.get_by_role("button", name=CHOICES[1]).click()
    tab.answered(CHOICES[1])


def test_filters_restrict_the_answer_and_are_lifted(tab: Tab) -> None:
    tab.page.locator("#filters summary").click()
    tab.page.get_by_label("From").fill("2025-11-01")
    expect(tab.page.locator("#filters .active")).to_have_text("1 active")
    tops = "() => [...document.querySelectorAll('#filters .fields :is(input, button)')].map((one) => one.offsetTop)"
    assert max(tab.page.evaluate(tops)) - min(tab.page.evaluate(tops)) < 60, "in two lines at most"
    tab.ask("How does IterQR rewrite queries?")
    chip = tab.last.locator(".chip")
    expect(chip).to_have_text("Reports from 1 Nov 2025")
    assert "IterQR" not in tab.last.locator(".answer").inner_text()

    chip.get_by_role("button").click()
    tab.answered("How does IterQR rewrite queries?")
    expect(tab.last.locator(".answer")).to_contain_text("IterQR")
    expect(tab.last.locator(".chip")).to_have_count(0)
    expect(tab.page.get_by_label("From")).to_have_value("")
    expect(tab.page.locator(".turn")).to_have_count(1)


def test_filters_read_from_the_question_are_shown_and_lifted(tab: Tab) -> None:
    question = "Which papers of April 2025 annotate documents?"
    tab.ask(question)
    chip = tab.last.locator(".chip")
    expect(chip).to_contain_text("Reports from 1 Apr 2025 to 30 Apr 2025")
    expect(chip.locator("small")).to_have_text("read from the question")
    chip.get_by_role("button").click()
    expect(chip).to_have_count(0)
    tab.answered(question)
    tab.page.get_by_role("button", name="New conversation").click()
    tab.ask("papers by Wei Lin")
    expect(chip).to_contain_text("Author Wei Lin")
    chip.get_by_role("button", name="Edit the question to lift this").click()
    expect(tab.box).to_have_value("papers by Wei Lin")


def test_an_inverted_range_is_refused_in_words(tab: Tab) -> None:
    tab.page.locator("#filters summary").click()
    tab.page.get_by_label("From").fill("2025-11-01")
    tab.page.get_by_label("To").fill("2025-04-01")
    tab.send(ANNOTATE)
    expect(tab.last.get_by_role("alert")).to_contain_text("The first day, 2025-11-01, lies after the last, 2025-04-01.")
    expect(tab.box).to_have_value(ANNOTATE)


def test_thumbs_and_comment_are_kept(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    up, down = (tab.last.get_by_role("button", name=name) for name in ("Good answer", "Bad answer"))
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    comment = tab.last.get_by_label("What was good or wrong about it?")
    comment.fill("It misses <b>the loss</b>.")
    comment.press("Enter")
    expect(tab.page.get_by_text("Your comment is kept")).to_be_visible()
    expect(tab.last.locator(".kept")).to_contain_text("paperchat eval add --qa FILE --from-feedback")
    expect(tab.page.locator("#announcements")).to_have_text("Kept with the answer.")
    tab.page.reload()
    tab.ready()
    expect(comment).to_have_value("It misses <b>the loss</b>.")
    expect(down).to_have_attribute("aria-pressed", "true")
    tab.page.set_viewport_size({"width": 390, "height": 844})
    field = comment.bounding_box()
    assert field
    assert field["width"] > 300, "what it asks can be read on a phone"


def test_a_comment_that_is_typed_stays_when_its_form_goes(tab: Tab) -> None:
    tab.ask(ANNOTATE)
    good = tab.last.get_by_role("button", name="Good answer")
    good.click()
    comment = tab.last.get_by_label("What was good or wrong about it?")
    comment.fill("Half a sen")
    tab.last.get_by_role("button", name="Bad answer").click()
    expect(tab.last.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    expect(comment).to_have_value("Half a sen")
    tab.last.get_by_role("button", name="Bad answer").click()
    expect(comment).to_have_count(0)
    good.click()
    expect(comment).to_have_value("Half a sen")
    tab.ask(NOWHERE)
    earlier = tab.page.locator("#past").get_by_label("What was good or wrong about it?")
    expect(earlier).to_have_value("Half a sen")
    earlier.fill("Half a sentence.")
    earlier.press("Enter")
    expect(tab.page.locator("#past .kept")).to_contain_text("Your comment is kept")
    expect(earlier).to_have_value("Half a sentence.")
