"""JSON lines, gzipped or not: one object a line; also Python's dictionaries, which some programs write instead."""

from __future__ import annotations

import ast
import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rag.errors import SourceError
from rag.sources.files import PEEK_BYTES, first_bytes, require_narrow, unreadable
from rag.sources.objects import is_paper
from rag.sources.rows import Origin, Row, is_canonical, paper_of, reasons
from rag.types import Paper, Rejected

MAX_LINE_BYTES = 1 << 20
"""A longer line is no paper's title and abstract."""
_NESTED = re.compile(rb"(?:[\[({~+-]\s*){40}")
"""No dictionary of a paper is nested like this; it would only cost time."""
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def read_jsonl(path: Path, origin: Origin | None = None) -> Iterator[Paper | Rejected]:
    """Yield the papers of a JSON-lines file, and a Rejected for each line that is none; blank lines are skipped.

    Texts stay as written, but for white space at their ends and CRLF, which becomes a newline as in reports.

    The keys are `arxiv_id` (arXiv's, or another collection's own id), `title`, `abstract`, `authors` (one string, or a
    list), `date` (ISO), and where they are present `categories` (one string with spaces, as arXiv writes them, or a
    list), `comment`, `doi`, `licence`, the last three also under arXiv's names for them; or they are called as in
    `rag.sources.columns`. A title may be empty where there is an abstract: some collections have no titles.

    Args:
        path: The file.
        origin: What it says about all its rows; None where nothing is known.

    Raises:
        SourceError: the file cannot be opened, is binary, or is called .gz and isn't gzip.
    """
    origin = origin or Origin(path.name)
    number = 0
    try:
        for number, line in enumerate(_lines(path), start=1):
            if len(line) > MAX_LINE_BYTES:
                yield origin.rejected(number, f"the line is longer than {MAX_LINE_BYTES >> 20} MiB")
            elif line.strip():
                yield _parse(origin, number, line)
    except _DAMAGED:
        yield origin.rejected(number + 1, "the gzip data ends early or is damaged: nothing can be read from here on")


def first_line(path: Path) -> bytes:
    """The first line that is not blank; empty where it is too long or the file is damaged.

    Raises:
        SourceError: as `read_jsonl`.
    """
    try:
        return next((line.strip() for line in _lines(path) if line.strip()), b"")
    except _DAMAGED:
        return b""


def are_json_lines(text: str) -> bool:
    """Whether a text begins with JSON objects, one a line; a single one must be a paper itself."""
    first, *more = [line for line in text.split("\n", 20) if line.strip()][:2] or [""]
    found = _json_object(first)
    return found is not None and (is_paper(found) or any(_json_object(line) is not None for line in more))


def are_python_lines(text: str) -> bool:
    """Whether a text's first line is one of Python's dictionaries."""
    first = text.lstrip().partition("\n")[0].encode()
    with suppress(ValueError):
        found = python_literal(first) if first.startswith(b"{") else None
        return isinstance(found, dict) and is_paper(found)
    return False


def _json_object(line: str) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        found = json.loads(line)
        return found if isinstance(found, dict) else None
    return None


def python_literal(written: bytes) -> Any:
    """What a literal of Python stands for, without running anything.

    Raises:
        ValueError: it is none, or one that no list of papers needs.
    """
    if len(written) > MAX_LINE_BYTES or _NESTED.search(written):
        raise ValueError("it is too large or too deeply nested")
    try:
        return ast.literal_eval(written.decode("utf-8").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("it is no dictionary of Python's") from error


def _parse(origin: Origin, number: int, line: bytes) -> Paper | Rejected:
    """One line as a paper; most lines have the usual keys, and pydantic alone reads them fastest."""
    try:
        return Row.model_validate_json(line).paper()
    except ValidationError as error:
        fault = reasons(error)
    found = _object(line)
    return origin.rejected(number, fault) if found is None else paper_of(found, origin, number)


def _object(line: bytes) -> dict[str, Any] | None:
    """The line as an object that may name its fields in other words; None where pydantic has told what is wrong."""
    for reads, is_json in ((json.loads, True), (python_literal, False)):
        with suppress(ValueError, RecursionError):
            found = reads(line)
            return found if isinstance(found, dict) and not (is_json and is_canonical(found)) else None
    return None


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, none much longer than the limit, without a byte order mark."""
    zipped = path.name.lower().endswith(".gz")
    start = first_bytes(path)
    if zipped and not start.startswith(b"\x1f\x8b"):
        raise SourceError(f"{path} is not a gzip file.", "Fetch it again, or rename it to .jsonl if it is plain text.")
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            peek = file.peek(PEEK_BYTES)
            if b"\0" in peek:
                require_narrow(path, peek)
                raise SourceError(f"{path} is binary.", "Give UTF-8 text with one JSON object a line.")
            mark = codecs.BOM_UTF8
            while line := file.readline(MAX_LINE_BYTES + 1):
                line, mark, rest = line.removeprefix(mark), b"", line
                while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_LINE_BYTES + 1)
                yield line
    except _DAMAGED:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
