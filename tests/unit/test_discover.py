"""Paths → files to read, others, and one error for each path that gives nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import rag
from rag.errors import SourceError
from rag.sources import discover, read_source
from rag.types import Paper

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


def test_the_sample() -> None:
    found = discover([Path(rag.__file__).parent / "sample"])
    rows = [row for path in found.files for row in read_source(path)]
    assert [path.stem for path in found.files] == ["2025-04-10", "2025-04-30", "2025-10-11", "2025-11-22"]
    assert [path.name for path in found.other] == ["README.md"]
    assert found.errors == ()
    assert len(rows) == sum(path.read_text(encoding="utf-8").count("](https://arxiv.org/abs/") for path in found.files)
    assert all(isinstance(row, Paper) and row.listed == (row.date,) for row in rows)
