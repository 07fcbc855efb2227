"""What a mistyped id, title, subject or list was meant to be: the nearest that there is, for an error to name.

Looked for only where something was not found. It takes one look at all ids or titles of a library (60,000 titles: a
fraction of a second).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.errors import PaperNotFound
from rag.text.folding import plain
from rag.text.readable import readable

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf

_MOST = 3
_SHORT_ID = 8
"""Characters below which an id may differ by one, not by two: of a few letters two are nearly all."""
_NAMED, _TITLED = 75.0, 85.0
"""Likeness, of 100, from which on a name, or a part of a title, may be meant."""
_PART = 4
"""Letters from which on a part of a name may be meant."""
_LONG = 80
"""Characters of a title that are shown."""


def nearest(written: str, names: Iterable[str], most: int = _MOST) -> list[str]:
    """Those of many names that are written nearly so, the nearest first; none where none is near."""
    from rapidfuzz import fuzz, process

    known = {name: plain(name) for name in dict.fromkeys(names)}
    # what is short stands somewhere in nearly every name: it is compared with whole names
    scorer = fuzz.WRatio if len(plain(written)) >= _PART else fuzz.ratio
    found = process.extract(plain(written), known, scorer=scorer, score_cutoff=_NAMED, limit=most)
    return [name for _, _, name in found]


def did_you_mean(names: Sequence[str]) -> str:
    """The question that names them: ``Did you mean a, b or c? ``; empty where there are none."""
    if not names:
        return ""
    return f"Did you mean {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}? "


def no_paper(shelf: Shelf, written: str) -> PaperNotFound:
    """The error that says that there is no such paper, and which ones may be meant by an id or by words of a title."""
    titles = shelf.entities.all_titles()
    near = _nearest_ids(written, list(titles)) or _nearest_titles(written, titles)
    papers = shelf.papers(near)
    named = [f"{one} (“{_short(papers[one].title)}”)" for one in near if one in papers]
    return PaperNotFound(
        f"{written} is not in the library.",
        f"{did_you_mean(named)}`paperchat papers --query WORDS` looks for papers by title.",
    )


def nearest_subjects(shelf: Shelf, name: str) -> list[str] | None:
    """Subjects that a name which no subject has may mean; None where one has it, or no vocabulary is known yet."""
    names = shelf.descriptions.subject_names()
    if not names or name.casefold() in names:
        return None
    return list(dict.fromkeys(names[one] for one in nearest(name, names, 2 * _MOST)))[:_MOST]


def _nearest_ids(written: str, ids: Sequence[str]) -> list[str]:
    """Ids with a digit or two swapped, added, left out or changed; those with two only where none has one."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    far = 1 if len(written) < _SHORT_ID else 2
    found = process.extract(written, ids, scorer=OSA.distance, score_cutoff=far, limit=_MOST)
    return [paper_id for paper_id, distance, _ in found if distance == found[0][1]]


def _nearest_titles(written: str, titles: Mapping[str, str]) -> list[str]:
    """Papers in whose titles words stand nearly so; few letters, and a whole shorter title, are compared as wholes."""
    from rapidfuzz import fuzz, process

    words = plain(written)
    longer = {one: title for one, title in titles.items() if len(title) >= len(words) >= _PART}
    shorter = {one: title for one, title in titles.items() if one not in longer}
    found = [
        *process.extract(words, longer, scorer=fuzz.partial_ratio, score_cutoff=_TITLED, limit=_MOST),
        *process.extract(words, shorter, scorer=fuzz.ratio, score_cutoff=_TITLED, limit=_MOST),
    ]
    return [paper_id for _, _, paper_id in sorted(found, key=lambda one: -one[1])[:_MOST]]


def _short(title: str) -> str:
    shown = readable(title)
    return shown if len(shown) <= _LONG else f"{shown[:_LONG].rstrip()}…"
