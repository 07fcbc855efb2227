"""`paperchat fetch` against a loopback arXiv: after a faulty run and another the library is that of a clean run."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import MockEmbedding

from rag import sources
from rag.errors import FetchError
from rag.index.library import Library
from rag.sources import FileSource
from rag.sources.arxiv.connection import Connection
from rag.sources.arxiv.fulltexts import path_of
from rag.sources.arxiv.selection import Selection
from rag.types import Paper, Rejected
from tests.support.arxiv_server import PDF, ArxivServer, Fault, arxiv_server, error_feed, feed, versions
from tests.support.papers import make_paper
from tests.support.runs import Run
from ui.fetch import Fetched, Fetcher

LONG_AGO = date(2000, 1, 1)
CATEGORY = Selection(("cs.IR",))


def hold_papers(server: ArxivServer) -> None:
    """Ten papers with their full texts, two of which are announced today."""
    server.versions = versions(10)
    server.announced = server.versions[:2]
    server.pdfs = {f"{one.paper_id}v{one.number}": PDF for one in server.versions}


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with arxiv_server() as running:
        hold_papers(running)
        yield running
        running.assert_polite()


@pytest.fixture
def run(
    server: ArxivServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path / "library", capsys, monkeypatch)


class Shelf:
    """A library whose embedder is quick, fetched into and looked at."""

    def __init__(self, server: ArxivServer, folder: Path) -> None:
        self.config = server.config(folder)
        self.library = Library(self.config, MockEmbedding(embed_dim=8, model_name="quick"))

    def fetch(self, *, pdf: bool = False, complete: bool = False, since: date = LONG_AGO) -> Fetched:
        """Fetch the category, or complete; a failure stands in the errors."""
        with Connection(self.config) as connection:
            fetcher = Fetcher(self.library, connection, pdf=pdf)
            try:
                if complete:
                    fetcher.complete()
                else:
                    fetcher.select(CATEGORY, since)
            except FetchError as error:
                fetcher.done.errors.append(error)
        return fetcher.done

    def content(self) -> dict[str, Any]:
        """All that can be read of the library."""
        shelf = self.library.shelf
        papers = [
            paper
            for one in shelf.browse()
            for v in shelf.versions(one.paper_id)
            for paper in [shelf.paper(one.paper_id, v)]
        ]
        return {
            "papers": papers,
            "chunks": sorted(row.chunk_id for row in shelf.chunks()),
            "pending": shelf.pending(),
            "pdfs": sorted(path.name for path in (self.config.library_dir / "pdfs").glob("*")),
        }


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The library of a run in which nothing goes wrong."""
    with arxiv_server() as server:
        hold_papers(server)
        shelf = Shelf(server, tmp_path_factory.mktemp("clean"))
        done = shelf.fetch(pdf=True)
        assert not done.errors
        assert (len(done.fetched), len(done.pdfs)) == (10, 10)
        server.assert_polite()
        return shelf.content()


def test_a_clean_run_keeps_what_arxiv_says(clean: dict[str, Any]) -> None:
    papers = {paper.paper_id: paper for paper in clean["papers"]}
    assert sorted(papers) == [f"2504.{n:05}" for n in range(1, 11)]
    one = papers["2504.00001"]
    assert one.title == "Paper 1 on retrieval with $p<1$ and a title that goes over several lines"
    assert one.authors == ("Ada Lovelace", "Émile Zola")
    assert (one.date, one.listed) == (date(2025, 4, 10), (date(2025, 4, 10),))
    assert (one.categories, one.comment, one.withdrawn) == (("cs.IR", "cs.CL"), "2 pages", False)
    assert one.licence.startswith("http://creativecommons.org/")  # announced today
    assert papers["2504.00009"].licence == ""
    assert clean["pending"] == []
    assert clean["pdfs"] == [f"2504.{n:05}v1.pdf" for n in range(1, 11)]


