"""What the page puts before each reader: their profile, papers for them, reasons; held while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from rag.errors import KeepError, LibraryError
from rag.follow.profile import Profile, Standing, profile_of
from rag.follow.reasons import Reason, reasons
from rag.follow.recommendation import Recommendation
from rag.follow.rewrites import Rewrites
from rag.follow.surprise import Surprise, surprise
from rag.index.library import Library
from rag.models.cache import Recent
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.kept import Kept
from rag.papers.readers.rewritten import Rewriting
from rag.types import Paper
from ui.foryou import NO_SURPRISE, ForYou, for_you, muted_papers
from ui.kept import problem_of
from ui.web.companion import foryou, you
from ui.web.drawn import bookmarks
from ui.web.html.rendering import EMPTY

MOST = 15
"""Papers that are ranked for a reader."""
_READERS = 64
_State = tuple[Any, ...]
"""What a profile rests on."""


class Personal:
    """Works out what is shown to a reader; safe from many threads."""

    def __init__(
        self,
        library: Library,
        kept: Kept,
        lines: Callable[[Sequence[Paper]], Mapping[str, str]],
        rewrites: Rewrites,
        conversations: Conversations,
    ) -> None:
        """Read what readers keep.

        Args:
            library: Holds the papers.
            kept: What is kept.
            lines: The sentences that speak for papers, where they are known.
            rewrites: What was learnt of readers' questions.
            conversations: In which they asked them.
        """
        self._library = library
        self._kept = kept
        self._lines = lines
        self._rewrites = rewrites
        self._conversations = conversations
        self._profiles: Recent[_State, Profile] = Recent(_READERS)
        self._ranked: Recent[_State, ForYou] = Recent(_READERS)
        self._reasons: Recent[_State, Reason | None] = Recent(_READERS * MOST)
        self._surprises: Recent[_State, tuple[Surprise, ...]] = Recent(_READERS)

    def profile(self, owner: str) -> Profile:
        """A reader's profile."""
        state = self._state(owner)
        found = self._profiles.known([state]).get(state)
        if found is None:
            found = self._made(owner)
            self._profiles.keep({state: found})
        with suppress(LibraryError):  # what was read since is known by now, and changes nothing else
            kept = self._kept
            liked = (one.paper_id for one in kept.liked(owner))
            quoted = (paper_id for one in found.asked.counting for paper_id in one.papers)
            return replace(found, known=frozenset((*liked, *kept.lessened(owner), *kept.done(owner), *quoted)))
        return found

    def is_ready(self, owner: str) -> bool:
        """Whether the profile is at hand, or nothing is known of the reader; else it may take too long for a page."""
        if self._profiles.known([self._state(owner)]):
            return True
        with suppress(LibraryError):
            return self._is_unknown(owner)
        return False

    def for_you(self, owner: str, new: Collection[str], since: object) -> ForYou:
        """Papers for a reader.

        Args:
            owner: Who.
            new: Ids of what is new to them.
            since: Stands for those, as long as the library stays as it is.
        """
        state = (*self._state(owner), since)
        found, profile = self._ranked.known([state]).get(state), self.profile(owner)
        if profile.standing is Standing.NOTHING:  # the newest papers stand on the page anyway
            return ForYou(profile, (), len(new), is_new=False)
        if found is not None:
            left = tuple(one for one in found.papers if one.paper_id not in profile.known)
            if len(left) == len(found.papers) or len(left) > foryou.SHOWN:
                return replace(found, papers=left, is_left=bool(left))
        found = for_you(self._library, profile, new, MOST)
        self._ranked.keep({state: found})
        return found

    def reasons(self, owner: str, shown: Iterable[Recommendation]) -> Mapping[str, Reason | None]:
        """Why papers are shown; None where none of their sentences bears a reason."""
        state = self._state(owner)
        keys = {(*state, one.paper_id): one for one in shown}
        found = self._reasons.known(keys)
        if missing := [one for key, one in keys.items() if key not in found]:
            told = reasons(self._library, self.profile(owner), missing)
            new = {(*state, one.paper_id): told.get(one.paper_id) for one in missing}
            self._reasons.keep(new)
            found |= new
        return {keys[key].paper_id: reason for key, reason in found.items()}

    def surprises(self, owner: str) -> tuple[Surprise, ...]:
        """Papers from beside what a reader keeps."""
        profile = self.profile(owner)
        state = (*self._state(owner), profile.known)
        found = self._surprises.known([state]).get(state)
        if found is None:
            found = surprise(self._library, profile)
            self._surprises.keep({state: found})
        return found

    # --- drawn ------------------------------------------------------------------------------------------------------

    def section(self, owner: str, new: Collection[str], since: object, less: str = "") -> Markup:
        """For you, with the reasons that are known already.

        Args:
            owner: Who reads.
            new: Ids of what is new to them.
            since: Stands for those, as long as the library stays as it is.
            less: A paper of whose kind they have just said to want less.
        """
        found = self.for_you(owner, new, since)
        state = self._state(owner)
        told = self._reasons.known((*state, one.paper_id) for one in found.papers)
        return foryou.section(self._shown(owner, found, {key[-1]: why for key, why in told.items()}, less))

    def why(self, owner: str, paper_ids: Collection[str], new: Collection[str], since: object) -> dict[str, str]:
        """Reasons of some of the papers that are shown, as HTML; empty where there is none."""
        found = self.for_you(owner, new, since)
        wanted = [one for one in found.papers if one.paper_id in paper_ids]
        shown = self._shown(owner, found, self.reasons(owner, wanted))
        papers = ((one.paper_id, shown.papers.get(one.paper_id)) for one in wanted)
        return {key: str(foryou.reason(shown.reasons[key], paper, shown)) for key, paper in papers if paper}

    def beside(self, owner: str, place: int, less: str = "") -> Markup:
        """A paper from beside what a reader keeps: the next one with each press, and from the first again."""
        found = [one for one in self.surprises(owner) if one.paper_id != less]
        papers = self._library.shelf.papers([less, *(one.paper_id for one in found)])
        notice = foryou.undo(papers[less]) if less in papers else EMPTY
        if not found:
            return foryou.another(notice=notice, said=NO_SURPRISE)
        one = found[place % len(found)]
        paper, profile = papers.get(one.paper_id), self.profile(owner)
        marks = self._marks(owner, [one.paper_id]).get(one.paper_id, EMPTY)
        return foryou.another(one, paper, profile, marks=marks, place=place + 1, notice=notice)

    def page(self, owner: str) -> Markup:
        """What the reader's own page shows below its heading."""
        profile = self.profile(owner)
        begun = muted_papers(profile).values()
        named = [paper_id for one in profile.interests for paper_id in one.kept[-you.NAMED :]]
        papers = self._library.shelf.papers([*named, *profile.less, *begun])
        learnt, unread = self._learnt(owner)
        return you.body(you.You(profile, papers, problem_of(self._kept), learnt, unread))

    def _learnt(self, owner: str) -> tuple[list[Rewriting], str]:
        """The rewritings of a reader, and why they cannot be shown."""
        try:
            return self._rewrites.all(owner), ""
        except LibraryError as error:
            return [], f"{error.message} {error.advice}"

    def _shown(self, owner: str, found: ForYou, why: Mapping[str, Reason | None], less: str = "") -> foryou.Shown:
        ids = [one.paper_id for one in found.papers]
        named = [*ids, *(one.kept_id for one in why.values() if one and one.kept_id)]
        papers = self._library.shelf.papers([*named, less])
        lines = self._lines([papers[paper_id] for paper_id in ids if paper_id in papers])
        marks, problem = self._marks(owner, ids), problem_of(self._kept)
        return foryou.Shown(found, papers, marks, why, lines, problem, papers.get(less))

    def _marks(self, owner: str, paper_ids: list[str]) -> dict[str, Markup]:
        with suppress(KeepError):  # an id that cannot be kept has no buttons
            found = self._kept.marks(owner, paper_ids).items()
            return {paper_id: bookmarks.marks(paper_id, kept, less=True) for paper_id, kept in found}
        return {}

    # --- what it rests on -------------------------------------------------------------------------------------------

    def _made(self, owner: str) -> Profile:
        """A profile, worked out; of a reader of whom nothing is known, without what that takes."""
        with suppress(LibraryError):
            if self._is_unknown(owner):
                return Profile(standing=Standing.NOTHING, known=self._kept.done(owner))
        return profile_of(self._library, self._kept, owner, self._conversations)

    def _is_unknown(self, owner: str) -> bool:
        kept = self._kept
        return not (
            kept.liked(owner) or kept.interests(owner) or kept.lessened(owner) or self._conversations.state(owner)[0]
        )

    def _state(self, owner: str) -> _State:
        """What the profile rests on; of a file that has just turned out to be damaged, only that."""
        generation = self._library.shelf.generation()
        try:
            return generation, owner, self._kept.state(owner), self._conversations.state(owner)
        except LibraryError as error:
            return generation, owner, error.message
