"""`paperchat questions`: what may be asked of a paper, each with the sentence that answers it."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, keep_log_quiet, print_json, say, with_library
from ui.cli.base.terminal import console
from ui.cli.library.named import named_paper


def questions(
    context: typer.Context,
    written: Annotated[list[str], typer.Argument(metavar="PAPER", help="The paper's id, or words of its title.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Say what one paper answers: questions that find it by a plain search, each with the sentence that answers it."""
    settings = with_library(context, config, data_dir)
    from rag.papers.shelf import FILE_NAME, Shelf

    shelf = Shelf.existing(settings.store(FILE_NAME))  # before anything heavy is imported
    try:
        paper = named_paper(shelf, " ".join(written))
    finally:
        shelf.close()
    from rag import open_assistant
    from rag.answer.suggestions import standalone
    from rag.text.readable import readable

    keep_log_quiet()
    with open_assistant(settings) as assistant:
        found = standalone(assistant.engine.scores, assistant.retriever, paper.paper_id)
        text = assistant.library.paper(paper.paper_id).text
    if as_json:
        told = [{"question": one.question, "quote": text[one.start : one.end], "start": one.start, "end": one.end}
                for one in found]  # fmt: skip
        print_json({"paper_id": paper.paper_id, "questions": told})
        return
    from rich.padding import Padding
    from rich.text import Text

    for one in found:
        console().print(Text(one.question, style="bold"))
        console().print(Padding(Text(f"“{readable(text[one.start : one.end])}”", style="italic"), (0, 0, 0, 3)))
    if not found:
        say(f"No question is sure to be answered by “{readable(paper.title)}” ({paper.paper_id}).")
