"""A category of arXiv, fetched from the page: what a reader with an empty library does first."""

from __future__ import annotations

from datetime import timedelta

from rag.config import Config
from rag.errors import UsageError
from rag.index.library import Library
from rag.papers.browse.days import today
from rag.text.grammar import plural

LOOK_BACK = timedelta(days=7)


def fetch_category(library: Library, config: Config, category: str) -> str:
    """Add a category's papers of the last days, and say how many came.

    Raises:
        UsageError: it is no category's name.
        FetchError: arXiv cannot be reached, or refuses.
    """
    from rag.sources.arxiv.connection import Connection
    from rag.sources.arxiv.selection import Selection
    from ui.fetch import Fetcher

    if not category:
        raise UsageError("No category is named.", "Write one as arXiv does: cs.IR, hep-th, cs.")
    selection = Selection((category,))
    with Connection(config) as connection:
        fetcher = Fetcher(library, connection)
        fetcher.select(selection, today() - LOOK_BACK)
        fetcher.finish()
    if fetcher.done.errors:
        raise fetcher.done.errors[0]
    return f"{plural(len(fetcher.done.fetched), 'paper')} of {category} fetched."
