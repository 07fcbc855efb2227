"""Single papers: by id, a hundred at a time, and by title, of which only the very same counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.sources.arxiv.connection import Absent, Connection
from rag.sources.arxiv.feed import SOURCE, Entry, Refused, read_feed
from rag.sources.arxiv.selection import titled
from rag.text.folding import fold
from rag.text.names import may_share_author
from rag.text.readable import readable
from rag.text.titles import title_key, title_words
from rag.types import Rejected

NO_SUCH_PAPER = "arXiv has no such paper"
BATCH = 100
"""Ids in one request."""
_SAME_TITLE = 10
"""Papers looked at that have the words of a title."""
_LONGEST_PHRASE = 30
"""Words of a title that are asked for; the rest only decides."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a batch: arXiv's entries, and a row for each id or title that it has no paper for."""

    entries: tuple[Entry, ...]
    rejected: tuple[Rejected, ...]


def by_id(connection: Connection, ids: Sequence[str]) -> Iterator[Found]:
    """Look papers up.

    Args:
        connection: To arXiv.
        ids: arXiv's, with or without a version: ``2504.05309``, ``2504.05309v1``.

    Yields:
        A batch at a time; entries in the order of the ids.

    Raises:
        FetchError: arXiv fails; what was yielded before is whole.
    """
    rest = iter(dict.fromkeys(ids))
    while batch := list(islice(rest, BATCH)):
        found = _entries(connection, batch)
        missing = [one for one in batch if one not in found]
        if missing and len(missing) < len(batch):  # at times a reply holds less than was asked for
            found |= _entries(connection, missing)
        yield Found(
            tuple(found[one] for one in batch if one in found),
            tuple(Rejected(SOURCE, 0, f"{one}: {NO_SUCH_PAPER}") for one in batch if one not in found),
        )


def by_title(connection: Connection, title: str, authors: Sequence[str] = ()) -> Entry | str:
    """Look a paper up by its title; case, accents, punctuation and white space don't count.

    One by other people is another paper.

    Args:
        connection: To arXiv.
        title: The whole title.
        authors: Who wrote it, where that is known: decides between papers of one title.

    Returns:
        The entry, or why there is none.

    Raises:
        FetchError: arXiv fails.
    """
    words = title_words(readable(title))
    if not words:
        return "its title has no words"
    parameters = {"search_query": titled(words[:_LONGEST_PHRASE]), "start": "0", "max_results": str(_SAME_TITLE)}
    try:
        feed = connection.ask(connection.settings.api_url, parameters, read_feed)
    except (Refused, Absent) as error:
        return f"arXiv cannot look for its title ({error.args[0]})"
    same = [entry for entry in feed.entries if title_key(entry.paper.title) == title_key(title)]
    same = [entry for entry in same if may_share_author(authors, entry.paper.authors)]
    if len(same) > 1 and authors:
        names = {fold(name) for name in authors}
        same = [entry for entry in same if names & set(map(fold, entry.paper.authors))]
    if len(same) > 1:
        return f"arXiv has {len(same)} papers of this title"
    return same[0] if same else "arXiv has no paper of this title"


def _entries(connection: Connection, ids: list[str]) -> dict[str, Entry]:
    """Entries by the id that was asked for. An id that arXiv refuses spoils a whole batch: it is halved."""
    parameters = {"id_list": ",".join(ids), "start": "0", "max_results": str(len(ids))}
    try:
        feed = connection.ask(connection.settings.api_url, parameters, read_feed)
    except (Refused, Absent):
        if len(ids) == 1:
            return {}
        half = len(ids) // 2
        return _entries(connection, ids[:half]) | _entries(connection, ids[half:])
    found: dict[str, Entry] = {}
    for entry in feed.entries:
        names = (entry.paper.paper_id, f"{entry.paper.paper_id}v{entry.paper.arxiv_version}")
        found |= {name: entry for name in names if name in ids}
    return found