EMPTY = feed("", 10).encode()
STORMS = {
    "429 storm": [Fault(429)] * 9,
    "503 with Retry-After": [Fault(503, {"Retry-After": "0.2"})] * 9,
    "a long Retry-After": [Fault(503, {"Retry-After": "4"})],
    "cut off": [Fault(keep=0.4, silent=True)] * 9,
    "dropped": [Fault(hang_up=True)] * 9,
    "empty pages": [Fault(body=EMPTY)] * 9,
    "HTML": [Fault(body=b"<html><br></html>", headers={"Content-Type": "text/html"})] * 9,
    "errors": [Fault(400, body=error_feed("some error").encode())] * 9,
    "wrong totals": [Fault(change=lambda text: re.sub(r"(totalResults[^>]*>)\d+", r"\g<1>99", text))] * 30,
    "refused": [Fault(403)] * 9,
}


@pytest.mark.parametrize("name", STORMS)
@pytest.mark.parametrize("after", [1, 7], ids="after {} replies".format)
def test_after_a_faulty_run_and_another_the_library_is_that_of_a_clean_run(
    server: ArxivServer, tmp_path: Path, clean: dict[str, Any], name: str, after: int
) -> None:
    server.script = [Fault()] * after + STORMS[name]
    shelf = Shelf(server, tmp_path / "faulty")
    first = shelf.fetch(pdf=True)
    server.script = []
    if name == "a long Retry-After":
        assert any("rest" in error.message for error in first.errors)
        refused = shelf.fetch(pdf=True)
        assert any("left alone" in error.message for error in refused.errors)
        time.sleep(4)
    shelf.fetch(pdf=True)
    assert shelf.content() == clean
    before = len(server.requests)
    again = shelf.fetch(pdf=True)
    assert (again.papers_new, again.papers_updated, again.chunks_added, again.pdfs) == (0, 0, 0, [])
    assert not again.errors
    assert len(server.requests) - before <= 5
    assert shelf.content() == clean


def test_a_new_version_and_a_withdrawal_are_told(server: ArxivServer, tmp_path: Path) -> None:
    shelf = Shelf(server, tmp_path / "library")
    shelf.fetch()
    old = server.versions[4]
    server.versions += [
        replace(old, number=2, updated="2025-05-02T08:00:00Z", abstract="We study it again, with more layers."),
        replace(
            server.versions[5],
            number=2,
            updated="2025-05-03T08:00:00Z",
            comment="This paper has been withdrawn by the authors due to an error in Table 2",
        ),
    ]
    done = shelf.fetch(since=date(2025, 5, 1))
    assert (done.papers_new, done.papers_updated, done.withdrawn) == (0, 2, ["2504.00006"])
    library = shelf.library
    assert library.paper("2504.00005").abstract == "We study it again, with more layers."
    assert library.paper("2504.00005", 1).abstract == old.abstract
    assert library.paper("2504.00005").date == date(2025, 4, 10)
    assert library.paper("2504.00006").withdrawn is True
    server.versions.append(replace(server.versions[5], number=3, updated="2025-05-09T08:00:00Z", comment="10 pages"))
    shelf.fetch(since=date(2025, 5, 8))
    assert library.paper("2504.00006").withdrawn is False


def test_feeds_that_fail_do_not_stop_the_listing(server: ArxivServer, tmp_path: Path) -> None:
    server.script = [Fault(404, body=b"none")]
    shelf = Shelf(server, tmp_path / "library")
    done = shelf.fetch()
    assert len(done.fetched) == 10
    assert [error.message for error in done.errors] == ["arXiv has no announcements for cs.IR."]


def test_what_is_announced_and_not_in_the_window_is_looked_up(server: ArxivServer, tmp_path: Path) -> None:
    shelf = Shelf(server, tmp_path / "library")
    done = shelf.fetch(since=date(2025, 5, 1))
    assert done.fetched == {"2504.00001", "2504.00002"}
    assert shelf.library.paper("2504.00001").date == date(2025, 4, 10)
    assert shelf.library.paper("2504.00001").licence


# --- completing ------------------------------------------------------------------------------------------------------


def bare(paper_id: str, title: str, day: str) -> Paper:
    return make_paper(paper_id, title, "", (), day, url=None if paper_id[:1].isdigit() else "")


