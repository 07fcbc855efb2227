"""A reader's own bibliography, read in and written out again: keys, types and fields that the library does not know."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rag.papers.bibliography.references import FORMATS, written
from rag.papers.shelf import Shelf
from rag.sources import read_source
from rag.types import Citation, Paper
from rag.types.own_entry import OwnEntry
from tests.support.papers import make_paper
from ui.cli.base.printing import bibtex_entries

FOLDER = Path(__file__).parents[1] / "support" / "bibliographies"
FORMS = {".bib": "bibtex", ".ris": "ris", ".json": "csl"}
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in FORMS and path.stem != "damaged")
THESIS = r"""@string{jmlr = "Journal of Examples"}
@inproceedings{Smith:2020_bert,
  title = {{BERT} for menus}, author = {Smith, Ann}, year = {2020}, booktitle = {Proc. of {EMNLP}},
  publisher = {O'Reilly \& Sons}, keywords = {to-read, cs.IR}, note = {Best paper}, isbn = {978-1}, edition = {50\% new}
}
@article{lee19, title = {On fires}, author = {Lee, Bo}, date = {2019-02-03}, journal = jmlr, volume = {7},
  pages = {1--9}, eprint = {hal-0123}, eprinttype = {hal}}
"""


def papers_of(path: Path) -> list[Paper]:
    return [row for row in read_source(path) if isinstance(row, Paper)]


def again(tmp_path: Path, papers: list[Paper], form: str) -> list[Paper]:
    path = tmp_path / f"again{FORMATS[form].suffix}"
    path.write_text(written(papers, form), encoding="utf-8")
    return papers_of(path)


def told(papers: list[Paper]) -> list[tuple[object, ...]]:
    return [(one.paper_id, one.title, one.authors, one.comment, one.categories, one.key, one.own) for one in papers]


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_out_as_it_went_in(tmp_path: Path, name: str) -> None:
    papers = papers_of(FOLDER / name)
    assert any(paper.own for paper in papers)
    assert told(again(tmp_path, papers, FORMS[Path(name).suffix])) == told(papers)


def test_keys_types_and_fields_of_a_thesis_stand(tmp_path: Path) -> None:
    (tmp_path / "thesis.bib").write_text(THESIS)
    papers = papers_of(tmp_path / "thesis.bib")
    assert [paper.unkept for paper in papers] == [(), ()]
    text = written(papers, "bibtex")
    kept = ["@inproceedings{Smith:2020_bert,", "@article{lee19,", "booktitle = {Proc. of {EMNLP}}", "pages = {1--9}"]
    kept += [r"publisher = {O'Reilly \& Sons}", "keywords = {to-read, cs.IR}", "note = {Best paper}"]
    kept += [r"edition = {50\% new}", "journal = {Journal of Examples}", "eprint = {hal-0123}"]
    assert not [one for one in kept if one not in text]
    assert "paperchat:" not in text, "the reader's own fields say all"
    assert told(again(tmp_path, papers, "bibtex")) == told(papers)


def test_a_key_stands_in_every_format_and_takes_no_fields_along(tmp_path: Path) -> None:
    (tmp_path / "thesis.bib").write_text(THESIS)
    papers = papers_of(tmp_path / "thesis.bib")
    for form in ("ris", "csl"):
        assert [one.key for one in again(tmp_path, papers, form)] == ["Smith:2020_bert", "lee19"]
    assert json.loads(written(papers, "csl"))[1]["id"] == "lee19"


@pytest.mark.parametrize("key", ["http://zotero.org/users/1/items/AB", "a b, {c}", "Müller_2019", "%x"])
def test_what_is_no_key_of_bibtex_s_travels_beside_one(tmp_path: Path, key: str) -> None:
    paper = make_paper(key=key)
    (read,) = again(tmp_path, [paper], "bibtex")
    assert read.key == key


def test_no_two_entries_have_one_key() -> None:
    papers = [make_paper(f"2504.0000{n}", key=key) for n, key in enumerate(("smith", "Smith", "other"))]
    items = [item["id"] for item in json.loads(written(papers, "csl"))]
    assert (items[0], items[2]) == ("smith", "other")
    assert items[1] not in ("smith", "Smith")


def cited(paper_id: str) -> Citation:
    return Citation(
        n=1,
        paper_id=paper_id,
        version=1,
        title="Title",
        authors=("Ada Lovelace",),
        date="2025-04-01",
        url="",
        chunk_id="c1",
        quote="Title",
        start=0,
        end=5,
    )


def test_no_two_papers_that_are_cited_are_printed_under_one_key(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "papers.sqlite")
    shelf.record([make_paper(f"2504.0000{n}", f"Title {n}", key="k1") for n in (1, 2)])
    first, second = bibtex_entries(shelf, [cited(f"2504.0000{n}") for n in (1, 2)])
    assert first.startswith("@misc{k1,")
    assert second.startswith("@misc{lovelace2025:2504.00002,")


def test_an_entry_stays_with_its_paper_on_the_shelf(tmp_path: Path) -> None:
    own = OwnEntry("bibtex", "article", (("journal", "A {J}"), ("isbn", "1")))
    shelf = Shelf(tmp_path / "papers.sqlite")
    shelf.record([make_paper(key="mine", own=own)])
    assert shelf.record([make_paper(day="2025-06-01")]) == {"2504.00001": "unchanged"}, "a report takes none away"
    held = shelf.paper("2504.00001")
    assert (held.key, held.own) == ("mine", own)
    assert shelf.record(again(tmp_path, [held], "bibtex")) == {"2504.00001": "unchanged"}
    assert shelf.record(again(tmp_path, [held], "ris")) == {"2504.00001": "unchanged"}
    assert shelf.paper("2504.00001").own == own


def test_the_own_entry_of_a_row_that_was_heard_before_undoes_no_correction(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "papers.sqlite")
    shelf.record([make_paper(authors=("Ann Smit",))])
    shelf.record([make_paper(authors=("Ann Smith",), comment="Accepted")])
    own = OwnEntry("bibtex", "article", (("journal", "J"),))
    assert shelf.record([make_paper(authors=("Ann Smit",), key="smit20", own=own)]) == {"2504.00001": "updated"}
    held = shelf.paper("2504.00001")
    assert (held.authors, held.comment, held.key, held.own) == (("Ann Smith",), "Accepted", "smit20", own)
    shelf.record([make_paper(authors=("Ann Smith",), key="smith20", comment="Accepted")])
    shelf.record([make_paper(authors=("Ann Smit",), key="smit20", own=own)])
    assert shelf.paper("2504.00001").key == "smith20"


def test_a_field_that_would_break_its_entry_is_named(tmp_path: Path) -> None:
    text = '@misc{a, title={A river}, year=2024, isbn="1\\{", file={x' + "y" * 60_000 + "}}"
    (tmp_path / "odd.bib").write_text(text)
    (paper,) = papers_of(tmp_path / "odd.bib")
    assert set(paper.unkept) == {"file", "isbn"}


def test_what_csl_s_export_cannot_say_again_is_named(tmp_path: Path) -> None:
    item = {
        "id": "a", "type": "book", "title": "Of <i>cats</i>", "volume": "3", "event-place": "Rome",
        "author": [{"family": "Lee", "given": "Bo", "ORCID": "0000-0001"}],
        "issued": {"date-parts": [[2020], [2021]], "season": 2},
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps([item]))
    papers = papers_of(tmp_path / "a.json")
    assert papers[0].unkept == ("author ORCID", "issued season", "issued until", "title markup")
    assert told(again(tmp_path, papers, "csl")) == told(papers)
    (written_item,) = json.loads(written(papers, "csl"))
    assert {key: written_item[key] for key in ("type", "volume", "event-place")} == {
        key: item[key] for key in ("type", "volume", "event-place")
    }
    assert again(tmp_path, papers, "csl")[0].unkept == (), "what is written holds no more"


def test_what_zotero_s_rdf_says_and_no_paper_does_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "zotero.rdf").read_text()
    text = text.replace("<z:language>en", "<dc:publisher>Press</dc:publisher><z:shelf>9</z:shelf><z:language>en")
    text = text.replace("<prism:volume>12", "<dcterms:alternative>J. Ex.</dcterms:alternative><prism:volume>12")
    in_one = '<z:Collection rdf:about="#c"><dc:title>Mine</dc:title><dcterms:hasPart rdf:resource="#item_9"/>'
    (tmp_path / "a.rdf").write_text(text.replace("</rdf:RDF>", f"{in_one}</z:Collection></rdf:RDF>"))
    on_arxiv, article = papers_of(tmp_path / "a.rdf")
    assert set(on_arxiv.unkept) == {"dateSubmitted", "isReferencedBy", "itemType", "keywords", "link"}
    assert set(article.unkept) == {
        "ISSN", "collection", "isPartOf alternative", "itemType", "language", "publisher", "shelf",
    }  # fmt: skip


def test_an_identifier_that_is_not_kept_is_named_by_its_kind(tmp_path: Path) -> None:
    """What it says is no name of a field."""
    said = ("PMID 31", "10.5555/alone", "isbn 978-0-0", "http://one.example/a", "http://one.example/b")
    more = "".join(f"<dc:identifier>{one}</dc:identifier>" for one in said)
    text = (FOLDER / "zotero.rdf").read_text().replace("<z:language>en", f"{more}<z:language>en")
    (tmp_path / "a.rdf").write_text(text)
    _, article = papers_of(tmp_path / "a.rdf")
    assert set(article.unkept) == {"ISBN", "ISSN", "identifier", "itemType", "language", "url"}


def test_csl_is_json_with_a_type_whatever_came_in(tmp_path: Path) -> None:
    text = """[{"id": "a", "title": "On rivers", "author": [{"family": "Li"}], "v": [NaN], "w": 1e999, "custom": "hi",
        "publisher": "P"}, {"id": "b", "type": ["book"], "title": "On seas", "publisher": "P", "custom": {"x": 1}}]"""
    (tmp_path / "odd.json").write_text(text)
    papers = papers_of(tmp_path / "odd.json")
    assert papers[0].unkept[:3] == ("custom", "v", "w")
    items = json.loads(written(papers, "csl"), parse_constant=lambda name: pytest.fail(name))
    assert [(item["type"], item["publisher"]) for item in items] == [("article", "P")] * 2
    assert items[1]["custom"]["x"] == 1
    assert told(again(tmp_path, papers, "csl")) == told(papers)
    (lacking,) = json.loads(written([make_paper(own=OwnEntry("csl", ""))], "csl"))
    assert lacking["type"] == "article"


def test_tags_that_ris_does_not_know_come_back_with_what_they_say(tmp_path: Path) -> None:
    tags = ["OP  - one", "UK  - two", "OP  - three", "FX  - four"]
    (tmp_path / "mine.ris").write_text("\n".join(["TY  - BOOK", "TI  - On rivers", "PY  - 2024", *tags, "ER  - ", ""]))
    papers = papers_of(tmp_path / "mine.ris")
    text = written(papers, "ris")
    assert [tag for tag in tags if tag not in text] == []
    assert told(again(tmp_path, papers, "ris")) == told(papers)
    (tmp_path / "mine.ris").write_text("TY  - BOOK\nOPEN  - one\nTI  - On rivers\nPY  - 2024\nER  - \n")
    (paper,) = papers_of(tmp_path / "mine.ris")
    assert "a line without a tag" in paper.unkept


PRIVATE = {
    ".bib": "@book{a, title={On rivers}, year=2024, isbn={1}, file={:home/me/a.pdf:pdf}, annote={dull}, Comment-a={x}}",
    ".ris": "TY  - BOOK\nTI  - On rivers\nPY  - 2024\nSN  - 1\nUR  - https://a.org\nUR  - file:rivers.pdf\n"
    "L1  - home/me/a.pdf\nER  - \n",
    ".json": '[{"id": "a", "type": "chapter", "title": "On rivers", "ISBN": "1", "annote": "dull", "author": []}]',
}


@pytest.mark.parametrize(("suffix", "unkept"), [
    (".bib", {"annote", "comment-a", "file"}), (".ris", {"L1", "UR"}), (".json", {"annote"}),
])  # fmt: skip
def test_reading_notes_and_places_of_files_are_named_and_not_kept(
    tmp_path: Path, suffix: str, unkept: set[str]
) -> None:
    (tmp_path / f"mine{suffix}").write_text(PRIVATE[suffix])
    (paper,) = papers_of(tmp_path / f"mine{suffix}")
    assert set(paper.unkept) - {"no date"} == unkept
    assert paper.own
    assert len(paper.own.fields) == 1
    assert "home/me" not in written([paper], FORMS[suffix])


@pytest.mark.parametrize(
    "value",
    [r"\input{/etc/passwd}\immediate\write18{id}", "^^5cinput{x}", r"$\input{x}$", r"\csname input\endcsname x"],
)
def test_latex_that_does_more_than_show_something_leaves_in_no_export(tmp_path: Path, value: str) -> None:
    text = (
        f"@misc{{a, title={{On {value} rivers}}, year=2024, publisher={{{value}}}, series={{$\\frac{{a}}{{b}}$ \\'e}}}}"
    )
    (tmp_path / "hostile.bib").write_text(text)
    (paper,) = papers_of(tmp_path / "hostile.bib")
    assert paper.unkept == ("publisher",)
    out = written([paper], "bibtex")
    assert "publisher" not in out
    assert "series = {$\\frac{a}{b}$ \\'e}" in out
    assert not re.search(r"\\(?:input|immediate|write|csname)|\^\^", out)
    assert told(again(tmp_path, [paper], "bibtex")) == told([paper])
