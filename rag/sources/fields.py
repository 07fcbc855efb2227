"""Fields that all sources share: authors, days, and the limits of what a paper's texts can be."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from rag.sources.identifiers import ARXIV_ID as ARXIV_ID
from rag.sources.identifiers import paper_id_and_url as paper_id_and_url
from rag.text.months import SHORT

LONGEST_TITLE, LONGEST_ABSTRACT, LONGEST_REMARK = 2_000, 50_000, 5_000
"""Characters; the longest title and abstract of 60,000 arXiv papers have 240 and 3,441, of SciFact 300 and 10,000."""
_LONGEST_TOLD = 100

_SUFFIX = re.compile(r"(?:Jr|Sr|Ph\.?D|M\.?D)\.?|I{2,3}|IV", re.IGNORECASE)
_AND = re.compile(r"\s(?:and|&)\s(?!others\b)")
_COUNT = r"(?:\+\s?\d{1,4}\b|\d{1,4}(?=\s+(?:more|other|(?:co-?)?author)))(?:\s+(?:more|others?|(?:co-?)?authors?))*"
_OTHERS = re.compile(
    rf"(?:^|[,;\s(]|(?<=[a-z]))\s*(?:et\.?\s?al\b\.?|(?:(?:and|&)\s+)?{_COUNT}|and\s+others\b)[\s.)]*$|\s*等[。.]?$",
    re.IGNORECASE,
)
_MORE_THAN_COMMAS = re.compile(rf"[;(&等\d]|\band\b|et\.?\s?al\b|,\s(?:{_SUFFIX.pattern})(?:,|$)", re.IGNORECASE)
"""What lists of most papers have none of, so that splitting at commas is all there is to do."""
_MARK = re.compile(r"\s[|·•/]\s")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_LIST = re.compile(rf"\[(?:[\s,]*+(?:{_QUOTED.pattern}))*+[\s,]*+(?P<end>\]|(?:'[^']*+|\"[^\"]*+)?+)")
"""Nothing is tried twice: what is no list costs one pass."""
_INITIALS = re.compile(r"(?:[^\W\d_a-z](?:\.|\b)[\s-]?){1,4}")
_HAN = re.compile(r"[\u3400-\u9fff·]+(?:\s+[\u3400-\u9fff·]+)+")
_HAN_NAME = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’-]*")

_DAY = re.compile(
    r"""(?<!\d)(?:
        (?P<year>\d{4})(?P<mark>[-/._]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)
      | (?P<day_1>\d{1,2})[-\s_](?P<name_1>[A-Za-z]{3})[a-z]*\.?,?[-\s_](?P<year_1>\d{4})
      | (?P<name_2>[A-Za-z]{3})[a-z]*\.?\s(?P<day_2>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<year_2>\d{4})
      | (?P<year_3>\d{4})\s?年\s?(?P<month_3>\d{1,2})\s?月\s?(?P<day_3>\d{1,2})\s?日
    )(?!\d)""",
    re.VERBOSE,
)


def told(name: object) -> str:
    """A key, or what stands there, as it can be told: in whole characters, as JSON's escapes need not be, on a line."""
    text = str(name).encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def day_in(text: str) -> date | None:
    """Find the first day in a text: ``10-Apr-2025``, ``2025-04-10`` (in a time too), ``Apr 10, 2025``, ``20250410``."""
    for match in _DAY.finditer(text):
        year = match["year"] or match["year_1"] or match["year_2"] or match["year_3"]
        name = match["name_1"] or match["name_2"]
        try:
            month = SHORT.index(name.lower()) + 1 if name else int(match["month"] or match["month_3"])
            return date(int(year), month, int(match["day"] or match["day_1"] or match["day_2"] or match["day_3"]))
        except ValueError:  # the 31st of February, the month "Foo"
            continue
    return None


