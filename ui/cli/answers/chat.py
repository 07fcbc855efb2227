"""`paperchat chat`: the conversation in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.answers.chat_commands import Conversation, Record
from ui.cli.base.common import ConfigFile, DataDir, ModeName, keep_log_quiet, mode_of, reader, say, with_library

if TYPE_CHECKING:
    from rag.config import Config

PROMPT = "\n> "


def chat(
    context: typer.Context,
    mode: ModeName = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last conversation.")] = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Hold a conversation. Questions are asked at a prompt, or come one a line from a pipe."""
    answering = mode_of(mode)
    settings = with_library(context, config, data_dir)
    from rag import open_assistant
    from rag.errors import LLMError

    keep_log_quiet()
    with open_assistant(settings) as assistant:
        assistant.library.require_papers()
        if (answering or settings.answer.mode) == "llm":
            with suppress(LLMError):  # of which each answer tells; a mistake in the configuration ends the chat here
                assistant.engine.model()
        with _record(settings, reader(context)) as record:
            conversation = Conversation(assistant, answering, record)
            if resume:
                conversation.resume()
            (_at_prompt if sys.stdin.isatty() else _from_pipe)(conversation)


@contextmanager
def _record(settings: Config, user: str) -> Iterator[Record | None]:
    """Where the conversation is kept; None, and said so, where the library may not be written to."""
    from rag.errors import LibraryError
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    try:
        store = Conversations(settings.store(FILE_NAME))
    except LibraryError as error:
        say(f"This conversation is not kept. {error.message}")
        yield None
        return
    try:
        yield Record(store, user)
    finally:
        store.close()


def _from_pipe(conversation: Conversation) -> None:
    """Answer each line as `ask` does; a line that cannot be answered is named on stderr, and the exit code is 1."""
    from rag.errors import PaperchatError

    failed = False
    said = False
    for line in sys.stdin:
        if not line.strip():
            continue
        if said:
            print()
        try:
            if not conversation.take(line.strip(), conversation.ask):
                break
        except PaperchatError as error:
            say(str(error))
            failed = True
        said = True
        sys.stdout.flush()
    if failed:
        raise typer.Exit(1)


def _at_prompt(conversation: Conversation) -> None:
    import readline  # noqa: F401  its import gives `input` line editing and a history

    from rag.errors import PaperchatError

    held = conversation.assistant.library.shelf.coverage()
    print(f"{held.papers:,} papers, {held.days}. /help lists the commands.")
    while True:
        try:
            line = input(PROMPT).strip()
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            continue
        try:
            if line and not conversation.take(line, conversation.stream):
                return
        except KeyboardInterrupt:
            print("\nStopped.")
        except PaperchatError as error:
            print(error)
