"""The library's page: what the library holds of what is asked for, and what a reader keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from markupsafe import Markup

from rag.errors import KeepError, ListNotFound, PaperchatError
from rag.papers.browse.catalogue import SHOWN, Catalogue
from rag.papers.readers.kept import Kept
from rag.papers.shelf import Shelf
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Filters, Paper
from rag.types.filters import chosen
from ui.web.base.restriction import KEPT, UNREAD, Restriction, restriction
from ui.web.drawn import bookmarks, shelves, today
from ui.web.drawn.shelves import PAGE_SIZE, Holding
from ui.web.drawn.view import View
from ui.web.html import nothing
from ui.web.html.rendering import EMPTY

FEW = 5
"""Papers found by their words below which those near in meaning are shown as well."""
NEAR = 10


class HoldingsPage:
    """Draws it; safe from many threads."""

    def __init__(
        self,
        retriever: HybridRetriever,
        kept: Kept,
        catalogue: Catalogue,
        marks: Callable[[Iterable[str], str], dict[str, Markup]],
        note: Callable[[str, str], Markup],
        follow: Callable[[str, str], Markup],
    ) -> None:
        """Draw from a library and what is kept of it.

        Args:
            retriever: Finds papers near in meaning to words.
            kept: By all readers.
            catalogue: Of the library.
            marks: A reader's buttons of some papers.
            note: A reader's note on a paper.
            follow: The button by which a reader follows a question.
        """
        self.shelf: Shelf = retriever.library.shelf
        self.kept = kept
        self.catalogue = catalogue
        self.marks = marks
        self.note = note
        self._follow = follow
        self._retriever = retriever

    def view(self, fields: Mapping[str, str], owner: str) -> View:
        """The page for what an address asks for."""
        held = self.shelf.coverage().papers
        if not held:
            return View("library", "Library", today.empty())
        lists = self.kept.lists(owner)
        shelf, names = self._kept(fields, owner), [one.name for one in lists]
        try:
            asked = restriction(fields, self.kept, owner)
        except PaperchatError as error:
            holding = Holding(fields, held=held, shelf=shelf, lists=names, problem=nothing.told(error))
            is_missing = isinstance(error, ListNotFound | KeepError)
            return View("library", "Library", shelves.page(holding), 404 if is_missing else 200)
        words, filters = asked.words, asked.filters
        text = fields.get("at", "")
        offset = int(text) if text.isdecimal() and len(text) < 10 else 0
        best = fields.get("order") != "newest"
        found = self.catalogue.page(
            words, filters, PAGE_SIZE, offset, best_first=best, among=asked.among, without=asked.without
        )
        near = self._near(asked, found.papers) if words and found.total < FEW else []
        ids = [one.paper_id for one in (*found.papers, *near)]
        holding = Holding(
            fields,
            found.total,
            found.papers,
            offset,
            self._facets(fields, asked, owner),
            held,
            self.marks(ids, owner),
            shelf,
            names,
            near=near,
            gone=self._gone(fields, owner),
            flagged=len(self.shelf.flags.held()),
            follow=self._follow(question, owner) if (question := shelves.question_of(fields)) else EMPTY,
        )
        title = f"{words} · Library" if words else "Library"
        return View("library", title, shelves.page(holding))

    def _facets(
        self, fields: Mapping[str, str], asked: Restriction, owner: str
    ) -> dict[str, tuple[tuple[str, int], ...]]:
        """Values with how many papers each would leave, in the place of the field's present one."""
        open_ones = [name for name in SHOWN if not fields.get(name)]
        found = self.catalogue.facets(
            asked.words, asked.filters, among=asked.among, without=asked.without, names=open_ones
        )
        for name in SHOWN:
            if name not in found:
                free = restriction({**fields, name: ""}, self.kept, owner)
                found |= self.catalogue.facets(
                    free.words, free.filters, among=free.among, without=free.without, names=[name]
                )
        return {name: found[name] for name in SHOWN}

    def _kept(self, fields: Mapping[str, str], owner: str) -> Markup:
        """What the reader keeps of the papers that the library holds."""
        kept = {name: read(self.kept, owner) for name, read in KEPT.items()}
        lists = {one.name: one.papers for one in self.kept.lists(owner)}
        held = self._held({paper_id for ids in (*kept.values(), *lists.values()) for paper_id in ids})
        counts = {name: len(held.intersection(ids)) for name, ids in kept.items()}
        read = self.kept.done(owner)
        counts[UNREAD] = self.shelf.coverage().papers - len(self._held(read))
        places = [name for name, ids in (*kept.items(), (UNREAD, read)) if ids]
        found = [(name, len(held.intersection(ids))) for name, ids in lists.items()]
        return bookmarks.shelf(counts, places, found, fields)

    def _gone(self, fields: Mapping[str, str], owner: str) -> list[tuple[str, Markup]]:
        """Papers of the place that is shown that have left the library, with what is kept of them."""
        place = {name: fields.get(name, "") for name in ("keep", "list")}
        ids = restriction(place, self.kept, owner).among or ()
        held = self._held(ids)
        gone = [paper_id for paper_id in ids if paper_id not in held]
        return [(paper_id, self._left(paper_id, place["list"], owner)) for paper_id in gone]

    def _left(self, paper_id: str, name: str, owner: str) -> Markup:
        """What a reader can do with a paper that has left the library."""
        off = bookmarks.off(paper_id, name) if name else EMPTY
        note = self.note(paper_id, owner) if self.kept.note(owner, paper_id) else EMPTY
        return self.marks([paper_id], owner)[paper_id] + off + note

    def _held(self, paper_ids: Iterable[str]) -> frozenset[str]:
        """Those of some papers that the library holds."""
        return self.shelf.select(Filters(paper=chosen(paper_ids))) or frozenset()

    def _near(self, asked: Restriction, found: Iterable[Paper]) -> list[Paper]:
        """Papers near in meaning to words that few papers have."""
        known = {*(one.paper_id for one in found), *asked.without}
        among = None if asked.among is None else frozenset(asked.among)
        passages = self._retriever.search(asked.words, asked.filters, 3 * NEAR, papers=among, explained=0)
        ids = list(dict.fromkeys(one.paper_id for one in passages if one.paper_id not in known))[:NEAR]
        papers = self.shelf.papers(ids)
        return [papers[paper_id] for paper_id in ids if paper_id in papers]
