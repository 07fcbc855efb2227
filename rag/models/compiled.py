"""What OpenVINO made of a model, kept for the next process: reading it takes a quarter of making it.

A cache and no second truth: a file holds for one model, one build of OpenVINO, one kind of processor and one set of
settings, gives the same results to the last bit, and whoever deletes it loses a fifth of a second. Its name tells what
it holds for, and it begins with the digest of what follows, so that a damaged one is made anew.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from platformdirs import user_cache_path

if TYPE_CHECKING:
    import openvino

KEPT = 2
"""Files of one model that are kept, the newest; one on which a newer OpenVINO was run is of no more use."""
ABANDONED_S = 3600
"""Seconds after which nobody can be writing a file any more."""
Kept = np.memmap[Any, np.dtype[np.uint8]]
"""A map of what is kept in a file."""
_DIGEST = hashlib.sha256().digest_size


def processor(core: openvino.Core) -> list[str]:
    """What a processor can do, as far as it may change how a model is made."""
    named = [str(core.get_property("CPU", key)) for key in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    with suppress(OSError):  # not Linux
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        named += [line for line in lines if line.startswith(("flags", "Features"))][:1]
    return named


def file_for(content: bytes, made_with: Iterable[object]) -> Path:
    """Where a model is kept, whether it is there or not.

    Args:
        content: The model as it was trained.
        made_with: All else that what is kept depends on.
    """
    model, made = (hashlib.sha256(part).hexdigest() for part in (content, repr(list(made_with)).encode()))
    return user_cache_path("paperchat", appauthor=False) / "models" / f"{model[:16]}-{made[:16]}.bin"


def read(file: Path) -> Kept | None:
    """What is kept in a file, as a map of it; None where nothing is, or not what was written.

    Checked by reading: what is only looked through must not count as memory of this process.
    """
    try:
        content = file.read_bytes()
        digest, kept = content[:_DIGEST], memoryview(content)[_DIGEST:]
        if not kept or hashlib.sha256(kept).digest() != digest:
            return None
        return np.memmap(file, np.uint8, "c", offset=_DIGEST)
    except OSError:
        return None


def let_go(kept: Kept) -> None:
    """Take what was used of a map out of memory: what is used again comes back from the file."""
    mapped: object = kept.base
    if sys.platform == "linux" and isinstance(mapped, mmap.mmap):
        mapped.madvise(mmap.MADV_DONTNEED)


def keep(file: Path, export: Callable[[], BytesIO]) -> None:
    """Keep a model, and forget older ones of the same; where nothing can be written, nothing is kept.

    The file is put in place whole: who reads beside it finds all or nothing.
    """
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = export().getvalue()
        handle, new = tempfile.mkstemp(prefix="new-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(hashlib.sha256(kept).digest())
                out.write(kept)
            os.replace(new, file)
        except BaseException:
            os.unlink(new)
            raise
        _forget_older(file)


def _forget_older(file: Path) -> None:
    """Delete all but the newest files of a model, and what killed processes left."""
    model = file.name.partition("-")[0]
    others = (one for one in file.parent.glob(f"{model}-*") if one != file)
    by_age = sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)
    abandoned = [one for one in file.parent.glob("new-*") if one.stat().st_mtime < time.time() - ABANDONED_S]
    for old in [*by_age[KEPT - 1 :], *abandoned]:
        old.unlink(missing_ok=True)
