"""Answers to scan, as HTML: rows that open to their quotes, tables whose cells are quotes, questions to go on with."""

from __future__ import annotations

import re

from rag.answer.render import render_group
from rag.topics.comparison import COLUMNS, Comparison
from rag.types import Answer, Cell, Citation, Receipt, Shape
from tests.support.papers import make_paper
from ui.web.evidence.quoted import body
from ui.web.evidence.tables import next_questions, table


def citation(n: int, paper_id: str, quote: str = "We do Q&A things.", **more: object) -> Citation:
    given = {
        "n": n, "paper_id": paper_id, "version": 1, "title": f"Paper *{paper_id}*", "date": "2025-04-10", "url": "",
        "authors": ("Ada", "Bo", "Cy", "Di", "Ed"), "chunk_id": "", "quote": quote, "start": 9, "end": 9 + len(quote),
    }  # fmt: skip
    return Citation.model_validate(given | more)


def answer(text: str, citations: tuple[Citation, ...], shape: Shape | None = "list") -> Answer:
    return Answer(
        question="q", standalone_question="q", answer=text, abstained=False, reason=None, confidence="high",
        mode="extractive", citations=citations, shape=shape, receipt=Receipt(corpus="", config="", model=""),
    )  # fmt: skip


ONE, TWO, THREE = citation(1, "2504.00001"), citation(2, "2504.00001", "More."), citation(3, "2504.00002")
LISTED = f"2 papers found:\n\n{render_group([ONE, TWO])}\n\n### Others\n\n{render_group([THREE])}"


def test_a_list_is_a_row_a_paper_that_opens_to_its_quotes() -> None:
    shown = str(body(answer(LISTED, (ONE, TWO, THREE)), "e7-"))
    first, second = re.findall(r"<li>.*?</li>", shown, re.DOTALL)
    assert shown.startswith("<p>2 papers found:</p>")
    assert shown.index("<h3>Others</h3>") > shown.index(first)
    head = first.partition("</summary>")[0]
    assert "Paper *2504.00001*" in head
    assert "Ada, Bo, Cy and 2 more" in head
    assert '<time datetime="2025-04-10">10 Apr 2025</time>' in head
    assert "We do Q&amp;A things." in head
    assert "<a " not in head
    assert first.count("<blockquote>") == 2
    assert 'href="/paper/2504.00001"' in first
    assert second.count("<blockquote>") == 1
    assert shown.count('data-n="3"') == 2  # beside the row, and with the quote


def test_one_paper_stands_by_itself_and_its_heading_opens_it() -> None:
    shown = str(body(answer(render_group([ONE]), (ONE,), "single"), "e7-"))
    assert "found" not in shown
    assert '<strong><a href="/paper/2504.00001"' in shown
    assert '<time datetime="2025-04-10">10 Apr 2025</time>' in shown


def test_papers_that_are_only_named_are_rows_without_quotes() -> None:
    named = tuple(citation(n, f"2504.0000{n}", f"Paper *2504.0000{n}*", start=0) for n in (1, 2))
    lines = "\n".join(rf"- **Paper \*{one.paper_id}\*** [{one.n}] (2025-04-10)" for one in named)
    shown = str(body(answer(f"The newest report:\n\n{lines}", named), "e7-"))
    assert shown.count('<div class="found">') == 2
    assert "<details" not in shown
    assert "**" not in shown


def test_what_was_not_written_as_quotes_stays_as_it_was() -> None:
    for other in (
        answer("It does [1] and [3].", (ONE, TWO, THREE)),
        answer(LISTED, (ONE, TWO, THREE)).model_copy(update={"mode": "llm"}),
    ):
        assert "found" not in str(body(other, "e7-")).replace("papers found", "")


def comparison(*cells: tuple[Cell | None, ...], wanted: tuple[str, ...] = ()) -> Comparison:
    papers = tuple(make_paper(f"2504.0000{n}", f"Sys{n}: A <i>Title</i>", version=1) for n in range(1, len(cells) + 1))
    return Comparison((*COLUMNS, *wanted), papers, cells)


def test_a_cell_has_the_marker_of_the_answer_or_one_of_its_own() -> None:
    held = (Cell(quote="things", start=10, end=16), None, Cell(quote="<s>new</s>", start=40, end=50), None, None)
    shown = str(table(comparison(held, (None,) * 5), (ONE,), 7))
    assert re.findall(r'<a class="marker" href="#e7-(\d+)"', shown) == ["1", "2"]
    assert "&lt;s&gt;new&lt;/s&gt;" in shown
    assert shown.count('role="img" aria-label="The abstract does not tell"') == 8
    assert shown.count("— The abstract does not tell.") == 1
    assert "does not tell" not in table(comparison(*[held[:1] * 5] * 2), (ONE,), 7)
    assert shown.count('class="peek"') == 1  # the answer has the other
    assert 'class="grid beside"' in shown
    assert table(comparison(held), (ONE,), 7) == ""


def test_what_states_two_things_at_once_is_shown_once() -> None:
    said, more = Cell(quote="We sort rocks.", start=10, end=24), Cell(quote="It wins.", start=30, end=38)
    shown = str(table(comparison((said, said, None, more, None, said), (None,) * 6, wanted=("aim",)), (), 7))
    cells = re.findall(r'<td data-name="Sys1">(.*?)</td>', shown)
    assert [("We sort rocks." in cell, "in the same words as task" in cell) for cell in cells] == [
        (True, False), (False, True), (False, False), (False, False), (False, False), (True, False),
    ]  # fmt: skip
    assert [re.findall(r'data-n="(\d)"', cell) for cell in cells] == [["1"], ["1"], [], ["2"], [], ["1"]]


def test_a_column_of_the_readers_own_can_be_taken_away_and_travels_with_the_file() -> None:
    shown = str(table(comparison(*[(None,) * 6] * 4, wanted=('"size" & <b>more',)), (), 7))
    assert 'class="grid below"' in shown
    assert shown.count("data-away=") == 1
    assert 'href="/answer/7/table.csv?column=%22size%22+%26+%3Cb%3Emore"' in shown
    assert "<b>" not in shown


def test_questions_to_go_on_with_are_offered_or_nothing_is() -> None:
    assert next_questions([]) == ""
    assert 'data-text="How does &#34;X&#34; work?"' in str(next_questions(['How does "X" work?']))
