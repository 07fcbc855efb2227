"""Whether a reader told of everything that stood in a file: counted apart from the reader, in the simplest way."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import date
from itertools import islice

from rag.sources.identifiers import ImpossibleId, is_titled, read_id
from rag.types import Paper, Rejected, Row

Account = Callable[[str, Sequence[Row]], None]
"""Raises AssertionError where something of a text is neither a paper nor rejected."""

_LINK = re.compile(r"https?://arxiv\.org/abs/(\d{4}\.\d{4,5})(?!\d)")


def sound(row: Row) -> None:
    """A row is one that the shelf can hold and a terminal can show."""
    if isinstance(row, Rejected):
        assert row.reason.strip(), "a row is rejected without a reason"
        assert row.line >= 0, "a line below the first"
        row.reason.encode()
    if not isinstance(row, Paper):
        return
    for field in fields(row):
        value = getattr(row, field.name)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                text.encode()  # halves of surrogate pairs can be written nowhere
                assert "\0" not in text, f"a zero byte in {field.name}"
    assert row.paper_id.strip() == row.paper_id != "", "an id that is none"
    assert row.paper_id.isprintable(), "an id that a terminal cannot show"
    assert isinstance(row.date, date)


def json_lines(data: bytes, rows: Sequence[Row]) -> None:
    """A row for each line that is not blank, or for what one document over several lines holds."""
    whole = data.removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in whole.split(b"\n") if line.strip()]
    assert len(rows) == len(lines) or len(rows) >= _held(whole) > 0, "a line is lost"


def _held(written: bytes) -> int:
    """How many rows a text holds at least that is one document, as JSON or as Python writes it; 0 where it is none."""
    for reads in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            found = reads(written.decode().strip())
            if isinstance(found, dict):
                lists = () if "title" in found else (one for one in found.values() if _are_titled(one))
                return max(1, sum(map(len, lists)))
            return max(1, len(found)) if isinstance(found, list) else 0
    return 0


def _are_titled(found: object) -> bool:
    """Whether this is a list that holds nothing but objects with a title."""
    return isinstance(found, list) and all(isinstance(one, dict) and isinstance(one.get("title"), str) for one in found)


def json_array(text: str, rows: Sequence[Row]) -> None:
    """A row at least for each object of an array that holds nothing but objects with a title, and for any document."""
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except ValueError:
        return  # JSON lines, or Python's way of writing
    assert rows or not found or (isinstance(found, dict) and "items" in found), "nothing is read, without a word"
    if _are_titled(found):
        assert len(rows) >= len(found), "an entry is lost"


def ris(text: str, rows: Sequence[Row]) -> None:
    """A row at least for each record."""
    assert len(rows) >= len(re.findall(r"^TY  ?-", text, re.MULTILINE)), "a record is lost"


def separated(text: str, rows: Sequence[Row]) -> None:
    """A row for each line below the header, where no quotation mark joins lines."""
    if '"' in text:
        return
    first, *others = text.removeprefix("\ufeff").lstrip("\n").split("\n")
    mark = max("\t,;", key=first.count)
    header = [cell.strip() for cell in first.split(mark)]
    told = [line for line in others if any(cells := line.split(mark)) and [cell.strip() for cell in cells] != header]
    assert len(rows) == len(told), "a row is lost"


def linked(text: str, rows: Sequence[Row]) -> None:
    """Each id that a row of a table links to is a paper's, or stands in a text, or something is rejected."""
    if any(isinstance(row, Rejected) for row in rows):
        return
    papers = [row for row in rows if isinstance(row, Paper)]
    known = {paper.paper_id for paper in papers}
    said = "\n".join(part for paper in papers for part in (paper.text, paper.comment, paper.url, *paper.authors))
    unknown = 0
    for line in text.split("\n"):
        for found in islice(_LINK.finditer(line) if line.startswith("|") else (), 1):
            told = found[1] in known or found[1] in said or any(key in line for key in known)  # its own column counts
            unknown += not told and _exists(found[1])
    # a broken link leaves the title, which two rows may share
    assert unknown <= sum(is_titled(paper.paper_id) for paper in papers), "a linked row is lost"


def _exists(paper_id: str) -> bool:
    try:
        return read_id(paper_id) is not None
    except ImpossibleId:
        return False


def bibtex(text: str, rows: Sequence[Row]) -> None:
    """A row at least for each entry that stands alone between blank lines and closes its own braces."""
    whole = 0
    for block in re.split(r"\n\s*\n", text):
        one = block.strip()
        if re.match(r"@(?:article|misc|inproceedings)\s*\{\s*[\w:.-]+\s*,", one) and one.count("@") == 1:
            whole += one.endswith("}") and one.count("{") == one.count("}") and "\\" not in one and '"' not in one
    assert len(rows) >= whole, "an entry is lost"
