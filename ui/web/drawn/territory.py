"""The map's page: all of it, a region, and where what a reader keeps lies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from markupsafe import Markup

from rag.errors import RegionNotFound
from rag.papers.browse.catalogue import Catalogue
from rag.papers.readers.kept import Kept
from rag.papers.shelf import Shelf
from rag.themes.map import Cartographer, Map, Region, read_code, written
from rag.types import Filters
from ui.web.base import address
from ui.web.base.address import Address
from ui.web.companion import chart
from ui.web.companion import map as mapped
from ui.web.drawn import today
from ui.web.drawn.view import View, missing
from ui.web.html.rendering import element


class MapPage:
    """Draws it; safe from many threads."""

    def __init__(
        self,
        maps: Cartographer,
        shelf: Shelf,
        kept: Kept,
        catalogue: Catalogue,
        marks: Callable[[Iterable[str], str], dict[str, Markup]],
    ) -> None:
        """Draw from a library and what is kept of it.

        Args:
            maps: Of the library.
            shelf: Its papers.
            kept: By all readers.
            catalogue: Of the library.
            marks: A reader's buttons of some papers.
        """
        self.maps = maps
        self.shelf = shelf
        self.kept = kept
        self.catalogue = catalogue
        self.marks = marks

    def view(self, at: Address, owner: str) -> View:
        """The page for what an address asks for."""
        if not self.shelf.has_papers():
            return View("map", "Map", today.empty())
        code = read_code(at.key) if at.key else ()
        if code is None:
            return missing(f"{at.key} is no region of the map. Regions are written like 3 or 3.1.", to_map())
        drawn = self.maps.ready()
        if drawn is None:
            return View("map", "Map", mapped.drawing(at.key))
        trends = chart.trends(drawn, code, self.catalogue.days())
        sheet = mapped.Sheet(drawn, code, drawn.state, self._on_map(drawn, owner), trends=trends)
        if not code:
            return View("map", "Map", mapped.page(sheet))
        region, text = drawn.region(code), at.fields.get("at", "")
        offset = int(text) if text.isdecimal() and len(text) < 10 and int(text) < region.papers else 0
        among = drawn.members(code)
        found = self.catalogue.page("", Filters(), mapped.PAGE_SIZE, offset, among=among).papers
        marks = self.marks([one.paper_id for one in found], owner)
        shown = replace(sheet, papers=found, offset=offset, marks=marks)
        return View("map", f"{region.name} · Map", mapped.page(shown), target=address.region(written(code)))

    def chart(self, key: str, state: str) -> dict[str, object]:
        """What the map's canvas shows, or what it says of a region; nothing where the map of that state is no more."""
        drawn, code = self.maps.ready(), read_code(key)
        if drawn is None or drawn.state != state or (key and code is None):
            return {}
        return chart.detail(drawn, code, self.shelf) if code else chart.overview(drawn)

    def _on_map(self, drawn: Map, owner: str) -> dict[str, list[int]]:
        """What the reader keeps, as places on the map; a paper that is starred is not marked as listed as well."""
        starred = set(self.kept.starred(owner))
        later = set(self.kept.to_read(owner)) - starred
        listed = {paper_id for one in self.kept.lists(owner) for paper_id in one.papers} - starred - later
        return chart.marked(drawn, {"starred": starred, "later": later, "listed": listed})

    def region_of(self, paper_id: str) -> Region | None:
        """The smallest region of several papers that a paper lies in, where the map is at hand."""
        with suppress(RegionNotFound):
            drawn = self.maps.last()
            code = drawn.code_of(paper_id) if drawn else None
            if drawn and code:
                return drawn.region(code[:2])
        return None


def to_map() -> Markup:
    """A way to the whole map."""
    return element("p", element("a", "See the whole map", href=address.region()))
