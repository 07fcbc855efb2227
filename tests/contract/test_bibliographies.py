"""Bibliographies in and out over the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.types import Answer, Citation, Filters
from tests.support.data import shared_data
from tests.support.runs import Run
from tests.support.samples import forget
from tests.support.samples import sample_library as copied_sample

FOLDER = Path(__file__).parents[1] / "support" / "bibliographies"
SUFFIXES = {"bibtex": ".bib", "ris": ".ris", "csl": ".json"}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path / "library", capsys, monkeypatch)


@pytest.fixture(scope="module")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def sample(run: Run, sample_library: Path) -> Run:
    run.folder = sample_library
    return run


def test_bibliographies_are_read_and_what_is_left_out_is_told(run: Run) -> None:
    everything = [str(path) for path in sorted(FOLDER.iterdir())]
    report = run.json("import", *everything)
    assert report["papers_new"] == 10
    assert report["titles_only"] == 7
    assert len(report["rejected"]) == 7
    assert {row["source"] for row in report["rejected"]} == {"damaged.bib", "publisher.ris", "zotero.json"}
    kept = {row["paper_id"]: row["fields"] for row in report["unkept"]}
    assert kept["1905.00001"] == ["file"], "mendeley-groups and isbn are kept for exports, a path is not"
    shown = run.json("show", "2310.12345")
    assert (shown["abstract"], shown["categories"]) == ("Menus are short. We retrieve from 1,000 of them.", ["cs.IR"])
    again = run.json("ingest", *everything)
    assert (again["papers_new"], again["chunks_added"]) == (0, 0)
    out, _ = run("import", str(FOLDER / "damaged.bib"))
    assert "Of 4 papers only the title is known" in out
    assert "damaged.bib:4: the entry cannot be read" in out
    assert "Not kept, for want of a place in the library: no date" in out
    assert run.json("doctor")["ok"] is True


def test_what_gives_no_paper_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "untitled.bib").write_text("@misc{a, year = 2020}")
    out, error = run("import", "untitled.bib", code=1)
    assert "the entry has no title" in out
    assert "untitled.bib gave no paper" in error
    _, error = run("import", "report.md", code=2)
    assert "`paperchat ingest` reads other files" in error


@pytest.mark.parametrize("form", list(SUFFIXES))
def test_a_library_exported_and_imported_is_the_same(sample: Run, form: str, tmp_path: Path) -> None:
    name = f"all{SUFFIXES[form]}"
    _, error = sample("export", "--format", form, "--out", name)
    held = sample.json("papers")
    assert error.strip() == f"{len(held)} papers written to {name}."
    report = sample.json("import", name)
    assert (report["papers_unchanged"], report["papers_new"], report["rejected"]) == (len(held), 0, [])
    assert report["unkept"] == []


def test_a_file_that_is_there_is_not_overwritten(sample: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.bib").write_text("mine")
    (tmp_path / "link.bib").symlink_to(tmp_path / "elsewhere.bib")
    for name in ("mine.bib", "link.bib"):
        _, error = sample("export", "--format", "bibtex", "--out", name, code=2)
        assert "exists already" in error
    assert (tmp_path / "mine.bib").read_text() == "mine"
    assert not (tmp_path / "elsewhere.bib").exists()
    assert "no folder" in sample("export", "--format", "bibtex", "--out", "no/such.bib", code=2)[1]


def test_papers_are_exported_by_id_by_search_and_by_filter(sample: Run) -> None:
    one, _ = sample("export", "--paper", "arXiv:2504.05309v1", "--format", "csl")
    assert [item["number"] for item in json.loads(one)] == ["arXiv:2504.05309"]
    found, _ = sample("export", "--query", "query rewriting", "-k", "3", "--format", "md")
    hits = sample.json("search", "query rewriting", "-k", "3")["hits"]
    assert len(found.splitlines()) == len({hit["paper_id"] for hit in hits})
    sample("export", "--format", "md", "--out", "mine.md")
    assert "is a digest" in sample("ingest", "mine.md", code=1)[1]
    month, _ = sample("export", "--from", "2025-04", "--to", "2025-04", "--format", "ris")
    assert month.count("TY  - ") == len(sample.json("papers", "--from", "2025-04", "--to", "2025-04"))
    assert "not in the library" in sample("export", "--paper", "1234.56789", "--format", "md", code=1)[1]
    assert "bibtex, ris, csl, md" in sample("export", "--format", "word", code=2)[1]
    within, _ = sample("export", "--paper", "2504.05309", "--query", "retrieval", "--format", "md")
    assert len(within.splitlines()) == 1
    assert "give one of" in sample("export", "--conversation", "1", "--query", "x", "--format", "md", code=2)[1]


def test_an_export_by_search_says_how_many_it_takes_and_writes_nothing_about_nothing(
    sample: Run, tmp_path: Path
) -> None:
    out, said = sample("export", "--query", "query rewriting", "-k", "3", "--format", "md")
    assert said.startswith(f"{len(out.splitlines())} papers written, nearest first; ")
    assert "stand out as about it. " in said
    assert "-k takes fewer or more" in said
    out, said = sample("export", "--query", "brewing beer at home", "--format", "md", "--out", "beer.md", code=1)
    assert (out, (tmp_path / "beer.md").exists()) == ("", False)
    assert said.splitlines()[0].endswith("No paper is about “brewing beer at home”; nothing was written.")
    assert "`paperchat search` shows what is nearest" in said
    month = ("--from", "2025-04", "--to", "2025-04")
    _, said = sample("export", "--query", "brewing beer at home", "--format", "md", *month, code=1)
    assert "No paper that these restrictions leave is about" in said
    _, said = sample("export", "--query", "query rewriting", "--author", "Nobody", "--format", "md", code=1)
    assert said.strip() == "No paper fits."


@pytest.mark.parametrize("word", ["Meituan", "Pyserini", "BEIR"])
def test_an_export_by_a_word_that_papers_only_hold_is_written(sample: Run, word: str) -> None:
    """It is the topic of none."""
    out, said = sample("export", "--query", word, "--format", "md")
    assert f"{len(out.splitlines())} papers written, nearest first; none stands out as about it. " in said


def test_a_conversation_is_exported_with_papers_that_have_left(sample: Run, sample_library: Path) -> None:
    assert "no conversation" in sample("export", "--conversation", "x", "--format", "md", code=1)[1]
    answer = Answer.model_validate(sample.json("ask", "How does IterQR rewrite queries?"))
    gone = answer.citations[0].model_copy(
        update={"n": 9, "paper_id": "2401.00001", "title": "Gone", "authors": ("A B",)}
    )
    answer = answer.model_copy(update={"citations": (*answer.citations, Citation.model_validate(gone.model_dump()))})
    kept = Conversations(sample_library / FILE_NAME)
    conversation = kept.start("somebody", "IterQR?")
    kept.add("somebody", conversation, "IterQR?", Filters(), answer.answer, answer, ())
    kept.close()
    text, _ = sample("export", "--conversation", conversation, "--format", "bibtex")
    assert text.startswith("@misc{chen2025:2504.05309,")
    assert "@misc{b2024:2401.00001," in text or "@misc{gone2024:2401.00001," in text
    assert "There is no conversation" in sample("export", "--conversation", "x", "--format", "md", code=1)[1]
    forget(sample_library, FILE_NAME)


def test_answers_searches_and_topics_come_in_every_format(sample: Run) -> None:
    question = "How does IterQR rewrite queries?"
    assert "TY  - GEN\nTI  - IterQR" in sample("ask", question, "--format", "ris")[0]
    items = json.loads(sample.json("ask", question, "--format", "csl")["references"])
    assert items[0]["id"] == "chen2025:2504.05309"
    assert "*IterQR" in sample("search", "query rewriting with IterQR", "-k", "1", "--format", "md")[0]
    topic = sample.json("topic", "query rewriting", "--format", "bibtex")
    assert topic["references"].count("@misc{") == len(topic["papers"])
    assert "is not a format" in sample("ask", question, "--format", "word", code=2)[1]


def test_the_case_of_escapes_and_keys(run: Run) -> None:
    run("ingest", str(shared_data() / "cases" / "bibtex" / "papers.jsonl"))
    first, second = (run.json("ask", question, "--bibtex")["bibtex"] for question in (
        "What does the CaretPrize method win?", "How many pages does the InkBrush corpus hold?"))  # fmt: skip
    assert first[0].startswith("@misc{heath2025:2503.69001,")
    assert r"title = {{Winning \$1M with the CaretPrize method}}" in first[0]
    assert "author = {Heath, Jr., Robert}" in first[0]
    assert second[0].startswith("@misc{ink2025:2503.69002,")
    assert "author = {王小明 and 李雷}" in second[0]


def test_no_two_papers_are_printed_under_one_key(sample: Run, tmp_path: Path) -> None:
    sample.folder = copied_sample(tmp_path / "sample")
    for paper_id in ("2504.05309", "2504.05220"):
        (tmp_path / "one.bib").write_text(
            f"@misc{{k1, title={{{sample.json('show', paper_id)['title']}}}, eprint={{{paper_id}}}}}"
        )
        sample("import", "one.bib")
        assert sample.json("show", paper_id)["key"] == "k1"
    found = sample.json("search", "query rewriting utility", "-k", "20", "--bibtex")["bibtex"]
    assert sum(entry.startswith("@misc{k1,") for entry in found) == 1
    assert len({entry.partition("\n")[0] for entry in found}) == len(found)


def test_a_reader_s_own_file_comes_out_as_it_went_in(run: Run, tmp_path: Path) -> None:
    run("import", str(FOLDER / "mendeley.bib"))
    text, _ = run("export", "--format", "bibtex")
    kept = [
        "@article{Okafor2019,",
        "journal = {Entity Letters}",
        "isbn = {9781450000000}",
        "mendeley-groups = {Thesis}",
    ]
    assert not [one for one in kept if one not in text]
    shown = run.json("show", "1905.00001")
    assert shown["key"] == "Okafor2019"
    assert all("own" not in one for one in (shown, *run.json("papers"))), "its other fields are export's alone"
    run("export", "--format", "bibtex", "--out", "again.bib")
    assert run.json("import", "again.bib")["papers_unchanged"] == 1
    run.folder = tmp_path / "other"
    run("import", "again.bib")
    assert run("export", "--format", "bibtex")[0] == text
