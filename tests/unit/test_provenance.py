"""What a run records of the program that made it."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag
from eval.runs.provenance import code_digest


@pytest.mark.parametrize(
    ("name", "counts"),
    [("a.py", True), ("fitted/a.json", True), ("prompts/a.txt", True), ("a.yaml", True), ("notes.md", False)],
)
def test_the_digest_covers_every_file_that_can_change_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, counts: bool
) -> None:
    monkeypatch.setattr(rag, "__file__", str(tmp_path / "__init__.py"))
    before = code_digest()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("1")
    first = code_digest()
    (tmp_path / name).write_text("2")
    assert (first != before, code_digest() != first) == (counts, counts)
