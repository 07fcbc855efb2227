"""What is wanted of arXiv, as its API is asked for it: categories and words → ``search_query``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rag.errors import UsageError

CATEGORY = re.compile(r"[a-z][a-z-]{1,15}(?:\.(?:[A-Z]{2}|[a-z][a-z-]{2,19}|\*))?")
"""``cs.IR``, ``hep-th``, ``cond-mat.str-el``; an archive alone, ``cs``, means all of its categories."""
_PARTED = {"astro-ph", "cond-mat", "cs", "econ", "eess", "math", "nlin", "physics", "q-bio", "q-fin", "stat"}
"""Archives that have categories of their own."""
_OWN_SYNTAX = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate|lastUpdatedDate):")
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_SPAN = re.compile(r"(\d{1,4})([dw])")
_LONGEST_QUERY = 2000


@dataclass(frozen=True, slots=True)
class Selection:
    """Papers of any of these categories that have all of these words.

    Attributes:
        categories: As arXiv names them; empty where any will do.
        query: Words and "phrases", all of which must stand somewhere in a paper's metadata; or arXiv's own syntax
            (``ti:… AND au:…``), which is passed on.

    Raises:
        UsageError: a name is none of a category, or there is nothing to look for in the query.
    """

    categories: tuple[str, ...] = ()
    query: str = ""

    def __post_init__(self) -> None:
        for name in self.categories:
            if not CATEGORY.fullmatch(name):
                raise UsageError(f"{name!r} is no category of arXiv.", "Write one as arXiv does: cs.IR, hep-th, cs.")
        if self.query and (not _query(self.query) or len(self.query) > _LONGEST_QUERY):
            raise UsageError("The query holds nothing that can be looked for.", "Write the words that papers have.")

    @property
    def search_query(self) -> str:
        """The query in arXiv's syntax."""
        names = [f"{name}.*" if name in _PARTED else name for name in self.categories]
        categories = " OR ".join(f"cat:{name}" for name in names)
        parts = [f"({categories})" if len(names) > 1 else categories, f"({_query(self.query)})" if self.query else ""]
        return " AND ".join(filter(None, parts))

    @property
    def key(self) -> str:
        """Names the selection in files, 16 hex digits."""
        return hashlib.sha256(self.search_query.encode()).hexdigest()[:16]


def titled(words: Iterable[str]) -> str:
    """The query for papers with these words in a row in their title."""
    return f'ti:"{" ".join(words)}"'


def first_day(written: str, today: date | None = None) -> date:
    """Read ``--since``: an ISO date, or a number of days or weeks back from today (UTC), ``7d``, ``2w``.

    Raises:
        ValueError: it is neither, or lies in the future.
    """
    today = today or datetime.now(UTC).date()
    if span := _SPAN.fullmatch(written.strip()):
        return max(today - timedelta(days=int(span[1]) * (7 if span[2] == "w" else 1)), date(1991, 1, 1))
    try:
        day = date.fromisoformat(written.strip())
    except ValueError:
        raise ValueError(f"{written!r} is neither a date such as 2025-04-10 nor a number of days such as 7d") from None
    if day > today:
        raise ValueError(f"{day} lies in the future")
    return day


def _query(written: str) -> str:
    """Words and phrases in arXiv's syntax; what is written in it already stays."""
    if _OWN_SYNTAX.search(written):
        return " ".join(written.split())
    terms = [" ".join(re.findall(r"\w+", phrase or word)) for phrase, word in _PHRASE_OR_WORD.findall(written)]
    return " AND ".join(f'all:"{term}"' if " " in term else f"all:{term}" for term in terms if term)
