"""`today`: what is new for one reader, best first, with a reason for each; and one paper from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.readable import readable
from ui.cli.base.common import MOST, AsJson, ConfigFile, DataDir, keep_log_quiet, print_json, reader, with_library
from ui.cli.base.since import first_since
from ui.cli.base.terminal import console
from ui.cli.companion.kept import conversations_in
from ui.cli.library.papers import marks_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from rag.follow.reasons import Reason
    from rag.follow.surprise import Surprise
    from rag.index.library import Library
    from rag.papers.readers.kept import Kept
    from rag.types import Paper


_SHOWN = 10
_DAYS = 600
"""Papers that are new at once; who was away for longer is shown the newest days of that time."""
_INDENT = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A paper that is recommended.

    Attributes:
        interest: Key of the interest that it serves; empty where nothing is known of the reader.
        reason: Why; None where no sentence of it bears one, or none was asked for.
        because: What the reason comes down to: ``like`` and a title, or ``for`` and the reader's sentence.
        line: A sentence that speaks for the paper where no reason does; empty where it has none or none was asked for.
    """

    paper: Paper
    score: float
    interest: str
    unread: bool
    reason: Reason | None
    because: str
    line: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is shown.

    Attributes:
        since: The first of the days that are new; None where nothing came in since the last visit.
        lead: Where the papers come from, or why there are none.
        is_new: Whether they are among those that are new; else they are of the whole library.
        new: How many papers are new.
        standing: What there is to rank by.
        has_reasons: Whether reasons were looked for.
        beside: A paper from elsewhere with its scores, and what these mean.
    """

    rows: tuple[Row, ...]
    since: date | None
    lead: str
    is_new: bool
    new: int
    standing: str
    has_reasons: bool
    beside: tuple[Paper, Surprise, str] | None


def today(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="D|7d", help="First new day, or days up to the newest (default: last visit)."),
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=MOST, metavar="N", help="Papers to show.")] = _SHOWN,
    no_reasons: Annotated[bool, typer.Option("--no-reasons", help="Rank alone, which is quicker.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show what is new for you, best first and why, and a surprise from beside your interests."""
    settings = with_library(context, config, data_dir)
    begins = first_since(since, settings) if since is not None else None
    from rag import open_library
    from rag.papers.readers.kept import FILE_NAME
    from ui.kept import kept_in

    keep_log_quiet()
    with open_library(settings) as library, closing(kept_in(settings.store(FILE_NAME))) as kept:
        library.require_papers()
        day = _new_since(library, kept, reader(context), begins)
        found = _found(library, kept, reader(context), day, most, with_reasons=not no_reasons)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _new_since(library: Library, kept: Kept, user: str, begins: date | None) -> date | None:
    """The first new day: as asked, else the one after the last visit, which this one becomes; None if nothing came."""
    from rag.errors import LibraryError
    from rag.papers.browse.days import ReportDays
    from rag.papers.browse.days import today as this_day
    from ui.foryou import shown_since

    with closing(ReportDays(library.shelf)) as days:
        counts = {day: count for day, count in days.counts().items() if day <= this_day()}
    newest = max(counts, default=None)
    if newest is None or begins:
        return begins if newest else None
    seen = None
    with suppress(LibraryError):  # a library that may not be written remembers no visit
        seen = kept.seen(user, datetime.now(UTC), newest)
    return shown_since(counts, newest, seen, _DAYS) if seen is None or seen < newest else None


def _found(library: Library, kept: Kept, user: str, since: date | None, most: int, *, with_reasons: bool) -> Found:
    from rag.follow.profile import profile_of
    from rag.follow.reasons import reasons
    from rag.follow.surprise import surprise
    from rag.papers.browse.days import today as this_day
    from rag.types import Filters
    from ui.foryou import because, for_you, lead, unlike
    from ui.kept import problem_of

    with conversations_in(library.config) as conversations:
        profile = profile_of(library, kept, user, conversations)
    interests = {one.key: one for one in profile.interests}
    new = library.shelf.select(Filters(date_from=since, date_to=this_day())) if since else None
    ranked = for_you(library, profile, new or (), most)
    ids = [one.paper_id for one in ranked.papers]
    why = reasons(library, profile, ranked.papers) if with_reasons else {}
    beside = next((one for one in surprise(library, profile) if one.paper_id not in ids), None)
    papers = library.shelf.papers([*ids, *(one.kept_id for one in why.values() if one and one.kept_id)])
    unread = kept.unread(user, ids)
    lines = _lines(library, [papers[one] for one in ids if one in papers and not why.get(one)]) if with_reasons else {}
    rows = []
    for one in ranked.papers:
        if paper := papers.get(one.paper_id):  # one that was removed just now is missing
            reason = why.get(one.paper_id)
            said = "".join(because(reason, papers, interests)) if reason else ""
            rows.append(
                Row(paper, one.score, one.interest, one.paper_id in unread, reason, said, lines.get(one.paper_id) or "")
            )
    other = library.shelf.papers([beside.paper_id]).get(beside.paper_id) if beside else None
    return Found(
        tuple(rows),
        since,
        problem_of(kept) or lead(ranked, str(since or "")),
        ranked.is_new,
        ranked.new,
        str(profile.standing),
        with_reasons,
        (other, beside, unlike(beside, profile)) if beside and other else None,
    )


