"""An edition: what a span of days brought, written into a folder as tables, list, feed, digest and page.

`rag/topics/digest.py` and `rag/follow/` find what there is to say; here it is put into files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import LibraryError
from rag.papers.browse.days import Listing, ReportDays, today

if TYPE_CHECKING:
    from rag.errors import PaperchatError
    from rag.follow.questions import Brought
    from rag.index.library import Library, Progress
    from rag.topics.digest import Digest

FEED = "feed.atom"
"""The name of the feed, which each edition replaces: readers of feeds remember what they have seen."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What is written.

    Attributes:
        listings: What was listed on the days, by day.
        digest: The papers that were new, by theme, and changed texts.
        brought: What followed questions brought.
    """

    listings: tuple[Listing, ...]
    digest: Digest
    brought: tuple[Brought, ...]

    @property
    def name(self) -> str:
        """Begins the names of its files: its day, or its first and last one."""
        since, until = self.digest.since, self.digest.until
        return str(until) if since == until else f"{since}_{until}"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        files: In the order: tables, list, feed, digest, page.
        not_in_tables: Day and id of papers that a table cannot hold: read back, it would give something else.
    """

    files: tuple[Path, ...]
    not_in_tables: tuple[tuple[date, str], ...]


def newest_day(library: Library) -> date:
    """The newest day on which reports listed anything, none that lies in the future; where there is none, today."""
    days = ReportDays(library.shelf)
    try:
        return days.newest(today()) or today()
    finally:
        days.close()


def followed_again(library: Library, progress: Progress | None = None, user: str | None = None) -> list[PaperchatError]:
    """Ask followed questions again where the library has changed since; where there are none, nothing is loaded.

    Args:
        library: Answers them.
        progress: Told how far it is.
        user: Whose; None: everybody's.

    Returns:
        An error for each that could not be answered.
    """
    from rag.follow.questions import Follower

    follower, everybodys = Follower(library, user or ""), user is None
    if not follower.outdated(everybodys=everybodys):
        return []
    from rag.assistant import Assistant

    assistant = Assistant(library)
    try:
        return follower.ask_again(
            lambda question: assistant.answer(question, mode="extractive"), progress, everybodys=everybodys
        )
    except LibraryError as error:  # what they brought before can be read all the same
        return [LibraryError(f"Followed questions were not asked again. {error.message}", error.advice)]


def make_edition(library: Library, since: date, until: date, progress: Progress | None = None) -> Edition:
    """Read an edition from the library as it is; followed questions are not asked again.

    Where there are users, what each of them follows is told to them alone, and stands in no file for all.

    Raises:
        EmptyLibrary: there are no papers.
    """
    from rag.follow.questions import Follower
    from rag.topics.digest import make_digest

    digest = make_digest(library, since, until, progress)
    days = ReportDays(library.shelf)
    try:
        listings = tuple(days.listings(since, until))
    finally:
        days.close()
    return Edition(listings, digest, tuple(Follower(library).brought(since, until)))


def write_edition(edition: Edition, folder: Path, progress: Progress | None = None) -> Written:
    """Write an edition's files into a folder, which is made where it is missing; each file is whole or not there.

    Raises:
        LibraryError: the folder cannot be made or written.
    """
    from eval.files import write_atomically
    from ui.edition.atom import feed
    from ui.edition.document import markdown
    from ui.edition.tables import by_day, comma_separated, daily_table
    from ui.edition.webpage import page

    folder = writable(folder)
    tables = by_day(edition.listings)
    left_out: list[tuple[date, str]] = []
    files: dict[Path, str | bytes] = {}
    for n, (day, papers) in enumerate(tables.items(), start=1):
        table, unfit = daily_table(day, papers)
        left_out += [(day, paper.paper_id) for paper in unfit]
        if len(unfit) < len(papers):
            files[folder / f"{day}.md"] = table
        if progress:
            progress("writing tables", n, len(tables))
    if edition.listings:
        files[folder / f"{edition.name}.csv"] = comma_separated(edition.listings)
    files[folder / FEED] = feed(edition)
    files[folder / f"{edition.name}-digest.md"] = markdown(edition)
    files[folder / f"{edition.name}-digest.html"] = page(edition)
    for path in files:
        _require_ours(path)
    try:
        for path, content in files.items():
            write_atomically(path, content)
    except OSError as error:
        raise _refused(folder, error) from None
    return Written(tuple(files), tuple(left_out))


def _require_ours(path: Path) -> None:
    """Refuse to replace a list that somebody else wrote: it may hold what this library has not taken.

    Raises:
        LibraryError: such a file lies there.
    """
    from rag.sources.files import DIGEST, first_bytes
    from ui.edition.tables import COLUMNS, MADE

    if path.suffix not in (".md", ".csv") or not path.is_file():
        return
    start = first_bytes(path)
    if not any(mark in start for mark in (MADE.encode(), DIGEST, ",".join(COLUMNS).encode())):
        raise LibraryError(
            f"{path} was not written by this command, and is left as it is.",
            "Name another folder with --out or watch.out.",
        )


def writable(folder: Path) -> Path:
    """A folder that files can be written to, made where it is missing.

    Raises:
        LibraryError: it cannot be made, is no folder, or cannot be written to.
    """
    import tempfile

    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise _refused(folder, error) from None


def _refused(folder: Path, error: OSError) -> LibraryError:
    return LibraryError(
        f"Nothing can be written into {folder}: {error.strerror or error}.",
        "Check the folder's permissions and the space on its disk, or name another with --out or watch.out.",
    )
