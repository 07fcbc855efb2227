"""The pages that the server draws: an address → what is shown, for the reader who asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from markupsafe import Markup

from rag.assistant import Assistant
from rag.errors import ConversationNotFound, KeepError, LibraryError, PaperchatError, PaperNotFound, RegionNotFound
from rag.follow.belongings import Belongings
from rag.papers.browse.catalogue import SHOWN, Catalogue
from rag.papers.descriptions import card_of, tags_of
from rag.papers.readers.answered import FILE_NAME as ANSWERED
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.kept import FILE_NAME as KEPT_STORE
from rag.retrieve.likeness import similar
from rag.sources.identifiers import paper_id_and_url
from rag.text.readable import readable
from rag.themes.map import Cartographer, Map, Region, read_code, written
from rag.topics.best.choice import SHOWN as CHOSEN
from rag.topics.best.choice import choose
from rag.types import Filters, Paper
from rag.types.filters import chosen
from ui.kept import kept_in
from ui.review import entries, originals
from ui.web.base import address
from ui.web.base.address import MISSING, Address
from ui.web.base.restriction import KEPT, UNREAD, Restriction, restriction
from ui.web.companion import best, chart, foryou, you
from ui.web.companion import map as mapped
from ui.web.companion.examination import Examination
from ui.web.companion.personal import Personal
from ui.web.drawn import bookmarks, paper, review, shelves, today
from ui.web.drawn.news import News
from ui.web.drawn.openers import Asked
from ui.web.drawn.shelves import PAGE_SIZE, Holding
from ui.web.html import items, nothing
from ui.web.html.rendering import EMPTY, element

LIKE = 6
"""Papers like one that its page shows."""
FEW = 5
"""Papers found by their words below which those near in meaning are shown as well."""
NEAR = 10
Facets = dict[str, tuple[tuple[str, int], ...]]
_TITLES = {"chat": "Chat", "topic": "Topic", "add": "Add papers", "setup": "Setup"}


@dataclass(frozen=True, slots=True)
class View:
    """What an address shows.

    Attributes:
        page: The address' page, by which the browser tells what to show beside it.
        title: Of the browser's tab.
        html: What is drawn here; empty for pages that are Gradio's.
        status: Of the response.
        target: The address' proper path, where it was written in another way.
    """

    page: str
    title: str
    html: Markup = EMPTY
    status: int = 200
    target: str = ""


class Site:
    """Draws pages; safe from many threads."""

    def __init__(self, assistant: Assistant, conversations: Conversations) -> None:
        """Draw what this assistant's library holds.

        Args:
            assistant: Over the library.
            conversations: Of all readers.
        """
        self.library = assistant.library
        self.shelf = assistant.library.shelf
        self.kept = kept_in(self.library.config.store(KEPT_STORE))
        self.news = News(self.library)
        self.personal = Personal(self.library, self.kept, self.news.known_lines, assistant.rewrites)
        self.belongings = Belongings(self.library.config.store(ANSWERED), self.kept, assistant.rewrites)
        self.rewrites = assistant.rewrites
        self.catalogue = Catalogue(self.shelf)
        self.maps = Cartographer(self.library)
        self._assistant = assistant
        self._conversations = conversations
        self._asked = Asked(self.library)
        self.quiz = Examination(self.library, self.kept, self.marks)

    def view(self, at: Address, owner: str) -> View:
        """What an address shows to a reader."""
        try:
            if at.page == "today":
                return self._today(owner)
            if at.page == "day":
                return self._day(at.key, owner)
            if at.page == "paper":
                return self._paper(at.key, owner)
            if at.page == "you":
                held = self.shelf.coverage().papers
                return View("you", "Your profile", self._you(owner) if held else today.empty())
            if at.page == "library":
                return self._library(at.fields, owner)
            if at.page == "map":
                return self._map(at, owner)
            if at.page == "best":
                return self._best(at.fields)
            if at.page == "review":
                found = entries(self.shelf, released=True)
                return View("review", "Held for review", review.page(found, originals(self.shelf, found)))
            if at.page == "quiz":
                drawn = self.quiz.page(at.fields, owner) if self.shelf.has_papers() else today.empty()
                return View("quiz", "Quiz", drawn)
            if at.page == "conversation":
                title = self._conversations.title(owner, at.key)
                return View(at.page, title, target=f"/conversation/{at.key}")
        except PaperNotFound:
            return missing(f"The paper {at.key} is not in this library.")
        except RegionNotFound as error:
            return missing(f"{error.message} Codes change when the map is drawn anew.", _to_map())
        except ConversationNotFound:
            return missing("There is no such conversation. It may have been deleted, or belong to somebody else.")
        except PaperchatError as error:
            said = [
                element("h1", "That did not work", tabindex="-1"),
                element("p", error.message),
                element("p", error.advice),
            ]
            return View(MISSING, "Error", element("div", *said, class_="page missing"), 500)
        if at.page in _TITLES:
            return View(at.page, at.key or _TITLES[at.page])
        return missing("There is no page at this address.")

    def similar(self, paper_id: str, owner: str) -> Markup:
        """The papers nearest to one."""
        found = [paper_id for paper_id, _ in similar(self.library, paper_id, LIKE)]
        papers = self.shelf.papers(found)
        near = [papers[paper_id] for paper_id in found if paper_id in papers]
        return paper.similar(near, self.marks(found, owner))

    def mapped(self, key: str, owner: str) -> View:
        """The map's page, drawn where that was not done yet, which takes some seconds."""
        self.maps.map()
        return self.view(Address("map", key), owner)

    def chart(self, key: str, state: str) -> dict[str, object]:
        """What the map's canvas shows, or what it says of a region; nothing where the map of that state is no more."""
        drawn, code = self.maps.ready(), read_code(key)
        if drawn is None or drawn.state != state or (key and code is None):
            return {}
        return chart.detail(drawn, code, self.shelf) if code else chart.overview(drawn)

    def questions(self, paper_id: str) -> Markup:
        """Questions that a paper answers."""
        one = self.library.paper(paper_id)
        return paper.questions(one, self._asked.of(one))

    def chosen(self, fields: Mapping[str, str], owner: str) -> Markup:
        """The papers that meet the criteria of an address best."""
        asked = best.asked(self._assistant.engine, fields)
        if asked is None:
            return EMPTY
        found = choose(self._assistant.engine, asked)
        return best.chosen(found, self.marks([row.paper.paper_id for row in found.rows[:CHOSEN]], owner))

    def marks(self, paper_ids: Iterable[str], owner: str) -> dict[str, Markup]:
        """The buttons of some papers."""
        ids = list(paper_ids)
        with suppress(KeepError):  # an id that cannot be kept has no buttons
            return {key: bookmarks.marks(key, kept) for key, kept in self.kept.marks(owner, ids).items()}
        return {}

    def was_kept(self, paper_ids: Iterable[str], owner: str) -> None:
        """Learn from papers that a reader has just kept."""
        self._assistant.learn_from_kept(owner, list(paper_ids), self._conversations)

    def note(self, paper_id: str, owner: str) -> Markup:
        """The reader's note on a paper."""
        try:
            return bookmarks.note(paper_id, self.kept.note(owner, paper_id), reader=owner)
        except KeepError:
            return EMPTY

    def lists(self, paper_ids: list[str], owner: str) -> Markup:
        """The lists to choose from for some papers."""
        found = self.kept.lists(owner)
        on = [one.name for one in found if set(paper_ids) <= set(one.papers)]
        return bookmarks.lists(paper_ids, [one.name for one in found], on)

    def for_you(self, owner: str, less: str = "") -> Markup:
        """For you, of what is new to the reader or of the whole library.

        Args:
            owner: Who reads.
            less: A paper of whose kind they have just said to want less.
        """
        new, since = self._new(owner)
        return self.personal.section(owner, new, since, less)

    def why(self, paper_ids: list[str], owner: str) -> dict[str, str]:
        """Why some of the papers for a reader are shown, as HTML; else the line that speaks for the paper."""
        new, since = self._new(owner)
        found = self.personal.why(owner, paper_ids, new, since)
        bare = [paper_id for paper_id, said in found.items() if not said]
        lines = self.news.lines(bare) if bare else {}
        return found | {one: str(element("span", readable(line))) for one in bare if (line := lines.get(one))}

    def _new(self, owner: str) -> tuple[frozenset[str], object]:
        """What is new to a reader, and the days that stand for it."""
        newest = self.news.newest()
        seen = self._seen(owner, newest) if newest else None
        if newest is None or (seen and newest <= seen):
            return frozenset(), None
        since, until = self.news.span(seen)
        return self.shelf.select(Filters(date_from=since, date_to=until)) or frozenset(), since

    def holdings(self, fields: Mapping[str, str], owner: str) -> list[Paper]:
        """All papers that the library's page would show, for a file of them."""
        asked = restriction(fields, self.kept, owner)
        found = self.catalogue.page(
            asked.words, asked.filters, -1, 0, best_first=True, among=asked.among, without=asked.without
        )
        return list(found.papers)

    # --- pages ------------------------------------------------------------------------------------------------------

    def _today(self, owner: str) -> View:
        newest = self.news.newest()
        if newest is None:
            held = self.shelf.coverage().papers
            drawn = nothing.new(held, max(self.news.counts(), default=None)) if held else today.empty()
            return View("today", "Today", drawn)
        seen = self._seen(owner, newest)
        for_you = self.for_you(owner) if self.personal.is_ready(owner) else foryou.awaited()
        return View("today", "Today", self._edition(*self.news.span(seen), seen, owner, for_you))

    def _day(self, key: str, owner: str) -> View:
        try:
            day = date.fromisoformat(key)
        except ValueError:
            return missing(f"{key} is no day. Days are written like 2025-11-22.")
        if day not in self.news.counts():
            return missing(f"No paper came in on {key}.", self._days())
        return View("day", items.day(day), self._edition(day, day, None, owner))

    def _days(self) -> Markup:
        newest = self.news.newest()
        return today.strip(self.news.edition(newest, newest)) if newest else EMPTY

    def _seen(self, owner: str, newest: date) -> date | None:
        """The newest day at the reader's last visit."""
        with suppress(LibraryError):  # a library that may not be written remembers no visit
            return self.kept.seen(owner, datetime.now(UTC), newest)
        return None

    def _edition(self, since: date, until: date, seen: date | None, owner: str, for_you: Markup = EMPTY) -> Markup:
        edition = self.news.edition(since, until, seen)
        ids = [one.paper_id for one in edition.outline.papers]
        ids += [one.revision.new.paper_id for one in edition.outline.changed]
        return today.page(today.personal(edition, self.kept.unread(owner, ids), self.marks(ids, owner)), for_you)

    def _paper(self, key: str, owner: str) -> View:
        paper_id = self._known(key)
        latest = self.library.paper(paper_id)
        versions = [self.shelf.paper(paper_id, number) for number in self.shelf.versions(paper_id)]
        mine, note = EMPTY, EMPTY
        with suppress(KeepError):
            (kept,) = self.kept.marks(owner, [paper_id]).values()
            mine = bookmarks.marks(paper_id, kept, words=True, less=True) + self.lists([paper_id], owner)
            note = self.note(paper_id, owner)
            if not kept.read:
                with suppress(LibraryError):  # a library that may not be written remembers nothing
                    self.kept.read(owner, [paper_id])
        said = card_of(self.shelf, paper_id), tags_of(self.shelf, paper_id) or ()
        days = self.catalogue.version_days(paper_id)
        html = paper.page(
            versions,
            latest.version,
            days,
            marks=mine,
            note=note,
            card=said[0],
            tags=said[1],
            region=self._region_of(paper_id),
        )
        return View("paper", items.title_of(latest), html, target=address.paper(paper_id))

    def _you(self, owner: str) -> Markup:
        return you.page(self.personal.page(owner) if self.personal.is_ready(owner) else you.awaited())

    def _best(self, fields: Mapping[str, str]) -> View:
        if not self.shelf.coverage().papers:
            return View("best", "The best paper", today.empty())
        asked = best.asked(self._assistant.engine, fields)
        title = f"{asked.request} · The best paper" if asked else "The best paper"
        return View("best", title, best.page(asked, fields))

    def _known(self, key: str) -> str:
        """The id of the paper that an address names, however it is written."""
        if not self.shelf.versions(key) and (found := paper_id_and_url(key)):
            key = found[0]
        return self.shelf.resolved([key])[0]

    def _library(self, fields: Mapping[str, str], owner: str) -> View:
        held = self.shelf.coverage().papers
        if not held:
            return View("library", "Library", today.empty())
        lists = self.kept.lists(owner)
        shelf, names = self._kept(fields, owner), [one.name for one in lists]
        try:
            asked = restriction(fields, self.kept, owner)
        except PaperchatError as error:
            holding = Holding(fields, held=held, shelf=shelf, lists=names, problem=f"{error.message} {error.advice}")
            return View("library", "Library", shelves.page(holding))
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
        )
        title = f"{words} · Library" if words else "Library"
        return View("library", title, shelves.page(holding))

    def _map(self, at: Address, owner: str) -> View:
        if not self.shelf.has_papers():
            return View("map", "Map", today.empty())
        code = read_code(at.key) if at.key else ()
        if code is None:
            return missing(f"{at.key} is no region of the map. Regions are written like 3 or 3.1.", _to_map())
        drawn = self.maps.ready()
        if drawn is None:
            return View("map", "Map", mapped.drawing(at.key))
        sheet = mapped.Sheet(drawn, code, drawn.state, self._on_map(drawn, owner))
        if not code:
            return View("map", "Map", mapped.page(sheet))
        region, text = drawn.region(code), at.fields.get("at", "")
        offset = int(text) if text.isdecimal() and len(text) < 10 and int(text) < region.papers else 0
        among = drawn.members(code)
        found = self.catalogue.page("", Filters(), mapped.PAGE_SIZE, offset, among=among).papers
        marks = self.marks([one.paper_id for one in found], owner)
        shown = replace(sheet, papers=found, offset=offset, marks=marks)
        return View("map", f"{region.name} · Map", mapped.page(shown), target=address.region(written(code)))

    def _on_map(self, drawn: Map, owner: str) -> dict[str, list[int]]:
        """What the reader keeps, as places on the map; a paper that is starred is not marked as listed as well."""
        starred = set(self.kept.starred(owner))
        later = set(self.kept.to_read(owner)) - starred
        listed = {paper_id for one in self.kept.lists(owner) for paper_id in one.papers} - starred - later
        return chart.marked(drawn, {"starred": starred, "later": later, "listed": listed})

    def _region_of(self, paper_id: str) -> Region | None:
        """The smallest region of several papers that a paper lies in, where the map is at hand."""
        with suppress(RegionNotFound):
            drawn = self.maps.last()
            code = drawn.code_of(paper_id) if drawn else None
            if drawn and code:
                return drawn.region(code[:2])
        return None

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
        passages = self._assistant.retriever.search(asked.words, asked.filters, 3 * NEAR, papers=among, explained=0)
        ids = list(dict.fromkeys(one.paper_id for one in passages if one.paper_id not in known))[:NEAR]
        papers = self.shelf.papers(ids)
        return [papers[paper_id] for paper_id in ids if paper_id in papers]


def _to_map() -> Markup:
    return element("p", element("a", "See the whole map", href=address.region()))


def missing(why: str, more: Markup = EMPTY) -> View:
    """The page for an address at which nothing is: it says so, and where to look."""
    return View(MISSING, "Nothing is here", nothing.here(why, more), 404)
