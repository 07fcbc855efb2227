"""JSON lines: papers, and a reason for each line that is none."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.errors import SourceError
from rag.sources import read_source
from rag.sources.jsonlines import MAX_LINE_BYTES
from rag.types import Paper, Rejected, Row

ROW = {
    "arxiv_id": "2504.05309v2",
    "title": " A title ",
    "abstract": "One.\n  Two.",
    "authors": "Ann Lee, Bo Ek",
    "date": "2025-04-10",
}


def rows_of(tmp_path: Path, *lines: str | dict[str, Any] | bytes, name: str = "papers.jsonl") -> list[Row]:
    data = b"\n".join(
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    )
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return list(read_source(path))


@pytest.mark.parametrize("name", ["papers.jsonl", "papers.jsonl.gz", "PAPERS.JSONL"])
def test_a_paper(tmp_path: Path, name: str) -> None:
    day = date(2025, 4, 10)
    url = "https://arxiv.org/abs/2504.05309"
    assert rows_of(tmp_path, ROW, name=name) == [
        Paper("2504.05309", "A title", "One.\n  Two.", ("Ann Lee", "Bo Ek"), day, url, listed=(day,), arxiv_version=2)
    ]


def test_byte_order_mark_blank_lines_and_crlf(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b"\xef\xbb\xbf" + json.dumps(ROW).encode() + b"\r", "", "  ", ROW | {"extra": [1]})
    assert [type(row) for row in rows] == [Paper, Paper]


@pytest.mark.parametrize(
    ("written", "paper_id", "url"),
    [
        ("arXiv:2504.05309", "2504.05309", "https://arxiv.org/abs/2504.05309"),
        ("http://arxiv.org/pdf/2504.05309v3.pdf", "2504.05309", "https://arxiv.org/abs/2504.05309"),
        ("hep-th/9901001v1", "hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        ("HEP-TH/9901001", "hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        ("arXiv:Math.ag/0309136v2", "math/0309136", "https://arxiv.org/abs/math/0309136"),
        ("4983", "4983", ""),
        ("MED-10_a:b/c.d", "MED-10_a:b/c.d", ""),
    ],
)
def test_ids(tmp_path: Path, written: str, paper_id: str, url: str) -> None:
    (row,) = rows_of(tmp_path, ROW | {"arxiv_id": written})
    assert isinstance(row, Paper)
    assert (row.paper_id, row.url) == (paper_id, url)


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("Charles L. A . Clarke,  Bo Ek , ", ("Charles L. A . Clarke", "Bo Ek")),
        ("Robert W. Heath, Jr., Ann Lee, and Bo Ek", ("Robert W. Heath, Jr.", "Ann Lee", "Bo Ek")),
        ("Jo Doe (Science, Technology), Ann Lee", ("Jo Doe (Science, Technology)", "Ann Lee")),
        ("Jo Doe (Science, Ann Lee", ("Jo Doe (Science", "Ann Lee")),
        ("", ()),
        ([" Lee, Ann ", "", "Bo Ek"], ("Lee, Ann", "Bo Ek")),
    ],
)
def test_authors(tmp_path: Path, written: Any, authors: tuple[str, ...]) -> None:
    (row,) = rows_of(tmp_path, ROW | {"authors": written})
    assert isinstance(row, Paper)
    assert row.authors == authors


@pytest.mark.parametrize(
    ("written", "categories"),
    [
        ({}, ()),
        ({"categories": None}, ()),
        ({"categories": " "}, ()),
        ({"categories": "cs.IR cs.CL\nmath.AG"}, ("cs.IR", "cs.CL", "math.AG")),
        ({"categories": ["cs.IR", "", " Digital Libraries ", "cs.IR"]}, ("cs.IR", "Digital Libraries")),
    ],
)
def test_categories(tmp_path: Path, written: Any, categories: tuple[str, ...]) -> None:
    (row,) = rows_of(tmp_path, ROW | written)
    assert isinstance(row, Paper)
    assert row.categories == categories


@pytest.mark.parametrize(
    ("written", "comment", "doi", "licence"),
    [
        ({}, "", "", ""),
        ({"comment": None, "doi": None, "licence": None}, "", "", ""),
        ({"comment": " 9 pages ", "doi": "10.1/a", "licence": "CC BY 4.0"}, "9 pages", "10.1/a", "CC BY 4.0"),
        (
            {"comments": "9 pages", "doi": "https://doi.org/10.1/a", "license": "http://x"},
            "9 pages",
            "10.1/a",
            "http://x",
        ),
        ({"doi": "doi: 10.1/a"}, "", "10.1/a", ""),
    ],
)
def test_what_else_a_line_says(tmp_path: Path, written: Any, comment: str, doi: str, licence: str) -> None:
    (row,) = rows_of(tmp_path, ROW | written)
    assert isinstance(row, Paper)
    assert (row.comment, row.doi, row.licence) == (comment, doi, licence)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        (b'{"title": "\xff"}', "not JSON"),
        ("[1]", "not an object"),
        ("7", "not an object"),
        ("[" * 100_000, "not JSON"),
        (json.dumps(ROW)[:-20], "not JSON"),
        ({k: v for k, v in ROW.items() if k != "title"} | {"abstract": ""}, "the row has no title"),
        (ROW | {"arxiv_id": "2504.0531"}, "perhaps 2504.05310"),
        (ROW | {"arxiv_id": "arXiv:2513.05309"}, "2513.05309 cannot be an arXiv id"),
        (ROW | {"title": 7}, "title: should be a valid string"),
        (ROW | {"title": None}, "title: should be a valid string"),
        (ROW | {"authors": {"a": 1}}, "authors: "),
        (ROW | {"date": "10 April 2025"}, "date: should be an ISO date"),
        (ROW | {"date": "2025-02-30"}, "date: is no day of the calendar"),
        (ROW | {"date": 20250410}, "date: should be an ISO date"),
        (ROW | {"arxiv_id": "a b"}, "arxiv_id: should be an arXiv id"),
        (ROW | {"arxiv_id": "x" * 65}, "arxiv_id: should be an arXiv id"),
        (ROW | {"arxiv_id": 2504.0531}, "arxiv_id: is a number"),
        (ROW | {"arxiv_id": "2513.00001"}, "does not begin with a year and a month"),
        (ROW | {"arxiv_id": ""}, "arxiv_id: should be an arXiv id"),
        (ROW | {"title": "a\0b"}, "title: should not contain NUL"),
        (ROW | {"authors": ["a\0b"]}, "NUL"),
        (ROW | {"abstract": "\ud800"}, "not JSON"),
        (ROW | {"title": " ", "abstract": ""}, "title and abstract are both empty"),
        (ROW | {"title": "x" * 2_001}, "title: should have at most 2000 characters"),
        (ROW | {"abstract": "x" * 50_001}, "abstract: should have at most 50000 characters"),
        (ROW | {"abstract": "x" * MAX_LINE_BYTES}, "longer than 1 MiB"),
        (ROW | {"categories": {"cs": 1}}, "categories: "),
        (ROW | {"comments": 9}, "comments: should be a valid string"),
        (ROW | {"comment": "x" * 5_001}, "comment: should have at most 5000 characters"),
    ],
)
def test_a_line_that_is_no_paper(tmp_path: Path, line: Any, reason: str) -> None:
    first, bad, last = rows_of(tmp_path, ROW, line, ROW)
    assert isinstance(bad, Rejected)
    assert (bad.source, bad.line) == ("papers.jsonl", 2)
    assert reason in bad.reason
    assert isinstance(first, Paper)
    assert isinstance(last, Paper)


def test_an_empty_title_is_kept_with_an_abstract(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, ROW | {"title": ""})
    assert isinstance(row, Paper)
    assert row.text[row.abstract_start :] == row.abstract


def test_cut_gzip(tmp_path: Path) -> None:
    lines = [json.dumps(ROW | {"abstract": f"{i * 7919} {i * 104729 % 99991}"}) for i in range(400)]
    whole = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    *papers, last = read_source(path)
    assert papers
    assert all(isinstance(paper, Paper) for paper in papers)
    assert isinstance(last, Rejected)
    assert last.line == len(papers) + 1
    assert "gzip" in last.reason


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl.gz", b'{"plain": "text"}', "is not a gzip file"),
        ("a.jsonl", b"\x89PNG\r\n\x1a\n\0\0\0", "is binary"),
        ("a.jsonl.gz", gzip.compress(b"\x7fELF\0\0", mtime=0), "is binary"),
    ],
    ids=["not gzip", "a picture", "a program in gzip"],  # bytes in a name differ between two workers of one run
)
def test_a_file_of_another_kind(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=message) as caught:
        list(read_source(tmp_path / name))
    assert str(tmp_path / name) in caught.value.message
    assert caught.value.advice
