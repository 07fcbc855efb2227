"""The command line as scripts rely on it: JSON, exit codes, and what bad input gets."""

from __future__ import annotations

import errno
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from rag import sources
from rag.config import Config
from rag.errors import SourceError
from rag.index.library import Library
from rag.sources import AddressSource
from rag.types import Paper, Rejected
from tests.support.papers import make_paper
from tests.support.runs import Run
from tests.support.samples import sample_library as copied_sample
from ui.cli.base.common import progress_bar

SAMPLE = str(files("rag") / "sample")


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


def test_ingest_and_remove_report_in_json(run: Run) -> None:
    first = run.json("ingest", SAMPLE)
    assert first.keys() >= {
        "papers_new", "papers_updated", "papers_unchanged", "chunks_added", "chunks_removed", "rejected", "seconds",
    }  # fmt: skip
    assert first["papers_new"] > 20
    assert first["rejected"] == []
    again = run.json("ingest", SAMPLE)
    assert (again["papers_new"], again["chunks_added"]) == (0, 0)
    removed = run.json("remove", "2504.05309")
    assert removed["chunks_removed"] >= 1
    assert run.json("doctor")["ok"] is True
    _, error = run("show", "2504.05309", code=1)
    assert len(error.strip().splitlines()) == 2


def test_good_paths_are_ingested_beside_bad_ones(run: Run, tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"\x00\xff\xfe" * 100)
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "2025-05-01.md"
    broken.write_text(
        "# arXiv Daily Report - 01-May-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
        "| Good | [https://arxiv.org/abs/2505.00001](https://arxiv.org/abs/2505.00001) | Fine. | A B |\n"
        "| Bad |  | Not fine. | C D |\n"
    )
    paths = [str(tmp_path / name) for name in ("missing.md", "binary.md", "empty")]
    _, error = run("ingest", *paths, str(broken), code=1)
    for path in paths:
        assert path in error
    assert run.json("papers")[0]["paper_id"] == "2505.00001"
    rejected = run.json("ingest", str(broken))["rejected"]
    assert [(row["source"], row["line"]) for row in rejected] == [("2025-05-01.md", 6)]
    assert rejected[0]["reason"]


