"""Values → HTML, and what a tab sends → values: strangers' text stays text."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from rag.errors import LibraryError, UsageError
from rag.papers.shelf import Shelf
from rag.types import Filters, Paper
from ui.web.base.place import Place, read_filters, shown_filters
from ui.web.chat.examples import examples
from ui.web.html import nothing
from ui.web.html.rendering import advised, arxiv_links, attributes, button, dated, element, markdown, when


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "a [2] b",
            '<p>a <a class="marker" href="#e1-2" data-n="2" aria-label="Evidence 2: Two" '
            'aria-describedby="quote-e1-2">[2]</a> b</p>\n',
        ),
        ("[7]", '<p><a class="marker" href="#e1-7" data-n="7" aria-label="Evidence 7">[7]</a></p>\n'),
        (r"\[2\] [x] [12345]", "<p>[2] [x] [12345]</p>\n"),
        ("<img src=x onerror=a>", "<p>&lt;img src=x onerror=a&gt;</p>\n"),
        ("<script>a</script>", "<p>&lt;script&gt;a&lt;/script&gt;</p>\n"),
        ("![a](http://b/c.png)", "<p>![a](http://b/c.png)</p>\n"),
        ("[a](javascript:b)", "<p>[a](javascript:b)</p>\n"),
        ("<http://a.b>", "<p>&lt;http://a.b&gt;</p>\n"),
        ("[a]: http://b.c\n\n[a]", "<p>[a]: http://b.c</p>\n<p>[a]</p>\n"),
        ("http://a.b", "<p>http://a.b</p>\n"),
        ("**x** `<i>`", "<p><strong>x</strong> <code>&lt;i&gt;</code></p>\n"),
    ],
)
def test_markdown_knows_markers_and_no_links_images_or_html(text: str, html: str) -> None:
    assert markdown(text, "e1-", ["One", "Two"]) == html


def test_a_title_cannot_leave_its_attribute() -> None:
    assert 'aria-label="Evidence 1: &#34; onclick=&#34;x"' in markdown("[1]", "e", ['" onclick="x'])


def test_elements_escape_text_and_attributes_and_keep_markup() -> None:
    assert element("p", "<b>", Markup("<i>x</i>"), title='"<', class_="a") == (
        '<p title="&#34;&lt;" class="a">&lt;b&gt;<i>x</i></p>'
    )
    assert attributes(data_a=0, hidden=True, b=None, c=False, aria_label="") == ' data-a="0" hidden aria-label=""'
    assert (
        button("x", "ask", {"text": "'<"}) == '<button type="button" data-action="ask" data-text="&#39;&lt;">x</button>'
    )


@pytest.mark.parametrize(
    ("url", "paper"),
    [
        ("https://arxiv.org/abs/2504.05309", "2504.05309"),
        ("http://www.arxiv.org/abs/2504.05309v2/", "2504.05309v2"),
        ("https://arxiv.org/abs/cs.IR/0501001", "cs.IR/0501001"),
        ("javascript:alert(1)//arxiv.org/abs/2504.05309", None),
        ("https://arxiv.org.evil.example/abs/2504.05309", None),
        ("https://evil.example/arxiv.org/abs/2504.05309", None),
        ("https://arxiv.org@evil.example/abs/2504.05309", None),
        ('https://arxiv.org/abs/2504.05309" onclick="x', None),
        ("https://arxiv.org/pdf/2504.05309", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_only_arxivs_own_addresses_become_links(url: str, paper: str | None) -> None:
    expected = (f"https://arxiv.org/abs/{paper}", f"https://arxiv.org/pdf/{paper}") if paper else None
    assert arxiv_links(url) == expected


def test_filters_travel_to_the_page_and_back() -> None:
    filters = Filters(date(2025, 4, 1), None, "Wei Lin")
    assert read_filters(shown_filters(filters)) == filters
    assert read_filters({"from": "", "to": None, "author": "  Wei \n Lin ", "more": 1}) == Filters(author="Wei Lin")
    assert read_filters("nonsense") == Filters()


@pytest.mark.parametrize("fields", [{"from": "soon"}, {"to": "2025-13-01"}, {"from": "2025-05-02", "to": "2025-05-01"}])
def test_fields_that_are_no_range_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        read_filters(fields)


@pytest.mark.parametrize("sent", [None, [], "x", {"replaces": "x"}, {"conversation": {"a": 1}}])
def test_a_tab_that_sends_nonsense_is_nowhere(sent: object) -> None:
    assert Place.read(sent) == Place()


def test_a_place_survives_the_tab() -> None:
    place = Place(conversation="abc", title="T", replaces=3, whole=True)
    assert Place.read(place.model_dump()) == place


def papers(*titles: str) -> list[Paper]:
    newest = date(2025, 5, 1)
    return [Paper(f"2505.0000{n}", title, "Text.", (), newest - timedelta(n), "") for n, title in enumerate(titles)]


def test_examples_ask_about_the_newest_names(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    assert examples(shelf) == []
    shelf.record(papers("IterQR: An Iterative Framework", "A survey of stars", "RAG-Bench: More", "Towards: a title"))
    expected = [
        "How does IterQR work?",
        "Compare IterQR and RAG-Bench.",
        "What does “Towards: a title” propose?",
        "Which papers have been listed since 24\u00a0Apr\u00a02025?",
    ]
    assert examples(shelf) == expected
    assert examples(shelf) == expected


def test_days_are_written_as_people_write_them_and_quotes_as_their_paper_does() -> None:
    day = '<time datetime="2025-04-10">10 Apr 2025</time>'
    shown = markdown(
        "It was first listed on 2025-04-10 [1].\n\n> Crawled on 2025-04-10.\n\nSo 2025-04-10, and 2025-13-45."
    )
    assert shown.count(day) == 2
    assert "Crawled on 2025-04-10." in shown
    assert "and 2025-13-45." in shown
    assert when("2025-04-10") == day
    assert when("") == "date unknown"


def test_a_day_within_a_name_or_a_title_is_a_part_of_it() -> None:
    day = '<time datetime="2025-04-10">10 Apr 2025</time>'
    for name in ("gpt-4o-2024-08-06", "2024-08-06-preview", "v2024-08-06", "runs_2024-08-06", "12024-08-06"):
        assert markdown(f"It was {name}, which they asked.") == f"<p>It was {name}, which they asked.</p>\n"
        assert dated(name) == name
    quoted = "> On **2024-08-06** and 2024-08-07."
    shown = markdown(f"**What Changed on 2024-08-06?** [1] (2025-04-10)\n\n{quoted}\n\n2025-04-10.")
    assert "<strong>What Changed on 2024-08-06?</strong>" in shown
    assert "On <strong>2024-08-06</strong> and 2024-08-07." in shown
    assert shown.count(day) == 2


def test_a_command_that_is_advised_is_set_as_one_and_a_strangers_words_are_not() -> None:
    assert advised("`paperchat list` shows <all>.") == "<code>paperchat list</code> shows &lt;all&gt;."
    assert nothing.told(LibraryError("No `b`.", "Try `a`.")) == "No `b`. Try <code>a</code>."
    assert nothing.told(LibraryError("No <b>.")) == "No &lt;b&gt;."
