"""Daily reports as they really are, and as they break."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.sources import discover, read_source
from rag.sources.identifiers import title_id
from rag.types import Paper, Rejected, Row
from tests.support.data import shared_data

HEADING = "# arXiv Daily Report - 10-Apr-2025\n\n"
HEADER = "| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
DAY = date(2025, 4, 10)


def link(paper_id: str = "2504.05309") -> str:
    return f"[https://arxiv.org/abs/{paper_id}](https://arxiv.org/abs/{paper_id})"


def row(
    title: str = "A title", paper_id: str = "2504.05309", abstract: str = "Words.", authors: str = "Ann Lee"
) -> str:
    return f"| {title} | {link(paper_id)} | {abstract} | {authors} |\n"


def read(tmp_path: Path, text: str, name: str = "2025-04-10.md", heading: str = HEADING + HEADER) -> list[Row]:
    path = tmp_path / name
    path.write_bytes((heading + text).encode())
    return list(read_source(path))


def papers(rows: list[Row]) -> list[Paper]:
    assert not [item for item in rows if isinstance(item, Rejected)]
    return [item for item in rows if isinstance(item, Paper)]


def rejected(rows: list[Row]) -> list[tuple[int, str]]:
    return [(item.line, item.reason) for item in rows if isinstance(item, Rejected)]


def test_a_row(tmp_path: Path) -> None:
    (paper,) = papers(read(tmp_path, row(abstract=r"We \textbf{Q}uery &amp; 5\%.", authors="Ann Lee, Bo Ek")))
    assert paper == Paper(
        "2504.05309",
        "A title",
        r"We \textbf{Q}uery &amp; 5\%.",
        ("Ann Lee", "Bo Ek"),
        DAY,
        "https://arxiv.org/abs/2504.05309",
        listed=(DAY,),
    )


@pytest.mark.parametrize(
    "abstract",
    [
        "One.\n  Two.",
        "One.\n\n  Two.",
        "minimise |x| + |y|",
        "minimise |x|\nsubject to |y| < 1",
        "P(a | b) over\n|q| terms, a | b",
        "| begins with it",
        "ends with it |",
        r"a norm \|x\| and \|",
        "line separator\u2028inside",
        "# not a heading\n--- nor a rule",
        "",
    ],
)
def test_abstracts_come_as_written(tmp_path: Path, abstract: str) -> None:
    first, second = papers(read(tmp_path, row(abstract=abstract) + row("Another", "2504.00001")))
    assert (first.abstract, first.authors) == (abstract.strip(), ("Ann Lee",))
    assert (second.title, second.abstract) == ("Another", "Words.")


@pytest.mark.parametrize("title", ["P(a | b) matters", "|x| grows", "Two\n  lines", r"\textsc{X}: 5\% &amp; more"])
def test_titles_come_as_written(tmp_path: Path, title: str) -> None:
    _, paper, _ = papers(read(tmp_path, row() + row(title) + row()))
    assert (paper.title, paper.abstract) == (title, "Words.")


@pytest.mark.parametrize(
    ("cell", "paper_id"),
    [
        (link("2504.05309v3"), "2504.05309"),
        (link("hep-th/9901001"), "hep-th/9901001"),
        ("[pdf](http://www.arxiv.org/pdf/2504.05309v2.pdf)", "2504.05309"),
        ("https://arxiv.org/abs/2504.05309", "2504.05309"),
        ("<https://arxiv.org/abs/2504.05309>", "2504.05309"),
        (f"{link()} [pdf](https://arxiv.org/pdf/2504.05309v2)", "2504.05309"),
        ("[x](https://arxiv.org/abs/2504.05309v2?context=cs)", "2504.05309"),
        ('[x](https://arxiv.org/abs/2504.05309 "abs")', "2504.05309"),
        ("[![a](https://x.org/b.svg)](https://arxiv.org/abs/2504.05309)<br>[c](https://github.com/a/b)", "2504.05309"),
        (
            "[hf](https://huggingface.co/papers/2504.05309), [alpha](https://www.alphaxiv.org/abs/2504.05309)",
            "2504.05309",
        ),
    ],
)
def test_link_cells(tmp_path: Path, cell: str, paper_id: str) -> None:
    (paper,) = papers(read(tmp_path, f"| T | {cell} | Words. | Ann Lee |\n"))
    assert (paper.paper_id, paper.url) == (paper_id, f"https://arxiv.org/abs/{paper_id}")


@pytest.mark.parametrize(
    ("cell", "paper_id"),
    [
        (f"**{link()}**", "2504.05309"),
        ('<a href="https://arxiv.org/abs/2504.05309">abs</a>', "2504.05309"),
        ("2504.05309", "2504.05309"),
        ("arXiv:2504.05309", "2504.05309"),
        (f"{link()} ([pdf](https://arxiv.org/pdf/2504.05309))", "2504.05309"),
        ("[abs][1]", "2504.05309"),
        ("[doi](https://doi.org/10.1145/1)", title_id("Other")),
    ],
)
def test_a_link_that_is_written_in_another_way(tmp_path: Path, cell: str, paper_id: str) -> None:
    other = f"| Other | {cell} | P(a | b)\n  on lines. | Bo Ek, Cy Oz |\n"
    text = row("Before") + other + other + row("After") + other + "\n[1]: https://arxiv.org/abs/2504.05309\n"
    found = [(paper.title, paper.paper_id) for paper in papers(read(tmp_path, text))]
    assert found == [(t, paper_id if t == "Other" else "2504.05309") for t in "Before Other Other After Other".split()]
    assert {paper.authors for paper in papers(read(tmp_path, text))} == {("Ann Lee",), ("Bo Ek", "Cy Oz")}


def test_the_same_paper_twice_comes_twice(tmp_path: Path) -> None:
    assert len(papers(read(tmp_path, row() + row(abstract="Others.")))) == 2


def test_an_empty_report(tmp_path: Path) -> None:
    assert read(tmp_path, "\n") == []


def test_byte_order_mark_crlf_and_a_missing_last_newline(tmp_path: Path) -> None:
    text = "\ufeff" + HEADING + HEADER + row(abstract="One.\n  Two.") + row("Another").rstrip("\n")
    plain = read(tmp_path, text[1:], "x.md", heading="")
    assert papers(plain)[0].abstract == "One.\n  Two."
    assert read(tmp_path, text.replace("\n", "\r\n"), "x.md", heading="") == plain


def test_further_tables_and_headings(tmp_path: Path) -> None:
    text = row() + "\n## Later\n\n" + HEADER + row("Another")
    assert [paper.title for paper in papers(read(tmp_path, text))] == ["A title", "Another"]


@pytest.mark.parametrize(
    ("name", "heading", "day"),
    [
        ("x.md", "# arXiv Daily Report - 1-Dec-2025\n", date(2025, 12, 1)),
        ("2025-04-11.md", HEADING, DAY),  # the heading wins
        ("x.md", "# arXiv Daily Report - 2025-04-10\n", DAY),
        ("2025-04-10.md", "# arXiv Daily Report - 31-Feb-2025\n", DAY),
        ("report-2025-04-10 (1).md", "", DAY),
    ],
)
def test_the_day(tmp_path: Path, name: str, heading: str, day: date) -> None:
    (paper,) = papers(read(tmp_path, row(), name, heading + HEADER))
    assert paper.date == day


def test_no_day(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"x\.md does not tell its day"):
        read(tmp_path, row(), "x.md", HEADER)


def test_no_report(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a daily report"):
        read(tmp_path, "| Title | Abstract |\n|---|---|\n", heading="# Notes\n")


def test_a_report_cut_before_its_table(tmp_path: Path) -> None:
    ((line, reason),) = rejected(read(tmp_path, "", heading=HEADING + "| Title | Li"))
    assert line == 0
    assert "no table" in reason


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (f"| Cut | {link()} | in the middle of the abs\n", "does not end with |"),
        (f"| Cut | {link()} | a whole abstract |\n", "no author column"),
        (f"| Cut | {link()} | abstract | Ann Lee, Bo\n", "does not end with |"),
        (f"| Cut | {link()} | a | norm \\|\n", "does not end with |"),
        (f"| Cut | {link()} | two\n  lines and\n", "does not end with |"),
        (f"| {2001 * 'x'} | {link()} | Words. | Ann Lee |\n", "title is longer than 2000"),
        (f"| Long | {link()} | {50_001 * 'x'} | Ann Lee |\n", "abstract is longer than 50000"),
        (f"|  | {link()} | No title. | Ann Lee |\n", "no title"),
        ("| No link | | Words. | Ann Lee |\n", "no arXiv link"),
        ("| Cut | [x](https://example.org/1) | Two\n  lines.\n", "no arXiv link, or is cut off"),
        (f"| Bad month | {link('2513.05309')} | Words. | Ann Lee |\n", "does not begin with a year and a month"),
        (f"| Lost zero | {link('2504.0531')} | Words. | Ann Lee |\n", "perhaps 2504.05310"),
        (f"| Two | {link()} {link('2504.05310')} | Words. | Ann Lee |\n", "links to several papers"),
        ("Fetched by a script.\n", "belongs to no row"),
    ],
)
def test_bad_rows_among_good_ones(tmp_path: Path, bad: str, reason: str) -> None:
    rows = read(tmp_path, row("Before") + bad + row("After"))
    ((line, told),) = rejected(rows)
    assert line == 6
    assert reason in told
    good = [item for item in rows if isinstance(item, Paper)]
    assert [(paper.title, paper.abstract, paper.authors) for paper in good] == [
        ("Before", "Words.", ("Ann Lee",)),
        ("After", "Words.", ("Ann Lee",)),
    ]


def test_two_bad_rows_in_turn(tmp_path: Path) -> None:
    rows = read(tmp_path, f"| Cut | {link()} | abs\n" + "| No link | | Words. | Ann Lee |\n" + row())
    assert [line for line, _ in rejected(rows)] == [5, 6]
    assert len(rows) == 3


def test_rows_glued_to_one_line_are_rejected(tmp_path: Path) -> None:
    assert len(rejected(read(tmp_path, row().rstrip("|\n") + row()))) == 2


@pytest.mark.parametrize("abstract", ["caf", "|x| + |"])
def test_a_character_cut_in_two_costs_the_last_row_only(tmp_path: Path, abstract: str) -> None:
    path = tmp_path / "2025-04-10.md"
    path.write_bytes((HEADING + HEADER + row() + f"| Cut | {link()} | {abstract}").encode() + "é".encode()[:1])
    rows = list(read_source(path))
    assert isinstance(rows[0], Paper)
    assert rejected(rows) == [(6, "the row is cut off: it does not end with |")]


def test_all_real_reports() -> None:
    """Every link cell, counted without the reader, is a paper of that day; nothing is rejected."""
    found = discover([shared_data() / "reports"])
    assert len(found.files) == 262
    expected: Counter[tuple[str, str]] = Counter()
    read_rows: Counter[tuple[str, str]] = Counter()
    for path in found.files:
        text = path.read_text(encoding="utf-8")
        for paper_id in re.findall(r"\| \[https://arxiv\.org/abs/(\S+)\]\(\S+\) \|", text):
            expected[path.stem, paper_id] += 1
        for paper in papers(list(read_source(path))):
            read_rows[paper.date.isoformat(), paper.paper_id] += 1
            assert f"| {paper.title} | [https://arxiv.org/abs/{paper.paper_id}]" in text
            assert f"| {paper.abstract} | " in text or paper.abstract in text
            assert paper.authors
    assert read_rows == expected
    assert expected.total() == 1297
    assert len({paper_id for _, paper_id in expected}) == 893
