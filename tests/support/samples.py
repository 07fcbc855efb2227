"""The library of the shipped sample, read and embedded once in a process: whoever wants one gets a copy."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

from rag.config import Config
from rag.index.library import Library
from rag.sources import discover, read_source

SAMPLE = Path(str(files("rag") / "sample"))


def sample_library(folder: Path) -> Path:
    """Make a library of the sample reports in a folder, with the configuration as it is shipped; the folder."""
    shutil.copytree(_made().name, folder, dirs_exist_ok=True)
    return folder


@cache
def _made() -> tempfile.TemporaryDirectory[str]:
    """The folder that is copied; it goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="paperchat-sample-", ignore_cleanup_errors=True)
    with Library(Config(data_dir=Path(folder.name))) as library:
        library.ingest(row for path in discover([SAMPLE]).files for row in read_source(path))
    return folder
