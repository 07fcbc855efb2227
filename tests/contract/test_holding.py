"""A library holds: readers beside writers, processes that are killed, disks that refuse, files that are damaged."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import ReadWriteLock

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import IndexDamaged, LibraryError
from rag.index import health, probe
from rag.index.health import examine, repair
from rag.index.library import Library
from rag.index.locks import writer_lock
from rag.papers.database import Database
from rag.papers.readers import conversations, kept, lists
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.followed import FILE_NAME as FOLLOWED
from rag.papers.readers.followed import STEPS
from rag.papers.readers.kept import Kept
from rag.papers.shelf import Shelf
from rag.types import Filters, Paper
from tests.support.chroma_server import ChromaServer
from tests.support.disks import change, small_disk
from tests.support.kills import CHANGES, OWNER, hashed, look
from tests.support.papers import make_paper
from tests.support.runs import Run
from tests.support.samples import SAMPLE, sample_library
from tests.support.writer import Writer

COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]
DAY = "2025-05-02"
LOCKED_S = 1.0
"""How long a reader may be kept waiting by a writer."""
SOON_S = 2.0
"""How soon after the end of an ingest its papers must be found."""


def start(folder: Path, *words: object) -> subprocess.Popen[str]:
    command = [*COMMAND, "--data-dir", str(folder), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def papers(first: int, last: int) -> list[Paper]:
    return [
        make_paper(
            f"2505.{n:05}", f"Zebra{n} stripes", f"We count stripes of zebra{n} at dawn. " * 20, day="2025-05-02"
        )
        for n in range(first, last)
    ]


def written(file: Path, first: int, last: int) -> Path:
    rows = [
        {
            "arxiv_id": p.paper_id,
            "title": p.title,
            "abstract": p.abstract,
            "authors": list(p.authors),
            "date": "2025-05-02",
        }
        for p in papers(first, last)
    ]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


class Watched:
    """A thread that does something over and over, and notes how long each time took and what went wrong."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.seconds: list[float] = []
        self.problems: list[BaseException] = []
        self._act, self._stop = act, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            begin = time.monotonic()
            try:
                self._act()
            except Exception as error:  # whatever it is, it must not happen
                self.problems.append(error)
            self.seconds.append(time.monotonic() - begin)
            time.sleep(0.01)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)


# --- two processes ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_reader_never_waits_long_for_another_process_that_ingests(tmp_path: Path) -> None:
    folder = sample_library(tmp_path / "library")
    source = written(tmp_path / "new.jsonl", 0, 64)

    def lock_of_readers() -> None:
        with closing(ReadWriteLock(folder / "index.lock", is_singleton=False)) as lock:
            lock.acquire_read()
            lock.release()

    with Assistant(Library(Config(data_dir=folder))) as reader, Writer(folder, unit=8) as writer:
        reader.search("query rewriting")
        with (
            Watched(lock_of_readers) as locked,
            Watched(lambda: reader.search("query rewriting for search")) as searches,
            Watched(lambda: reader.library.shelf.coverage()) as shelf,
        ):
            writer.start(source)
            writer.finish()
            ended = time.monotonic()
            for paper in papers(0, 64)[::9]:
                assert paper.paper_id in {one.paper_id for one in reader.search(paper.title).passages}
            assert time.monotonic() - ended < SOON_S * 4, "eight searches, each of which may wait for the two threads"
    for watched in (locked, searches, shelf):
        assert watched.problems == []
        assert len(watched.seconds) > 10
    for watched in (locked, shelf):  # one of hundreds may wait for a processor that other tests keep busy
        assert sorted(watched.seconds)[-2] < LOCKED_S
        assert max(watched.seconds) < 3 * LOCKED_S


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_another_process_removed_never_appears_again(tmp_path: Path) -> None:
    folder = sample_library(tmp_path / "library")
    with Assistant(Library(Config(data_dir=folder))) as reader:
        before = [one.paper_id for one in reader.search("query rewriting").passages]
        process = start(folder, "remove", before[0])
        with Watched(lambda: reader.search("query rewriting")) as searches:
            _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        begin = time.monotonic()
        assert before[0] not in {one.paper_id for one in reader.search("query rewriting").passages}
        assert time.monotonic() - begin < SOON_S
        assert searches.problems == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_ingests_at_once_both_finish_and_say_that_they_wait(tmp_path: Path) -> None:
    folder = sample_library(tmp_path / "library")
    with writer_lock(folder / "write.lock"):
        both = [start(folder, "ingest", written(tmp_path / f"{n}.jsonl", n * 8, n * 8 + 8), "--json") for n in (0, 1)]
        for process in both:
            assert process.stderr
            assert process.stderr.readline() == "Waiting for another paperchat to finish writing…\n"
    for process in both:
        out, error = process.communicate(timeout=600)
        assert process.returncode == 0, error
        assert json.loads(out)["papers_new"] == 8
    with Library(Config(data_dir=folder)) as library:
        assert examine(library).ok
        assert {one.paper_id for one in papers(0, 16)} <= {one.paper_id for one in library.shelf.browse()}


