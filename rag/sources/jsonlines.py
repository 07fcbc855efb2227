"""JSON lines, gzipped or not: one object a line with `arxiv_id`, `title`, `abstract`, `authors` and `date`."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from rag.errors import SourceError
from rag.sources.fields import LONGEST_ABSTRACT, LONGEST_REMARK, LONGEST_TITLE, paper_id_and_url, split_authors
from rag.sources.files import PEEK_BYTES, first_bytes, unreadable
from rag.types import Paper, Rejected

MAX_LINE_BYTES = 1 << 20
"""A longer line is no paper's title and abstract."""

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DOI_ADDRESS = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def _known_id(written: str) -> str:
    if paper_id_and_url(written.strip()) is None:
        raise ValueError("should be an arXiv id, or at most 64 letters, digits and ._:/-")
    return written.strip()


def _iso_date(written: object) -> date:
    if not isinstance(written, str) or not _ISO_DATE.fullmatch(written):
        raise ValueError("should be an ISO date such as 2025-04-10")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise ValueError(f"is no day of the calendar: {written}") from error


def _storable(written: str) -> str:
    if "\0" in written:
        raise ValueError("should not contain NUL characters")
    return written.replace("\r\n", "\n").replace("\r", "\n").strip()


def _bare_doi(written: str | None) -> str | None:
    return _DOI_ADDRESS.sub("", written) if written else written


def _named(*keys: str) -> Any:
    """A field that may be called either way: as here, or as arXiv does."""
    return Field(validation_alias=AliasChoices(*keys))


Text = Annotated[str, AfterValidator(_storable)]
Remark = Annotated[str, Field(max_length=LONGEST_REMARK), AfterValidator(_storable)] | None


class Row(BaseModel):
    """One line; other keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")

    arxiv_id: Annotated[str, AfterValidator(_known_id)]
    title: Annotated[str, Field(max_length=LONGEST_TITLE), AfterValidator(_storable)]
    abstract: Annotated[str, Field(max_length=LONGEST_ABSTRACT), AfterValidator(_storable)]
    authors: Text | list[Text]
    date: Annotated[date, BeforeValidator(_iso_date)]
    categories: Text | list[Text] | None = None
    comment: Annotated[Remark, _named("comment", "comments")] = None
    doi: Annotated[Remark, AfterValidator(_bare_doi)] = None
    licence: Annotated[Remark, _named("licence", "license")] = None

    @model_validator(mode="after")
    def _not_empty(self) -> Row:
        if not self.title and not self.abstract:
            raise ValueError("title and abstract are both empty")
        return self

    def paper(self) -> Paper:
        """The row as a paper."""
        found = paper_id_and_url(self.arxiv_id)
        assert found is not None, "checked when the row was made"
        authors = split_authors(self.authors) if isinstance(self.authors, str) else tuple(filter(None, self.authors))
        categories = self.categories.split() if isinstance(self.categories, str) else self.categories
        return Paper(
            paper_id=found[0],
            title=self.title,
            abstract=self.abstract,
            authors=authors,
            date=self.date,
            url=found[1],
            listed=(self.date,),
            categories=tuple(dict.fromkeys(filter(None, categories or ()))),
            comment=self.comment or "",
            doi=self.doi or "",
            licence=self.licence or "",
        )


def read_jsonl(path: Path) -> Iterator[Paper | Rejected]:
    """Yield the papers of a JSON-lines file, and a Rejected for each line that is none; blank lines are skipped.

    Texts stay as written, but for white space at their ends and CRLF, which becomes a newline as in reports.

    Required keys: `arxiv_id` (arXiv's, or another collection's own id), `title`, `abstract`, `authors` (one string with
    commas, or a list), `date` (ISO). A title may be empty where there is an abstract: some collections have no titles.
    Read where they are present: `categories` (one string with spaces, as arXiv writes them, or a list), `comment`,
    `doi`, `licence`, the last three also under arXiv's names for them.

    Raises:
        SourceError: the file cannot be opened, is binary, or is called .gz and isn't gzip.
    """
    number = 0
    try:
        for number, line in enumerate(_lines(path), start=1):
            if len(line) > MAX_LINE_BYTES:
                yield Rejected(path.name, number, f"the line is longer than {MAX_LINE_BYTES >> 20} MiB")
            elif line.strip():
                yield _parse(path.name, number, line)
    except _DAMAGED:
        reason = "the gzip data ends early or is damaged: nothing can be read from this line on"
        yield Rejected(path.name, number + 1, reason)


def _parse(source: str, number: int, line: bytes) -> Paper | Rejected:
    try:
        return Row.model_validate_json(line).paper()
    except ValidationError as error:
        return Rejected(
            source, number, "; ".join(_reason(dict(fault)) for fault in error.errors(include_url=False)[:3])
        )


def _reason(fault: dict[str, Any]) -> str:
    """Say one fault pydantic found, for a person."""
    if fault["type"] == "json_invalid":
        return f"not JSON: {fault['ctx']['error']}"
    if not fault["loc"]:
        return (
            "not an object with the keys of a paper" if fault["type"] != "value_error" else str(fault["ctx"]["error"])
        )
    name = fault["loc"][0]
    if fault["type"] == "missing":
        return f"the key {name} is missing"
    return f"{name}: " + re.sub(r"^(?:Value error,|Input|String) ", "", str(fault["msg"]))


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, none much longer than the limit, without a byte order mark."""
    zipped = path.name.lower().endswith(".gz")
    start = first_bytes(path)
    if zipped and not start.startswith(b"\x1f\x8b"):
        raise SourceError(f"{path} is not a gzip file.", "Fetch it again, or rename it to .jsonl if it is plain text.")
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            if b"\0" in file.peek(PEEK_BYTES):
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
