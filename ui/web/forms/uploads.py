"""What may be added on the page: so many files, of so many bytes when they are unpacked."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

from rag.config import UIConfig
from rag.errors import SourceError, UsageError
from rag.sources import file_suffixes
from rag.sources.files import first_bytes

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


def upload_types() -> list[str]:
    """Ends of the names of files that a reader may choose; of ``.jsonl.gz`` the last, all that browsers know."""
    return sorted({f".{suffix.rpartition('.')[2]}" for suffix in file_suffixes()})


def check_number(paths: Sequence[Path], limits: UIConfig) -> None:
    """Refuse too many files at once.

    Raises:
        UsageError: there are more than `ui.max_upload_files`.
    """
    if len(paths) > limits.max_upload_files:
        raise UsageError(
            f"{len(paths)} files are too many at once; the limit is {limits.max_upload_files}.",
            "Add them in several goes, or in a terminal with `paperchat ingest FOLDER`.",
        )


def check_size(path: Path, limits: UIConfig) -> None:
    """Refuse a compressed file that unpacks to too much; nothing of it is kept while it is counted.

    Raises:
        SourceError: it has more than `ui.max_unpacked_mb`.
    """
    if first_bytes(path, len(_GZIP)) != _GZIP:
        return
    left = limits.max_unpacked_mb * 1_000_000
    try:
        with gzip.open(path) as file:
            while left >= 0 and (block := file.read(_BLOCK)):
                left -= len(block)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return  # whoever reads it says what is wrong with it
    if left < 0:
        raise SourceError(
            f"{path} unpacks to more than {limits.max_unpacked_mb:,} MB.",
            "Split it, or add it in a terminal with `paperchat ingest FILE`.",
        )