def test_an_answers_receipt_waits_for_no_writer(library_folder: Path) -> None:
    """The digest of the papers is kept where that can be done at once; else it is only computed."""
    with hashed(library_folder) as library, closing(Database.at(library.shelf.place)) as other:
        library.shelf.bump()
        with other.transaction():
            begin = time.monotonic()
            digest = library.corpus_digest()
            assert time.monotonic() - begin < LOCKED_S
        assert library.shelf.meta("corpus") != f"{library.shelf.generation()}:{digest}"
        assert library.corpus_digest() == digest
        assert library.shelf.meta("corpus") == f"{library.shelf.generation()}:{digest}"


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_six_kills_lose_double_and_halve_nothing(tmp_path: Path) -> None:
    code = "import sys; from tests.support.kills import main; main(['6', '11'])"  # forks: never from a test's process
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False)
    tally = json.loads(done.stdout)
    assert (tally["lost"], tally["doubled"], tally["half"], tally["doctor"]) == ([], [], [], [])
    assert tally["kills"] == 6
    hits = dict.fromkeys(CHANGES, 0)
    for aimed, hit in tally["falls"]:
        assert hits[aimed] == min(hits.values()), "every kill aims at the kind of change that was hit least"
        if hit in hits:
            hits[hit] += 1
    assert len(tally["falls"]) == 6
    assert done.returncode == 0


@pytest.mark.usefixtures("probed_here")
def test_a_doubled_conversation_is_seen(library_folder: Path) -> None:
    with closing(Conversations(library_folder / conversations.FILE_NAME)) as talks:
        talks.start(OWNER, "question 1")
        talks.start(OWNER, "question 2")
        talks.start(OWNER, "question 2")
    assert look(library_folder)["doubled"] == ["question 2"]


# --- disks ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def probed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """`doctor` without a process of its own, which knows no vectors that are hashes."""
    monkeypatch.setattr(health, "_probe", probe.found)


@pytest.mark.usefixtures("probed_here")
def test_a_full_disk_is_named_and_the_next_command_goes_on(tmp_path: Path, database: str) -> None:
    """Of a library on a server the disk holds the lexical index."""
    with small_disk(tmp_path / "disk", 2500 if database == "sqlite" else 100) as disk:
        with hashed(disk / "library") as library:
            with pytest.raises(LibraryError) as error:
                [library.ingest(papers(n, n + 100)) for n in range(0, 2000, 100)]
            assert not isinstance(error.value, IndexDamaged), error.value
            assert "full" in error.value.message
            assert error.value.advice
        change(disk, "size=200m")
        with hashed(disk / "library") as library:
            library.ingest([])
            assert examine(library).ok
            assert library.shelf.coverage().papers >= 100


@pytest.mark.usefixtures("probed_here")
def test_a_read_only_disk_answers_and_refuses_to_write(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60_000) as disk:
        folder = sample_library(disk / "library")
        change(disk, "ro")
        with Assistant(Library(Config(data_dir=folder))) as assistant:
            answer = assistant.answer("How does IterQR rewrite queries?", user="")
            assert answer.citations
            assert examine(assistant.library).ok
            with pytest.raises(LibraryError, match="Read-only"):
                assistant.library.ingest(papers(0, 1))


