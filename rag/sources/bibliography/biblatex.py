"""BibTeX and BibLaTeX files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from rag.sources.bibliography.entry import UNKNOWN, Entry, PartialDate, appeared, month_number, partial_date
from rag.sources.bibliography.own import left_out, own_entry
from rag.text.latex import decode, is_balanced, is_harmless
from rag.text.months import SHORT
from rag.text.persons import from_parts

_PLACES = ("journal", "journaltitle", "booktitle", "school", "institution")
_MODELLED = frozenset(
    """title subtitle author abstract date year month day doi url eprint archiveprefix eprinttype primaryclass
    eprintclass arxivid usera crossref""".split()
)
"""What exports write from what the library knows."""
_PARENTS_OWN = frozenset({"note", "keywords", "keyword"})
_OF_ARCHIVE = frozenset({"eprint", "eprinttype", "archiveprefix"})
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_+-]*")
_CONTAINERS = frozenset({"proceedings", "mvproceedings", "collection", "mvcollection", "xdata", "set"})
_PIECE = re.compile(r"\s*(?:(?P<word>[^\s\"{}#]+)|(?P<quote>\")|(?P<brace>\{))")
_BOUNDARY = re.compile(r"[{}\"]")
_NAME_PART = re.compile(r"(?:family|given|prefix|suffix|useprefix|juniorcomma)(?:-i)?=")
_FIELD = re.compile(r"^\s*[A-Za-z-]+\s*=\s*[{\"]", re.MULTILINE)
_JOINED = re.compile(r"\s*#")
_ESCAPED = re.compile(r"\\([_%&#~{}])|\\url|[{}]")

Fields = dict[str, str]


def entries(text: str, _: Path) -> Iterator[Entry | tuple[int, str]]:
    """Yield the entries of a file in their order, and line and reason where one cannot be read.

    An entry takes what it lacks from the one that it names as `crossref`; proceedings that papers name so are none.
    """
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import (
        DuplicateBlockKeyBlock,
        DuplicateFieldKeyBlock,
        ImplicitComment,
        ParsingFailedBlock,
        String,
    )
    from bibtexparser.model import Entry as Block

    logging.getLogger("bibtexparser").addHandler(logging.NullHandler())  # what it would log is yielded
    blocks = parse_string(text, parse_stack=[]).blocks
    strings = {month: month for month in SHORT}
    found: list[tuple[int, str, str, Fields] | tuple[int, str]] = []
    for block in blocks:
        while isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock) and block.ignore_error_block:
            block = block.ignore_error_block
        line = (block.start_line or 0) + 1
        if isinstance(block, String):
            strings[block.key.lower()] = value_of(block.value, strings)
        elif isinstance(block, Block):
            fields: Fields = {}
            for one in block.fields:
                fields.setdefault(one.key.lower(), value_of(one.value, strings))
            found.append((line, block.entry_type.lower(), block.key.strip(), fields))
        elif isinstance(block, ParsingFailedBlock):
            found.append((line, f"the entry cannot be read: {_reason(block.error)}"))
        elif isinstance(block, ImplicitComment) and _FIELD.search(block.comment):
            found.append((line, "fields stand outside of an entry: its beginning is missing"))
    yield from _described(found)


def _reason(error: Exception | None) -> str:
    """Why the parser gave an entry up, in a line."""
    said = str(getattr(error, "abort_reason", "") or error or "its braces or commas do not fit")
    return " ".join(said.split()).rstrip(".")


def value_of(raw: str, strings: Mapping[str, str]) -> str:
    """The text of a value as it stands in the file: its pieces joined, abbreviations resolved, enclosures gone."""
    out: list[str] = []
    position = 0
    while position < len(raw) and (found := _PIECE.match(raw, position)):
        position = found.end()
        if found["word"] is not None:
            out.append(strings.get(found["word"].lower(), found["word"]))
        else:
            end = _closing(raw, position, quoted=found["quote"] is not None)
            out.append(raw[position:end])
            position = end + 1
        joined = _JOINED.match(raw, position)
        if not joined:
            break
        position = joined.end()
    return "".join(out)


def _closing(raw: str, start: int, *, quoted: bool) -> int:
    """Where the brace or quotation mark stands that closes a piece; the end where none does."""
    depth = 0
    for mark in _BOUNDARY.finditer(raw, start):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            if depth == 0:
                return mark.start()
            depth -= 1
        elif quoted and depth == 0:
            return mark.start()
    return len(raw)


def _described(found: list[tuple[int, str, str, Fields] | tuple[int, str]]) -> Iterator[Entry | tuple[int, str]]:
    held = {one[2].lower(): one[3] for one in found if len(one) == 4}
    parents = {one[3]["crossref"].strip().lower() for one in found if len(one) == 4 and "crossref" in one[3]}
    for one in found:
        if len(one) == 2:
            yield one
            continue
        line, kind, key, fields = one
        if kind in _CONTAINERS and (key.lower() in parents or kind in ("xdata", "set")):
            continue
        parent = held.get(fields.get("crossref", "").strip().lower(), {})
        inherited = {name: value for name, value in parent.items() if name in ("year", "date", "month", "booktitle")}
        if "title" in parent and parent is not fields:
            inherited.setdefault("booktitle", parent["title"])
        own = {name: value for name, value in fields.items() if value.strip()}
        taken = {name: value for name, value in parent.items() if name not in _PARENTS_OWN}
        yield entry_of(line, inherited | own, kind, key, {**taken, **inherited, **own})


def entry_of(line: int, fields: Fields, kind: str = "misc", key: str = "", all_fields: Fields | None = None) -> Entry:
    """The entry of fields by name, as they stand in the file without their enclosures.

    Args:
        line: Where it begins.
        fields: What tells which paper it is.
        kind: Its type.
        key: What the file calls it.
        all_fields: These and whatever else it takes from the entry that it names as `crossref`.
    """
    said = {name: " ".join(decode(value).split()) for name, value in fields.items()}

    def get(*names: str) -> str:
        return next((said[name] for name in names if said.get(name)), "")

    people, cut = authors(fields.get("author", ""))
    eprint, prefix = get("eprint", "arxivid"), get("archiveprefix", "eprinttype").lower()
    primary = get("primaryclass", "eprintclass")
    keywords = tuple(filter(None, (word.strip() for word in re.split(r"[,;]", get("keywords", "keyword")))))
    title = ": ".join(filter(None, (get("title"), get("subtitle"))))
    place = appeared(get(*_PLACES), get("volume"), get("number"), get("pages"))
    is_arxiv = prefix in ("arxiv", "")
    rest = {
        name: value
        for name, value in (all_fields or fields).items()
        if name not in _MODELLED or (not is_arxiv and name in _OF_ARCHIVE)
    }
    safe = ((name, " ".join(value.split())) for name, value in rest.items() if _is_safe(name, value))
    own = own_entry("bibtex", kind, safe)
    return Entry(
        line=line,
        title=title,
        authors=people,
        abstract=get("abstract"),
        date=_date(said),
        doi=_verbatim(fields, "doi"),
        url=_verbatim(fields, "url"),
        eprint=eprint if is_arxiv else "",
        hints=(*(get(name) for name in ("journal", "journaltitle", "volume", "number", "howpublished", "booktitle")),),
        categories=(primary,) if primary else (),
        keywords=keywords,
        place=place,
        note=get("note"),
        mark=get("usera"),
        key=key,
        own=own,
        others=(*left_out(own, rest), *(["author list: and others"] if cut else [])),
    )


def _is_safe(name: str, value: str) -> bool:
    """Whether a field can be written in braces again: the entry stays one, and whoever compiles it runs nothing."""
    is_plain = all(char.isprintable() or char.isspace() for char in value)
    is_plain = is_plain and is_balanced(value) and is_harmless(value)
    return is_plain and value.rstrip()[-1:] != "\\" and bool(_FIELD_NAME.fullmatch(name))


def _date(fields: Fields) -> PartialDate:
    """The date of an entry: BibLaTeX's own field, else year, month and day."""
    if (known := partial_date(fields.get("date", ""))) != UNKNOWN:
        return known
    year, month, day = partial_date(fields.get("year", ""))
    month = month or month_number(fields.get("month", ""))
    said = fields.get("day", "").strip()
    return year, month, day or (int(said) if month and said.isdecimal() and 1 <= int(said) <= 31 else 0)


