"""BibTeX: entries that LaTeX accepts."""

from __future__ import annotations

from datetime import date

import pytest

from rag.papers.bibliography.bibtex import bibtex, entry_of
from rag.papers.bibliography.references import written
from tests.support.papers import make_paper

DAY = date(2025, 11, 22)


def test_an_arxiv_paper_is_dated_by_its_id() -> None:
    entry = bibtex("2310.12345", "A & B: 50% of C_1", ("Ana Ruiz", "Bo Li"), DAY, "https://arxiv.org/abs/2310.12345")
    assert entry == (
        "@misc{ruiz2023:2310.12345,\n"
        "  title = {{A \\& B: 50\\% of C\\_1}},\n"
        "  author = {Ana Ruiz and Bo Li},\n"
        "  year = {2023},\n"
        "  month = oct,\n"
        "  eprint = {2310.12345},\n"
        "  archivePrefix = {arXiv},\n"
        "  doi = {10.48550/arXiv.2310.12345},\n"
        "  url = {https://arxiv.org/abs/2310.12345}\n"
        "}"
    )


def test_old_ids_and_other_collections() -> None:
    assert "year = {1999}" in bibtex("hep-th/9901001", "T", ("A B",), DAY, "")
    other = bibtex("4983", "T", (), DAY, "")
    assert "year = {2025}" in other
    assert "eprint" not in other
    assert "author" not in other
    assert other.startswith("@misc{paper2025:4983,")


def test_latex_is_kept_and_unbalanced_braces_are_spelt() -> None:
    assert r"title = {{On $x_1$ and \textbf{Q}uery\_1}}" in bibtex("1", r"On $x_1$ and \textbf{Q}uery_1", (), DAY, "")
    assert r"title = {{half \textbraceleft{}open}}" in bibtex("1", "half {open", (), DAY, "")
    assert "title = {{} {}}" not in bibtex("1", "} {", (), DAY, "")


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl", "md"])
def test_an_unknown_date_stays_unknown(form: str) -> None:
    paper = make_paper("doi:10.1/a", "A Paper", "", day="2025-06-01", url="", undated=True)
    assert "2025" not in written([paper], form)


def test_an_undated_paper_with_an_arxiv_id_is_dated_by_it() -> None:
    assert "year = {2023}" in entry_of(make_paper("2310.12345", day="2025-06-01", undated=True))
