"""`similar`: the papers near one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ui.cli.base.common import MOST, AsJson, ConfigFile, DataDir, print_json, say, with_library
from ui.cli.library.named import named_paper
from ui.cli.library.papers import marks_of

_K = 10


def similar(
    context: typer.Context,
    written: Annotated[list[str], typer.Argument(metavar="PAPER", help="The paper's id, or words of its title.")],
    k: Annotated[int, typer.Option("-k", min=1, max=MOST, metavar="N", help="Papers to show.")] = _K,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Find papers like one, nearest first."""
    settings = with_library(context, config, data_dir)
    from rag.papers.shelf import FILE_NAME, Shelf

    shelf = Shelf.existing(settings.store(FILE_NAME))  # before anything heavy is imported
    try:
        paper = named_paper(shelf, " ".join(written))
    finally:
        shelf.close()
    from rag import open_library
    from rag.retrieve.likeness import similar as nearest
    from rag.text.readable import readable

    with open_library(settings) as library:
        scored = nearest(library, paper.paper_id, k)
        held = library.shelf.papers(paper_id for paper_id, _ in scored)
        found = [(held[paper_id], score) for paper_id, score in scored if paper_id in held]
    if as_json:
        print_json({"papers": [_as_json(one, score) for one, score in found], "since": None, "themes": []})
        return
    for one, score in found:
        print(f"{max(score, 0.0):>4.0%}  {one.told:10}  {one.paper_id:<11}  {readable(one.title)}{marks_of(one)}")
    if found:
        say(f"Nearest in meaning to “{readable(paper.title)}” ({paper.paper_id}); 100% would be the same text.")
    else:
        say(f"Nothing is near “{readable(paper.title)}” ({paper.paper_id}).")


def _as_json(paper: Any, score: float) -> dict[str, Any]:
    return {
        "paper_id": paper.paper_id,
        "title": paper.title,
        "authors": list(paper.authors),
        "date": paper.told or None,
        "url": paper.url,
        "line": None,
        "theme": None,
        "unread": None,
        "score": round(score, 6),
        "reasons": None,
        "held": paper.held,
    }
