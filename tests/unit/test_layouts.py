"""Lists as other people publish them: each layout is told by its content, and every row with a title is read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.sources import discover, open_source, read_source
from rag.sources.fields import day_in
from rag.sources.layouts import LAYOUTS
from rag.types import Paper, Rejected, Row

LISTS = Path(__file__).parent.parent / "support" / "lists"
TABLE, ENTRIES, PAGE = "Markdown table", "headings, bullets or details", "HTML table"
DOCUMENT, LINES, PYTHON, VALUES = "JSON document", "JSON lines", "Python dictionaries", "separated values"
ANN, BO, CY = "Ann Alpha", "Bo Beta", "Cy Gamma"
EXPECTED: dict[str, tuple[str, list[tuple[str, str, str, tuple[str, ...], str, int]]]] = {
    "2025-03-27.jsonl": (PYTHON, [
        ("2503.70131", "It's a dict", "Dicts of ‘Python’ hold 3 keys.", (ANN, "Bo O'Beta"), "2025-03-27", 0),
        ("2503.70132", "Another dict", "", (CY,), "2025-03-27", 0),
    ]),
    "2025-03-31.jsonl": (LINES, [
        ("2503.70121", "Enhanced by Machines", "Machines enhance 5 lists.", (ANN, BO), "2025-03-31", 0),
        ("2503.70122", "Skipped by Machines", "Machines skip 2 lists.", (CY,), "2025-03-31", 0),
    ]),
    "2025-04-05.json": (DOCUMENT, [
        ("2504.70101", "Arrays of Papers", "An array holds 2 papers.", (ANN, BO), "2025-04-05", 1),
        ("2504.70102", "Objects of Papers", "An object holds 1 paper.", (CY,), "2025-04-05", 2),
    ]),
    "bullets-daily.md": (ENTRIES, [
        ("2503.70011", "Tides as Tokens", "", (ANN,), "2025-03-28", 1),
        ("2503.70012", "Seasons, Trends, and Other Lies", "", (BO,), "2025-03-28", 3),
    ]),
    "bullets-nested.md": (ENTRIES, [
        ("2504.70161", "Nested Lists for Everyone", "Nested lists have 2 levels.", (ANN, BO), "2025-04-07", 0),
        ("2504.70162", "Flat Lists", "", (CY, "Di Delta"), "2025-04-07", 0),
        ("title:ce035a23e5695745", "A List without a Link", "", (), "2025-04-07", 0),
    ]),
    "details-nested.md": (ENTRIES, [
        ("2503.70041", "Grasping at Straws",
         "A gripper of straw lifts 12 kg.\nIt costs 3 euros.", (ANN, BO), "2025-03-30", 0),
        ("2503.70042", "Legs &amp; Wheels", "Robots with both climb 4 stairs.", (CY,), "2025-03-30", 0),
    ]),
    "digest.json": (DOCUMENT, [
        ("2504.70111", "Days of Our Lists", "Lists of 6 days.", (ANN,), "2025-04-06", 0),
        ("2504.70112", "Nights of Our Lists", "", (BO, CY), "2025-04-06", 0),
    ]),
    "headings-bilingual.md": (ENTRIES, [
        ("2503.70021", "Retrieval without Regret",
         "We show that regret-free retrieval needs 3 passes.\nIt lowers the error by 12%.", (ANN, "李四", CY),
         "2025-03-28", 0),
        ("2503.70022", "Parsing $n$-grams in $O(n)$",
         "Parsers with $x_1 * x_2$ features run in linear time.", (BO,), "2025-03-28", 0),
    ]),
    "headings-english.md": (ENTRIES, [
        ("2504.70031", "Quantised Oceans",
         "Models of 4 bits predict waves.\nThey need 9 MB.", (ANN, BO), "2025-04-02", 1),
        ("2504.70032", "Vision for the Deaf", "Lips are read at 71%.", (CY, "Di Delta"), "2025-04-02", 2),
    ]),
    "list.tsv": (VALUES, [
        ("2503.70151", "Tabs in Lists", "", ("张三", "李四"), "2025-03-25", 0),
        ("2503.70152", "More Tabs", "", (ANN,), "2025-03-24", 0),
    ]),
    "page-table.html": (PAGE, [
        ("2504.70071", "Deep <Sea> Cables", "Cables & waves: 9 km deep.", (ANN, BO), "2025-04-01", 1),
        ("2504.70072", "Shallow Cables", "Only 3 m deep.", (CY,), "2025-04-01", 0),
    ]),
    "papers_2025-03-26.csv": (VALUES, [
        ("2503.70141", 'Commas, Quotes and "Others"', "An abstract of\ntwo lines.", (ANN, BO), "2025-03-26", 1),
        ("2503.70142", "No Abstract", "", (CY,), "2025-03-26", 0),
    ]),
    "table-badges.md": (TABLE, [
        ("2504.70051", "Mixture of Monks", "", (), "2025-04-02", 0),
        ("2504.70052", "Silence | Speech", "", (), "2025-04-01", 2),
        ("title:c27f0d36776ac3d1", "A Paper without a Preprint", "", (), "2025-04-01", 0),
    ]),
    "table-daily-code.md": (TABLE, [
        ("2503.70001", r"Gaussian Rivers: Splatting for $\alpha$-SLAM", "", (ANN,), "2025-03-28", 2),
        ("2503.70002", "Loop Closure without Loops", "", (BO,), "2025-03-28", 1),
        ("2503.70003", "Fields of Light", "", (CY,), "2025-03-28", 1),
    ]),
    "table-html-in-markdown.md": (PAGE, [
        ("2503.70081", "Weekly Winds", "Winds are predicted 7 days ahead.", (), "2025-03-24", 0),
        ("2503.70082", "Weekly Rains", "Rains are predicted 5 days ahead.", (), "2025-03-25", 4),
    ]),
    "table-no-outer-pipes.md": (TABLE, [
        ("2504.70171", "Pipes Inside Only", "Tables may omit 2 pipes.", (), "2025-04-09", 0),
        ("2504.70172", "Outer Pipes Are Optional", "Says GitHub.", (), "2025-04-09", 0),
    ]),
    "table-reordered.md": (TABLE, [
        ("2503.70061", "Conditional Monks", "We model P(a|b) with 8 heads.", (ANN, BO), "2025-03-29", 0),
        ("2503.70062", "Plain Monks", "No pipes here.", (CY,), "2025-03-29", 0),
    ]),
    "titles.md": (TABLE, [
        ("title:c619d520232a9cb7", "Attention to the Details of Lists", "", (ANN, BO), "2025-04-08", 0),
        ("title:aac4461bac400d7c", "Rivers and their Tributaries in Deltas", "", (), "2025-04-08", 0),
    ]),
    "topics.json": (DOCUMENT, [
        ("2503.70091", "Rows in JSON", "", (ANN,), "2025-03-27", 1),
        ("2503.70092", "More Rows", "", (BO,), "2025-03-26", 2),
    ]),
}  # fmt: skip
REFUSED = {"bullets-nested.md": [10]}
"""Lines that are no paper, and must be listed."""


@pytest.mark.parametrize("name", sorted(path.name for path in LISTS.iterdir()))
def test_every_row_of_a_list_is_read(name: str) -> None:
    reading = open_source(LISTS / name)
    rows = list(reading.rows)
    layout, expected = EXPECTED[name]
    assert reading.layout == layout
    papers = [row for row in rows if isinstance(row, Paper)]
    assert [
        (p.paper_id, p.title, p.abstract, p.authors, p.date.isoformat(), p.arxiv_version) for p in papers
    ] == expected
    assert all(paper.listed == (paper.date,) for paper in papers)
    assert [row.line for row in rows if isinstance(row, Rejected)] == REFUSED.get(name, [])


def test_a_folder_of_lists_is_read_and_what_holds_none_is_left() -> None:
    found = discover([LISTS])
    assert [path.name for path in found.files] == sorted(set(EXPECTED) - {"titles.md"})
    assert [path.name for path in found.other] == ["titles.md"], "titles without a link to arXiv are read when named"


def read(tmp_path: Path, name: str, text: str) -> list[Row]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return list(read_source(tmp_path / name))


def reasons(rows: list[Row]) -> list[str]:
    return [row.reason for row in rows if isinstance(row, Rejected)]


def papers(rows: list[Row]) -> list[Paper]:
    return [row for row in rows if isinstance(row, Paper)]


@pytest.mark.parametrize(
    ("name", "text", "tried"),
    [
        ("a.md", "# Notes\n\nOn rivers.\n", ["daily report", TABLE, PAGE, ENTRIES]),
        ("a.json", '{"name": "package", "version": "1"}', ["CSL-JSON", LINES, PYTHON, DOCUMENT]),
        ("a.csv", "city,rain\nRome,3\n", [VALUES]),
        ("a.html", "<table><tr><td>1</td></tr></table>", [PAGE, ENTRIES]),
    ],
)
def test_what_fits_no_layout_is_refused_with_those_that_were_tried(
    tmp_path: Path, name: str, text: str, tried: list[str]
) -> None:
    with pytest.raises(SourceError, match=f"Layouts tried: {', '.join(tried)}") as caught:
        read(tmp_path, name, text)
    assert str(tmp_path / name) in caught.value.message
    assert discover([tmp_path]).other == (tmp_path / name,)


def test_layouts_name_functions_that_exist() -> None:
    assert len({layout.module for layout in LAYOUTS}) == 8
    for layout in LAYOUTS:
        assert layout.fits("") is False


HEADER = "| Title | Link | Abstract | Authors | Comment |\n|---|---|---|---|---|\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("| | [x](https://arxiv.org/abs/2503.65002) | Words. | Ann Alpha | |", "the row has no title"),
        ("| T | [x](https://arxiv.org/abs/2503.65002) | cut in the mid", "does not end with |"),
        ("| T | [x](https://arxiv.org/abs/2503.6500) | Words. | A B | |", "perhaps 2503.65000"),
        ("| T | https://arxiv.org/abs/2503.65002 https://arxiv.org/abs/2503.65003 | W. | A B | |", "several papers"),
        (f"| {'t' * 2001} | https://arxiv.org/abs/2503.65002 | W. | A B | |", "at most 2000"),
    ],
)
def test_bad_rows_among_good_ones(tmp_path: Path, row: str, reason: str) -> None:
    good = "| {} | [x](https://arxiv.org/abs/2503.6500{}) | The {}Net. | Ann Alpha, Bo Beta | 12 pages |\n"
    rows = read(
        tmp_path, "2025-03-18.md", HEADER + good.format("One", 1, "Uno") + row + "\n" + good.format("Two", 4, "Duo")
    )
    ((bad, told),) = [(item.line, item.reason) for item in rows if isinstance(item, Rejected)]
    assert bad == 4
    assert reason in told
    assert [(paper.title, paper.comment) for paper in papers(rows)] == [("One", "12 pages"), ("Two", "12 pages")]


def test_a_second_table_of_a_report_is_read_by_its_own_header(tmp_path: Path) -> None:
    text = (
        "# arXiv Daily Report - 18-Mar-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
        "| One | [x](https://arxiv.org/abs/2503.65001) | P(a | b)\n  on lines. | Ann Alpha |\n\n## More\n\n"
        "| Authors | Comment | Title | Link | Abstract |\n|---|---|---|---|---|\n"
        "| Ann Alpha, Bo Beta | 12 pages | Two | [x](https://arxiv.org/abs/2503.65002) | The DuoNet. |\n\n## Again\n\n"
        "| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
        "| Three | [x](https://arxiv.org/abs/2503.65003) | Words. | Cy Gamma |\n"
    )
    rows = read(tmp_path, "x.md", text)
    assert reasons(rows) == []
    assert [(p.title, p.abstract, p.authors, p.comment) for p in papers(rows)] == [
        ("One", "P(a | b)\n  on lines.", ("Ann Alpha",), ""),
        ("Two", "The DuoNet.", ("Ann Alpha", "Bo Beta"), "12 pages"),
        ("Three", "Words.", ("Cy Gamma",), ""),
    ]
    assert {paper.date for paper in papers(rows)} == {date(2025, 3, 18)}


def test_a_paper_of_no_day_is_of_its_ids_month_and_one_without_id_is_refused(tmp_path: Path) -> None:
    text = "| Title | Link |\n|---|---|\n| Rivers | https://arxiv.org/abs/2503.65001 |\n| Deltas | https://x.org/1 |\n"
    rows = read(tmp_path, "list.md", text)
    assert [paper.date for paper in papers(rows)] == [date(2025, 3, 1)]
    assert "tells no day" in reasons(rows)[0]


def test_headings_date_the_rows_below_them(tmp_path: Path) -> None:
    table = "| Paper | PDF |\n|---|---|\n| {0} | [p](https://arxiv.org/pdf/2503.6500{1}) |\n\n"
    text = f"# List\n\n## 2025-03-20\n\n{table.format('One', 1)}## 2025-03-21\n\n{table.format('Two', 2)}"
    found = papers(read(tmp_path, "list.md", text))
    assert [(paper.title, paper.date.day) for paper in found] == [("One", 20), ("Two", 21)]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{'title': __import__('os').getcwd()}", "not JSON"),
        ("{'title': 'T', 'link': 'https://arxiv.org/abs/2503.65001', 'x': " + "[" * 200 + "]" * 200 + "}", "not JSON"),
        ("{'title': " + "-" * 50_000 + "1}", "not JSON"),
        ("{'title': 'T', 'id': '2503.65001'", "not JSON"),
        ("{'id': '2503.65001', 'abstract': None}", "no title"),
    ],
    ids=["a call", "nested", "signs", "cut", "no title"],
)
def test_python_dictionaries_are_literals_only(tmp_path: Path, written: str, reason: str) -> None:
    good = "{'title': 'Good', 'arxiv_id': '2503.65002', 'abstract': 'A.'}"
    rows = read(tmp_path, "2025-03-27.jsonl", f"{good}\n{written}\n{good}\n")
    assert [paper.title for paper in papers(rows)] == ["Good", "Good"]
    assert reason in reasons(rows)[0]


def test_json_documents_list_what_is_no_paper(tmp_path: Path) -> None:
    entries = [{"title": "One", "id": "2503.65001"}, 7, {"id": "2503.65002"}, {"title": "Lost", "id": "2503.6501"}]
    rows = read(tmp_path, "2025-03-27.json", json.dumps(entries))
    assert [paper.title for paper in papers(rows)] == ["One"]
    assert [reason.partition(":")[0] for reason in reasons(rows)] == ["entry 2", "entry 3", "entry 4"]
    for broken in ('[{"title": "One"', "[" * 100_000 + '"title":'):
        with pytest.raises(SourceError, match=r"is not JSON|nested too deeply"):
            read(tmp_path, "broken.json", broken)


def test_a_csv_row_with_too_many_cells_or_open_quotes_is_listed(tmp_path: Path) -> None:
    text = 'Title,Link,Date\nOne,https://arxiv.org/abs/2503.65001,2025-03-20\nTwo,b,c,d,e\nThree,"open,2025-03-20\n'
    rows = read(tmp_path, "list.csv", text)
    assert [paper.title for paper in papers(rows)] == ["One"]
    assert [row.line for row in rows if isinstance(row, Rejected)] == [3, 4]


NAMED = """# Papers of 2025-04-10

