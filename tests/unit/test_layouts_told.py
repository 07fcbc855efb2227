"""What lists tell of their papers: JSON's objects that hold lists, and entries without labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.test_layouts import ANN, BO, papers, read, reasons

ONE = {"title": "One", "id": "2503.65001"}
TWO = {"title": "Two", "id": "2503.65002", "date": "2025-03-21"}
FIRST, SECOND = ("One", "2025-03-20"), ("Two", "2025-03-21")


@pytest.mark.parametrize("name", ["2025-03-20.json", "2025-03-20.jsonl"])
@pytest.mark.parametrize("written", [json.dumps, str], ids=["JSON", "Python"])
def test_an_object_on_one_line_that_holds_a_list_is_no_paper(
    tmp_path: Path, name: str, written: Callable[[object], str]
) -> None:
    rows = read(tmp_path, name, written({"papers": [ONE, TWO]}))
    assert [(paper.title, paper.date.isoformat()) for paper in papers(rows)] == [FIRST, SECOND]
    assert reasons(rows) == []


@pytest.mark.parametrize(
    "document",
    [
        {"date": "2025-03-20", "papers": {"rivers": [ONE], "seas": [TWO]}},
        {"title": "My daily list", "date": "2025-03-20", "papers": [ONE, TWO]},
        {"title": "My daily list", "authors": ["Di Delta"], "date": "2025-03-20", "papers": [ONE, TWO]},
        {"title": "Reading list", "author": "Bob", "date": "2025-03-20", "items": [ONE, TWO]},
        {"title": "Reading list", "id": "list-7", "date": "2025-03-20", "items": [ONE, TWO]},
        {"title": "A feed", "description": "Daily.", "date": "2025-03-20", "items": [ONE, TWO]},
        {"lists": [{"title": "Rivers", "date": "2025-03-20", "items": [ONE]}, {"title": "Seas", "items": [TWO]}]},
    ],
)
def test_a_list_may_have_a_title_and_a_day(tmp_path: Path, document: dict[str, object]) -> None:
    rows = read(tmp_path, "list.json", json.dumps(document))
    assert [(paper.title, paper.date.isoformat()) for paper in papers(rows)] == [FIRST, SECOND]
    assert reasons(rows) == []


def test_a_paper_that_names_others_is_one(tmp_path: Path) -> None:
    link = {"title": "Three", "link": "https://arxiv.org/abs/2503.65003", "references": [TWO]}
    rows = read(tmp_path, "2025-03-20.json", json.dumps([ONE | {"references": [TWO]}, link]))
    assert [paper.title for paper in papers(rows)] == ["One", "Three"]


@pytest.mark.parametrize(("title", "form"), [([ONE], "an object"), (["a", "b"], "a list"), (7, "a number")])
def test_a_title_is_a_text(tmp_path: Path, title: object, form: str) -> None:
    rows = read(tmp_path, "2025-03-20.jsonl", json.dumps(ONE) + "\n" + json.dumps({"title": title}))
    assert [paper.title for paper in papers(rows)] == ["One"]
    assert reasons(rows) == [f"its title is {form}, not a text"]


@pytest.mark.parametrize(
    ("more", "paper_id"),
    [
        ({"doi": "10.1145/1.2"}, "doi:10.1145/1.2"),
        ({"link": "https://arxiv.org/abs/2503.65001"}, "2503.65001"),
        ({"link": "https://x.org/1"}, ""),
    ],
)
def test_a_doi_or_a_link_names_a_paper_whose_id_cannot_exist(
    tmp_path: Path, more: dict[str, str], paper_id: str
) -> None:
    rows = read(tmp_path, "2025-03-20.json", json.dumps([{"title": "One", "id": "2024.1234"} | more, TWO]))
    assert [paper.paper_id for paper in papers(rows)] == [*filter(None, [paper_id]), "2503.65002"]
    assert all("2024.1234 cannot be an arXiv id" in reason for reason in reasons(rows))
    assert len(reasons(rows)) == (not paper_id)


LINK = "https://arxiv.org/abs/2505.00001"


@pytest.mark.parametrize(
    ("entry", "title", "authors", "abstract"),
    [
        (f"<summary><b>DetA: title</b></summary>\n\n**Authors:** {ANN}\n\n{LINK}", "DetA: title", (ANN,), ""),
        (
            f'<summary>DetB: On — <a href="{LINK}">{LINK}</a></summary>\n<ul><li>Authors: {ANN}</li>'
            "<li>Abstract: Two layers.</li></ul>",
            "DetB: On", (ANN,), "Two layers.",
        ),
        (f"- [2025/05] **BulH: title** | [paper]({LINK}) | more", "BulH: title", (), ""),
        (f"- **2025-05-06 BulI: On** [paper]({LINK})", "BulI: On", (), ""),
        (f"- [BulA]({LINK}) - {ANN}, {BO}. *SIGIR 2025*", "BulA", (ANN, BO), ""),
        (f"- [BulB]({LINK}), *SIGIR 2025*", "BulB", (), ""),
        (f"- [BulC]({LINK}) by Ann and Bo", "BulC", ("Ann", "Bo"), ""),
        (
            f"## [HedD: On]({LINK})\n*{ANN}, {BO}*\n\n> HedD has 8 layers.\n> It is new.\n\n[code](https://x.org)\n\n---\n\n"
            "Made by a script at night.",
            "HedD: On", (ANN, BO), "HedD has 8 layers.\nIt is new.",
        ),
        (f"## [HedE]({LINK})\n\n{ANN}, {BO}\n\nIt has 9.\n\nOr has it?", "HedE", (ANN, BO), "It has 9.\n\nOr has it?"),
        (f"## [HedF]({LINK})\n\nNot this at all.\n\nAbstract: This one.", "HedF", (), "This one."),
    ],
)  # fmt: skip
def test_what_an_entry_tells(tmp_path: Path, entry: str, title: str, authors: tuple[str, ...], abstract: str) -> None:
    (paper,) = papers(read(tmp_path, "list.md", f"# Papers\n\n{entry}\n"))
    assert (paper.title, paper.authors, paper.abstract) == (title, authors, abstract)


HTML = "<table><tr><th>{}</th><th>{}</th><th>{}</th></tr>{}</table>"
TO = '<td><a href="https://arxiv.org/abs/2503.6500{}">x</a></td>'


def test_a_text_across_a_table_is_a_heading(tmp_path: Path) -> None:
    rows = f"<tr><td colspan=3>Rivers</td></tr><tr><td>One</td>{TO.format(1)}<td>{ANN}</td></tr>"
    rows += f"<tr><th colspan=3>2025-03-21</th></tr><tr><td>Two</td><td colspan=2>{TO.format(2)[4:]}</tr>"
    found = read(tmp_path, "2025-03-20.html", HTML.format("Title", "Link", "Authors", rows))
    assert [(paper.title, paper.date.isoformat()) for paper in papers(found)] == [FIRST, SECOND]
    assert len(found) == 2


def test_a_cell_over_several_rows_counts_for_each(tmp_path: Path) -> None:
    rows = f"<tr><td rowspan=2>2025-03-20</td><td>One</td>{TO.format(1)}</tr><tr><td>Two</td>{TO.format(2)}</tr>"
    found = read(tmp_path, "list.html", HTML.format("Date", "Title", "Link", rows))
    assert [(paper.paper_id, paper.title, paper.date.day) for paper in papers(found)] == [
        ("2503.65001", "One", 20),
        ("2503.65002", "Two", 20),
    ]


def test_a_title_over_several_rows_is_one_paper(tmp_path: Path) -> None:
    rows = f"<tr><td rowspan=2>One</td>{TO.format(1)}<td>{ANN}</td></tr><tr><td></td><td>{BO}</td></tr>"
    rows += f"<tr><td>Two</td>{TO.format(2)}<td>{BO}</td></tr>"
    found = read(tmp_path, "2025-03-20.html", HTML.format("Title", "Link", "Authors", rows))
    assert [(paper.title, paper.authors) for paper in papers(found)] == [("One", (ANN, BO)), ("Two", (BO,))]


@pytest.mark.parametrize(("mark", "titles"), [("", ["One", "Alone", "Two"]), ("**", ["Rivers", "One", "Alone", "Two"])])
def test_a_row_of_a_text_in_bold_is_a_heading_where_titles_are_not(
    tmp_path: Path, mark: str, titles: list[str]
) -> None:
    text = "| Title | Link | Authors |\n|---|---|---|\n| **Rivers** | | |\n"
    text += f"| {mark}One{mark} | https://arxiv.org/abs/2503.65001 | {ANN} |\n| Alone | | |\n"
    text += f"| Two | https://arxiv.org/abs/2503.65002 | {BO} |\n"
    rows = read(tmp_path, "2025-03-20.md", text)
    assert [paper.title for paper in papers(rows)] == titles
    assert reasons(rows) == []


def test_a_text_across_an_html_table_that_may_be_a_paper_does_not_vanish(tmp_path: Path) -> None:
    rows = f"<tr><td>One</td>{TO.format(1)}<td>{ANN}</td></tr><tr><td colspan=3>Known by Title: 2503.65003</td></tr>"
    rows += "<tr><td colspan=3>A Second Paper Known</td></tr><tr><td colspan=3>Rivers and Seas</td></tr>"
    found = read(tmp_path, "2025-03-20.html", HTML.format("Title", "Link", "Authors", rows))
    assert [paper.title for paper in papers(found)] == ["One", "Known by Title: 2503.65003"]
    assert reasons(found) == ["row 3 of the table: read as a heading"]


def test_a_bold_row_that_may_be_a_title_does_not_vanish_and_a_bold_day_makes_no_title_bold(tmp_path: Path) -> None:
    text = "| Date | Title | Link |\n|---|---|---|\n| **Rivers** | | |\n"
    text += "| **2025-03-20** | One | https://arxiv.org/abs/2503.65001 |\n| | **A Second Paper Known by Title** | |\n"
    rows = read(tmp_path, "list.md", text)
    assert [paper.title for paper in papers(rows)] == ["One"]
    assert reasons(rows) == ["read as a heading"]