def test_search_and_ask_follow_the_contract(sample: Run) -> None:
    found = sample.json("search", "query rewriting", "-k", "3")
    assert found["query"] == "query rewriting"
    assert len(found["hits"]) == 3
    hit = found["hits"][0]
    assert hit.keys() >= {"paper_id", "version", "chunk_id", "title", "date", "score", "ranks", "start", "end", "text"}
    assert "query" in [word.lower() for word in hit["matched"]]
    assert hit["boosts"] == {}
    paper = sample.json("show", hit["paper_id"])
    assert paper["text"][hit["start"] : hit["end"]] == hit["text"]
    answer = sample.json("ask", "How does IterQR rewrite queries?")
    assert answer["citations"]
    for citation in answer["citations"]:
        paper = sample.json("show", citation["paper_id"], "--version", str(citation["version"]))
        assert paper["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert answer["receipt"].keys() == {"corpus", "config", "model", "prompts"}


@pytest.mark.parametrize("written", ["2504.05309v1", "arXiv:2504.05309", "https://arxiv.org/abs/2504.05309"])
def test_a_paper_is_found_by_what_people_paste(sample: Run, written: str) -> None:
    assert sample.json("show", written)["paper_id"] == "2504.05309"


def test_a_question_needs_no_quotation_marks(sample: Run) -> None:
    assert (
        sample.json("ask", "How", "does", "IterQR", "rewrite", "queries?")["question"]
        == "How does IterQR rewrite queries?"
    )


def test_a_month_is_all_its_days(sample: Run) -> None:
    spelt = sample.json("papers", "--from", "2025-04-01", "--to", "2025-04-30")
    assert len(spelt) > 1
    assert sample.json("papers", "--from", "2025-04", "--to", "2025-04") == spelt


def test_a_category_restricts_every_command_that_answers(run: Run, tmp_path: Path) -> None:
    rows = [
        ("2504.00001", "Query rewriting", "We rewrite queries for retrieval with a model.", "cs.IR cs.CL"),
        ("2504.00002", "Stacks of sheaves", "We rewrite queries about sheaves on a stack.", ["math.AG"]),
        ("2504.00003", "Of no category", "We rewrite queries for speech.", None),
    ]
    keys = ("arxiv_id", "title", "abstract", "categories")
    lines = [
        json.dumps(dict(zip(keys, row, strict=True)) | {"authors": "Ann Lee", "date": "2025-04-10"}) for row in rows
    ]
    (tmp_path / "papers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert run.json("ingest", "papers.jsonl")["papers_new"] == 3
    assert run.json("show", "2504.00001")["categories"] == ["cs.IR", "cs.CL"]

    def ids(*options: str) -> set[str]:
        return {paper["paper_id"] for paper in run.json("papers", *options)}

    assert ids("--category", "CS.ir") == ids("--category", "cs") == {"2504.00001"}
    for either in (("--category", "cs", "--category", "math.AG"), ("--category", "cs, math")):
        assert ids(*either) == {"2504.00001", "2504.00002"}
    question, *within = ("how are queries rewritten?", "--category", "math")
    hits, answer = run.json("search", question, *within), run.json("ask", question, *within)
    topic = run.json("topic", "rewriting", *within)
    assert {hit["paper_id"] for hit in hits["hits"]} == {"2504.00002"}
    assert {citation["paper_id"] for citation in answer["citations"]} == {"2504.00002"}
    assert [paper["paper_id"] for paper in topic["papers"]] == ["2504.00002"]
    assert all(document["filters"]["category"] == "math" for document in (hits, answer, topic))
    nothing = run.json("ask", question, "--category", "hep-th")
    assert (nothing["abstained"], nothing["reason"]) == (True, "outside_range")
    assert nothing["answer"].startswith("No paper matches category hep-th.")


def test_what_stands_at_an_address_is_ingested_like_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(address: str, config: Config | None) -> Iterator[Paper | Rejected]:
        if address == "listing:down":
            raise SourceError("listing:down cannot be reached.", "Try again later.")
        yield make_paper(categories=(address.partition(":")[2],))
        yield Rejected(address, 2, "it has no title")

    source = AddressSource("listings", ("listing:CATEGORY",), re.compile(r"listing:[\w.]+"), read)
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, source))
    out, error = run("ingest", "listing:cs.IR", "listing:down", "mailto:x", "--json", code=1)
    report = json.loads(out)
    assert (report["papers_new"], report["rejected"]) == (
        1,
        [{"source": "listing:cs.IR", "line": 2, "reason": "it has no title"}],
    )
    assert report["errors"] == [
        "mailto:x is no address that papers can be read from.",
        "listing:down cannot be reached.",
    ]
    assert "listing:CATEGORY" in error
    assert len(run.json("papers", "--category", "cs")) == 1


def test_an_abstention_exits_0_and_offers_papers(sample: Run) -> None:
    answer = sample.json("ask", "How long should sourdough bread rise?")
    assert (answer["abstained"], answer["reason"]) == (True, "nothing_found")
    assert answer["closest"]


def test_references_come_as_bibtex(sample: Run) -> None:
    out, _ = sample("ask", "How does IterQR rewrite queries?", "--bibtex")
    assert "@misc{chen2025:2504.05309," in out
    assert sample.json("search", "query rewriting", "-k", "1", "--bibtex")["bibtex"][0].startswith("@misc{")


def test_history_is_read_and_a_bad_one_refused(sample: Run, tmp_path: Path) -> None:
    turns = tmp_path / "history.json"
    turns.write_text('[{"role": "user", "content": "What is IterQR?"}]')
    assert sample.json("ask", "How does IterQR rewrite queries?", "--history", str(turns))["citations"]
    turns.write_text('{"role": "user"}')
    _, error = sample("ask", "And then?", "--history", str(turns), code=2)
    assert str(turns) in error


