"""Paths and addresses → what is to be read, other files, and one error for each name that gives nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from rag import sources
from rag.config import Config
from rag.errors import SourceError
from rag.sources import AddressSource, accepted, discover, file_suffixes, read_source
from rag.types import Paper, Rejected
from tests.support.papers import make_paper
from ui.web.forms.uploads import upload_types

REPORT = "# arXiv Daily Report - 10-Apr-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two reports, JSON lines, and files that are neither."""
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "b" / "2025-04-11.MD").write_text(REPORT)
    (tmp_path / "2025-04-10.md").write_text(REPORT)
    (tmp_path / "a.jsonl").write_text("")
    (tmp_path / "README.md").write_text("# Notes\n\n| Title | Link |\n|---|---|\n")
    (tmp_path / "image.md").write_bytes(b"\x89PNG\0")
    (tmp_path / "b" / "notes.txt").write_text("x")
    (tmp_path / ".git" / "2025-04-12.md").write_text(REPORT)
    return tmp_path


def test_a_folder(folder: Path) -> None:
    found = discover([folder])
    assert [str(path.relative_to(folder)) for path in found.files] == ["2025-04-10.md", "a.jsonl", "b/2025-04-11.MD"]
    assert [str(path.relative_to(folder)) for path in found.other] == ["README.md", "image.md", "b/notes.txt"]
    assert found.errors == ()


def test_each_file_once_in_the_order_named(folder: Path) -> None:
    last = folder / "b" / "2025-04-11.MD"
    (folder / "link.jsonl").symlink_to(folder / "a.jsonl")
    (folder / "a.jsonl").write_text("{}\n")
    found = discover([last, folder, folder / "b" / ".." / "a.jsonl"])
    assert found.errors == ()
    assert found.files == (last, folder / "2025-04-10.md", folder / "a.jsonl")


def test_errors_leave_the_other_paths(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "empty.md").write_text("")
    (folder / "binary.jsonl").write_bytes(b"\0\1\2")
    (folder / "latin1.md").write_bytes(REPORT.encode() + b"caf\xe9 |\n")
    os.mkfifo(folder / "pipe.md")
    paths = {
        "missing.md": "does not exist",
        "README.md": "is not a daily report",
        "image.md": "is binary",
        "binary.jsonl": "is binary",
        "latin1.md": "is not UTF-8 text: see line 5",
        "b/notes.txt": "is not a kind of file",
        "empty": "holds nothing to read",
        "empty.md": "is empty",
        "pipe.md": "is neither a file nor a folder",
        "x" * 300 + ".md": "cannot be opened",
    }
    found = discover([*(folder / name for name in paths), folder / "2025-04-10.md"])
    assert found.files == (folder / "2025-04-10.md",)
    assert len(found.errors) == len(paths)
    for error, (name, message) in zip(found.errors, paths.items(), strict=True):
        assert str(folder / name) in error.message
        assert message in error.message
        assert error.advice


def test_what_cannot_be_opened_in_a_folder_is_an_error(folder: Path) -> None:
    (folder / "2025-05-01.md").symlink_to(folder / "gone.md")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    found = discover([folder])
    assert [error.message for error in found.errors] == [f"{folder / '2025-05-01.md'} does not exist."]
    assert len(found.files) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(folder: Path) -> None:
    (folder / "a.jsonl").chmod(0)
    (folder / "b").chmod(0)
    found = discover([folder, folder / "a.jsonl", folder / "b" / "2025-04-11.MD"])
    (folder / "b").chmod(0o755)
    assert len(found.errors) == 3
    assert all("Permission denied" in error.message for error in found.errors)


def test_reading_an_unknown_kind_is_an_error(folder: Path) -> None:
    with pytest.raises(SourceError, match="is not a kind of file"):
        list(read_source(folder / "b" / "notes.txt"))


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Paper | Rejected]]:
    """What a source of addresses finds by address; for the length of a test it is one of the registered sources."""
    rows: dict[str, list[Paper | Rejected]] = {}

    def read(address: str, config: Config | None) -> Iterator[Paper | Rejected]:
        if address not in rows:
            raise SourceError(f"{address} cannot be reached.", "Ask again later.")
        yield from rows[address]

    source = AddressSource("listings", ("listing:CATEGORY",), re.compile(r"listing:[\w.-]+"), read)
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, source))
    return rows


def test_an_address_is_a_source_like_a_file(folder: Path, feed: dict[str, list[Paper | Rejected]]) -> None:
    feed["listing:cs.IR"] = [make_paper(categories=("cs.IR",)), Rejected("listing:cs.IR", 2, "it has no title")]
    found = discover(["listing:cs.IR", str(folder / "2025-04-10.md"), "listing:cs.IR", "listing:hep-th"])
    assert found.places == ("listing:cs.IR", folder / "2025-04-10.md", "listing:hep-th")
    assert found.files == (folder / "2025-04-10.md",)
    assert list(read_source("listing:cs.IR")) == feed["listing:cs.IR"]
    with pytest.raises(SourceError, match="cannot be reached"):
        list(read_source("listing:hep-th"))
    assert accepted().startswith(
        "daily reports and other Markdown lists (.md, .markdown), JSON lines (.jsonl, .jsonl.gz)"
    )
    assert accepted().endswith("arXiv's announcements (arxiv:CATEGORY) or listings (listing:CATEGORY)")
    assert file_suffixes()[:4] == (".md", ".markdown", ".jsonl", ".jsonl.gz")
    assert file_suffixes()[4:] == (".json", ".csv", ".tsv", ".html", ".htm", ".bib", ".bibtex", ".ris", ".pdf", ".rdf")


def test_an_address_that_no_source_takes_says_what_they_take(feed: dict[str, list[Paper | Rejected]]) -> None:
    (error,) = discover(["https://example.org/papers"]).errors
    assert error.message == "https://example.org/papers is no address that papers can be read from."
    assert "listing:CATEGORY" in error.advice
    with pytest.raises(SourceError, match="no address"):
        list(read_source("https://example.org/papers"))


def test_a_file_is_never_taken_for_an_address(
    tmp_path: Path, feed: dict[str, list[Paper | Rejected]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (uploaded,) = discover([Path("listing:cs.IR")]).errors
    assert "does not exist" in uploaded.message
    Path("listing:cs.md").write_text(REPORT)
    assert discover(["listing:cs.md"]).files == (Path("listing:cs.md"),)


def test_the_page_takes_the_files_that_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    types = sorted({f".{suffix.rpartition('.')[2]}" for suffix in file_suffixes()})
    assert {".bib", ".csv", ".gz", ".json", ".md"} <= set(types)
    assert upload_types() == types
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, sources.FileSource("papers", (".epub",), read_source)))
    assert upload_types() == sorted([*types, ".epub"])


def test_the_sample() -> None:
    found = discover([Path(rag.__file__).parent / "sample"])
    rows = [row for path in found.files for row in read_source(path)]
    assert [path.stem for path in found.files] == ["2025-04-10", "2025-04-30", "2025-10-11", "2025-11-22"]
    assert [path.name for path in found.other] == ["README.md"]
    assert found.errors == ()
    assert len(rows) == sum(path.read_text(encoding="utf-8").count("](https://arxiv.org/abs/") for path in found.files)
    assert all(isinstance(row, Paper) and row.listed == (row.date,) for row in rows)
