"""The library of all development reports, made once a session for those tests that share the group `reports`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.data import shared_data

if TYPE_CHECKING:
    from rag.assistant import Assistant


@pytest.fixture(scope="session")
def reports_assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant, as configured by default, over the papers of all development reports."""
    reports: Path = shared_data() / "reports"
    from rag import open_assistant
    from rag.config import Config
    from rag.sources import discover, read_source

    with open_assistant(Config(data_dir=tmp_path_factory.mktemp("reports"))) as assistant:
        assistant.library.ingest(row for file in discover([reports]).files for row in read_source(file))
        yield assistant
