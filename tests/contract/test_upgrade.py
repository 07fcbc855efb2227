"""Libraries that earlier releases left: they open, are brought up to date, and lose nothing."""

from __future__ import annotations

import json
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import IndexMismatch
from rag.index.health import examine, repair
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME as CONVERSATIONS
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.papers.readers.kept import Kept
from rag.sources import read_source
from tests.support.old_library import DATA, LIST, NOTE, PAPERS, QUESTION

LEFT = sorted(DATA.glob("library-*.tar.gz"))
IN_FILES = pytest.mark.sqlite_only("what releases left here are libraries in files")


@pytest.fixture(params=LEFT, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_there_is_a_library_of_a_release() -> None:
    assert LEFT


@IN_FILES
def test_it_opens_answers_and_keeps_what_its_reader_kept(folder: Path) -> None:
    with Assistant(Library(Config(data_dir=folder))) as assistant, closing(Kept(folder / KEPT)) as kept:
        library = assistant.library
        assert {paper.paper_id: paper.abstract for paper in library.shelf.browse()} == {
            one: text for one, _, text in PAPERS
        }
        try:
            library.check_recipe()
        except IndexMismatch:  # a later release embeds otherwise, and says what to do
            repair(library)
        health = examine(library)
        assert health.ok, health.checks
        answer = assistant.answer(QUESTION)
        assert [citation.paper_id for citation in answer.citations][:1] == [PAPERS[0][0]]
        assert kept.starred("") == (PAPERS[0][0],)
        note = kept.note("", PAPERS[1][0])
        assert note is not None
        assert note.text == NOTE
        assert set(kept.get_list("", LIST).papers) == {PAPERS[0][0], PAPERS[2][0]}
        with closing(Conversations(folder / CONVERSATIONS)) as conversations:
            (found,) = conversations.find("")
            (exchange,) = conversations.exchanges("", found.conversation_id)
            assert exchange.question == QUESTION
            assert exchange.answer is not None
            assert exchange.answer.citations[0].quote in PAPERS[0][2]


@IN_FILES
def test_it_takes_new_papers(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "new.jsonl"
    row = {"arxiv_id": "2405.00001", "title": "Kites", "abstract": "We fly kites.", "date": "2024-05-01"}
    source.write_text(json.dumps(row), encoding="utf-8")
    with Library(Config(data_dir=folder)) as library:
        try:
            library.check_recipe()
        except IndexMismatch:
            repair(library)
        report = library.ingest(read_source(source))
        assert (report.papers_new, report.chunks_added) == (1, 1)
        assert examine(library).ok
