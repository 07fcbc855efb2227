"""The command `cards`, and how cards, tags and facets look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, progress_bar, say, with_library

if TYPE_CHECKING:
    from rag.papers.browse.facets import Facets
    from rag.papers.shelf import Shelf
    from rag.types import Paper

_SHOWN = 15
"""Values of a facet that a terminal lists."""


def cards(
    context: typer.Context,
    again: Annotated[bool, typer.Option("--again", help="Make all of them, also those that are there.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Make the cards and tags that papers lack, as in a library of an older paperchat; new papers come with them."""
    settings = with_library(context, config, data_dir)
    from rag import open_library

    with (
        open_library(settings) as library,
        progress_bar(as_json, "making cards") as progress,
        library.writing(progress),
    ):
        if again:
            library.shelf.descriptions.forget()
        made = library.describe_missing(progress)
        papers = library.shelf.coverage().papers
    if as_json:
        print_json({"papers": papers, "made": made})
    else:
        print(f"{plural(made, 'card')} made; {plural(papers, 'paper')} in the library.")


def described_json(shelf: Shelf, paper: Paper) -> dict[str, Any]:
    """Card and tags of a paper's version as the contract prints them; null where they are not known."""
    from rag.papers.descriptions import card_of, tags_of

    card = card_of(shelf, paper.paper_id, paper.version)
    tags = tags_of(shelf, paper.paper_id, paper.version)
    return {
        "card": card.as_json() if card else None,
        "tags": [tag.as_json() for tag in tags] if tags is not None else None,
    }


def card_lines(shelf: Shelf, paper: Paper) -> Iterable[tuple[str, str]]:
    """What a paper's card and tags say, as name and value; nothing where they are not known."""
    from rag.papers.descriptions import card_of, tags_of
    from rag.text.readable import readable

    if tags := tags_of(shelf, paper.paper_id, paper.version):
        yield "tags", ", ".join(tag.label for tag in tags)
    if card := card_of(shelf, paper.paper_id, paper.version):
        for name, spans in card.fields():
            if spans:
                yield name, readable("; ".join(span.text for span in spans))


def warn_of_unknown(shelf: Shelf) -> None:
    """Say how many papers a filter of cards or tags cannot find yet."""
    if unknown := shelf.descriptions.unknown():
        say(f"{plural(unknown, 'paper')} without a card and tags yet; `paperchat cards` makes them.")


def print_facets(found: Facets) -> None:
    """Print counts, the commonest values of each facet."""
    tags = {f"{tag.label} ({tag.tag})": count for tag, count in found.tags.items()}
    print(f"{plural(found.papers, 'paper')}")
    _print("month", found.months, len(found.months))
    _print("category", found.categories, _SHOWN)
    _print("tag", tags, _SHOWN)
    _print("has", found.has, _SHOWN)


def _print(name: str, counted: Mapping[str, int], most: int) -> None:
    if not counted:
        return
    print(f"\n{name}")
    for value, count in islice(counted.items(), most):
        print(f"{count:>7,}  {value}")
    if len(counted) > most:
        print(f"         … and {len(counted) - most} more; --json lists all")
