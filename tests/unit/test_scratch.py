"""Where tests write."""

from __future__ import annotations

from pathlib import Path

from tests.support.scratch import in_memory


def test_a_folder_takes_what_tests_write_where_there_is_room(tmp_path: Path) -> None:
    assert in_memory(tmp_path, free=1, available=1)
    assert not in_memory(tmp_path, free=1 << 60, available=1), "a small disk"
    assert not in_memory(tmp_path, free=1, available=1 << 60), "a small machine"
    assert not in_memory(tmp_path / "none", free=1, available=1)
