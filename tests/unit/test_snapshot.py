"""A conversation as one HTML file: whole, escaped, without script, and loading nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

from rag.papers.bibliography.transcript import bibliography, with_references
from rag.papers.readers.conversations import Exchange
from rag.sources.files import DIGEST
from rag.types import Answer, Citation, Filters, Note, Receipt
from ui.snapshot import snapshot

NOW = datetime(2025, 5, 1, tzinfo=UTC)
EVIL = '<script>alert(1)</script><img src="https://evil.example/x.png" onerror="x()">'


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def exchange(question: str, *titles: str, said: str = "Said [1].", stopped: bool = False, url: str = "") -> Exchange:
    citations = tuple(
        Citation(
            n=n, paper_id=f"2504.0000{n}", version=2, title=title, authors=(f"Ann {EVIL}", "Bo"), date="2025-04-10",
            url=url or f"https://arxiv.org/abs/2504.0000{n}", chunk_id="c", quote=f"Quote {n} {EVIL}", start=0, end=9,
            page=3, section=f"Method {EVIL}",
        )
        for n, title in enumerate(titles, 1)
    )  # fmt: skip
    answer = Answer(
        question=question, standalone_question=question, answer=said, abstained=False, reason=None, confidence="high",
        confidence_p=0.9, mode="extractive", citations=citations, notes=(Note(code="x", text=f"Note {EVIL}"),),
        receipt=Receipt(corpus="c0ffee", config="beef", model="extractive"),
    )  # fmt: skip
    filters = Filters(date_from=date(2025, 4, 1), author="Lee")
    return Exchange(1, question, filters, said, None if stopped else answer, (), NOW)


def test_everything_is_there_and_every_marker_leads_to_its_quote() -> None:
    first = exchange("First?", "One", "Two", said="Said [1] and [2].")
    second = exchange("Second?", "One", said="Again [1].")
    text = snapshot("Talk", [first, second], NOW)
    shown = Elements(text).found
    ids = {given["id"] for _, given in shown if "id" in given}
    places = {"e1-1", "e1-2", "e2-1"}
    assert ids == places | {f"quote-{place}" for place in places}  # and the quotes that describe the markers
    leads = {given["href"] for _, given in shown if (given.get("href") or "").startswith("#")}
    assert leads == {f"#{place}" for place in places}
    assert {given["aria-describedby"] for _, given in shown if "aria-describedby" in given} <= ids
    for part in ("First?", "Second?", "Quote 2 ", "page 3", "high confidence", "2 questions; as it stood on 1 May 2025",
                 'restricted to reports from <time datetime="2025-04-01">1 Apr 2025</time>, author Lee',
                 "version 2"):  # fmt: skip
        assert part in text
    assert text.count("<li>Ann ") == 2, "each paper stands in the references once"
    assert DIGEST.decode() in text


def test_a_paper_that_nobody_dates_is_of_no_date() -> None:
    asked = exchange("When?", "One")
    assert asked.answer
    nobodys = replace(
        asked, answer=asked.answer.model_copy(update={"citations": (undated(asked.answer.citations[0]),)})
    )
    assert snapshot("Talk", [nobodys], NOW).count("date unknown") == 2
    assert "date unknown" in with_references(nobodys)
    assert "year" not in bibliography([nobodys]).replace("2504", "")


def undated(citation: Citation) -> Citation:
    return citation.model_copy(update={"date": "", "paper_id": "doi:10.1/a"})


def test_strangers_text_is_shown_and_nothing_else() -> None:
    talk = [
        exchange(f"Q {EVIL}", f"Title {EVIL}", said=f"Said {EVIL} [1] ![x](https://evil.example/y.png)\x1b[31m\x07")
    ]
    text = snapshot(f"Talk {EVIL}", talk, NOW)
    shown = Elements(text).found
    assert not {tag for tag, _ in shown} & {
        "script",
        "img",
        "iframe",
        "link",
        "object",
        "embed",
        "form",
        "base",
        "video",
    }
    assert not [
        name for _, given in shown for name in given if name.startswith("on") or name in ("src", "srcset", "style")
    ]
    links = {given.get("href") for tag, given in shown if tag == "a"}
    assert links == {"#e1-1", "https://arxiv.org/abs/2504.00001"}
    policy = next(given["content"] for _, given in shown if given.get("http-equiv") == "Content-Security-Policy")
    assert policy
    assert policy.startswith("default-src 'none'")
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert "alert(1)" in text, "what was written can be read"


def test_only_addresses_of_the_web_are_links() -> None:
    text = snapshot("Talk", [exchange("Q", "One", url="javascript:alert(1)")], NOW)
    assert {given["href"] for tag, given in Elements(text).found if tag == "a"} == {"#e1-1"}


def test_an_answer_that_was_stopped_says_so() -> None:
    text = snapshot("Talk", [exchange("Q", said="Half a", stopped=True)], NOW)
    assert "Half a" in text
    assert "Stopped before its end." in text
    assert "References" not in text
