"""`follow`: questions that are asked again when the library has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.base.common import (
    MOST,
    AsJson,
    ConfigFile,
    DataDir,
    check_question,
    keep_log_quiet,
    print_json,
    progress_bar,
    reader,
    with_library,
)
from ui.cli.daily.report import finish

if TYPE_CHECKING:
    from rag.errors import PaperchatError
    from rag.follow.questions import Brought


def follow(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="A question or topic to follow from now on.")
    ] = None,
    remove: Annotated[
        int | None, typer.Option("--remove", min=1, max=MOST, metavar="N", help="Follow number N no longer.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Follow a question; without one, say what those that are followed brought last."""
    query = " ".join(" ".join(words or ()).split())
    if words and remove:
        raise typer.BadParameter("name a QUERY or a --remove, not both")
    if words is not None and words and not query:
        raise typer.BadParameter("QUERY is blank")
    settings = with_library(context, config, data_dir)
    if query:
        check_question(query, settings)
    from rag import open_library
    from rag.follow.questions import Follower
    from ui.edition import followed_again

    keep_log_quiet()
    with open_library(settings) as library, progress_bar(as_json, "asking followed questions") as progress:
        user = reader(context)
        follower = Follower(library, user)
        if remove:
            follower.remove(remove)
        if query:
            follower.add(query)
        errors = followed_again(library, progress, user) if library.shelf.has_papers() else []
        brought = follower.brought()
    if as_json:
        print_json(follow_json(brought, errors))
    else:
        _print(brought)
    finish(errors)


def follow_json(brought: list[Brought], errors: list[PaperchatError]) -> dict[str, Any]:
    """The document of `follow --json`."""
    from rag.follow.changes import cited

    return {
        "followed": [
            {
                "number": one.followed.number,
                "question": one.followed.question,
                "added": one.followed.added.isoformat(),
                "changed_at": one.answer.asked.isoformat(timespec="seconds") if one.answer else None,
                "papers": [paper.as_json() for paper in cited(one.answer.citations).values()] if one.answer else [],
                **one.change.as_json(),
                "problem": one.followed.problem or None,
            }
            for one in brought
        ],
        "errors": [error.message for error in errors],
    }


def _print(brought: list[Brought]) -> None:
    from rich.console import Console
    from rich.text import Text

    from rag.follow.changes import cited
    from rag.text.readable import readable
    from ui.edition.wording import brought_lines

    console = Console(highlight=False)
    if not brought:
        console.print("No question is followed. `paperchat follow QUERY` follows one.")
    for one in brought:
        cites = len({citation.paper_id for citation in one.answer.citations}) if one.answer else 0
        when = f"cites {cites}, last changed {one.answer.asked:%Y-%m-%d}" if one.answer else "not answered yet"
        console.print(Text.assemble((f"{one.followed.number}. {one.followed.question}", "bold"), (f"  {when}", "dim")))
        for text in brought_lines(one):
            console.print(Text(f"   {text}"), soft_wrap=True)
        if one.answer and not one.change:
            for paper in cited(one.answer.citations).values():
                console.print(Text(f"   Cited: {readable(paper.title)} ({paper.paper_id})"), soft_wrap=True)
