"""What an entry says beyond what the library knows its paper by: its key, its type, fields without a place.

It is kept as it stands, so that a reader's own file comes out again as it went in. What our exports write besides is no
reader's: an entry that is read from one says what it said when it went out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.sources.fields import LONGEST_ABSTRACT
from rag.sources.identifiers import month_of
from rag.text.names import name_words
from rag.text.persons import person
from rag.text.readable import readable
from rag.types.own_entry import OwnEntry

if TYPE_CHECKING:
    from rag.types import Paper

_PLAIN_WORD = re.compile(r"[a-z]{2,}")
_PLAIN_ID = re.compile(r"[a-z0-9.:-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9.:-]")
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")
_LONGEST_KEY = 200
_PRIVATE = re.compile(
    r"annot(?:e|ation)|review|comment(?:-.*)?|(?:local-?)?file|local-url|bdsk-file-\d+|L[1-4]", re.IGNORECASE
)
"""Fields of reading notes and of where files lie on somebody's machine: whoever may read a library may export it."""
_OF_ARXIV = re.compile(r"arxiv(?::.*)?", re.IGNORECASE)
_PATH = re.compile(r"\s*\"?file:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """What is particular to the entries of a format.

    Attributes:
        kind: The type of the entries that exports write of their own.
        tags: Fields of keywords.
        note: The field of the remark that the library keeps as the paper's comment.
    """

    kind: str
    tags: tuple[str, ...]
    note: str


FORMS = {
    "bibtex": Form("misc", ("keywords", "keyword"), "note"),
    "ris": Form("GEN", ("KW",), "N1"),
    "csl": Form("article", ("keyword", "categories"), "note"),
}


def own_entry(form: str, kind: str, fields: Iterable[tuple[str, str]]) -> OwnEntry:
    """The rest of an entry: of what is nobody's private matter, as much as fits; `left_out` names the others."""
    kept, room = [], LONGEST_ABSTRACT
    for name, value in fields:
        is_private = _PRIVATE.fullmatch(name) or _PATH.match(value)
        if not is_private and len(value) <= room and not _UNKEEPABLE.search(value):
            kept.append((name, value))
            room -= len(value)
    return OwnEntry(form, kind, tuple(kept))


def names_arxiv(value: str) -> bool:
    """Whether a field's value only says that a paper is arXiv's, as exports write it."""
    return bool(_OF_ARXIV.fullmatch(value))


def left_out(own: OwnEntry, names: Iterable[str]) -> list[str]:
    """Those of some fields that are not kept, in order."""
    return sorted(set(names) - {name for name, _ in own.fields})


def rest_of(
    own: OwnEntry | None, keywords: Sequence[str], categories: Sequence[str], all_told: bool
) -> OwnEntry | None:
    """What is left of an entry once its paper is known; None where nothing is.

    Keywords that are nothing but the paper's categories say nothing more, nor does a remark alone: it is the comment.

    Args:
        own: As its format reads it.
        keywords: As the entry names them.
        categories: Of the paper.
        all_told: Each keyword is a category of arXiv.
    """
    if own is None:
        return None
    form = FORMS[own.form]
    is_told = all_told or _words(keywords) == _words(categories)
    fields = tuple((name, value) for name, value in own.fields if not (is_told and name in form.tags))
    if own.kind == form.kind and all(name == form.note for name, _ in fields):
        return None
    return OwnEntry(own.form, own.kind, fields)


def _words(several: Sequence[str]) -> list[str]:
    """Keywords as whoever reads them in one field takes them apart."""
    return [word for one in several for word in re.split(r"\s*[,;]\s*", " ".join(one.split())) if word]


def citation_key(paper: Paper) -> str:
    """What a bibliography calls a paper: as a reader's own calls it, else `made_key`."""
    return paper.key or made_key(paper)


def own_key(paper: Paper, written: str) -> str:
    """The key of an entry, where it is not the one that its paper is given anyway and can be kept."""
    key = " ".join(written.split())
    is_own = key and key != made_key(paper) and len(key) <= _LONGEST_KEY and key.isprintable()
    return key if is_own and not _UNKEEPABLE.search(key) else ""


def made_key(paper: Paper) -> str:
    """A key in ASCII that is the paper's alone and stays: ``heath2025:2503.69001``.

    Where the first author's name cannot be written so, the first word of the title that can takes its place; an id that
    cannot be part of a key gets a hash behind it.
    """
    family = name_words(readable(person(paper.authors[0]).family or paper.authors[0]))[-1:] if paper.authors else ()
    words = (*family, *name_words(readable(paper.title)), "paper")
    word = next(one for one in words if _PLAIN_WORD.fullmatch(one))
    shown = _UNSAFE.sub("-", paper.paper_id)
    if not _PLAIN_ID.fullmatch(paper.paper_id) and not month_of(paper.paper_id):
        shown += f"-{hashlib.sha256(paper.paper_id.encode()).hexdigest()[:6]}"
    return f"{word}{published(paper)[0] or ''}:{shown}"


def published(paper: Paper) -> tuple[int, int, int]:
    """Year and month in which a paper appeared, by its arXiv id; the day where it was listed in that month.

    A paper that has no such id counts as of the day on which it was first listed; nobody knows of an undated one.
    """
    if paper.undated and not month_of(paper.paper_id):
        return 0, 0, 0
    year, month = month_of(paper.paper_id) or (paper.date.year, paper.date.month)
    return year, month, paper.date.day if (year, month) == (paper.date.year, paper.date.month) else 0
