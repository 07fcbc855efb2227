"""A follow-up, completed from its conversation: its words standing alone, what to search for, among which papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from rag.query.constraints import Constraints
from rag.query.conversation import Conversation, asks_how_many, chosen, is_about_set, label, picks
from rag.query.entities import resolve
from rag.query.knowledge import Known
from rag.query.restrictions import Restrictions
from rag.query.words import edited, has_content, tidied
from rag.text.readable import readable
from rag.types import Turn


class Continued(NamedTuple):
    """A question completed from its conversation.

    Attributes:
        among: Only these papers may answer: "which of them …", "the second one".
        known: Papers that were named already, where others are asked for.
    """

    standalone: str
    search: str
    constraints: Constraints
    focus: tuple[str, ...] = ()
    among: frozenset[str] | None = None
    known: frozenset[str] = frozenset()


class Continuing:
    """Completes follow-ups; safe to share between threads."""

    def __init__(self, known: Known, restrictions: Restrictions) -> None:
        self._known = known
        self._restrictions = restrictions

    def complete(self, question: str, search: str, found: Constraints, history: Sequence[Turn]) -> Continued | None:
        """Complete a question that continues the conversation; None where it stands on its own.

        Args:
            question: With its typing errors corrected.
            search: The same without the words that became filters.
            found: What it restricts.
            history: Earlier turns, oldest first.
        """
        talk = Conversation(history, self._known.intents.is_courtesy)
        if not talk.asked or found.identifiers:
            return None
        if asks_how_many(question):
            again = self._restricted_anew("", Constraints(), talk.history)
            return again and again._replace(search=again.search if has_content(again.search) else "how many papers")
        if found and not has_content(search):
            return self._restricted_anew(question, found, talk.history)
        return self._about_papers(question, search, found, talk)

    def _about_papers(self, question: str, search: str, found: Constraints, talk: Conversation) -> Continued | None:
        """Complete a question about papers that were talked of."""
        shelf = self._known.shelf
        about_set = is_about_set(question)
        offered = about_set or picks(question)
        find = partial(resolve, self._known.entities)
        ids, earlier = talk.focus(find, shelf.papers, 2 if about_set else 1, offered=offered)
        focus = chosen(question, ids)
        papers = shelf.papers(focus)
        named = [
            paper_id
            for paper_id in focus
            if re.search(rf"(?<!\w){re.escape(label(papers[paper_id].title))}(?!\w)", question)
        ]
        focus = tuple(named) or focus
        reading = talk.read(search, " ".join(papers[paper_id].text for paper_id in focus))
        if reading is None:
            return None
        carried, among = found, None
        if about_set and not found:
            carried = self._restrictions.read(earlier or talk.asked[-1])
            among = frozenset(focus) if len(focus) > 1 and not (carried or reading.others) else None
        titles = [label(readable(papers[paper_id].title)) for paper_id in focus]
        standalone, searched = reading.completed(titles)
        if not (standalone and searched):  # nothing was asked and nothing could be borrowed
            return None
        if among and len(among) > 1:
            standalone, searched = f"{reading.rest} (among {', '.join(titles[:2])} and others)", search
        if reading.others:
            if not reading.words:  # "any similar papers?" to papers that were asked for by nothing but their names
                searched = " ".join(readable(papers[paper_id].title) for paper_id in focus[:2]) or searched
            elif len(focus) == 1:  # what one paper is about tells what is like it, and what was asked of it hardly does
                searched += f" {readable(papers[focus[0]].title).removeprefix(titles[0])}"
            return Continued(standalone, searched, carried, known=frozenset(ids))
        picked = frozenset(focus) if len(focus) == 1 < len(ids) and not named else None
        return Continued(standalone, searched, carried, focus, among or picked)

    def _restricted_anew(self, question: str, found: Constraints, history: Sequence[Turn]) -> Continued | None:
        """Read "And in June?": the last question that says more, with another restriction of the same sort."""
        merged, topic, at = found, "", 0
        asked = [n for n, turn in enumerate(history) if turn.role == "user"]
        for at in reversed(asked):
            earlier = history[at].content
            before = self._restrictions.read(earlier)
            merged = Constraints(merged.dates or before.dates, merged.people or before.people)
            topic = tidied(edited(earlier, self._restrictions.replacements(before)))
            if has_content(topic):
                break
        if not (has_content(topic) or len(merged.spans) > bool(found)):
            return None
        said = Continued(topic, topic, merged) if has_content(topic) else None
        talk = Conversation(history[:at], self._known.intents.is_courtesy)
        if said and talk.asked:  # that question may be a follow-up itself
            said = self._about_papers(topic, topic, Constraints(), talk) or said
        restriction = question.strip(" ?.")
        alone = (said.standalone if said else history[asked[0]].content).rstrip(" ?.")
        standalone = f"{alone} ({restriction})" if restriction else alone
        return (said or Continued(alone, topic, merged))._replace(standalone=standalone, constraints=merged)
