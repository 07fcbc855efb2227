"""What the suite changes to try a server holds in the processes that tests start, too (`tests.support.children`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rag.config import Config
from rag.types.places import Remote
from tests.support.children import with_children
from tests.support.children.sitecustomize import CHROMA, DATABASE, SCHEMAS, Schemas
from tests.support.data import REPOSITORY

_CHILD = """
import sys
from pathlib import Path
from rag.config import load_config
config = load_config(data_dir=Path(sys.argv[1])).config
print(config.store("kept.sqlite").schema, config.index.chroma_url)
"""


def test_a_process_that_a_test_starts_finds_the_same_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        (DATABASE, "postgresql://somebody@127.0.0.1/x"),
        (SCHEMAS, str(tmp_path / "schemas")),
        (CHROMA, "http://127.0.0.1:9"),
    ):
        monkeypatch.setenv(name, value)
    with_children(monkeypatch)
    place = Config(data_dir=tmp_path / "library").store("kept.sqlite")
    assert isinstance(place, Remote)
    done = subprocess.run(  # where config.yaml names every default, an embedded Chroma among them
        [sys.executable, "-c", _CHILD, str(tmp_path / "library")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [place.schema, "http://127.0.0.1:9"]


def test_a_schema_is_one_folders_until_it_is_let_go(tmp_path: Path) -> None:
    schemas = Schemas(tmp_path / "schemas")
    one, other = schemas.of(tmp_path / "one"), schemas.of(tmp_path / "other")
    assert (schemas.of(tmp_path / "one"), schemas.given()) == (one, {one, other})
    schemas.let_go(one, is_clean=True)
    assert schemas.of(tmp_path / "third") == one
    schemas.let_go(other, is_clean=False)
    assert schemas.of(tmp_path / "other") not in (one, other), "what a test broke is nobody's"
    schemas.keep(tmp_path / "third")
    assert (schemas.of(tmp_path / "third"), one in schemas.given()) == (one, False)
