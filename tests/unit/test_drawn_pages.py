"""Addresses, and the pages that are drawn for them; no server and no browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import NoteConflict
from rag.follow.changes import Change, Cited
from rag.follow.questions import Brought
from rag.papers.browse.days import Revision
from rag.papers.readers.followed import Asking, Followed
from rag.papers.readers.kept import Marks, Note
from rag.papers.shelf import FILE_NAME, Shelf
from rag.topics.digest import Changed, Outline
from rag.types import Section
from rag.types.card import Card, Span, Tag
from tests.support.papers import make_paper
from ui.web.base import address
from ui.web.base.address import Address
from ui.web.companion import followed
from ui.web.drawn import bookmarks, paper, shelves, today
from ui.web.drawn.site import Site
from ui.web.html import written_days

HOSTILE = make_paper('"><script>', "<img src=x onerror=alert(1)>", "<b>bold</b>", authors=("<b>M</b>",))
DAY = date(2025, 11, 24)


@pytest.mark.parametrize(
    ("path", "page", "key"),
    [
        ("/", "today", ""),
        ("/today", "today", ""),
        ("/today/", "today", ""),
        ("/day/2025-11-22", "day", "2025-11-22"),
        ("/paper/2504.05309", "paper", "2504.05309"),
        ("/paper/hep-th/9901001", "paper", "hep-th/9901001"),
        ("/conversation/abc", "conversation", "abc"),
        ("/topic", "topic", ""),
        ("/topic/a/b", "topic", "a/b"),
        ("/paper", "missing", "/paper"),
        ("/library/x", "missing", "/library/x"),
        ("/etc/passwd", "missing", "/etc/passwd"),
    ],
)
def test_a_path_names_a_page(path: str, page: str, key: str) -> None:
    found = Address.read(path)
    assert (found.page, found.key) == (page, key)


def test_addresses_of_before_still_lead_to_the_chat() -> None:
    assert Address.read("/", "conversation=abc").key == "abc"
    assert Address.read("/", "q=Why%3F").page == "chat"


@given(st.text(min_size=1, max_size=40).filter(lambda text: text == text.strip("/") and text.isprintable()))
def test_what_an_address_is_made_of_is_read_back(key: str) -> None:
    from urllib.parse import unquote

    assert Address.read(unquote(address.topic(key))).key == key
    assert Address.read(unquote(address.conversation(key))).key == key


def test_empty_fields_are_no_part_of_an_address() -> None:
    assert address.library(words="a b", author="", list=None) == "/library?words=a+b"
    assert address.library() == "/library"


def test_days_are_written_as_people_do() -> None:
    assert written_days.days(date(2025, 12, 26), date(2025, 12, 31)) == "26 to 31 Dec 2025"
    assert written_days.days(date(2025, 11, 30), date(2025, 12, 1)) == "30 Nov to 1 Dec 2025"
    assert written_days.days(date(2025, 12, 31), date(2026, 1, 1)) == "31 Dec 2025 to 1 Jan 2026"


def edition(**more: object) -> today.Edition:
    found = Outline(DAY, DAY, (("Beasts <i>", (HOSTILE,)), ("Others", (make_paper(day="2025-11-24"),))), ())
    days = (today.DayCount(date(2025, 10, 1), 3), today.DayCount(DAY, 2))
    return today.Edition(found, {HOSTILE.paper_id: "A <b>line</b>."}, days, **more)  # type: ignore[arg-type]


def test_strangers_texts_are_text_on_every_page() -> None:
    versions = [HOSTILE, make_paper('"><script>', "<img src=y>", "<u>other</u>", authors=("<b>M</b>",))]
    versions = [
        make_paper(one.paper_id, one.title, one.abstract, one.authors, version=n) for n, one in enumerate(versions, 1)
    ]
    conflict = NoteConflict("changed", "", "<i>theirs</i>", 3)
    holding = shelves.Holding({"words": "<i>", "author": "<u>"}, 1, [HOSTILE], lists=["<s>"], held=1)
    drawn = (
        today.page(edition()),
        paper.page(versions, 2, {}, note=bookmarks.note("x", None, conflict, "</textarea><i>mine</i>")),
        paper.similar([HOSTILE], {}),
        shelves.page(holding),
        bookmarks.lists(["<i>"], ["<s>"], ["<s>"]),
    )
    for html in map(str, drawn):
        for tag in ("<img", "<script", "<b>", "<u>", "<i>", "<s>", "<i>theirs"):
            assert tag not in html, (tag, html[:200])


def test_what_a_followed_question_brought_dropped_and_quotes_anew_is_all_told() -> None:
    def cited(paper_id: str, *quotes: str) -> Cited:
        return Cited(paper_id, 1, f"Title {paper_id} <{paper_id[-1]}>", "", quotes)

    change = Change(
        (cited("2504.00001", "Brand new <3."),),
        (cited("2504.00002", "Old."), cited("2504.00003", "Older.")),
        ((cited("2504.00004", "As before.", "Kept."), cited("2504.00004", "Kept.", "As now.")),),
    )
    asking = Asking(datetime(2025, 4, 10, tzinfo=UTC), DAY, ())
    one = Followed(1, "What is <u>new?", datetime(2025, 4, 1, tzinfo=UTC), "", "")
    shown = followed.section(followed.Shown([Brought(one, asking, change)], "", gone={"2504.00003"}))
    said = re.sub(r"<(?!/?(?:del|ins|a)\b)[^>]*>", "", str(shown))
    assert 'New <a href="/paper/2504.00001">Title 2504.00001 &lt;1&gt;</a>Brand new &lt;3.' in said
    assert 'No longer cited <a href="/paper/2504.00002">Title 2504.00002 &lt;2&gt;</a>' in said
    assert "No longer cited Title 2504.00003 &lt;3&gt;, which has left the library" in said
    assert "<del>As before.</del> <ins>As now.</ins>" in said
    assert "Kept." not in said
    assert "Nothing new" not in said
    asked_in_vain = replace(one, problem="The server is away.")
    assert "could not be asked again: The server is away." in followed.section(
        followed.Shown([Brought(asked_in_vain, asking, change)], "")
    )
    assert "Nothing new in these days." in followed.section(followed.Shown([Brought(one, asking)], ""))


def test_today_marks_what_is_unread_since_the_last_visit() -> None:
    both = frozenset({HOSTILE.paper_id, "2504.00001"})
    assert today.personal(edition(), both, {}).unread == both
    seen = today.personal(edition(seen=DAY), both, {})
    assert seen.unread == frozenset()
    assert "Mark all as read" not in today.page(seen)
    assert "Mark all as read" in today.page(today.personal(edition(), both, {}))


def test_a_line_that_is_not_chosen_yet_leaves_its_place() -> None:
    html = str(today.page(edition()))
    assert 'data-line="2504.00001"' in html
    assert html.count("data-line") == 1


def test_the_strip_names_each_day_and_marks_the_shown_one() -> None:
    html = str(today.strip(edition(before=date(2025, 9, 1))))
    assert 'title="Wed 1 Oct 2025: 3 papers"' in html
    assert html.count('aria-current="date"') == 1
    assert 'href="/day/2025-09-01"' in html
    assert "Later days" not in html


def test_a_revised_text_shows_what_changed() -> None:
    old, new = (make_paper(abstract=f"We open {word} doors.", version=n) for n, word in ((1, "four"), (2, "five")))
    from rag.topics.digest import _changed

    found = today.changes([_changed(Revision(DAY, old, new))], {})
    assert "<del>four</del><ins>five</ins>" in found
    assert isinstance(_changed(Revision(DAY, old, new)), Changed)


def test_a_full_text_stands_under_its_headings_with_their_pages() -> None:
    lead = make_paper(abstract="Short.", body="Before. 1 Intro\n\nWhy so. 2 End\n\nDone.")
    start = lead.body_start
    sections = (Section("1 Intro", start + 8, start + 25), Section("2 End", start + 25, start + 37))
    whole = make_paper(abstract="Short.", body=lead.body, sections=sections, pages=(start, start + 20))
    html = str(paper.page([whole], 0, {}))
    assert "<summary>Text " in html
    assert "<p>Why so.</p>" in html
    assert '1 Intro <span class="count">page 1</span>' in html
    assert '2 End <span class="count">page 2</span>' in html


def test_a_card_quotes_the_paper_and_its_subjects_lead_to_others() -> None:
    one = make_paper(abstract="We weigh <b>elephants</b>.")
    card = Card(one.paper_id, 1, Span(0, 8, "We weigh"), code=(Span(9, 30, "https://git.example/x"),))
    html = str(paper.page([one], 0, {}, card=card, tags=(Tag("zoo", "Zoo <i>"),)))
    assert "<dt>Task</dt><dd>We weigh</dd>" in html
    assert 'href="https://git.example/x"' in html
    assert 'href="/library?tag=Zoo+%3Ci%3E"' in html
    assert "Method" not in html
    assert "In short" not in paper.page([one], 0, {})


def test_what_a_card_quotes_is_marked_in_the_abstract() -> None:
    text = "We weigh <b>elephants</b>  on $2$ scales, Big and Bigger. It works."
    one = make_paper(abstract=text)

    def span(quote: str) -> Span:
        start = one.abstract_start + text.index(quote)
        return Span(start, start + len(quote), quote)

    def drawn(card: Card) -> str:
        found = re.search(r'<p class="abstract">(.*?)</p>', str(paper.page([one], 0, {}, card=card)), re.DOTALL)
        assert found
        return found[1]

    card = Card(one.paper_id, 0, task=span("We weigh"), method=span("scales, Big"), data=(span("Big"), span("Bigger")))
    said = "<mark>We weigh</mark> elephants on 2 <mark>scales, Big</mark> and <mark>Bigger</mark>. It works."
    assert drawn(card) == said
    plain = re.sub("</?mark>", "", said)
    assert drawn(Card(one.paper_id, 0, method=span("2$ scales"))) == plain, "a cut formula reads otherwise"
    assert drawn(Card(one.paper_id, 1, task=span("We weigh"))) == plain, "of another version's text"
    assert drawn(Card(one.paper_id, 0, task=Span(0, 5, one.title[:5]))) == plain, "the title"


def test_a_note_says_when_it_was_saved_and_what_a_conflict_is() -> None:
    stored = Note("Mine.", 4, datetime(2025, 11, 24, 12, tzinfo=UTC))
    assert "Saved 24 Nov 2025" in bookmarks.note("x", stored)
    assert 'value="4"' in bookmarks.note("x", stored)
    shown = bookmarks.note("x", None, NoteConflict("changed", "", "Theirs.", 7), "Mine.")
    assert all(part in shown for part in ('value="7"', "Theirs.", "Mine.", "Save over it"))
    assert "It was deleted there." in bookmarks.note("x", None, NoteConflict("gone", "", "", 0), "Mine.")


def test_buttons_say_whether_they_are_on() -> None:
    html = str(bookmarks.marks("x", Marks(starred=True)))
    assert html.count('aria-pressed="true"') == 1
    assert html.count('aria-pressed="false"') == 1


def test_a_restriction_is_taken_away_by_its_own_link() -> None:
    holding = shelves.Holding({"words": "a", "month": "2025-11", "at": "25"}, 60, [HOSTILE], 25)
    html = str(shelves.page(holding))
    assert 'href="/library?words=a" aria-label="Without: November 2025"' in html
    assert 'href="/library?words=a&amp;month=2025-11&amp;at=26"' in html
    assert "26 to 26 of 60" in html


def test_days_with_very_many_papers_lead_to_the_library() -> None:
    html = str(today.page(edition(total=9000)))
    assert "9,000 new papers in 2 themes" in html
    assert 'href="/library?from=2025-11-24&amp;to=2025-11-24"' in html
    assert "of these days" not in str(today.page(edition(total=2)))


def test_the_address_of_an_id_that_a_paper_left_shows_the_paper(tmp_path: Path) -> None:
    doi = "10.1145/3726302.3730000"
    shelf = Shelf(tmp_path / FILE_NAME)
    shelf.record([make_paper(f"doi:{doi}", url="")])
    shelf.record([make_paper("2504.00001", doi=doi)])
    site = cast(Site, SimpleNamespace(shelf=shelf))
    for key in (f"doi:{doi}", f"https://doi.org/{doi.upper()}", "2504.00001v2", "2504.00001"):
        assert Site._known(site, key) == "2504.00001"
    shelf.close()


def test_what_an_address_holds_does_not_say_which_file_is_exported() -> None:
    assert address.export("ris", **{"form": "y", "list": "x"}) == "/export/ris?form=y&list=x"