def test_global_options_may_stand_on_either_side(sample: Run, tmp_path: Path) -> None:
    assert len(sample.json("papers", "--data-dir", str(sample.folder), "--limit", "2")) == 2
    _, error = sample("papers", "--data-dir", str(tmp_path / "elsewhere"), code=1)
    sample.folder = tmp_path / "elsewhere"
    assert sample.library in error
    assert "paperchat ingest" in error


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ask", ""), 2, "empty"),
        (("ask", "x" * 20_000), 2, "20,000 characters; the limit is 4,000"),
        (("search", "x", "--from", "2025-13-01"), 2, "2025-13-01"),
        (("search", "x", "--to", "2025-13"), 2, "'2025-13' is not a date like 2025-05-31 or a month like 2025-05"),
        (("papers", "--query", "no such words"), 0, "Try fewer or other words"),
        (("search", "x", "--from", "2025-06-01", "--to", "2025-05-01"), 2, "after"),
        (("search", "x", "--author", " "), 2, "--author is blank"),
        (("ask", "x", "--author", ""), 2, "--author is blank"),
        (("ask", "x", "--category", ""), 2, "--category is blank"),
        (("papers", "--category", " , "), 2, "names nothing"),
        (("show", "2504.05309", "--version", "9"), 1, "no version 9"),
        (("nonsense",), 2, "nonsense"),
        *(
            (words, 2, "no text in UTF-8")
            for words in (("search", "x\udcff"), ("show", "\udcff"), ("papers", "--query", "\udcff"))
        ),
        (("ask", "x", "--mode", "dream"), 2, "dream"),
        (("--config", "nowhere.yaml", "papers"), 2, "nowhere.yaml"),
        (("remove", "1234.56789"), 1, "1234.56789"),
        (("show", "2504.05309", "--version", "9" * 20), 2, "--version"),
        (("papers", "--limit", "9" * 20), 2, "--limit"),
        (("search", "x", "-k", "9" * 20), 2, "-k"),
        (("eval", "run", "--qa", "x.jsonl", "--out", "out", "--limit", "9" * 20), 2, "--limit"),
    ],
)
def test_bad_input_is_named_with_its_exit_code(sample: Run, words: tuple[str, ...], code: int, said: str) -> None:
    _, error = sample(*words, code=code)
    assert said in error


def test_search_prints_why_a_hit_was_found_and_the_part_around_it(sample: Run) -> None:
    shown, _ = sample("search", "query rewriting in e-commerce", "-k", "1")
    hit = sample.json("search", "query rewriting in e-commerce", "-k", "1")["hits"][0]
    assert f"{hit['paper_id']} · {hit['date']} · " in shown
    assert ", ".join(hit["matched"][:3]) in shown
    assert len(shown) < len(hit["text"])
    assert "…" in shown
    named, _ = sample("search", "IterQR", "-k", "1")
    assert "the question names it" in " ".join(named.split())
    assert "the conversation is about" not in named, "a search has none"


@pytest.mark.parametrize("words", [("ask", "x"), ("search", "x"), ("papers",), ("show", "2504.05309")])
def test_an_empty_library_says_how_to_add_papers(run: Run, words: tuple[str, ...]) -> None:
    Library(Config(data_dir=run.folder)).close()
    _, error = run(*words, code=1)
    assert error.startswith(f"The library in {run.library} is empty.\n")
    assert "paperchat ingest" in error


@pytest.mark.sqlite_only("on a server a library that nobody filled is an empty one")
@pytest.mark.parametrize(
    "words",
    [
        ("ask", "x"), ("search", "x"), ("papers",), ("show", "2504.05309"), ("topic", "x"), ("chat",), ("doctor",),
        ("remove", "2504.05309"), ("eval", "run", "--qa", "x.jsonl", "--out", "out"),
    ],
)  # fmt: skip
def test_a_mistyped_folder_is_said_and_not_made(run: Run, words: tuple[str, ...]) -> None:
    _, error = run(*words, code=1)
    first, second = error.strip().splitlines()
    assert first == f"There is no library in {run.folder}."
    assert "--data-dir" in second
    assert "paperchat ingest" in second
    assert not run.folder.exists()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_mistyped_path_makes_no_library(run: Run, options: tuple[str, ...]) -> None:
    out, error = run("ingest", "nowhere.md", *options, code=1)
    assert "nowhere.md does not exist" in error
    assert bool(out) == bool(options)
    assert not run.folder.exists()


def test_a_wrong_key_exits_2_with_its_full_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("embedding:\n  provider: cohere\n")
    _, error = run("papers", code=2)
    assert "embedding.provider" in error
    assert "openai-compatible" in error


def test_config_show_names_origins_and_masks_secrets(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text("embedding:\n  base_url: http://user:hunter2@example.org/v1\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("PAPERCHAT__RETRIEVAL__K", "5")
    shown = run.json("config", "show")
    assert shown["retrieval.k"] == {"value": 5, "from": "PAPERCHAT__RETRIEVAL__K"}
    assert shown["embedding.base_url"] == {"value": "http://***@example.org/v1", "from": "config.yaml"}
    out, error = run("config", "show")
    assert "OPENAI_API_KEY" in out
    assert "hunter2" not in out + error
    assert "sk-very-secret" not in out + error
    schema = run.json("config", "schema")
    assert json.loads(run("config", "schema")[0]) == schema
    assert "embedding" in schema["properties"]


def test_json_is_all_there_is_on_stdout(sample_library: Path) -> None:
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", str(sample_library)]
    done = subprocess.run([*command, "papers", "--limit", "1", "--json"], capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)) == 1


def test_a_terminal_without_a_character_shows_its_escape(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper(title="A – B")])
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", str(tmp_path), "papers"]
    for encoding in ("ascii", "latin-1"):
        env = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(command, capture_output=True, check=True, env=env)
        assert done.stdout.endswith(b"A \\u2013 B\n")
        done = subprocess.run([*command, "--json"], capture_output=True, check=True, env=env)
        assert json.loads(done.stdout)[0]["title"] == "A – B"


