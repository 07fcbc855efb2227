"""Opening files as text, with an error that names what is wrong with the file."""

from __future__ import annotations

import codecs
from pathlib import Path

from rag.errors import SourceError

PEEK_BYTES = 65536
"""How much of a file decides what it is."""

_UTF8_ADVICE = "Save it as UTF-8 text, or leave it out."


def first_bytes(path: Path, size: int = PEEK_BYTES) -> bytes:
    """Return the first bytes of a file.

    Raises:
        SourceError: it is missing, cannot be opened, or is no regular file.
    """
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"{path} is neither a file nor a folder.", "Name a file or a folder.")
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise unreadable(path, error) from error


def read_text(path: Path) -> str:
    """Read a whole UTF-8 file; a byte order mark goes, and CRLF and CR become newlines.

    Stored texts are made from this, so offsets into them are the same on every platform. A character that the end of
    the file cuts in two becomes U+FFFD: whatever stands before it can still be read.

    Raises:
        SourceError: it is missing, cannot be opened, is binary or not UTF-8.
    """
    first_bytes(path, 1)  # refuses what would never end, such as a device
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if b"\0" in data:
        raise SourceError(f"{path} is binary.", _UTF8_ADVICE)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        text = decoder.decode(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{path} is not UTF-8 text: see line {line}.", _UTF8_ADVICE) from error
    if decoder.getstate()[0]:
        text += "\ufffd"
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unreadable(path: Path, error: OSError) -> SourceError:
    """Say why the operating system does not open a file."""
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path} does not exist.", "Check the path.")
    return SourceError(f"{path} cannot be opened: {error.strerror or error}.", "Check the file and its permissions.")
