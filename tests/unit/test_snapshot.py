"""The copy that protects a store: several who open after a kill all find the state before it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from rag.index.snapshot import Snapshot


def test_of_several_who_open_after_a_kill_none_finds_an_empty_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Snapshot(tmp_path)
    (first.store / "data").write_text("before")
    first.begin()
    (first.store / "data").write_text("half-written")
    first.abandon()
    discard = Snapshot._discard

    def slowly(self: Snapshot, folder: Path) -> None:
        discard(self, folder)
        time.sleep(0.3)

    monkeypatch.setattr(Snapshot, "_discard", slowly)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append((Snapshot(tmp_path).store / "data").read_text())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["before"] * 4


def test_opening_beside_a_living_writer_leaves_its_copy_alone(tmp_path: Path) -> None:
    writer = Snapshot(tmp_path)
    (writer.store / "data").write_text("before")
    writer.begin()
    (writer.store / "data").write_text("after")
    assert (Snapshot(tmp_path).store / "data").read_text() == "after"
    writer.commit()
    assert (Snapshot(tmp_path).store / "data").read_text() == "after"
