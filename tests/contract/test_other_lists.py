"""Lists of other people through the command line: summary, exit codes, titles alone, versions, terminals."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from rag.text.controls import escaped_controls, without_controls
from tests.support.runs import Run
from ui.cli.base.terminal import Plain, console

LISTS = Path(__file__).parent.parent / "support" / "lists"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path / "library", capsys, monkeypatch)


def line(paper_id: str, text: str, **more: object) -> str:
    row = {"arxiv_id": paper_id, "title": "Rain layers", "abstract": text, "authors": ["Lea La"], "date": "2025-03-12"}
    return json.dumps(row | more) + "\n"


def test_lists_of_titles_are_kept_found_and_answered_from_without_an_abstract(run: Run) -> None:
    names = ("titles.md", "table-reordered.md", "papers_2025-03-26.csv", "bullets-nested.md")
    report = run.json("ingest", *(str(LISTS / name) for name in names))
    assert (report["papers_new"], report["titles_only"]) == (9, 5)
    assert report["layout"] == {
        str(LISTS / "titles.md"): "Markdown table",
        str(LISTS / "table-reordered.md"): "Markdown table",
        str(LISTS / "papers_2025-03-26.csv"): "separated values",
        str(LISTS / "bullets-nested.md"): "headings, bullets or details",
    }
    assert [(row["source"], row["line"]) for row in report["rejected"]] == [("bullets-nested.md", 10)]
    out, _ = run("ingest", str(LISTS / "titles.md"))
    assert "Of 2 papers only the title is known" in out
    assert "Read as: Markdown table (1 source)." in out
    (paper,) = run.json("papers", "--query", "Tributaries")
    assert paper["paper_id"].startswith("title:")
    assert (paper["abstract"], paper["text"]) == ("", paper["title"])
    hit = run.json("search", "rivers and their tributaries", "-k", "1")["hits"][0]
    assert (hit["paper_id"], hit["text"]) == (paper["paper_id"], paper["title"])
    shown, _ = run("show", paper["paper_id"])
    assert "only its title is known" in shown
    answer = run.json("ask", "Which papers are about rivers and tributaries?")
    for citation in answer["citations"]:
        text = run.json("show", citation["paper_id"])["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    run("ask", "How are the tributaries of rivers modelled?")
    run("topic", "rivers")
    assert run.json("doctor")["ok"] is True


def test_a_named_file_that_gives_no_paper_is_exit_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "2025-04-02.jsonl").write_text('{"id": "2504.6200", "title": "Net"}\n{"summary": "s"}\n')
    (tmp_path / "good.jsonl").write_text(line("2503.62000", "Six layers."))
    out, error = run("ingest", "2025-04-02.jsonl", "good.jsonl", "--json", code=1)
    report = json.loads(out)
    assert (report["papers_new"], len(report["rejected"])) == (1, 2)
    assert report["errors"] == ["2025-04-02.jsonl gave no paper: none of its 2 rows could be read."]
    assert "gave no paper" in error
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "2025-04-12.md").write_text(
        "# arXiv Daily Report - 12-Apr-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
    )
    _, error = run("ingest", "empty/2025-04-12.md", code=1)
    assert "it lists none" in error
    run("ingest", str(tmp_path), code=0)


def test_a_report_in_utf_16_is_an_error_in_a_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    text = (LISTS / "table-reordered.md").read_text(encoding="utf-8")
    (folder / "2025-03-23.md").write_bytes(text.encode("utf-16"))
    (folder / "2025-03-29.md").write_text(text, encoding="utf-8")
    out, error = run("ingest", str(folder), "--json", code=1)
    assert json.loads(out)["papers_new"] == 2
    assert "2025-03-23.md is UTF-16 text" in error


def test_arxivs_versions_are_shown_by_their_numbers(run: Run, tmp_path: Path) -> None:
    rows = [("2503.62000v2", "Twelve layers."), ("2503.62000v1", "Six layers."), ("2503.62001", "No number.")]
    (tmp_path / "papers.jsonl").write_text("".join(line(*row) for row in rows))
    run("ingest", "papers.jsonl")
    for written, text, number in (
        ("2503.62000", "Twelve layers.", 2),
        ("2503.62000v1", "Six layers.", 1),
        ("https://arxiv.org/abs/2503.62000v2", "Twelve layers.", 2),
        ("2503.62001v3", "No number.", None),
    ):
        paper = run.json("show", written)
        assert (paper["abstract"], paper["arxiv_version"]) == (text, number)
    assert "arXiv's version 1" in run("show", "2503.62000v1")[0]
    _, error = run("show", "2503.62000v3", code=1)
    assert "Held of 2503.62000: v1, v2." in error
    assert "which of arXiv's versions" in run("show", "2503.62001v3")[1]


def test_a_correction_of_the_same_day_is_what_is_shown_and_quoted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "first.jsonl").write_text("".join(line(f"2503.6100{n}", f"Gauge {n}: 9.9 cm.") for n in range(8)))
    (tmp_path / "second.jsonl").write_text("".join(line(f"2503.6100{n}", f"Gauge {n}: 1.1 cm.") for n in range(8)))
    run("ingest", "first.jsonl")
    assert run.json("ingest", "second.jsonl")["papers_updated"] == 8
    assert all("1.1 cm" in paper["abstract"] for paper in run.json("papers"))
    assert run.json("ingest", "first.jsonl")["papers_unchanged"] == 8
    assert all("1.1 cm" in paper["abstract"] for paper in run.json("papers"))


EVIL = "\x1b[31mRED\x1b[0m \x1b]0;title\x07\x1b[2J\x9b31m \x07\x08\r\u202eback"


def test_no_control_character_of_a_paper_or_a_file_reaches_a_terminal(run: Run, tmp_path: Path) -> None:
    row = line("2503.67001", f"AnsiNet {EVIL} prints 77 escapes in red text.", title=f"Ansi{EVIL}Net escapes", doi=EVIL,
               comment=EVIL, authors=[f"Ann {EVIL} Alpha"], categories=[EVIL])  # fmt: skip
    bad = json.dumps({"title": f"T{EVIL}", "id": "2503.1", f"key{EVIL}": 1, "date": EVIL})
    name = "papers\x1b[31m.jsonl"
    (tmp_path / name).write_text(row + bad + "\n", encoding="utf-8")
    commands = (
        ("ingest", name),
        ("papers",),
        ("papers", "--author", f"Alpha {EVIL}"),
        ("show", "2503.67001"),
        ("search", "red escapes"),
        ("search", "red escapes", "--bibtex"),
        ("ask", "How many escapes does AnsiNet print?"),
        ("ask", "How many escapes does AnsiNet print?", "--bibtex"),
        ("ask", f"What is {EVIL}?"),
        ("topic", "escapes"),
    )
    for command in commands:
        for text in run(*command):
            assert not CONTROL.search(text), (command, text)
    _, error = run("ingest", f"missing{EVIL}.md", code=1)
    assert not CONTROL.search(error)
    for command in (("show", "2503.67001"), ("papers",), ("ask", "How many escapes does AnsiNet print?")):
        out, _ = run(*command, "--json")
        assert not CONTROL.search(out.rstrip("\n"))
    assert EVIL in run.json("show", "2503.67001")["text"].replace("\n", "\r"), "it is stored as it was written"


def test_texts_are_shown_without_the_marks_of_their_list(run: Run, tmp_path: Path) -> None:
    (tmp_path / "2025-04-01.md").write_text(
        "# arXiv Daily Report - 01-Apr-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
        "| **Bold** title of MarkNet | [https://arxiv.org/abs/2504.61001](https://arxiv.org/abs/2504.61001) | "
        "<details><summary>Show</summary><p>We present MarkNet with 70 layers.</p></details> | Ann Alpha |\n"
        "| Bayes \\| Markov in PipeNet | [https://arxiv.org/abs/2504.61002](https://arxiv.org/abs/2504.61002) | "
        "We present <b>PipeNet</b> with 71 layers and A* search. | Ann Alpha |\n"
    )
    run("ingest", "2025-04-01.md")
    listed = run("papers")[0]
    assert "Bold title of MarkNet" in listed
    assert "Bayes | Markov in PipeNet" in listed
    assert run("show", "2504.61001")[0].endswith("\n\nWe present MarkNet with 70 layers.\n")
    assert run("show", "2504.61002")[0].endswith("\n\nWe present PipeNet with 71 layers and A* search.\n")
    assert "**" not in run("ask", "How many layers does MarkNet have?")[0]


def test_a_stream_and_rich_show_texts_clean_and_keep_their_own_colours() -> None:
    stream = io.StringIO()
    plain = Plain(stream)
    print("a\x1b[2Jb\x9b", "c\td", file=plain)
    plain.writelines(["e\x07\n"])
    assert stream.getvalue() == "ab c\td\ne\n"
    coloured = io.StringIO()
    console(file=Plain(coloured), force_terminal=True, color_system="standard").print("[red]x\x1b[2Jy\x07[/red]")
    assert coloured.getvalue() == "\x1b[31mxy\x1b[0m\n"
    document = json.dumps("a\x9bb\u202e", ensure_ascii=False)
    assert json.loads(escaped_controls(document)) == "a\x9bb\u202e"
    assert without_controls("“mojibake\x9d of â\x80\x9cquotes") == "“mojibake of âquotes"