def _verbatim(fields: Fields, name: str) -> str:
    """A field that is no text but an address: only TeX's escapes go."""
    return _ESCAPED.sub(lambda found: found[1] or "", fields.get(name, "")).strip()


def authors(value: str) -> tuple[tuple[str, ...], bool]:
    """The names of an author field, and whether it ends in "and others"."""
    names = [name for name in map(str.strip, _outside_braces(" ".join(value.split()), " and ")) if name]
    cut = bool(names) and names[-1].lower() == "others"
    return tuple(filter(None, map(_author, names[:-1] if cut else names))), cut


def _author(written: str) -> str:
    """A name as papers print it; one in braces is an organisation's and stays whole."""
    parts = [" ".join(decode(part).split()) for part in _outside_braces(written, ",")]
    named = dict(part.split("=", 1) for part in parts if _NAME_PART.match(part))
    if len(named) == len(parts):  # BibLaTeX's names by part, as Better BibTeX writes them
        return from_parts(
            named.get("family", ""), named.get("given", ""), named.get("prefix", ""), named.get("suffix", "")
        )
    if len(parts) == 2:
        return from_parts(parts[0], parts[1])
    if len(parts) == 3:
        return from_parts(parts[0], parts[2], suffix=parts[1])
    return ", ".join(filter(None, parts))


def _outside_braces(written: str, border: str) -> list[str]:
    """Split at a border, wherever it stands outside braces."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(written):
        if depth == 0 and written[place : place + len(border)].lower() == border:
            parts.append(written[start:place])
            start = place = place + len(border)
            continue
        depth = max(depth + (written[place] == "{") - (written[place] == "}"), 0)
        place += 1
    return [*parts, written[start:]]
