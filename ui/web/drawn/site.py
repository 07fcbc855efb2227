"""The pages that the server draws: an address → what is shown, for the reader who asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from rag.assistant import Assistant
from rag.errors import (
    ConversationNotFound,
    KeepError,
    LibraryError,
    ListNotFound,
    PaperchatError,
    PaperNotFound,
    QuestionError,
    RegionNotFound,
    UsageError,
)
from rag.follow.belongings import Belongings
from rag.papers.browse.catalogue import Catalogue
from rag.papers.descriptions import card_of, tags_of
from rag.papers.readers.answered import FILE_NAME as ANSWERED
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.followed import FILE_NAME as FOLLOWED
from rag.papers.readers.kept import FILE_NAME as KEPT_STORE
from rag.retrieve.likeness import similar
from rag.sources.identifiers import paper_id_and_url
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.themes.map import Cartographer
from rag.topics.best.choice import SHOWN as CHOSEN
from rag.topics.best.choice import choose
from rag.types import Filters, Paper
from rag.types.filters import chosen
from ui.kept import kept_in
from ui.review import entries, originals
from ui.web.base import address
from ui.web.base.address import MISSING, Address
from ui.web.base.few import Few
from ui.web.base.restriction import restriction
from ui.web.companion import best, followed, foryou, you
from ui.web.companion.examination import Examination
from ui.web.companion.follows import Follows, days_of
from ui.web.companion.personal import Personal
from ui.web.drawn import bookmarks, paper, review, shelves, today
from ui.web.drawn.holdings import HoldingsPage
from ui.web.drawn.news import News
from ui.web.drawn.openers import Asked
from ui.web.drawn.territory import MapPage, to_map
from ui.web.drawn.view import View, busy, missing
from ui.web.html import items, nothing, written_days
from ui.web.html.rendering import EMPTY, advised, element

LIKE = 6
"""Papers like one that its page shows."""
BROKEN = "\N{REPLACEMENT CHARACTER}"
"""Stands in an address for bytes that are no text."""
_GROUPED = frozenset({"today", "day"})
"""Pages whose papers may have to be grouped by theme, which takes long."""
GROUPING, WAITING = 8, 120
"""Those drawn at once, and waiting; more are turned away."""
_TITLES = {"chat": "Chat", "topic": "Topic", "add": "Add papers", "setup": "Setup"}


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
        store = self.library.config.store
        self.kept = kept_in(store(KEPT_STORE))
        self.news = News(self.library)
        self.personal = Personal(self.library, self.kept, self.news.known_lines, assistant.rewrites, conversations)
        self.belongings = Belongings(store(ANSWERED), self.kept, assistant.rewrites, store(FOLLOWED))
        self.rewrites = assistant.rewrites
        self.follows = Follows(assistant)
        self.catalogue = Catalogue(self.shelf)
        self.maps = Cartographer(self.library)
        self._assistant = assistant
        self._conversations = conversations
        self._asked = Asked(self.library)
        self._holdings = HoldingsPage(
            assistant.retriever, self.kept, self.catalogue, self.marks, self.note, self.follows.control
        )
        self._map = MapPage(self.maps, self.shelf, self.kept, self.catalogue, self.marks)
        self.quiz = Examination(self.library, self.kept, self.marks)
        self._grouping = Few(GROUPING, WAITING)

    async def shown(self, at: Address, owner: str) -> View:
        """`view` in a thread; pages that may take long have few of their own, and leave those of all others alone."""
        if at.page in _GROUPED:
            return await self._grouping.run(partial(self.view, at, owner)) or busy()
        return await run_in_threadpool(self.view, at, owner)

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
                return self._holdings.view(at.fields, owner)
            if at.page == "map":
                return self._map.view(at, owner)
            if at.page == "best":
                return self._best(at.fields)
            if at.page == "review":
                found = entries(self.shelf, released=True)
                return View("review", "Held for review", review.page(found, originals(self.shelf, found)))
            if at.page == "quiz":
                return self._quiz(at.fields, owner)
            if at.page == "conversation":
                title = self._conversations.title(owner, at.key)
                return View(at.page, title, target=f"/conversation/{at.key}")
            if at.page == "topic" and at.key and self.shelf.has_papers():
                return self._topic(at.key, owner)
        except PaperNotFound:
            return missing(f"The paper {at.key} is not in this library.")
        except RegionNotFound as error:
            return missing(f"{error.message} Codes change when the map is drawn anew.", to_map())
        except ConversationNotFound:
            return missing("There is no such conversation. It may have been deleted, or belong to somebody else.")
        except PaperchatError as error:
            said = [
                element("h1", "That did not work", tabindex="-1"),
                element("p", error.message),
                element("p", advised(error.advice)),
            ]
            status = 400 if isinstance(error, QuestionError) else 500  # too long a question is no fault of the server
            return View(MISSING, "Error", element("div", *said, class_="page missing"), status)
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
        return self._map.chart(key, state)

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

    def followed(self, owner: str, days: str, *, asked: bool = False) -> Markup:
        """What the reader follows, and what that brought in some days; where none are named, in those of Today."""
        span = days_of(days)
        if span is None:
            newest = self.news.newest()
            span = self.news.span(self._seen(owner, newest)) if newest else (date.min, date.max)
        return followed.section(self.follows.shown(owner, *span, asked=asked))

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
            asked.words, asked.filters, None, best_first=True, among=asked.among, without=asked.without
        )
        return list(found.papers)

    def among(self, fields: Mapping[str, str], owner: str) -> dict[str, str]:
        """The papers of a place of the library, for questions about them alone, and which place that is.

        Raises:
            UsageError: no paper of the library is there, or a field does not hold what it should.
            ListNotFound: the reader has no such list.
        """
        ids = [one.paper_id for one in self.holdings(fields, owner)]
        which = shelves.described(fields)
        if not ids:
            raise UsageError(f"There is no paper{which and f' {which}'}.", "")
        return {"papers": chosen(ids), "said": f"{plural(len(ids), 'paper')} {which}".strip()}

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
        return View("day", written_days.day(day), self._edition(day, day, None, owner))

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
        own = today.personal(edition, self.kept.unread(owner, ids), self.marks(ids, owner))
        told = self.follows.shown(owner, since, until)
        is_news = any(one.change for one in told.brought)
        return today.page(own, for_you, followed.section(told), is_followed_news=is_news)

    def _paper(self, key: str, owner: str) -> View:
        paper_id = self._known(key)
        latest = self.library.paper(paper_id)
        versions = [self.shelf.paper(paper_id, number) for number in self.shelf.versions(paper_id)]
        mine, note = EMPTY, EMPTY
        with suppress(KeepError):
            (kept,) = self.kept.marks(owner, [paper_id]).values()
            mine = bookmarks.marks(paper_id, kept, words=True, less=True) + self.lists([paper_id], owner)
            mine += self.follows.authors(list(latest.authors[: paper.LONG]), owner)
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
            region=self._map.region_of(paper_id),
        )
        return View("paper", items.title_of(latest), html, target=address.paper(paper_id))

    def _topic(self, key: str, owner: str) -> View:
        """The topic page, which makes the summary itself; nothing where no paper is on the topic."""
        is_readable = any(map(str.isalnum, key)) and BROKEN not in key
        try:
            if is_readable and self._assistant.topics.on_topic(key)[0]:
                return View("topic", key)
        except QuestionError:
            is_readable = False
        except PaperchatError:  # the summary says in its own place what is wrong
            return View("topic", key)
        if not is_readable:
            return missing("This address names no topic: it is too long, or was broken on its way here.")
        follow = self.follows.control(key, owner)
        told = element("p", follow, " Today tells when a paper about it comes in.", class_="tools") if follow else EMPTY
        return missing(f"No paper in this library is about “{key}”.", told, words=key)

    def _you(self, owner: str) -> Markup:
        return you.page(self.personal.page(owner) if self.personal.is_ready(owner) else you.awaited())

    def _best(self, fields: Mapping[str, str]) -> View:
        if not self.shelf.coverage().papers:
            return View("best", "The best paper", today.empty())
        asked = best.asked(self._assistant.engine, fields)
        title = f"{asked.request} · The best paper" if asked else "The best paper"
        return View("best", title, best.page(asked, fields))

    def _quiz(self, fields: Mapping[str, str], owner: str) -> View:
        if not self.shelf.has_papers():
            return View("quiz", "Quiz", today.empty())
        name = "" if fields.get("paper") else fields.get("list", "")
        try:
            if name:
                self.kept.get_list(owner, name)
        except (ListNotFound, KeepError) as error:
            return View("quiz", "Quiz", self.quiz.page(fields, owner, nothing.failed(error)), 404)
        return View("quiz", "Quiz", self.quiz.page(fields, owner))

    def _known(self, key: str) -> str:
        """The id of the paper that an address names, however it is written."""
        if not self.shelf.versions(key) and (found := paper_id_and_url(key)):
            key = found[0]
        return self.shelf.resolved([key])[0]
