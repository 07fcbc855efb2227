"""`fetch`: papers from arXiv itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, cast

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, configured, print_json, progress_bar, say
from ui.cli.base.since import read

if TYPE_CHECKING:
    from rag.sources.arxiv.selection import Selection
    from ui.fetch import Fetched, Fetcher

_SHOWN = 20
_INTERRUPTED = "Stopped. What was fetched is in the library; run the same command again: it goes on where it stopped."


def fetch(
    context: typer.Context,
    category: Annotated[
        list[str] | None, typer.Option("--category", metavar="C", help="Papers of a category: cs.IR, hep-th, cs.")
    ] = None,
    query: Annotated[
        str, typer.Option("--query", metavar="Q", help="Papers with these words, or in arXiv's syntax: ti:… AND au:….")
    ] = "",
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="A paper, or a version of it: 2504.05309v1.")
    ] = None,
    all_versions: Annotated[
        list[str] | None,
        typer.Option("--all-versions", metavar="ID", help="A paper with all of its versions, v1 to vN."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="D|7d", help="First day of submission (default: since the last fetch)."),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Download full texts as well.")] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="Fill in the papers that are known by id or title alone.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Add papers from arXiv: what is new in categories or on a query, single papers, full texts."""
    settings = configured(context, config, data_dir)
    from rag.sources.arxiv.selection import Selection

    selection = Selection(tuple(dict.fromkeys(category or ())), query) if category or query else None
    first = read(since, "--since") if since is not None else None
    if first and not selection:
        raise typer.BadParameter("--since goes with --category or --query")
    if not (selection or ids or all_versions or complete):
        raise typer.BadParameter("name a --category, a --query, an --id, an --all-versions ID, or --complete")
    from rag import open_library
    from rag.sources.arxiv.connection import Connection
    from ui.fetch import Fetcher

    with (
        open_library(settings) as library,
        progress_bar(as_json, "asking arXiv") as progress,
        Connection(settings, say=say) as connection,
    ):
        fetcher = Fetcher(library, connection, progress, pdf=pdf)
        steps = (
            (selection, lambda: fetcher.select(cast("Selection", selection), first)),
            (ids, lambda: fetcher.named(ids or ())),
            (all_versions, lambda: fetcher.all_versions(all_versions or ())),
            (complete, fetcher.complete),
        )
        stopped = _run(fetcher, [step for is_wanted, step in steps if is_wanted])
    _tell(fetcher.done, stopped, as_json)
    if stopped or fetcher.done.errors:
        raise typer.Exit(1)


def _run(fetcher: Fetcher, steps: Sequence[Callable[[], None]]) -> bool:
    """Do what is asked for, one after the other, up to the first failure; whether the reader interrupted it."""
    from rag.errors import FetchError

    try:
        for step in steps:
            step()
    except FetchError as error:
        fetcher.done.errors.append(error)
    except KeyboardInterrupt:
        return True
    fetcher.finish()
    return False


def _tell(done: Fetched, stopped: bool, as_json: bool) -> None:
    """Say what was fetched, and what went wrong."""
    if as_json:
        print_json(done.as_json() | {"interrupted": stopped})
    else:
        _print(done)
    for error in done.errors:
        say(f"{error.message}\n{error.advice}".rstrip())
    if stopped:
        say(_INTERRUPTED)


def _print(done: Fetched) -> None:
    from rag.text.readable import readable

    since = f" since {done.since}" if done.since else ""
    print(
        f"{plural(len(done.fetched), 'paper')} of arXiv{since}: {done.papers_new} new, {done.papers_updated} updated, "
        f"{done.papers_unchanged} unchanged; {plural(done.chunks_added, 'passage')} added, {done.chunks_removed} "
        f"removed; {done.seconds:.1f} s."
    )
    if done.versions:
        print(f"All versions of what was named: {plural(done.versions, 'version')}; `show ID --json` lists them.")
    if done.completed:
        print(f"{plural(done.completed, 'paper')} completed that were known by id or title alone.")
    if done.withdrawn:
        print(f"Withdrawn: {', '.join(done.withdrawn)}.")
    if done.pdfs:
        print(f"{plural(len(done.pdfs), 'full text')} downloaded into {done.pdfs[0].parent}.")
    if done.rejected:
        print(f"Not read or not found ({len(done.rejected)}):")
        for row in done.rejected[:_SHOWN]:
            print(f"  {readable(row.reason)}")
        if len(done.rejected) > _SHOWN:
            print(f"  … and {len(done.rejected) - _SHOWN} more; --json lists all.")
