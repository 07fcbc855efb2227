"""Opening files as text, with an error that names what is wrong with the file."""

from __future__ import annotations

import codecs
from datetime import date
from pathlib import Path

from rag.errors import SourceError

FULL_TEXTS = "pdfs"
"""Folder below the data folder where the PDFs of full texts lie: fetched ones, and those that texts were read from."""
PEEK_BYTES = 65536
"""How much of a file decides what it is."""
MAX_BYTES = 64 << 20
"""A larger file is no day's list; only JSON lines, which are read a line at a time, may be larger."""

DIGEST = b"<!-- A digest that paperchat wrote: no source of papers. -->"
"""Stands in our digests, which look like lists of papers and hold shortened texts."""
_UTF8_ADVICE = "Save it as UTF-8 text, or leave it out."
_OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_MOSTLY = 0.4
"""Share of zeros among a text's first bytes from which on every second one is taken to be one."""


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


def wide_encoding(start: bytes) -> str | None:
    """Name the encoding of a text of two or four bytes a character, as some programs save them; None for others."""
    for mark, name in _OTHER_MARKS.items():
        if start.startswith(mark):
            return name
    even, odd = start[::2], start[1::2]
    for side, other in ((even, odd), (odd, even)):
        if len(other) > 1 and side.count(0) > 2 * _MOSTLY * len(side) and other.count(0) < len(other) * _MOSTLY:
            return "UTF-16"
    return None


def require_narrow(path: Path, start: bytes) -> None:
    """Refuse a text in another encoding than UTF-8 by its first bytes.

    Raises:
        SourceError: it is UTF-16 or UTF-32.
    """
    if name := wide_encoding(start):
        raise SourceError(f"{path} is {name} text, not UTF-8; nothing of it was read.", _UTF8_ADVICE)


def is_digest(path: Path) -> bool:
    """Whether a Markdown or HTML file is a digest of ours (`first_bytes`)."""
    return path.suffix.lower() in (".md", ".html", ".htm") and DIGEST in first_bytes(path)


def read_text(path: Path) -> str:
    """Read a whole UTF-8 file; a byte order mark goes, and CRLF and CR become newlines.

    Stored texts are made from this, so offsets into them are the same on every platform. A character that the end of
    the file cuts in two becomes U+FFFD: whatever stands before it can still be read.

    Raises:
        SourceError: it is missing, cannot be opened, is binary, not UTF-8 or larger than `MAX_BYTES`.
    """
    first_bytes(path, 1)  # refuses what would never end, such as a device
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path} is larger than {MAX_BYTES >> 20} MiB.", "Split it, or give it as JSON lines.")
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if b"\0" in data:
        require_narrow(path, data[:PEEK_BYTES])
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


def decoded(start: bytes) -> str:
    """First bytes as text to look at: without a byte order mark, with newlines as `read_text` makes them."""
    text = start.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unreadable(path: Path, error: OSError) -> SourceError:
    """Say why the operating system does not open a file."""
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path} does not exist.", "Check the path.")
    return SourceError(f"{path} cannot be opened: {error.strerror or error}.", "Check the file and its permissions.")


def written_on(path: Path) -> date:
    """The day on which a file was last changed.

    Raises:
        SourceError: it cannot be reached.
    """
    try:
        return date.fromtimestamp(path.stat().st_mtime)
    except OSError as error:
        raise unreadable(path, error) from error