def _lines(library: Library, papers: Sequence[Paper]) -> Mapping[str, str | None]:
    """The sentences that speak for papers, as they stand in them: those that the page shows."""
    from rag.topics.line_store import LineStore

    with closing(LineStore(library.folder)) as store:
        return store.chosen(papers, library.config.embedding.threads)


def _as_json(found: Found) -> dict[str, Any]:
    """The document of `today --json`."""
    papers = [
        _paper_json(one.paper)
        | {
            "line": one.line or None,
            "unread": one.unread,
            "score": round(one.score, 6),
            "reasons": _reasons_json(one) if found.has_reasons else None,
            "interest": one.interest or None,
        }
        for one in found.rows
    ]
    surprise = None
    if found.beside:
        paper, scores, _ = found.beside
        surprise = _paper_json(paper) | {
            "apart": round(scores.apart, 6),
            "aligned": round(scores.aligned, 6),
            "interest": scores.interest,
        }
    return {
        "papers": papers,
        "since": found.since.isoformat() if found.since else None,
        "themes": [],
        "from": "new" if found.is_new else "library",
        "new": found.new,
        "lead": found.lead,
        "standing": found.standing,
        "surprise": surprise,
    }


def _reasons_json(row: Row) -> list[dict[str, Any]]:
    if row.reason is None:
        return []
    start, end = row.reason.start, row.reason.end
    quote = row.paper.text[start:end]
    told = {"text": row.because, "quote": quote, "start": start, "end": end}
    return [told | {"because_of": row.reason.kept_id, "both_on": row.reason.both_on or None}]


def _paper_json(paper: Paper) -> dict[str, Any]:
    return {
        "paper_id": paper.paper_id,
        "title": paper.title,
        "authors": list(paper.authors),
        "date": paper.told or None,
        "url": paper.url,
        "held": paper.held,
        "line": None,
        "theme": None,
    }


def _print(found: Found) -> None:
    from rag.follow.profile import Standing
    from ui.foryou import NO_SURPRISE

    terminal = console()
    terminal.print(_text(("For you", "bold"), (f"  {found.lead}", "dim")))
    for n, row in enumerate(found.rows, start=1):
        terminal.print()
        _print_paper(terminal, f"{n:>2}. ", row.paper)
        if row.reason:
            quote = readable(row.paper.text[row.reason.start : row.reason.end])
            _print_below(terminal, (f"“{quote}”", ""))
            _print_below(terminal, (row.because, "dim"))
        elif row.line:
            _print_below(terminal, (readable(row.line), ""))
    if found.beside:
        paper, _, said = found.beside
        terminal.print()
        terminal.print(_text(("A surprise", "bold"), (f"  {said}", "dim")))
        terminal.print()
        _print_paper(terminal, "    ", paper)
    elif found.standing == Standing.KNOWN and found.rows:
        terminal.print()
        terminal.print(_text(("A surprise", "bold"), (f"  {NO_SURPRISE}", "dim")))


def _print_paper(terminal: Console, begin: str, paper: Paper) -> None:
    from ui.edition.wording import people, title_of

    terminal.print(_text((begin, "dim"), (title_of(paper), "bold"), (marks_of(paper), "")), soft_wrap=True)
    _print_below(terminal, (f"{paper.paper_id} · {paper.told or 'date unknown'} · {people(paper)}", "dim"))


def _print_below(terminal: Console, *parts: tuple[str, str]) -> None:
    """Print text below a title, wrapped."""
    from rich.padding import Padding

    terminal.print(Padding(_text(*parts), (0, 0, 0, _INDENT)))


def _text(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)