@pytest.fixture
def listed(server: ArxivServer, tmp_path: Path) -> Shelf:
    """A library with papers known by id or title alone, some of them listed before and after arXiv's day."""
    shelf = Shelf(server, tmp_path / "listed")
    rows = [
        bare("2504.00001", "2504.00001", "2025-04-01"),
        bare("2504.00002", server.versions[1].title, "2025-06-01"),
        bare("2504.09999", "No such paper", "2025-06-01"),
        bare("title:0123456789abcdef", server.versions[2].title.upper(), "2025-04-02"),
        bare("title:0123456789abcdef", server.versions[2].title.upper(), "2025-06-02"),
        bare("title:fedcba9876543210", "A paper that is nowhere", "2025-06-02"),
    ]
    shelf.library.ingest(rows)
    return shelf


def test_papers_known_by_id_or_title_are_completed(listed: Shelf, server: ArxivServer) -> None:
    done = listed.fetch(complete=True)
    library = listed.library
    assert done.completed == 3
    assert sorted(row.reason for row in done.rejected) == [
        "2504.09999: arXiv has no such paper",
        "A paper that is nowhere: arXiv has no paper of this title",
    ]
    for paper_id in ("2504.00001", "2504.00002", "2504.00003"):
        paper = library.paper(paper_id)
        assert paper.abstract.startswith("We study case")
        assert paper.authors == ("Ada Lovelace", "Émile Zola")
    assert library.paper("2504.00001").date == date(2025, 4, 1)
    assert library.paper("2504.00003").listed == (date(2025, 4, 2), date(2025, 4, 10), date(2025, 6, 2))
    assert {paper.paper_id for paper in library.shelf.browse()} == {
        "2504.00001", "2504.00002", "2504.00003", "2504.09999", "title:fedcba9876543210",
    }  # fmt: skip
    before = len(server.requests)
    again = listed.fetch(complete=True)
    assert (again.completed, again.papers_new, again.papers_updated) == (0, 0, 0)
    assert len(again.rejected) == 2
    assert not any("search_query" in request.parameters for request in server.requests[before:])


@pytest.mark.parametrize(("authors", "is_found"), [((), True), (("A. Lovelace",), True), (("Bo Beta",), False)])
@pytest.mark.parametrize("is_here", [False, True])
def test_a_paper_known_by_its_doi_is_looked_for_by_its_title(
    server: ArxivServer, tmp_path: Path, authors: tuple[str, ...], is_found: bool, is_here: bool
) -> None:
    shelf = Shelf(server, tmp_path / "cited")
    if is_here:
        shelf.library.ingest([bare("2504.00003", "2504.00003", "2025-04-01")])
        shelf.fetch(complete=True)
    title = server.versions[2].title.upper()
    shelf.library.ingest(
        [make_paper("doi:10.1145/1", title, "", authors, "2025-06-02", url="https://doi.org/10.1145/1")]
    )
    done = shelf.fetch(complete=True)
    assert (done.completed, len(done.rejected)) == (int(is_found), int(not is_found))
    papers = {paper.paper_id: paper for paper in shelf.library.shelf.browse()}
    assert ("doi:10.1145/1" not in papers) is is_found
    if is_found:
        assert (papers["2504.00003"].doi, shelf.library.shelf.resolved(["doi:10.1145/1"])) == (
            "10.1145/1",
            ["2504.00003"],
        )
        assert date(2025, 6, 2) in papers["2504.00003"].listed


@pytest.mark.parametrize(
    ("doi", "authors", "is_found"),
    [
        ("10.1145/2", (), False),
        ("10.1145/2", ("others",), False),
        ("10.1145/2", ("Lovelace A.",), True),
        ("10.1145/ONE", (), True),
    ],
)
@pytest.mark.parametrize("is_here", [False, True])
def test_a_paper_of_another_doi_is_the_same_only_by_an_author_of_both(
    server: ArxivServer, tmp_path: Path, doi: str, authors: tuple[str, ...], is_found: bool, is_here: bool
) -> None:
    server.versions[2] = replace(server.versions[2], doi=doi)
    shelf = Shelf(server, tmp_path / "cited")
    if is_here:
        shelf.library.ingest([bare("2504.00003", "2504.00003", "2025-04-01")])
        shelf.fetch(complete=True)
    shelf.library.ingest([make_paper("doi:10.1145/one", server.versions[2].title, "", authors, "2025-06-02")])
    shelf.fetch(complete=True)
    papers = {paper.paper_id for paper in shelf.library.shelf.browse()}
    assert ("doi:10.1145/one" not in papers) is is_found


