"""What a measurement of the page writes does not reach the library that it is made over."""

from __future__ import annotations

from pathlib import Path

from tests.support.bench_reader import linked


def test_a_library_is_measured_without_a_trace(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "vectors").mkdir(parents=True)
    for name in ("shelf.sqlite", "kept.sqlite", "kept.sqlite-wal", "conversations.sqlite", "write.lock"):
        (library / name).write_text("as it was")
    with linked(library) as folder:
        assert sorted(one.name for one in folder.iterdir()) == ["shelf.sqlite", "vectors"]
        (folder / "kept.sqlite").write_text("a star")
    assert not folder.exists()
    assert (library / "kept.sqlite").read_text() == "as it was"
    assert (library / "shelf.sqlite").exists()
