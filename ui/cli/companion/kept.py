"""What one reader keeps, as the commands open, narrow and print it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag.types import Filters
from rag.types.filters import chosen
from ui.cli.base.common import plain_id, say
from ui.cli.base.printing import HELD

if TYPE_CHECKING:
    from rag.config import Config
    from rag.papers.readers.conversations import Conversations
    from rag.papers.readers.kept import Kept
    from rag.papers.shelf import Shelf

GONE = "no longer in the library"
_SHOWN = 8


@contextmanager
def opened(settings: Config) -> Iterator[tuple[Kept, Shelf]]:
    """What is kept in a library, and its shelf."""
    from rag.papers.readers.kept import FILE_NAME, Kept
    from rag.papers.shelf import FILE_NAME as SHELF
    from rag.papers.shelf import Shelf

    kept, shelf = Kept(settings.store(FILE_NAME)), Shelf(settings.store(SHELF))
    try:
        kept.follow(shelf.renamed())
        yield kept, shelf
    finally:
        kept.close()
        shelf.close()


def within(
    filters: Filters, settings: Config, user: str, lists: list[str] | None, starred: bool, later: bool
) -> Filters:
    """Filters that leave only what the reader keeps so; what has left the library is said, and no filter's concern."""
    from rag.errors import LibraryError

    with opened(settings) as (kept, shelf):
        sets = [tuple(i for name in lists for i in kept.get_list(user, name).papers)] if lists else []
        sets += [kept.starred(user)] if starred else []
        sets += [kept.to_read(user)] if later else []
        sets += [tuple(filters.paper.split())] if filters.paper else []
        all_of = frozenset.intersection(*map(frozenset, sets))
        wanted = [paper_id for paper_id in dict.fromkeys(sets[0]) if paper_id in all_of]
        held = shelf.select(Filters(paper=chosen(wanted))) or frozenset()
    if gone := [paper_id for paper_id in wanted if paper_id not in held]:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        say(f"Kept, but {GONE}: {', '.join(gone[:_SHOWN])}{more}.")
    if not held:
        raise LibraryError("No paper of the library is kept so.", "`paperchat list` shows what is kept.")
    return replace(filters, paper=chosen(paper_id for paper_id in wanted if paper_id in held))


def learn(settings: Config, user: str, paper_ids: Sequence[str]) -> None:
    """Learn from papers that were kept soon after an answer which cites them (`rag.follow.rewrites`)."""
    from rag.errors import LibraryError
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    path = settings.store(FILE_NAME)
    if not (paper_ids and path.is_file()):
        return
    from rag.follow.rewrites import Rewrites
    from rag.papers.readers.rewritten import FILE_NAME as REWRITES

    rewrites = Rewrites(settings.store(REWRITES))
    try:
        with closing(Conversations(path)) as conversations:
            rewrites.kept(user, paper_ids, conversations)
    except LibraryError:  # what is kept is kept all the same
        return
    finally:
        rewrites.close()


@contextmanager
def conversations_in(settings: Config) -> Iterator[Conversations | None]:
    """What readers asked in a library; None where nothing is kept of it, and said so where it cannot be read."""
    from rag.errors import LibraryError
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    place, found = settings.store(FILE_NAME), None
    if place.exists():
        try:
            found = Conversations(place)
        except LibraryError as error:
            say(f"Your questions do not count. {error.message}")
    try:
        yield found
    finally:
        if found:
            found.close()


def known_ids(shelf: Shelf, written: Iterable[str], *, required: bool = True) -> list[str]:
    """The ids that are written, each once; one that the library lacks is refused where it is required."""
    from rag.papers.browse.nearest import no_paper

    ids = shelf.resolved(map(plain_id, written))
    held = shelf.select(Filters(paper=chosen(ids))) or frozenset()
    for paper_id in ids:
        if required and paper_id not in held:
            raise no_paper(shelf, paper_id)
    return ids


def rows_of(shelf: Shelf, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Papers as JSON, in their order; of one that has left the library only the id is known."""
    held = shelf.papers(ids)
    rows = []
    for paper_id in ids:
        paper = held.get(paper_id)
        rows.append(
            {
                "paper_id": paper_id,
                "title": paper.title if paper else None,
                "authors": [*paper.authors] if paper else [],
                "date": (paper.told or None) if paper else None,
                "url": paper.url if paper else None,
                "in_library": paper is not None,
                "held": paper is not None and paper.held,
            }
        )
    return rows


def print_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Print papers, one a line."""
    for row in rows:
        print(f"{row['date'] or '':10}  {row['paper_id']:<11}  {title_of(row)}")


def title_of(row: dict[str, Any]) -> str:
    """A row's title, with what a reader should know of the paper."""
    from rag.text.readable import readable

    return f"{readable(row['title'])}{HELD * row['held']}" if row["in_library"] else f"({GONE})"