- Tides as Tokens. arXiv:2504.05309
- **Seasons, Trends** (arXiv: 2504.05310v2), Bo Beta
- Legs and Wheels
  - arXiv:2504.05311 [cs.RO]
- Straws
  - This work extends arXiv:2503.00001 by 3 days.
  - Link: https://arxiv.org/abs/2504.05312
"""


def test_an_id_behind_the_word_arxiv_is_one_without_a_link(tmp_path: Path) -> None:
    file = tmp_path / "list.md"
    file.write_text(NAMED)
    papers = [row for row in read_source(file) if isinstance(row, Paper)]
    assert [(one.paper_id, one.title, one.arxiv_version) for one in papers] == [
        ("2504.05309", "Tides as Tokens", 0),
        ("2504.05310", "Seasons, Trends", 2),
        ("2504.05311", "Legs and Wheels", 0),
        ("2504.05312", "Straws", 0),
    ]


def test_a_paper_that_a_sentence_mentions_is_no_entry(tmp_path: Path) -> None:
    file = tmp_path / "list.md"
    file.write_text(
        "# 2025-04-10\n\n- Tides, https://arxiv.org/abs/2504.05309\n\nSeen beside arXiv:2503.00001 in May.\n"
    )
    assert [row.paper_id for row in read_source(file) if isinstance(row, Paper)] == ["2504.05309"]


def test_rows_below_an_open_quote_are_read(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        'arxiv_id,title,date\n2504.05309,"Open,2025-04-10\n2504.05310,Good,2025-04-10\n2504.05311,"Fine",2025-04-10\n'
    )
    rows = list(read_source(file))
    assert [row.paper_id for row in rows if isinstance(row, Paper)] == ["2504.05310", "2504.05311"]
    assert [row.line for row in rows if isinstance(row, Rejected)] == [2]


def test_columns_that_mean_nothing_are_named() -> None:
    reading = open_source(LISTS / "table-reordered.md")
    list(reading.rows)
    assert set(reading.unread) == {"#"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_report_in_another_encoding_is_an_error_in_a_folder_too(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "2025-03-23.md"
    path.write_bytes(
        ("# arXiv Daily Report - 23-Mar-2025\n\n| Title | Link | abstract | author |\n" * 5).encode(encoding)
    )
    (tmp_path / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    for named in (tmp_path, path):
        (error,) = discover([named]).errors
        assert "UTF-" in error.message
        assert "not UTF-8" in error.message


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-04-10T17:59:59Z", "2025-04-10"),
        ("arxiv_20250410", "2025-04-10"),
        ("Thursday, 10 April 2025", "2025-04-10"),
        ("Apr 3rd, 2025", "2025-04-03"),
        ("2025年4月3日", "2025-04-03"),
        ("2504.05309", None),
        ("31-Feb-2025", None),
    ],
)
def test_days(written: str, day: str | None) -> None:
    assert day_in(written) == (date.fromisoformat(day) if day else None)
