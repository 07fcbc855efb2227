"""What the suite changes to try a server holds in the processes that tests start, too (`tests.support.children`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rag.config import Config
from tests.support.children.sitecustomize import CHROMA, DATABASE, SCHEMAS, Schemas
from tests.support.data import REPOSITORY

_CHILD = """
import sys
from pathlib import Path
from rag.config import load_config
config = load_config(data_dir=Path(sys.argv[1])).config
print(config.store("kept.sqlite").schema, config.index.chroma_url)
"""
_PARENT = """
import subprocess, sys
from pathlib import Path
import pytest
from rag.config import Config
from tests.support.children import with_children
with_children(pytest.MonkeyPatch())
config = Config(data_dir=Path(sys.argv[1]))
print(config.store("kept.sqlite").schema, config.index.chroma_url, flush=True)
subprocess.run([sys.executable, "-c", sys.argv[2], sys.argv[1]], check=True)
"""
"""A process of its own: what is changed for tests of a server stays changed in it."""


def test_a_process_that_a_test_starts_finds_the_same_library(tmp_path: Path) -> None:
    library = tmp_path / "library"
    before = Config(data_dir=library)
    done = subprocess.run(  # where config.yaml names every default, an embedded Chroma among them
        [sys.executable, "-c", _PARENT, str(library), _CHILD],
        cwd=REPOSITORY,
        env=os.environ
        | {
            DATABASE: "postgresql://somebody@127.0.0.1/x",
            SCHEMAS: str(tmp_path / "schemas"),
            CHROMA: "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    parent, child = (line.split() for line in done.stdout.splitlines())
    assert parent == child == [Schemas(tmp_path / "schemas").of(library), "http://127.0.0.1:9"]
    after = Config(data_dir=library)
    assert (after.index.chroma_url, after.store("kept.sqlite")) == (
        before.index.chroma_url,
        before.store("kept.sqlite"),
    ), "other tests of this process find their own"


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
