"""`rewrites`: what questions are searched for instead, because it helped."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import MOST, AsJson, ConfigFile, DataDir, print_json, reader, say, with_library

TEACHES = (
    "What teaches one is a good answer to a question that was searched for in other words than yours, "
    "or that rewords one just before which found nothing or was marked bad."
)
"""What an answer must be to teach a rewriting."""


def rewrites(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="show, clear, or remove N.")] = "show",
    number: Annotated[
        int | None, typer.Argument(min=1, max=MOST, metavar="N", help="Which is to be removed: the number behind it.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show what your questions are searched for instead since it helped once, or forget it."""
    if action not in ("show", "clear", "remove"):
        raise typer.BadParameter(f"{action!r} is none of show, clear and remove", param_hint="'ACTION'")
    if (action == "remove") != (number is not None):
        raise typer.BadParameter("name the number, and only for remove", param_hint="'N'")
    settings, user = with_library(context, config, data_dir), reader(context)
    from rag.follow.rewrites import Rewrites
    from rag.papers.readers.rewritten import FILE_NAME

    store = Rewrites(settings.store(FILE_NAME))
    try:
        if action == "clear":
            count = store.clear(user)
            print_json({"cleared": count}) if as_json else say(f"{plural(count, 'rewriting')} forgotten.")
            return
        if number is not None:
            removed = store.remove(user, number)
            print_json({"removed": removed.as_json()}) if as_json else say(f"Forgotten: {removed.question}")
            return
        found = store.all(user)
    finally:
        store.close()
    if as_json:
        print_json({"rewrites": [one.as_json() for one in found]})
        return
    from ui.learnt import origin_of

    for one in found:
        print(f"{one.question}\n   → {one.text}  ({origin_of(one)}; number {one.number})")
    if found:
        say(f"`paperchat rewrites remove {found[-1].number}` forgets the last; the others keep their numbers.")
    else:
        say(
            f"Nothing was learnt yet. {TEACHES} Say `/good` in a chat or thumb it up, or keep a paper of it soon after."
        )
