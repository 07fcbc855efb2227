"""`conversations`: what was asked and answered, to be read again or sent as one file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import MOST, AsJson, ConfigFile, DataDir, print_json, reader, say, with_library

if TYPE_CHECKING:
    from rag.config import Config
    from rag.papers.readers.conversations import Conversations

app = typer.Typer(help="List conversations, or show one again.", invoke_without_command=True)
_SHOWN = 20


@app.callback()
def conversations(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, metavar="N", help="At most so many.")] = _SHOWN,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """List conversations, newest first, or show one again."""
    if context.invoked_subcommand is not None:
        return
    with opened(with_library(context, config, data_dir)) as store:
        found = store.find(reader(context), limit=limit)
    if as_json:
        rows = [
            {
                "conversation": one.conversation_id,
                "title": one.title,
                "updated": one.updated.isoformat(),
                "questions": one.questions,
            }
            for one in found
        ]
        print_json({"conversations": rows})
        return
    for one in found:
        print(f"{one.updated:%Y-%m-%d %H:%M}  {one.conversation_id}  {one.title} ({plural(one.questions, 'question')})")
    say(
        "`paperchat conversations show ID` shows one, `--html FILE` writes it to be sent."
        if found
        else "There is no conversation yet. `paperchat chat` begins one."
    )


@app.command()
def show(
    context: typer.Context,
    conversation: Annotated[
        str, typer.Argument(metavar="ID", help="The conversation (default: the one asked in last).")
    ] = "",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it to this new file, which needs nothing else.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show a conversation with its references, or write it as one HTML file."""
    settings = with_library(context, config, data_dir)
    if html:
        from ui.cli.library.bibliography import check_new

        check_new(html, "--html")
    with opened(settings) as store:
        owner = store.owner(conversation) if conversation else reader(context)
        conversation = conversation or last_of(store, owner)
        title, exchanges = store.title(owner, conversation), store.exchanges(owner, conversation)
    if html:
        from ui.snapshot import snapshot

        with html.open("x", encoding="utf-8", errors="replace") as file:
            file.write(snapshot(title, exchanges))
        print_json({"file": str(html)}) if as_json else say(f"Written to {html}.")
    elif as_json:
        said = [
            {
                "question": one.question,
                "asked": one.asked.isoformat(),
                "answer": one.answer.model_dump(mode="json") if one.answer else None,
            }
            for one in exchanges
        ]
        print_json({"conversation": conversation, "title": title, "exchanges": said})
    else:
        from rag.papers.bibliography.transcript import markdown

        sys.stdout.write(markdown(title, exchanges))


def last_of(store: Conversations, user: str) -> str:
    """The id of the conversation that a reader asked in last (`ConversationNotFound` where there is none)."""
    from rag.errors import ConversationNotFound

    found = store.find(user, limit=1)
    if not found:
        raise ConversationNotFound("There is no conversation yet.", "`paperchat chat` begins one.")
    return found[0].conversation_id


@contextmanager
def opened(settings: Config) -> Iterator[Conversations]:
    """The conversations of a library."""
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    store = Conversations(settings.store(FILE_NAME))
    try:
        yield store
    finally:
        store.close()
