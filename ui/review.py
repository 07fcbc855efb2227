"""Papers held for review, as command line and page show them: why, and the very passage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.papers.flags import KINDS
from rag.text.readable import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rag.papers.flags import Flag, Held
    from rag.papers.shelf import Shelf
    from rag.types import Paper

BY_HAND = "held by hand"
LONGEST = 300
"""Characters shown of a passage; all of it stands in JSON."""
_WORDS = 6
"""Words shown on each side of a passage."""
_NEAR = 200
"""Characters in which they are looked for."""


def entries(shelf: Shelf, *, released: bool = False) -> list[tuple[Held, Paper]]:
    """What is held, the papers listed last first; what was released as well, where asked for."""
    found = shelf.flags.all(released=released)
    papers = shelf.papers(one.paper_id for one in found)
    pairs = [(one, papers[one.paper_id]) for one in found if one.paper_id in papers]
    return sorted(pairs, key=lambda pair: (pair[1].date, pair[1].paper_id), reverse=True)


def originals(shelf: Shelf, found: Iterable[tuple[Held, Paper]]) -> dict[str, str]:
    """The titles of the papers that others are copies of, by id."""
    others = {flag.other for held, _ in found for flag in held.flags if flag.other}
    return {paper_id: paper.title for paper_id, paper in shelf.papers(others).items()}


def why(flag: Flag, titles: Mapping[str, str]) -> str:
    """A flag in words that follow the paper's name."""
    if not flag.other:
        return KINDS.get(flag.kind, flag.kind)
    return f"{KINDS.get(flag.kind, flag.kind)}: {flag.other}, {readable(titles.get(flag.other, 'no longer here'))}"


def shown(text: str) -> str:
    """A passage in one line, clipped, what cannot be seen in it spelt out: ``<U+200B>``."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return spelt_out(line)


def around(text: str, flag: Flag) -> tuple[str, str, str]:
    """The words before a flagged passage, the passage and the words after it, as `shown` writes them.

    What is flagged may be one unseen character within a word: by itself it would say nothing.
    """
    first, last = max(flag.start - _NEAR, 0), min(flag.end + _NEAR, len(text))
    begins = [first + word.start() for word in re.finditer(r"\S+", text[first : flag.start])]
    ends = [flag.end + word.end() for word in re.finditer(r"\S+", text[flag.end : last])]
    begin = begins[-_WORDS] if len(begins) >= _WORDS else first
    end = ends[_WORDS - 1] if len(ends) >= _WORDS else last
    before, after = (spelt_out(re.sub(r"\s+", " ", part)) for part in (text[begin : flag.start], text[flag.end : end]))
    passage = shown(text[flag.start : flag.end])
    return "…" * (begin > 0) + before, passage, after + "…" * (end < len(text))


def spelt_out(text: str) -> str:
    """A text of one line with what cannot be seen in it spelt out: ``<U+200B>``."""
    return "".join(one if one.isprintable() else f"<U+{ord(one):04X}>" for one in text)


def as_json(held: Held, paper: Paper) -> dict[str, Any]:
    """An entry as `review --json` prints it; ``text`` is the paper's ``text[start:end]``."""
    text = paper.text
    return {
        "paper_id": held.paper_id,
        "version": held.version,
        "title": paper.title,
        "date": paper.told,
        "url": paper.url,
        "held": held.is_held,
        "verdict": held.verdict or None,
        "flags": [
            {
                "kind": flag.kind,
                "reason": KINDS.get(flag.kind, flag.kind),
                "start": flag.start,
                "end": flag.end,
                "text": text[flag.start : flag.end],
                "other": flag.other or None,
            }
            for flag in held.flags
        ],
    }