def test_a_title_that_comes_again_meets_its_paper_in_the_library(listed: Shelf, server: ArxivServer) -> None:
    listed.fetch(complete=True)
    listed.library.ingest([bare("title:0123456789abcdef", server.versions[2].title, "2025-07-01")])
    before = len(server.requests)
    listed.fetch(complete=True)
    assert not any("Paper 3" in request.parameters.get("search_query", "") for request in server.requests[before:])
    assert date(2025, 7, 1) in listed.library.paper("2504.00003").listed
    assert not listed.library.shelf.versions("title:0123456789abcdef")


def test_a_list_without_abstracts_takes_none_away(listed: Shelf, server: ArxivServer) -> None:
    listed.fetch(complete=True)
    listed.library.ingest([bare("2504.00001", server.versions[0].title, "2025-08-01")])
    paper = listed.library.paper("2504.00001")
    assert paper.abstract.startswith("We study case")
    assert paper.authors == ("Ada Lovelace", "Émile Zola")


@pytest.mark.parametrize("after", range(4))
def test_completing_goes_on_after_a_failure(listed: Shelf, server: ArxivServer, tmp_path: Path, after: int) -> None:
    server.script = [Fault()] * after + [Fault(429)] * 3
    listed.fetch(complete=True)
    server.script = []
    listed.fetch(complete=True)
    assert {paper.paper_id for paper in listed.library.shelf.browse() if not paper.abstract} == {
        "2504.09999", "title:fedcba9876543210",
    }  # fmt: skip
    assert listed.library.paper("2504.00003").listed == (date(2025, 4, 2), date(2025, 4, 10), date(2025, 6, 2))


# --- full texts ------------------------------------------------------------------------------------------------------


def test_full_texts_that_are_none_are_listed_and_the_others_taken(server: ArxivServer, tmp_path: Path) -> None:
    server.versions = versions(5)
    server.announced = []
    server.pdfs = {
        "2504.00001v1": PDF,
        "2504.00002v1": b"<html>PDF unavailable</html>",
        "2504.00003v1": PDF * 20_000,
    }
    server.versions[4] = replace(server.versions[4], comment="This paper has been withdrawn")
    shelf = Shelf(server, tmp_path / "library")
    shelf.config = server.config(tmp_path / "library", max_pdf_mb=1)
    done = shelf.fetch(pdf=True)
    assert [path.name for path in done.pdfs] == ["2504.00001v1.pdf"]
    assert sorted(row.reason for row in done.rejected if "2504.00001v1.pdf" not in row.reason) == [
        "127.0.0.1 sends more than 1 MB.",
        "arXiv gives application/pdf instead of a PDF.",
        "arXiv has no PDF of 2504.00004v1.",
    ]
    assert not any("00005" in request.path for request in server.requests)


def test_a_cut_off_full_text_is_asked_for_again(server: ArxivServer, tmp_path: Path) -> None:
    server.versions, server.announced = versions(1), []
    server.pdfs = {"2504.00001v1": PDF}
    server.script = [Fault(), Fault(), Fault(keep=0.5, silent=True), Fault(keep=0.5)]
    done = Shelf(server, tmp_path / "library").fetch(pdf=True)
    assert [path.read_bytes() for path in done.pdfs] == [PDF]


