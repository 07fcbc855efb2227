"""Telling a disk that refuses from an index that is damaged: the engines' own words for the first are many, or none."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.errors import LibraryError

_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO}
_WORDS = re.compile(r"disk is full|no space left|quota exceeded|read-?only|permission denied|file too large", re.I)
_LEAST_FREE = 1 << 20
"""Bytes. With less on its disk an engine that fails, fails for want of it, whatever it says."""


def refusal(folder: Path, error: BaseException) -> LibraryError | None:
    """The error of a folder that cannot be written, where that made an engine fail; nothing in it is damaged."""
    code = error.errno if isinstance(error, OSError) else None
    if code not in _REFUSED and not _WORDS.search(str(error)) and not _is_full(folder):
        return None
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)[:200] or type(error).__name__
    return LibraryError(
        f"The index in {folder} cannot be written: {'its disk is full' if _is_full(folder) else said}.",
        "Make room, or see to the folder's permissions, and give the same command again: what is there is whole.",
    )


def openable(folder: Path) -> tuple[Path, TemporaryDirectory[str] | None]:
    """A folder that an engine can open, for engines write beside what they read: on a read-only disk it is a copy.

    Returns:
        The folder, and what holds the copy until it is cleaned up; None where it is the folder itself.
    """
    if not folder.is_dir() or os.access(folder, os.W_OK):
        return folder, None
    holder = TemporaryDirectory(prefix="paperchat-", ignore_cleanup_errors=True)
    copy = Path(holder.name) / folder.name
    shutil.copytree(folder, copy)
    copy.chmod(0o700)
    return copy, holder


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False
