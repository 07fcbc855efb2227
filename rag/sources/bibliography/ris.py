"""RIS files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.sources.bibliography.entry import MARK, UNKNOWN, Entry, appeared, partial_date
from rag.sources.bibliography.own import left_out, names_arxiv, own_entry
from rag.text.persons import from_parts

_RECORD = re.compile(r"^TY  ?-", re.MULTILINE)
_END = re.compile(r"^ER  ?-", re.MULTILINE)
_LINE_END = re.compile(r"\n")
_NARROW = re.compile(r"^([A-Z][A-Z0-9]) -(?= |$)", re.MULTILINE)
"""A tag with one blank behind it, as some programs write it; the parser would pass the whole record over."""
_OUTSIDE = "text that belongs to no record: a record begins with TY  -"
ONCE = frozenset("TY TI T1 CT AB N2 DA PY Y1 DO L2 JO JF JA J1 J2 T2 BT VL IS SP EP AN M1 C1 ER ID PB DB".split())
"""What a record says once; of what stands there again, the first counts."""
_MODELLED = frozenset("TY AU A1 UR DA PY Y1 DO ER ID unknown_tag".split())
"""What exports write from what the library knows; besides them a title and an abstract."""
_TITLES, _ABSTRACTS = ("TI", "T1", "CT"), ("AB", "N2")


def entries(text: str, _: Path) -> Iterator[Entry | tuple[int, str]]:
    """Yield the records of a file in their order, and line and reason where one cannot be read.

    Every record is read by itself, so that one that is damaged takes no other with it.
    """
    starts = [found.start() for found in _RECORD.finditer(text)]
    before = text[: starts[0] if starts else len(text)]
    if before.strip():
        yield 1, _OUTSIDE
    line, position = 1, 0
    for start, stop in zip(starts, [*starts, len(text)][1:], strict=True):
        line += text.count("\n", position, start)
        position = start
        end = _END.search(text, start, stop)
        if not end:
            yield line, "the record is cut off: it does not end with ER  -"
            continue
        yield from _read(text[start:stop], line)
        behind = _LINE_END.search(text, end.end(), stop)
        if behind and text[behind.end() : stop].strip():
            yield line + text.count("\n", start, behind.end()), _OUTSIDE


def _read(record: str, line: int) -> Iterator[Entry | tuple[int, str]]:
    """The entry of one record."""
    import rispy

    class Parser(rispy.RisParser):  # type: ignore[misc]
        """Keeps RIS's own tags, whose names differ from program to program."""

        UNKNOWN_TAG = "?"  # rispy's is one that a file may have
        DEFAULT_MAPPING = {tag: tag for tag in rispy.config.TAG_KEY_MAPPING if tag != rispy.RisParser.UNKNOWN_TAG} | {
            UNKNOWN_TAG: "unknown_tag"
        }
        DEFAULT_LIST_TAGS = [tag for tag in DEFAULT_MAPPING if tag not in ONCE]  # noqa: RUF012
        DEFAULT_DELIMITER_MAPPING = {}  # type: ignore[var-annotated]  # noqa: RUF012

    try:
        found = rispy.loads(_NARROW.sub(r"\1  -", record), implementation=Parser)
    except (OSError, ValueError, LookupError, TypeError, rispy.parser.ParseError) as error:  # it trips over odd records
        said = "a line goes on with a field that holds nothing" if isinstance(error, LookupError) else str(error)
        yield line, f"the record cannot be read: {' '.join(said.split())}"
        return
    if not found:
        yield line, "nothing of the record can be read"
    for fields in found:
        yield entry_of(fields, line)


def entry_of(fields: dict[str, Any], line: int) -> Entry:
    """The entry of a record: its tags, each with a value or, where it may stand there again, with all of them."""

    def get(*tags: str) -> str:
        value = next((fields[tag] for tag in tags if fields.get(tag)), "")
        return " ".join((value if isinstance(value, str) else " ".join(value)).split())

    urls = [url for url in (*fields.get("UR", ()), *(get("L2"),)) if url]
    names = [name for tag in ("AU", "A1") for name in fields.get(tag, ())]
    pages = "-".join(filter(None, (get("SP"), get("EP"))))
    date = partial_date(get("DA"))
    mark = get("C1")
    rest = _rest(fields, urls)
    own = own_entry("ris", get("TY") or "GEN", rest)
    return Entry(
        line=line,
        title=get(*_TITLES),
        authors=tuple(filter(None, map(author_of, names))),
        abstract=get(*_ABSTRACTS),
        date=date if date != UNKNOWN else partial_date(get("PY", "Y1")),
        doi=get("DO"),
        url=urls[0] if urls else "",
        hints=(*urls[1:], get("AN"), get("M1"), get("JO", "JF", "T2"), get("VL"), get("IS"), *fields.get("N1", ())[:1]),
        keywords=tuple(" ".join(word.split()) for word in fields.get("KW", ())),
        place=appeared(get("T2", "JO", "JF", "BT", "JA", "J2"), get("VL"), get("IS"), pages),
        note=get("N1"),
        mark=mark,
        key=get("ID"),
        own=own,
        others=(*left_out(own, (tag for tag, _ in rest)), *_untagged(fields)),
    )


def _rest(fields: dict[str, Any], urls: list[str]) -> list[tuple[str, str]]:
    """The tags that exports do not write from what the library knows, each with each of its values in a line."""
    used = _MODELLED | {next((tag for tag in tags if fields.get(tag)), "") for tags in (_TITLES, _ABSTRACTS)}
    several = {**fields, **{tag: values for tag, values in fields.get("unknown_tag", {}).items() if tag}}
    found = [
        (tag, " ".join((value or "").split()))  # of a line that breaks off, None is read
        for tag, values in several.items()
        if tag not in used
        for value in ([values] if isinstance(values, str) else values or ())
    ]
    kept = [(tag, value) for tag, value in found if value and not _is_ours(tag, value)]
    return [*kept, *(("UR", url) for url in urls[1:])]


def _untagged(fields: dict[str, Any]) -> Iterator[str]:
    """What is said of lines that stand before the first tag of a record."""
    if None in fields.get("unknown_tag", {}):
        yield "a line without a tag"


def _is_ours(tag: str, value: str) -> bool:
    """Whether exports write this themselves: their mark, the paper's id on arXiv."""
    return value.startswith(MARK) if tag == "C1" else tag in ("AN", "PB") and names_arxiv(value)


def author_of(written: str) -> str:
    """``Family, Given, Suffix`` as papers print it."""
    family, given, suffix, *_ = *(part.strip() for part in written.split(",", 2)), "", ""
    return from_parts(family, given, suffix=suffix)