def split_authors(written: str) -> tuple[str, ...]:
    """Split a list of names; names stay as written, but for their white space.

    Names are parted by semicolons, by "and", else by commas, in Chinese also by ``、`` and blanks. A comma inside
    brackets (``Jo Doe (Science, Technology)``), before a suffix (``Robert Heath, Jr.``) or between family and given
    name (``Lee, Ann and Ek, Bo``; ``Lee, A., Ek, B.``) is part of the name; that others follow ("et al.", "+3 authors")
    is no name. Where nothing of this parts them, a stroke or dot between blanks does, or each stands on a line. A list
    as programs write it (``['Ann Lee', 'Bo Ek']``) holds a name in each pair of quotes, also where it is cut off.
    """
    if written.lstrip().startswith("[") and (listed := _listed(written.strip())) is not None:
        return tuple(name for one in listed if (name := one.strip()))
    written = written.translate(_WIDE)
    text = " ".join((_by_lines(written) if "\n" in written else written).split())
    if len(parts := _MARK.split(text)) > 1 and ("," not in text or all(part.count(",") == 1 for part in parts)):
        text = ";".join(parts)
    if "," in text and not _MORE_THAN_COMMAS.search(text):
        return tuple(_paired([name for piece in text.split(",") if (name := piece.strip())]))
    text = text[:-30] + _OTHERS.sub("", text[-30:])
    if ";" in text and len(parts := _pieces(text, ";")) > 1:
        pieces = [name for piece in parts for name in _AND.split(_bare(piece))]
        return tuple(filter(None, map(_bare, pieces)))
    joined = [_joined(_pieces(part, ",")) for part in _AND.split(text)]
    if len(joined) > 1 and all(len(names) == 2 for names in joined):  # BibTeX's way
        return tuple(", ".join(names) for names in joined)
    names = [name for part in joined for name in part]
    if len(names) == 1 and _HAN.fullmatch(names[0]) and all(len(word) > 1 for word in names[0].split()):
        return tuple(names[0].split())
    is_parted = all(len(part) % 2 == 0 for part in joined)  # "Madonna and Prince" are two, with a name each
    return tuple(_paired(names) if is_parted else names)


_WIDE = str.maketrans({"；": ";", "，": ",", "、": ","})


def _listed(written: str) -> tuple[str, ...] | None:
    """The names in a list of Python's, JSON's or NumPy's, whole ones where it is cut off; None where it is none."""
    with suppress(ValueError, RecursionError):
        found = json.loads(written)
        return tuple(found) if isinstance(found, list) and all(isinstance(one, str) for one in found) else None
    match = _LIST.fullmatch(written)
    if match is None or written == "[":
        return None
    whole = _QUOTED.findall(written[: match.start("end")])
    return tuple(re.sub(r"\\(.)", r"\1", one or other) for one, other in whole)


def _by_lines(written: str) -> str:
    """A text whose lines are names, parted by semicolons; as it is where its lines are only wrapped."""
    lines = [line for line in map(str.strip, written.split("\n")) if line]
    is_parted = re.search(r"[,;]|\s(?:and|&)\s", written) or not all(
        " " in line or _HAN_NAME.match(line) for line in lines
    )
    return written if is_parted else ";".join(lines)


def _bare(piece: str) -> str:
    return piece.strip(" ,").removeprefix("and ").removeprefix("& ").strip()


def _joined(pieces: Sequence[str]) -> list[str]:
    """Pieces between commas as names, a suffix joined to what it follows."""
    names: list[str] = []
    for piece in pieces:
        name = _bare(piece)
        if names and _SUFFIX.fullmatch(name):
            names[-1] += f", {name}"
        elif name:
            names.append(name)
    return names


def _paired(names: list[str]) -> list[str]:
    """Join family and given names that commas parted, where every second piece can be nothing but a given name."""
    family, given = names[::2], names[1::2]
    if not given or len(family) != len(given):
        return names
    is_initials = all(map(_INITIALS.fullmatch, given)) and not any(map(_INITIALS.fullmatch, family))
    is_words = all(map(_LATIN_WORD.fullmatch, names))
    return [", ".join(pair) for pair in zip(family, given, strict=True)] if is_initials or is_words else names


def _pieces(written: str, mark: str) -> list[str]:
    """Split at a mark outside brackets; at all of them when the brackets don't match."""
    if "(" not in written:
        return written.split(mark)
    pieces: list[str] = []
    level = start = 0
    for place, char in enumerate(written):
        level += (char == "(") - (char == ")")
        if level < 0:
            break
        if char == mark and level == 0:
            pieces.append(written[start:place])
            start = place + 1
    return [*pieces, written[start:]] if level == 0 else written.split(mark)
