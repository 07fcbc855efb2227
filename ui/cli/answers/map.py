"""`map`: the regions of the library, and the papers of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from rag.types import Filters
from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, progress_bar, say, with_library
from ui.cli.library.papers import marks_of

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index.library import Library
    from rag.themes.codes import Code
    from rag.themes.map import Map, Region

_ALSO = 3


def show_map(
    context: typer.Context,
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="A region, such as 3 or 3.1.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Draw the map anew over all papers; codes and places change.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show the library's regions and what they are about; with a code, the papers of that region."""
    region = _code(code, "'CODE'") if code else ()
    settings = with_library(context, config, data_dir)
    from rag import open_library
    from rag.themes.map import Cartographer

    with open_library(settings) as library:
        with progress_bar(as_json) as progress:
            drawn = Cartographer(library).map(anew=rebuild, progress=progress)
        if as_json:
            print_json(_head(drawn) | (_region(drawn, region, library) if region else {"regions": _tree(drawn, ())}))
            return
        if region:
            _print_region(drawn, region, library)
        else:
            for line in _lines(drawn, ()):
                print(line)
    _say(drawn)


def within_region(filters: Filters, settings: Config, text: str) -> Filters:
    """Filters that leave only papers of a region of the map.

    Raises:
        RegionNotFound: the map has none such, or the library has outgrown its map, so that codes would change.
    """
    from dataclasses import replace

    from rag import open_library
    from rag.errors import LibraryError, RegionNotFound
    from rag.themes.map import Cartographer
    from rag.types.filters import chosen

    code = _code(text, "'--region'")
    with open_library(settings) as library:
        drawer = Cartographer(library)
        drawn = drawer.ready()
        if drawn is None and drawer.was_drawn():
            raise RegionNotFound(
                f"The library has outgrown its map, so region {text} may be another one by now.",
                "`paperchat map` draws it anew and lists its regions.",
            )
        drawn = drawn or drawer.map()
        drawn.region(code)
        inside = drawn.members(code)
        if filters.paper:
            inside = sorted(frozenset(inside) & (library.shelf.select(Filters(paper=filters.paper)) or frozenset()))
    if not inside:
        raise LibraryError(f"None of these papers lies in region {text}.", "`paperchat map` lists the regions.")
    return replace(filters, paper=chosen(inside))


def _code(text: str, hint: str) -> Code:
    from rag.themes.map import read_code

    found = read_code(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no region; regions are written like 3 or 3.1", param_hint=hint)
    return found


def _head(drawn: Map) -> dict[str, Any]:
    return {
        "papers": len(drawn.paper_ids),
        "drawn": drawn.drawing.day.isoformat(),
        "drawn_over": drawn.drawing.over,
        "came_since": drawn.later,
        "not_placed": drawn.unplaced,
        "redrawn": drawn.redrawn or None,
    }


def _as_json(one: Region) -> dict[str, Any]:
    return {"code": one.written, "name": one.name, "also": list(one.also), "papers": one.papers}


def _tree(drawn: Map, code: Code) -> list[dict[str, Any]]:
    return [_as_json(one) | {"regions": _tree(drawn, one.code)} for one in drawn.children(code)]


def _region(drawn: Map, code: Code, library: Library) -> dict[str, Any]:
    from rag.themes.map import written

    one = drawn.region(code)
    held = library.shelf.papers(drawn.members(code))
    members = [
        {
            "paper_id": paper.paper_id,
            "title": paper.title,
            "date": paper.told,
            "url": paper.url,
            "held": paper.held,
            "code": written(drawn.code_of(paper.paper_id) or ()),
        }
        for paper in sorted(held.values(), key=lambda paper: (paper.told, paper.paper_id), reverse=True)
    ]
    return {"region": _as_json(one), "regions": _tree(drawn, code), "members": members}


def _lines(drawn: Map, code: Code) -> Iterator[str]:
    for one in drawn.children(code):
        if len(one.code) == 3:
            return
        also = f"  · {', '.join(one.also[:_ALSO])}" if one.also and len(one.code) == 1 else ""
        yield f"{'   ' * (len(one.code) - 1)}{one.written:<6}{one.papers:>6,}  {one.name}{also}"
        yield from _lines(drawn, one.code)


def _print_region(drawn: Map, code: Code, library: Library) -> None:
    from rag.text.readable import readable

    one = drawn.region(code)
    print(f"{one.written}  {one.name} ({plural(one.papers, 'paper')})")
    if one.also:
        print(f"also: {', '.join(one.also)}")
    parts = drawn.children(code)
    for part in parts:
        print(f"   {part.written:<8}{part.papers:>6,}  {part.name}")
    print()
    held = library.shelf.papers(drawn.members(code))
    for paper in sorted(held.values(), key=lambda paper: (paper.told, paper.paper_id), reverse=True):
        print(f"{paper.told:10}  {paper.paper_id:<11}  {readable(paper.title)}{marks_of(paper)}")


def _say(drawn: Map) -> None:
    say(f"Drawn on {drawn.drawing.day} over {plural(drawn.drawing.over, 'paper')}; {drawn.later:,} came since.")
    if drawn.redrawn:
        say(f"It was drawn anew: {drawn.redrawn}. Codes from before lead elsewhere.")
    if drawn.unplaced:
        say(f"{plural(drawn.unplaced, 'paper')} not indexed yet and not on the map; `paperchat doctor --repair` helps.")
    if drawn.overdue:
        say("`paperchat map --rebuild` draws it anew; codes then change.")