@pytest.mark.sqlite_only("tables on a server are brought up to date when they are opened")
def test_what_an_earlier_version_followed_is_read_where_it_may_not_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 60_000) as disk:
        folder = sample_library(disk / "library")
        with closing(sqlite3.connect(folder / FOLLOWED)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(STEPS[0])
            db.execute("INSERT INTO questions (question, added) VALUES ('better words?', '2025-04-10T06:30:00+00:00')")
            db.execute("PRAGMA user_version = 1")
            db.commit()
        change(disk, "ro")
        run = Run(folder, capsys, monkeypatch)
        out, error = run("follow", code=1)
        assert "1. better words?  not answered yet" in out
        assert "Followed questions were not asked again. " in error
        assert f"{FOLLOWED} is of an earlier version of paperchat and is only read" in error
        _, error = run("follow", "--remove", "1", code=1)
        assert "is only read" in error


def test_a_file_that_may_grow_no_more_ends_in_two_lines(tmp_path: Path, database: str) -> None:
    """What a quota does; the library is whole after it."""
    most = 200_000 if database == "sqlite" else 10_000
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); "
    code = f"{limit}from ui.cli import main; main()"
    words = ["--data-dir", str(tmp_path / "library"), "ingest", str(SAMPLE)]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if not line.startswith(("reading ", "embedding "))]
    assert len(said) == 2, done.stderr
    assert "Traceback" not in done.stderr
    with Library(Config(data_dir=tmp_path / "library")) as library:
        library.ingest([])
        assert examine(library).ok


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    with hashed(folder) as library, closing(Kept(folder / kept.FILE_NAME)) as notes:
        library.ingest(papers(0, 6))
        notes.write_note("", "2505.00001", "mine", 0)
    return folder


@pytest.mark.sqlite_only
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_shelf_that_was_cut_is_named_and_never_taken_for_an_empty_one(library_folder: Path, share: float) -> None:
    shelf = library_folder / "shelf.sqlite"
    content = shelf.read_bytes()
    shelf.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(IndexDamaged, match=r"shelf\.sqlite") as error, hashed(library_folder) as library:
        library.paper("2505.00001")
    assert "paperchat restore" in error.value.advice
    shelf.unlink()
    with pytest.raises(IndexDamaged, match="missing"):
        hashed(library_folder)
    with pytest.raises(IndexDamaged, match="missing"):
        Shelf.existing(shelf)


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("probed_here")
def test_readers_files_that_are_damaged_are_named_and_what_can_be_made_anew_is(library_folder: Path) -> None:
    notes = library_folder / kept.FILE_NAME
    notes.write_bytes(b"no database" * 100)
    (library_folder / "lines.sqlite").write_bytes(b"no database" * 100)
    with hashed(library_folder) as library:
        (bad,) = (check for check in examine(library).checks if not check.ok)
        assert bad.name == "readers"
        assert kept.FILE_NAME in bad.detail
        assert "lines.sqlite" in bad.detail
        assert not repair(library).ok, "nobody can write a reader's notes anew"
        assert not (library_folder / "lines.sqlite").exists()
        assert notes.exists(), "what is left of it stays"
        notes.unlink()
        assert repair(library).ok


CHROMA = ("chroma", "chroma/current", "chroma/store*")


@pytest.mark.usefixtures("probed_here")
@pytest.mark.parametrize(
    "gone",
    ["lexical-*", *(pytest.param(one, marks=pytest.mark.embedded_only) for one in CHROMA)],
)
def test_a_repair_leaves_a_copy_of_the_papers_and_builds_the_rest_from_them(library_folder: Path, gone: str) -> None:
    for path in library_folder.glob(gone):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with hashed(library_folder) as library:
        assert not examine(library).ok
        assert repair(library).ok
        copies = list(library_folder.glob("shelf-before-repair-*.sqlite"))
        assert len(copies) == isinstance(library.shelf.place, Path), "of tables on a server no file is copied"
        for copied in copies:
            with closing(type(library.shelf)(copied)) as copy:
                assert copy.browse() == library.shelf.browse()
        assert repair(library).ok
        assert list(library_folder.glob("shelf-before-repair-*.sqlite")) == copies, "nothing was wrong, nothing is kept"


