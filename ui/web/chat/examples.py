"""Questions to begin with, made from the newest papers of the library."""

from __future__ import annotations

import re
from datetime import timedelta

from rag.papers.shelf import Shelf
from rag.text.readable import readable
from ui.web.html.written_days import day

EXAMPLES = 4
WEEK = timedelta(days=7)
_LOOKED_AT = 60
"""Newest papers among which names are looked for."""
_NAMED = re.compile(r"^([A-Z][\w.+-]*(?:[A-Z0-9][\w.+-]*)+(?: [A-Z][\w.+-]*)?): (\S.*)$")
"""A title that begins with a system's name, written as names are: ``IterQR: An Iterative Framework…``."""


def examples(shelf: Shelf) -> list[str]:
    """Questions that the library can answer, each of another kind; the same library gives the same ones.

    A paper whose title begins with a system's name is asked about by that name, two such are compared, another paper is
    asked about by its title, the shortest, and the last week is listed.
    """
    papers = shelf.browse(limit=_LOOKED_AT)
    if not papers:
        return []
    titles = [readable(paper.title) for paper in papers]
    names = [found[1] for title in titles if (found := _NAMED.match(title))]
    asked = [f"How does {name} work?" for name in names[:1]]
    if len(names) > 1:
        asked.append("Compare {} and {}.".format(*names[:3][-2:]))
    asked += [f"What does “{title}” propose?" for title in sorted(titles, key=len) if not _NAMED.match(title)]
    asked += [f"How does {name} work?" for name in names[3:]]
    since = day(papers[0].date - WEEK).replace(" ", "\u00a0")  # never broken over two lines
    return [*asked[: EXAMPLES - 1], f"Which papers have been listed since {since}?"]