def test_a_registered_source_of_pdfs_reads_full_texts_once(
    server: ArxivServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def read_pdf(path: Path) -> Iterator[Paper | Rejected]:
        read.append(path.name)
        paper_id = path.name.partition("v")[0]
        held = next(one for one in server.versions if one.paper_id == paper_id)
        body = "1 Introduction\nAll of it."
        yield make_paper(paper_id, held.title, held.abstract.replace("  ", " "), day="2025-04-10", body=body)

    monkeypatch.setattr(sources, "SOURCES", (FileSource("papers", (".pdf",), read_pdf), *sources.SOURCES))
    server.versions, server.announced = versions(2), []
    server.pdfs = {f"{one.paper_id}v1": PDF for one in server.versions}
    shelf = Shelf(server, tmp_path / "library")
    early = path_of(shelf.config.library_dir, "2504.00001", 1)
    early.parent.mkdir(parents=True)
    early.write_bytes(PDF)  # downloaded by a run that was killed before it could read it
    shelf.fetch(pdf=True)
    assert sorted(read) == ["2504.00001v1.pdf", "2504.00002v1.pdf"]
    assert all(shelf.library.paper(f"2504.0000{n}").body for n in (1, 2))
    shelf.fetch(pdf=True)
    assert len(read) == 2


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_one_document(run: Run, server: ArxivServer) -> None:
    done = run.json("fetch", "--category", "cs.IR", "--since", "2025-04-01")
    assert (done["papers_new"], done["fetched"], done["since"], done["errors"]) == (10, 10, "2025-04-01", [])
    assert done.keys() >= {
        "papers_updated",
        "papers_unchanged",
        "rejected",
        "completed",
        "withdrawn",
        "pdfs",
        "interrupted",
    }
    again, _ = run("fetch", "--category", "cs.IR", "--since", "2025-04-01")
    assert again.startswith("10 papers of arXiv since 2025-04-01: 0 new, 0 updated, 10 unchanged; 0 passages added")
    shown = run.json("show", "2504.00001")
    assert (shown["comment"], shown["withdrawn"]) == ("2 pages", False)
    assert "Reads papers" not in server.requests[0].agent


def test_what_is_withdrawn_is_marked_wherever_it_is_cited(run: Run, server: ArxivServer) -> None:
    server.versions[2] = replace(server.versions[2], comment="This paper has been withdrawn by arXiv administrators")
    out, _ = run("fetch", "--id", "2504.00003")
    assert "Withdrawn: 2504.00003." in out
    answer = run.json("ask", "How many layers does case 3 of retrieval and ranking have?")
    assert {"code": "withdrawn", "text": "2504.00003 has been withdrawn, by its authors or by arXiv."} in answer[
        "notes"
    ]
    assert run("papers")[0].endswith("several lines (withdrawn)\n")
    assert "withdrawn: yes" in run("show", "2504.00003")[0]


def test_words_and_ids(run: Run, server: ArxivServer) -> None:
    assert run.json("fetch", "--query", "retrieval layers", "--since", "2025-04-01")["fetched"] == 10
    assert run.json("fetch", "--id", "arXiv:2504.00003v1", "--id", "https://arxiv.org/abs/2504.00004")["fetched"] == 2
    server.pdfs = {}
    done = run.json("fetch", "--id", "2504.00003", "--pdf")
    assert [row["reason"] for row in done["rejected"]] == ["arXiv has no PDF of 2504.00003v1."]
    out, error = run("fetch", "--id", "2504.09999", "--id", "nonsense", "--json", code=1)
    assert json.loads(out)["errors"] == ["nonsense is no id of arXiv.", "2504.09999: arXiv has no such paper."]
    assert "Write an id as arXiv does" in error


def test_all_versions_of_a_paper_are_kept_in_their_order(run: Run, server: ArxivServer) -> None:
    old = server.versions[2]
    server.versions += [
        replace(old, number=2, updated="2025-05-02T08:00:00Z", abstract="We study it again, with more layers."),
        replace(old, number=3, updated="2025-05-09T08:00:00Z", abstract="We study it for the last time."),
    ]
    done = run.json("fetch", "--all-versions", "arXiv:2504.00003v2")
    assert (done["versions"], done["fetched"], done["errors"]) == (3, 1, [])
    assert [request.parameters["id_list"] for request in server.requests] == ["2504.00003", "2504.00003v1,2504.00003v2"]
    shown = [run.json("show", "2504.00003", "--version", str(n)) for n in (1, 2, 3)]
    assert [one["arxiv_version"] for one in shown] == [1, 2, 3]
    assert shown[1]["abstract"] == "We study it again, with more layers."
    assert run.json("show", "2504.00003")["version"] == 3, "the newest answers"
    again = run.json("fetch", "--all-versions", "2504.00003")
    assert (again["papers_updated"], again["papers_unchanged"]) == (0, 1)
    held = run.json("fetch", "--id", "2504.00004")
    server.versions.append(replace(server.versions[3], number=2, updated="2025-05-02T08:00:00Z", abstract="Again."))
    assert held["versions"] == 0
    assert run.json("fetch", "--all-versions", "2504.00004")["versions"] == 2
    assert run.json("show", "2504.00004")["arxiv_version"] == 2
    out, _ = run("fetch", "--all-versions", "2504.09999", "--all-versions", "nonsense", "--json", code=1)
    assert json.loads(out)["errors"] == ["nonsense is no id of arXiv.", "2504.09999: arXiv has no such paper."]


def test_the_announcements_are_a_source_like_a_file(run: Run, server: ArxivServer) -> None:
    done = run.json("ingest", "arxiv:cs.IR+hep-th")
    assert (done["papers_new"], done["errors"]) == (2, [])
    assert server.requests[0].path == "/atom/cs.IR+hep-th"
    server.announced = []
    assert run.json("ingest", "arxiv:cs.IR")["papers_new"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a --category, a --query, an --id, an --all-versions ID, or --complete"),
        (["--since", "7d"], "--since goes with --category or --query"),
        (["--category", "cs.IR", "--since", "tomorrow"], "neither a date"),
        (["--category", "CS IR"], "no category of arXiv"),
    ],
)
def test_wrong_usage(run: Run, server: ArxivServer, words: list[str], said: str) -> None:
    _, error = run("fetch", *words, code=2)
    assert said in " ".join(error.split())
    assert not server.requests


