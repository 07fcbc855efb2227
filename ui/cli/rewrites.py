"""`rewrites`: what questions are searched for instead, because it helped."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.text.grammar import plural
from ui.cli.common import MOST, AsJson, ConfigFile, DataDir, print_json, reader, say, with_library

_ORIGINS = {
    "reader": "your own words",
    "follow_up": "read from the conversation",
    "spelling": "spelling corrected",
    "model": "the language model's words",
}


def rewrites(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="show, clear, or remove N.")] = "show",
    number: Annotated[
        int | None, typer.Argument(min=1, max=MOST, metavar="N", help="Which is to be removed, as show numbers them.")
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

    store = Rewrites(settings.library_dir)
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
    for one in found:
        where = f", after “{one.context}”" if one.context else ""
        print(f"{one.number}. {one.question}\n   → {one.text}  ({_ORIGINS.get(one.origin, one.origin)}{where})")
    if not found:
        say("Nothing was learnt yet. A thumb up, `/good` in a chat, or a paper kept soon after an answer teaches it.")
