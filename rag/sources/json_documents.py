"""One JSON value: an array of papers, or an object that holds them, by id, by day, by topic or under a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.errors import SourceError
from rag.sources.columns import field_of
from rag.sources.fields import day_in
from rag.sources.identifiers import ImpossibleId, read_id
from rag.sources.jsonlines import MAX_LINE_BYTES, python_literal
from rag.sources.objects import DEEPEST, holds_papers, is_paper, is_pipe_row
from rag.sources.rows import Origin, paper_of
from rag.text.markup import links_in, plain, plain_title
from rag.types import Paper, Rejected

_TITLE_KEY = re.compile(r"""["'](?:paper[_ ]?)?(?:title|标题|题目|论文标题)["']\s*:""", re.IGNORECASE)
_PIPE_ROW = re.compile(r"""["'][\w./-]{9,20}["']\s*:\s*"\s*(?:-\s)?\|""")


def is_json_list(text: str) -> bool:
    """Whether a text begins as one JSON value or Python literal that holds papers."""
    return text.lstrip()[:1] in ("[", "{") and bool(_TITLE_KEY.search(text) or _PIPE_ROW.search(text))


def read_json_document(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the papers of a JSON document, and a Rejected for each entry that is none, with its number.

    Raises:
        SourceError: the text as a whole is neither JSON nor a literal of Python's.
    """
    number = 0
    for number, entry in enumerate(_entries(_parsed(text, origin), None, None, 0), start=1):
        found: Paper | Rejected
        if isinstance(entry.value, dict):
            found = paper_of(entry.value, origin, 0, entry.day)
        else:
            found = origin.rejected(0, "it is no object with the keys of a paper")
        if isinstance(found, Rejected):
            found = origin.rejected(0, f"entry {number}: {found.reason}")
        yield found
    if not number:
        yield origin.rejected(0, "no object in it has the keys of a paper")


def _parsed(text: str, origin: Origin) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise SourceError(f"{origin.source} is nested too deeply to be a list of papers.", "Leave it out.") from None
    except ValueError as error:
        if len(text) <= MAX_LINE_BYTES:
            with suppress(ValueError):  # nor is it Python's way of writing; the reason is JSON's
                return python_literal(text.encode())
        raise SourceError(f"{origin.source} is not JSON: {error}.", "Fetch it again: it may be cut off.") from None


@dataclass(frozen=True, slots=True)
class _Entry:
    """What stands where a paper is expected, with the day of the list that it stands in."""

    value: Any
    day: date | None


def _entries(value: Any, key: str | None, day: date | None, depth: int) -> Iterator[_Entry]:
    """Find the papers in a value: objects that have a title, and rows of a table that are kept by id.

    A list may have a title too, and a day, which counts for the papers in it that tell none.
    """
    if isinstance(value, dict) and is_paper(value):
        yield _Entry(_with_id(value, key), day)
    elif (
        isinstance(value, dict)
        and depth < DEEPEST
        and any(isinstance(one, dict | list | str) for one in value.values())
    ):
        day = _own_day(value) or day
        for name, one in value.items():
            is_said_of_list = field_of(str(name)) not in (None, "title") and not holds_papers(one)
            if not is_said_of_list and (isinstance(one, dict | list) or is_pipe_row(one)):
                yield from _entries(one, str(name), day_in(str(name)) or day, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        for one in value:
            is_bare = isinstance(one, dict) and not any(isinstance(part, dict | list) for part in one.values())
            found = [] if is_bare else list(_entries(one, None, day, depth + 1))
            yield from found or [_Entry(one, day)]  # what holds no paper is said to be none
    elif is_pipe_row(value):
        yield _Entry(_pipe_row(value, key), day)
    else:
        yield _Entry(value, day)


def _own_day(value: dict[str, Any]) -> date | None:
    """The day that stands beside the papers of a list."""
    said = (one for name, one in value.items() if field_of(str(name)) == "date" and isinstance(one, str))
    return next((day for one in said if (day := day_in(one))), None)


def _with_id(paper: dict[str, Any], key: str | None) -> dict[str, Any]:
    """A paper with the id under which it is kept, where that is one and it names none itself."""
    if key is None or any(field_of(str(name)) == "id" for name in paper):
        return paper
    try:
        known = read_id(key)
    except ImpossibleId:
        return paper | {"arxiv_id": key}
    return paper | {"arxiv_id": key} if known and known.is_arxiv else paper


def _pipe_row(row: str, key: str | None) -> dict[str, Any]:
    """A row ``|**day**|**title**|authors|[id](link)|code|`` that some programs keep under the paper's id."""
    cells = [cell.strip() for cell in row.strip().lstrip("- ").strip("|").split("|")]
    links = [address for cell in cells for _, address in links_in(cell)]
    texts = [cell for cell in cells if plain(cell) and not links_in(cell)]
    days = [cell for cell in texts if len(plain(cell)) < 30 and day_in(plain(cell))]
    rest = [plain_title(cell) for cell in texts if cell not in days]
    ours = [link for link in links if "arxiv" in link]
    return {
        "arxiv_id": key or "",
        "title": rest[0] if rest else "",
        "authors": rest[1] if len(rest) > 1 else "",
        "published": plain(days[0]) if days else "",
        "links": ours[:1] or links[:1],
        "code": ", ".join(link for link in links if link not in ours),
    }
