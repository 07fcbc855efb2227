"""The day's announcements of categories, from arXiv's feed: what is new, cross-listed and replaced, with licences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.config import Config, load_config
from rag.errors import FetchError
from rag.sources.arxiv.connection import Absent, Connection
from rag.sources.arxiv.feed import Feed, read_feed
from rag.sources.arxiv.selection import Selection
from rag.types import Paper, Rejected

PREFIX = "arxiv:"


def announced(connection: Connection, categories: Sequence[str]) -> Feed:
    """Today's announcements; a day without papers has an empty feed.

    Raises:
        UsageError: a name is none of a category.
        FetchError: arXiv fails or knows no such category.
    """
    names = "+".join(name.removesuffix(".*") for name in Selection(tuple(categories)).categories)
    try:
        return connection.ask(f"{connection.settings.feed_url}/{names}", {}, read_feed)
    except Absent:
        raise FetchError(f"arXiv has no announcements for {names}.", "Check the names of the categories.") from None


def read_announcements(address: str, config: Config | None = None) -> Iterator[Paper | Rejected]:
    """Yield the papers of ``arxiv:CATEGORY``; the paper's date is the day of the announcement.

    Args:
        address: ``arxiv:cs.IR``, several categories joined by ``+``.
        config: Where and how to ask; None reads ``./config.yaml`` and the environment.

    Raises:
        UsageError: a name is none of a category.
        FetchError: arXiv fails or knows no such category.
    """
    with Connection(config or load_config().config) as connection:
        feed = announced(connection, address.removeprefix(PREFIX).split("+"))
    yield from (entry.paper for entry in feed.entries)
    yield from feed.rejected
