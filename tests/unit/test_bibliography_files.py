"""Bibliographies as programs export them → papers, with what is wrong or cannot be kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.papers.bibliography.references import FORMATS, written
from rag.papers.shelf import Shelf
from rag.sources import discover, read_source
from rag.sources.identifiers import title_id
from rag.types import Paper, Rejected, Row
from rag.types.own_entry import OwnEntry
from tests.support.papers import make_paper

FOLDER = Path(__file__).parents[1] / "support" / "bibliographies"
ABSTRACT = "Menus are short. We retrieve from 1,000 of them."
ON_ARXIV = [
    "google_scholar.bib",
    "dblp.bib",
    "zotero.bib",
    "better_bibtex.bib",
    "zotero.ris",
    "zotero.json",
    "zotero.rdf",
]


def papers_of(name: str) -> list[Paper]:
    return [row for row in read_source(FOLDER / name) if isinstance(row, Paper)]


def rejected_of(name: str) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in read_source(FOLDER / name) if isinstance(row, Rejected)]


def read(tmp_path: Path, text: str, suffix: str = ".bib") -> list[Row]:
    path = tmp_path / f"papers{suffix}"
    path.write_text(text, encoding="utf-8")
    return list(read_source(path))


@pytest.mark.parametrize("name", ON_ARXIV)
def test_one_paper_is_one_whoever_exports_it(name: str) -> None:
    paper = papers_of(name)[0]
    assert (paper.paper_id, paper.url, paper.doi) == ("2310.12345", "https://arxiv.org/abs/2310.12345", "")
    assert paper.title.lower().startswith("dense retrieval for café menus")
    assert paper.authors[:2] == ("Élodie Moreau", "Jan van der Berg")
    assert (paper.date.year, paper.date.month) == (2023, 10)
    assert paper.abstract == ("" if name in ("google_scholar.bib", "dblp.bib") else ABSTRACT)
    if "zotero" in name and name != "zotero.json":
        assert paper.categories == ("cs.IR",)
        own = dict(paper.own.fields) if paper.own else {}
        kept = "to-read" in own.get("keywords", "") + own.get("KW", "")
        assert kept != ("keywords" in paper.unkept), "the tag to-read is kept for exports, or named"
    assert paper.comment == ""


@pytest.mark.parametrize("name", ["better_bibtex.bib", "zotero.ris", "zotero.json", "zotero.rdf"])
def test_a_paper_that_is_not_on_arxiv_is_kept_by_its_doi(name: str) -> None:
    paper = papers_of(name)[1]
    assert paper.paper_id == "doi:10.1000/jex_12.3(4)"
    assert (paper.doi, paper.url) == ("10.1000/JEX_12.3(4)", "https://doi.org/10.1000/JEX_12.3(4)")
    assert (paper.title, paper.date, paper.comment) == (
        "Learning to Rank",
        date(2020, 3, 1),
        "Journal of Examples 12(3), 4-19",
    )


def test_names_as_bibliographies_write_them() -> None:
    assert papers_of("google_scholar.bib")[0].authors[2] == "Robert Heath Jr"
    assert papers_of("zotero.json")[0].authors[2] == "The Menu Consortium"
    assert papers_of("zotero.json")[1].authors[1] == papers_of("publisher.ris")[0].authors[1] == "Robert Heath, Jr."
    assert papers_of("mendeley.bib")[0].authors == ("Chidi Okafor", "The Entity Consortium")
    assert papers_of("acl_anthology.bib")[0].authors == ("Ana Ruiz", "Jan Łukasz", "María del Carmen Núñez")
    assert papers_of("dblp.bib")[1].authors == ("Síle O'Connor",)


def test_latex_is_decoded_and_maths_stays() -> None:
    (paper,) = papers_of("acl_anthology.bib")
    assert paper.title == "Query Rewriting with Language Models: 50% fewer Tokens"
    assert "We rewrite with <half> of them, at no loss on $n = 3$ sets" in paper.abstract
    assert papers_of("mendeley.bib")[0].abstract == "We link & rank entities in > 100 languages."


def test_what_has_no_place_is_named() -> None:
    assert "keywords" in papers_of("zotero.rdf")[0].unkept
    assert papers_of("google_scholar.bib")[1].unkept == ("author list: and others",)


def test_a_paper_takes_what_it_lacks_from_its_proceedings() -> None:
    found = papers_of("dblp.bib")
    assert len(found) == 2, "the proceedings are no paper"
    assert (found[1].date, found[1].comment[:22]) == (date(2021, 1, 1), "The Example Conference")


def test_a_damaged_entry_takes_no_other_with_it() -> None:
    os.utime(FOLDER / "damaged.bib", (1_700_000_000, 1_700_000_000))
    found = papers_of("damaged.bib")
    assert [paper.title for paper in found] == [
        "A first paper",
        "A second paper",
        "A paper without a year",
        "A third paper under a key used before",
    ]
    assert found[0].paper_id == title_id("a FIRST {Paper}")
    assert found[0].comment == "Journal of Examples"
    assert found[2].date == date.fromtimestamp(1_700_000_000)
    assert found[2].undated
    assert found[2].unkept == ("no date",)
    assert [line for line, _ in rejected_of("damaged.bib")] == [4, 7, 8, 11]
    assert rejected_of("damaged.bib")[2] == (8, "the entry has no title")
    assert rejected_of("publisher.ris") == [(13, "the record is cut off: it does not end with ER  -")]
    assert rejected_of("zotero.json") == [(0, "an item is no object"), (32, "the entry has no title")]


@pytest.mark.parametrize(
    ("fields", "paper_id"),
    [
        ("eprint = {2310.12345v3}, archivePrefix = {arXiv}", "2310.12345"),
        ("eprint = {hep-th/9901001}, eprinttype = {arxiv}", "hep-th/9901001"),
        ("url = {https://arxiv.org/pdf/2310.12345v2.pdf}", "2310.12345"),
        ("doi = {https://doi.org/10.48550/arXiv.2310.12345}", "2310.12345"),
        ("journal = {CoRR}, volume = {abs/2310.12345}", "2310.12345"),
        ("journal = {ArXiv preprint}, number = {arXiv:2310.12345}", "2310.12345"),
        ("howpublished = {arXiv:2310.12345 [cs.IR]}", "2310.12345"),
        ("note = {arXiv:2310.12345 [cs.IR]}", "2310.12345"),
        ("note = {Extends arXiv:2310.12345}, doi = {10.1/x}", title_id("T")),
        ("note = {Extends arXiv:2310.12345}, doi = {doi:10.1000/XY}", "doi:10.1000/xy"),
        ("eprint = {12345678}, eprinttype = {pubmed}", title_id("T")),
        ("eprint = {2313.12345}, archivePrefix = {arXiv}", title_id("T")),
        ("usera = {paperchat: id=../../etc/passwd 1}", title_id("T")),
    ],
)
def test_an_entry_belongs_to_the_paper_whose_id_it_names(tmp_path: Path, fields: str, paper_id: str) -> None:
    (paper,) = read(tmp_path, f"@article{{k, title = {{T}}, year = 2024, {fields}}}")
    assert isinstance(paper, Paper)
    assert paper.paper_id == paper_id


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ("date = {2023-10-15/2023-11}", date(2023, 10, 15)),
        ("year = 2023, month = feb, day = 31", date(2023, 2, 1)),
        ("year = {2023}, month = {4}", date(2023, 4, 1)),
        ('year = 2023, month = "10~" # apr', date(2023, 4, 1)),
        ("year = {2023}, month = {September}", date(2023, 9, 1)),
        ("year = {2023}", date(2023, 1, 1)),
        ("year = {2023}, eprint = {2310.12345}", date(2023, 10, 1)),
        ("year = {2025}, eprint = {2310.12345}", date(2025, 1, 1)),
        ("eprint = {2310.12345}", date(2023, 10, 1)),
    ],
)
def test_dates(tmp_path: Path, fields: str, day: date) -> None:
    (paper,) = read(tmp_path, f"@article{{k, title = {{T}}, {fields}}}")
    assert isinstance(paper, Paper)
    assert paper.date == day


def test_files_that_are_no_bibliography_say_so(tmp_path: Path) -> None:
    for suffix, text, said in (
        (".json", '{"a": 1}', "Layouts tried: CSL-JSON"),
        (".json", '[{"type": "article-journal", ', "is not JSON, line 1"),
        (".rdf", "<rdf:RDF", "is no RDF"),
        (".rdf", '<!DOCTYPE a [<!ENTITY b "c">]><rdf:RDF/>', "declares a document type"),
    ):
        with pytest.raises(SourceError, match=re.escape(said)):
            read(tmp_path, text, suffix)
    assert read(tmp_path, "nothing here") == []
    (stray,) = read(tmp_path, "nothing here", ".ris")
    assert isinstance(stray, Rejected)
    assert stray.reason == "text that belongs to no record: a record begins with TY  -"
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "library.json").write_text((FOLDER / "zotero.json").read_text(encoding="utf-8"))
    (tmp_path / "papers.rdf").unlink()
    (tmp_path / "papers.json").unlink()
    (tmp_path / "papers.ris").unlink()
    found = discover([tmp_path])
    assert sorted(path.name for path in found.files) == ["library.json", "papers.bib"]
    assert "package.json" in [path.name for path in found.other]


def test_a_title_alone_takes_no_abstract_away(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    whole, alone = make_paper(), make_paper(abstract="", title="A TITLE", day="2025-06-01")
    assert shelf.record([alone])["2504.00001"] == "new"
    assert len(shelf.without_abstract()) == 1
    assert shelf.record([whole])["2504.00001"] == "updated"
    assert shelf.record([alone])["2504.00001"] == "unchanged"
    assert shelf.paper("2504.00001").abstract == whole.abstract
    assert not shelf.without_abstract()
    other = Shelf(tmp_path / "other.sqlite")
    other.record([whole])
    other.record([alone])
    assert other.versions("2504.00001") == (1,)
    assert other.paper("2504.00001").abstract == whole.abstract


HARD = [
    make_paper("2503.69001", r"Winning $1M & 50% of #1_x {DNA", authors=("Robert Heath, Jr.", "Jan van der Berg")),
    make_paper("2503.69002", "Ink in the InkBrush corpus", authors=("王小明", "李雷"), categories=("cs.CL", "to read")),
    make_paper("hep-th/9901001", r"On $x_{1}$, \emph{in vivo} and Erd\H{o}s", r"a \{0,1\} {b} C:\new ~", ("A {B",)),
    make_paper(
        "doi:10.1000/jex_12.3(4)", "@misc{x, % no comment", doi="10.1000/JEX_12.3(4)", url="https://x.org/a_b#c"
    ),
    make_paper(
        "4983", "Barnes", authors=("Barnes and Noble", "The ATLAS Collaboration"), comment="12 pages; 3%", url=""
    ),
    make_paper(
        "2503.69003",
        key="Smith:2020_b+c",
        comment="J. of Ex. 7",
        own=OwnEntry("bibtex", "article", (("journal", "J. of {Ex.}"), ("volume", "7"), ("keywords", "to-read"))),
    ),
]


def test_markdown_is_plain_text() -> None:
    shown = written([make_paper(title="*Stars* [x](javascript:1) \x1b[31m<b>", authors=("_A_B_",))], "md")
    assert shown == ("- \\_A_B\\_: *Stars \\[x\\](javascript:1)*, 2025-04-10. https://arxiv.org/abs/2504.00001\n")


@pytest.mark.skipif(not shutil.which("biber"), reason="biber is not installed (Debian: apt-get install biber)")
def test_biber_accepts_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "papers.bib").write_text(written(HARD, "bibtex"), encoding="utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "--output-file=out.bib", "papers.bib"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert not re.findall("WARN.*|ERROR.*", done.stdout + done.stderr)
    assert (tmp_path / "out.bib").read_text(encoding="utf-8").count("@") >= len(HARD)


@pytest.mark.skipif(not shutil.which("pandoc"), reason="pandoc is not installed (Debian: apt-get install pandoc)")
@pytest.mark.parametrize(("form", "name"), [("bibtex", "bibtex"), ("bibtex", "biblatex"), ("csl", "csljson")])
def test_pandoc_accepts_what_is_written(tmp_path: Path, form: str, name: str) -> None:
    path = tmp_path / f"papers{FORMATS[form].suffix}"
    path.write_text(written(HARD, form), encoding="utf-8")
    command = ["pandoc", "-f", name, "-t", "csljson", str(path), "-o", str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    again = [row for row in read_source(tmp_path / "out.json") if isinstance(row, Paper)]
    assert len(again) == len(HARD)
    assert (again[0].authors[0], again[0].authors[1]) == ("Robert Heath, Jr.", "Jan van der Berg")


MARKED = "@misc{{a, title={{A river and its delta}}, year=2024, usera={{paperchat: {}}}}}"


@pytest.mark.parametrize(("mark", "reason"), [
    ("comment=a%00b", "NUL"), ("author=%00", "NUL"), (f"comment={'x' * 6000}", "longer"),
    (f"author={'x' * 60000}", "longer"),
])  # fmt: skip
def test_a_mark_passes_no_limit(tmp_path: Path, mark: str, reason: str) -> None:
    (row,) = read(tmp_path, MARKED.format(mark))
    assert isinstance(row, Rejected)
    assert reason in row.reason


@pytest.mark.parametrize("mark", ["version=" + "9" * 5000, "version=999", "id=title:../x", "version=²"])
def test_what_a_mark_cannot_say_is_not_believed(tmp_path: Path, mark: str) -> None:
    (row,) = read(tmp_path, MARKED.format(mark))
    assert isinstance(row, Paper)
    assert (row.arxiv_version, row.paper_id) == (0, title_id(row.title))


def test_an_address_is_of_the_web_or_none(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "@misc{a, title={A river}, year=2024, url={javascript:alert(1)}}")
    assert isinstance(row, Paper)
    assert row.url == ""


@pytest.mark.parametrize("field", ['"title": "A \\ud800"', '"title": "A", "author": [{"family": "\\ud800"}]'])
def test_half_a_character_is_rejected(tmp_path: Path, field: str) -> None:
    (row,) = read(tmp_path, f'[{{"type": "article-journal", "issued": {{"date-parts": [[2024]]}}, {field}}}]', ".json")
    assert isinstance(row, Rejected)
    assert "half a character" in row.reason


def test_a_name_with_its_family_first_comes_back_from_csl(tmp_path: Path) -> None:
    (row,) = read(tmp_path, FORMATS["csl"].write([make_paper(authors=("Li, Wei",))]), ".json")
    assert isinstance(row, Paper)
    assert row.authors == ("Li, Wei",)


def test_members_of_an_rdf_list_have_numbers(tmp_path: Path) -> None:
    text = (
        (FOLDER / "zotero.rdf")
        .read_text(encoding="utf-8")
        .replace("<rdf:li>", "<rdf:_x>", 1)
        .replace("</rdf:li>", "</rdf:_x>", 1)
    )
    assert any(isinstance(row, Paper) for row in read(tmp_path, text, ".rdf"))


def test_a_version_that_arxiv_cannot_have_is_not_believed(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "title,link,date\nA river,https://arxiv.org/abs/2503.00001v999,2025-03-01\n", ".csv")
    assert isinstance(row, Paper)
    assert row.arxiv_version == 0