@pytest.mark.usefixtures("probed_here")
def test_a_clock_that_goes_back_harms_nothing(library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = (datetime.now(UTC) - timedelta(days=400)).isoformat()
    with (
        hashed(library_folder) as library,
        closing(Kept(library_folder / kept.FILE_NAME)) as notes,
        closing(Conversations(library_folder / conversations.FILE_NAME)) as talks,
    ):
        talk = talks.start("", "First?")
        talks.add("", talk, "First?", Filters(), "One.", None)
        visit = datetime.now(UTC)
        notes.visit("", visit)
        for module in (kept, lists):
            monkeypatch.setattr(module, "now", lambda: past)
        monkeypatch.setattr(conversations, "_now", lambda: past)
        talks.add("", talk, "Second?", Filters(), "Two.", None)
        assert [one.question for one in talks.exchanges("", talk)] == ["First?", "Second?"]
        note = notes.note("", "2505.00001")
        assert note
        assert notes.write_note("", "2505.00001", "again", note.revision).revision > note.revision
        assert notes.visit("", visit - timedelta(days=400)) is None, "the same visit"
        library.ingest([*papers(6, 8), make_paper("2505.00001", "Zebra1 stripes", "An older text.", day="2024-01-01")])
        assert library.paper("2505.00001").abstract.startswith("We count"), "a day of a source decides, not the clock"
        assert examine(library).ok


# --- backup -----------------------------------------------------------------------------------------------------------

QUESTIONS = (
    "How does IterQR rewrite queries?",
    "Which papers rewrite queries?",
    "What improves click-through rate?",
    "How many papers are there?",
    "Who wrote about semantic IDs?",
    "What is the boiling point of lead?",
)


def answered(folder: Path) -> list[dict[str, Any]]:
    with Assistant(Library(Config(data_dir=folder))) as assistant:
        return [json.loads(assistant.answer(one).model_dump_json(exclude={"timings"})) for one in QUESTIONS]


@pytest.mark.sqlite_only("a backup is refused on a server; test_shared_library.py puts a dump back")
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_library_restored_elsewhere_answers_byte_for_byte_the_same(tmp_path: Path) -> None:
    folder, file = sample_library(tmp_path / "library"), tmp_path / "library.tar"
    with closing(Kept(folder / kept.FILE_NAME)) as notes:
        revision = 0

        def type_on() -> None:
            nonlocal revision
            revision = notes.write_note("", "2504.05309", f"note {time.monotonic()}", revision).revision

        with Watched(type_on) as typed:
            process = start(folder, "backup", file, "--json")
            out, error = process.communicate(timeout=600)
        assert process.returncode == 0, error
    assert typed.problems == []
    assert max(typed.seconds) < LOCKED_S
    assert json.loads(out)["indexed"] is True
    process = start(tmp_path / "new", "restore", file, "--json")
    out, error = process.communicate(timeout=600)
    assert process.returncode == 0, error
    assert json.loads(out)["papers"] == 35
    before, after = answered(folder), answered(tmp_path / "new")
    assert json.dumps(after) == json.dumps(before)
    with closing(Kept(tmp_path / "new" / kept.FILE_NAME)) as notes:
        note = notes.note("", "2504.05309")
        assert note
        assert note.text.startswith("note ")
    again = start(tmp_path / "new", "restore", file)
    _, said = again.communicate(timeout=600)
    assert again.returncode == 1
    assert len(said.splitlines()) == 2
    assert "--force" in said


@pytest.mark.sqlite_only("a backup is refused on a server; test_shared_library.py puts a dump back")
@pytest.mark.slow
def test_a_restore_leaves_the_vectors_of_the_library_that_was_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both use one Chroma server, and the saved library has gone on."""
    live, copy = (Run(tmp_path / name, capsys, monkeypatch) for name in ("live", "copy"))
    backup = str(tmp_path / "library.tar")
    with ChromaServer(tmp_path / "server") as server:
        monkeypatch.setenv("PAPERCHAT__INDEX__CHROMA_URL", server.url)
        live("ingest", str(written(tmp_path / "first.jsonl", 0, 3)))
        assert live.json("backup", backup)["indexed"] is False
        live("ingest", str(written(tmp_path / "later.jsonl", 3, 5)))
        assert copy.json("restore", backup)["rebuilt"] is True
        for run, count in ((live, 5), (copy, 3)):
            assert run.json("doctor")["ok"] is True
            assert len({hit["paper_id"] for hit in run.json("search", "stripes at dawn", "-k", "9")["hits"]}) == count
        copy("restore", backup, "--force")
        assert copy.json("doctor")["ok"] is True
        assert live.json("doctor")["ok"] is True