def test_no_network_is_two_lines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for key in ("API_URL", "FEED_URL", "PDF_URL"):
        monkeypatch.setenv(f"PAPERCHAT__ARXIV__{key}", f"{address}/x")
    _, error = run("fetch", "--category", "cs.IR", code=1)
    lines = error.splitlines()
    assert len(lines) == 2, error
    assert "cannot be reached" in lines[0]
    assert lines[1].startswith("Check the network")


def command(tmp_path: Path, *words: str) -> list[str]:
    call = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", str(tmp_path / "library")]
    return [*call, "fetch", *words]


def _heeding() -> None:
    """Have Ctrl-C end the process also where our parent ignores it, as a shell has its background jobs do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_says_how_to_go_on(server: ArxivServer, tmp_path: Path) -> None:
    server.script = [Fault(), Fault(), Fault(delay=60)]
    environment = {**os.environ, **server.environment(timeout_s=90)}
    words = command(tmp_path, "--category", "cs.IR", "--since", "2025-04-01", "--json")
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        words,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heeding,
    ) as process:
        end = time.monotonic() + 120
        while len(server.requests) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.strip().endswith("it goes on where it stopped.")
    done = json.loads(out)
    assert (done["papers_new"], done["interrupted"]) == (4, True)
    before = len(server.requests)
    rest = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(rest.stdout)["papers_new"] == 6
    assert len(server.requests) - before <= 4


def test_two_commands_at_once_do_not_hammer(server: ArxivServer, tmp_path: Path) -> None:
    environment = {**os.environ, **server.environment()}
    root = Path(__file__).resolve().parents[2]
    calls = [command(tmp_path, "--category", name, "--since", "2025-04-01", "--json") for name in ("cs.IR", "cs.CL")]
    processes = [subprocess.Popen(call, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) for call in calls]
    outs = [process.communicate(timeout=120)[0] for process in processes]
    assert [json.loads(out)["fetched"] for out in outs] == [10, 10]
    assert sum(json.loads(out)["papers_new"] for out in outs) == 10
