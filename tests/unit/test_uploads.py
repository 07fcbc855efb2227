"""How much may be added on the page."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rag.config import Config, UIConfig
from rag.errors import SourceError, UsageError
from rag.index.library import Library
from ui.web.base.work import Work
from ui.web.forms.desk import Desk
from ui.web.forms.uploads import check_number, check_size

ONE_MB = UIConfig(max_unpacked_mb=1, max_upload_files=2)


def packed(path: Path, size: int) -> Path:
    path.write_bytes(gzip.compress(b" " * size))
    return path


def test_a_file_that_unpacks_to_too_much_is_refused_by_name(tmp_path: Path) -> None:
    check_size(packed(tmp_path / "fits.jsonl.gz", 1_000_000), ONE_MB)
    bomb = packed(tmp_path / "bomb.jsonl.gz", 1_000_001)
    assert bomb.stat().st_size < 10_000
    with pytest.raises(SourceError, match=r"bomb\.jsonl\.gz unpacks to more than 1 MB"):
        check_size(bomb, ONE_MB)


def test_a_plain_or_damaged_file_is_left_to_those_who_read_it(tmp_path: Path) -> None:
    plain, damaged = tmp_path / "plain.jsonl", tmp_path / "damaged.jsonl.gz"
    plain.write_bytes(b" " * 2_000_000)
    damaged.write_bytes(gzip.compress(b"x" * 100)[:-12])
    check_size(plain, ONE_MB)
    check_size(damaged, ONE_MB)


def test_too_many_files_are_refused_with_their_number(tmp_path: Path) -> None:
    check_number([tmp_path] * 2, ONE_MB)
    with pytest.raises(UsageError, match="3 files are too many at once; the limit is 2"):
        check_number([tmp_path] * 3, ONE_MB)


def test_the_desk_lists_what_it_does_not_take_and_adds_the_rest(tmp_path: Path) -> None:
    row = {"arxiv_id": "2403.00001", "title": "T", "abstract": "A.", "authors": ["A B"], "date": "2024-03-01"}
    good, bomb = tmp_path / "good.jsonl", packed(tmp_path / "bomb.jsonl.gz", 1_000_001)
    good.write_text(json.dumps(row))
    with Library(Config(data_dir=tmp_path / "library")) as library:
        desk = Desk(library, ONE_MB, Work())
        shown, _ = desk.added([str(good), str(bomb)])
        assert "1 new" in shown
        assert "bomb.jsonl.gz unpacks to more than 1 MB." in shown
        assert str(tmp_path) not in shown
        shown, _ = desk.added([str(good)] * 3)
        assert "3 files are too many at once" in shown
