"""CSL-JSON files, as Zotero, pandoc and Mendeley write them: a list of items, or an object that holds one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.sources.bibliography.entry import UNKNOWN, Entry, PartialDate, appeared, partial_date, row
from rag.sources.bibliography.own import left_out, names_arxiv, own_entry
from rag.text.persons import from_parts
from rag.types import Paper, Rejected

if TYPE_CHECKING:
    from rag.sources.rows import Origin

_TAG = re.compile(r"</?(?:i|b|sub|sup|sc|span)(?:\s[^<>]{0,80})?>")
_MODELLED = frozenset("id type title author abstract issued DOI URL".split())
"""What exports write from what the library knows."""
_OF_NAMES = frozenset("family given literal suffix comma-suffix dropping-particle non-dropping-particle".split())
_OF_DATES = frozenset("date-parts raw literal".split())
_LOOKS = re.compile(r'\A\s*(?:\{\s*"items"\s*:\s*)?\[\s*(?:\]\s*\Z|\{)')
_KEYS = re.compile(
    r""""issued"\s*:\s*\{ | "container-title"\s*: | "type"\s*:\s*"(?:article-|paper-conference|chapter|thesis|report)
    | "author"\s*:\s*\[\s*\{\s*"(?:family|given|literal)"\s*:""",
    re.VERBOSE,
)


def is_csl(text: str) -> bool:
    """Tell CSL-JSON from other JSON by its list of items and their keys."""
    return bool(_LOOKS.match(text) and _KEYS.search(text))


def read_csl(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the papers of a file in their order, and `Rejected` for items that are none.

    Raises:
        SourceError: it is no JSON, or no list of items.
    """
    of_the_file = origin.written or date.today()
    for found in _entries(text, origin.source):
        yield origin.rejected(*found) if isinstance(found, tuple) else row(found, origin.source, of_the_file)


def _entries(text: str, source: str) -> Iterator[Entry | tuple[int, str]]:
    """The items, and line and reason where one is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise SourceError(f"{source} is not JSON{where}.", "Export it again as CSL-JSON.") from None
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise SourceError(f"{source} is no list of CSL-JSON items.", "Export it again as CSL-JSON.")
    places = _lines(text)
    for item in items:
        if isinstance(item, dict):
            yield entry_of(item, next(places, 0))
        else:
            yield 0, "an item is no object"


def _lines(text: str) -> Iterator[int]:
    """The lines on which the items of the outermost list begin."""
    line, depth, inner = 1, 0, 1 if text.lstrip("\ufeff \t\r\n").startswith("[") else 2
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}\n]', text, re.DOTALL):
        token = found[0]
        line += token.count("\n")
        if token in "[{":
            if depth == inner and token == "{":
                yield line
            depth += 1
        elif token in "]}":
            depth -= 1


def entry_of(item: Mapping[str, Any], line: int) -> Entry:
    """The entry of an item."""
    custom = item.get("custom")
    mark = custom.get("paperchat", "") if isinstance(custom, dict) else ""

    def get(*names: str) -> str:
        value = next((item[name] for name in names if item.get(name)), "")
        text = str(value) if isinstance(value, str | int | float) else ""
        return text.strip() if mark else " ".join(_TAG.sub("", text).split())

    people = item.get("author")
    names = tuple(filter(None, map(author_of, people if isinstance(people, list) else [])))
    tags = item.get("categories")
    keywords = [str(tag) for tag in tags] if isinstance(tags, list) else re.split(r"\s*[,;]\s*", get("keyword"))
    rest = _rest(item)
    own = own_entry("csl", get("type") or "article", ((name, value) for name, value in rest if value))
    return Entry(
        line=line,
        title=get("title"),
        authors=names,
        abstract=get("abstract"),
        date=_date(item.get("issued")),
        doi=get("DOI"),
        url=get("URL"),
        hints=(get("number"), get("container-title"), get("volume"), get("archive_location"), get("note")[:200]),
        keywords=tuple(filter(None, keywords)),
        place=appeared(get("container-title"), get("volume"), get("issue"), get("page")),
        note=get("note"),
        mark=str(mark),
        key=get("id"),
        own=own,
        others=(*left_out(own, (name for name, _ in rest)), *_lost(item, is_ours=bool(mark))),
    )


def _rest(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What exports do not write from what the library knows, each value as JSON; empty where it cannot be written."""
    rest = {name: value for name, value in item.items() if name not in _MODELLED and value not in (None, "", [], {})}
    for name in ("number", "publisher"):
        if names_arxiv(str(rest.get(name, ""))):
            del rest[name]
    if isinstance(rest.get("custom"), dict):
        rest["custom"] = {name: value for name, value in rest["custom"].items() if name != "paperchat"}
    written = [(name, _as_json(value)) for name, value in rest.items() if value != {}]
    # Our exports write their mark into `custom`, for which there is room in an object only.
    return [(name, "" if name == "custom" and not isinstance(rest[name], dict) else text) for name, text in written]


def _lost(item: Mapping[str, Any], *, is_ours: bool) -> list[str]:
    """Names of what stands in the fields that exports write anew, and that they cannot say."""
    people, issued = item.get("author"), item.get("issued")
    names = [one for one in people if isinstance(one, dict)] if isinstance(people, list) else []
    lost = {f"author {key}" for one in names for key, value in one.items() if value and key not in _OF_NAMES}
    if isinstance(issued, dict):
        parts = issued.get("date-parts")
        lost |= {f"issued {key}" for key, value in issued.items() if value and key not in _OF_DATES}
        lost |= {"issued until"} if isinstance(parts, list) and len(parts) > 1 else set()
    if not is_ours:  # our own exports hold what looks like markup as it is
        lost |= {f"{name} markup" for name in ("title", "abstract") if _TAG.search(str(item.get(name, "")))}
    return sorted(lost)


def _as_json(value: object) -> str:
    """A value as JSON; empty where it is none, as what Python reads as not a number."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return ""


def _date(issued: object) -> PartialDate:
    if not isinstance(issued, dict):
        return UNKNOWN
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        return partial_date("-".join(str(part) for part in parts[0][:3]))
    return partial_date(str(issued.get("raw") or issued.get("literal") or ""))


def author_of(name: object) -> str:
    """An author's name as papers print it; empty where it is no object with the parts of one."""
    if not isinstance(name, dict):
        return ""
    said = {key: " ".join(value.split()) for key, value in name.items() if isinstance(value, str)}
    if literal := said.get("literal", ""):
        return literal
    particle = " ".join(filter(None, (said.get("dropping-particle"), said.get("non-dropping-particle"))))
    return from_parts(said.get("family", ""), said.get("given", ""), particle, said.get("suffix", ""))