def test_a_closed_pipe_ends_quietly(sample_library: Path) -> None:
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", str(sample_library)]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*command, "papers", "--json"], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_fault_of_the_system_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "shelf.sqlite")

    monkeypatch.setattr("ui.cli.operation.configuration.print_json", full)
    _, error = run("config", "schema", code=1)
    assert error == "paperchat cannot go on: shelf.sqlite: No space left on device.\n"


def test_only_what_reads_sources_begins_by_saying_so() -> None:
    calls = re.compile(r"progress_bar\(\w+(?:, \"([^\"]*)\")?\) as")
    begun = [
        (path.name, said)
        for path in Path(str(files("ui") / "cli")).rglob("*.py")
        for said in calls.findall(path.read_text())
    ]
    assert len(begun) > 10
    default = inspect.signature(progress_bar).parameters["begins"].default
    assert [name for name, said in begun if "reading" in (said or default)] == ["ingest.py"], "ingest alone"


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 4.9, 5.0, 5.0, 9.9, 10.0, 10.0])
    monkeypatch.setattr("ui.cli.base.common.monotonic", lambda: next(clock))
    with progress_bar() as progress:
        assert progress
        for done in (1, 512, 600, 700):
            progress("embedding", done, 1499)
    assert capsys.readouterr().err == "embedding 512 of 1499\nembedding 700 of 1499\n"
    clock = iter([0.0, 60.0, 60.0])
    with progress_bar(quiet=True) as progress:
        assert progress
        progress("embedding", 1, 2)
        progress("waiting", 0, 0)
    assert capsys.readouterr().err == "Waiting for another paperchat to finish writing…\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ask", ""), 2), (("search", " "), 2), (("topic", " "), 2), (("ask", "x", "--mode", "llm"), 2),
        (("topic", "x", "--mode", "llm"), 2), (("ingest", "nowhere"), 1), (("remove", "1234.5678"), 1),
    ],
)  # fmt: skip
def test_a_mistake_is_said_before_anything_heavy_is_imported(
    sample_library: Path, words: tuple[str, ...], code: int
) -> None:
    script = (
        "import sys\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'llama_index.core', 'chromadb', 'openai'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", script, "--data-dir", str(sample_library), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "[]\n"), done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['paperchat', '--help']\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'llama_index', 'chromadb', 'gradio', 'onnxruntime', 'openvino', 'numpy', 'tantivy', 'pydantic'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ingest" in done.stdout


WITHOUT_A_QUESTION = {"chromadb", "llama_index", "numpy", "openvino", "scipy", "tantivy", "tokenizers"}
WITHOUT_A_MODEL = {"gradio", "llama_index", "matplotlib", "openai", "scipy", "sqlalchemy"}


@pytest.mark.parametrize(
    ("words", "unneeded"),
    [
        (("papers", "--query", "IterQR"), WITHOUT_A_QUESTION),
        (("show", "2504.05309"), WITHOUT_A_QUESTION),
        (("doctor", "--help"), WITHOUT_A_QUESTION),
        (("search", "query rewriting"), {*WITHOUT_A_MODEL, "rag.topics", "rag.write.reply"}),
        (("ask", "How does IterQR rewrite queries?"), {*WITHOUT_A_MODEL, "rag.topics", "rag.write.reply"}),
        (("topic", "query rewriting"), WITHOUT_A_MODEL),
    ],
)
def test_a_command_imports_only_what_it_needs(
    sample_library: Path, database: str, words: tuple[str, ...], unneeded: set[str]
) -> None:
    unneeded = unneeded - ({"sqlalchemy"} if database == "postgresql" else set())
    script = (
        "import sys\n"
        "from ui.cli import main\n"
        "try: main()\n"
        f"finally: print(sorted({unneeded!r} & sys.modules.keys()), file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "--data-dir", str(sample_library), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr.splitlines()[-1] == "[]"
