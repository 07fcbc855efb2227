"""A question that asks several things, answered part by part: each is read, and answered in quotes, after those before.

What a part is about, whether it repeats, and whether the parts are one question after all is told in
`rag/answer/parts.py`, and so is how their answers are put together.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TypeVar

from rag.answer.finder import Finder
from rag.answer.parts import (
    Part,
    answered_from,
    are_one,
    cited_before,
    goes_on_about,
    in_light,
    is_about_it,
    is_of_a_stranger,
    is_refused,
    likelier,
    names_nothing,
    points_back,
    repeats,
    says_no_subject,
)
from rag.answer.quotes import QuotedReply
from rag.query import Question, Reader
from rag.types import Clarify, Event, Filters, Turn

_T = TypeVar("_T")


class Compound:
    """Answers the parts of a question; safe to share between threads."""

    def __init__(self, reader: Reader, finder: Finder, quoted: QuotedReply) -> None:
        """Make one.

        Args:
            reader: Reads each part, as a question that follows those before it.
            finder: Finds what may answer it.
            quoted: Answers it.
        """
        self.reader = reader
        self.finder = finder
        self.quoted = quoted

    def parts(self, whole: Question, history: Sequence[Turn], filters: Filters) -> Sequence[Part]:
        """The parts of a question, each answered with quotes after those before it; none where it is one question.

        Args:
            whole: The question as it was read.
            history: The turns before it, oldest first.
            filters: Given beside it.
        """
        parts: list[Part] = []
        turns, of_stranger = list(history), is_of_a_stranger(whole)
        for words in whole.parts:
            read = self.reader.understand(words, turns, filters)
            if read.about and read.about.kind == "help" and points_back(words):  # "… or do I hack it?"
                continue
            restricted = read.filters != filters  # by words of its own; else by what restricts the whole
            if whole.focus and points_back(words):  # "…, and was any of it left out?" wants no others
                read = replace(read, left_out=read.left_out.difference(whole.focus))
            of_nobody = of_stranger and is_about_it(read, words)
            papers: tuple[str, ...] = ()
            if not of_nobody:
                meant = names_nothing(read)
                papers = self._meant(whole, read, parts) if meant else goes_on_about(read, whole, parts)
            if parts and whole.kind == "topic" and says_no_subject(read):  # "…? What does the evidence say?"
                return ()
            read = replace(in_light(read, whole, papers, parts), goes_on=whole.goes_on)
            if of_nobody:
                read = replace(read, focus=(), papers=None, of_a_stranger=True)
            if not restricted:
                read = replace(read, filters=whole.filters, left_out=read.left_out | whole.left_out)
            part, clarify = self._part(words, read, parts)
            if clarify:  # what is asked back is asked of the whole question
                return ()
            if not whole.named and repeats(part, parts):  # it may not be about the same paper after all
                alone = replace(read, focus=(), search_text=words, standalone=words)
                part = likelier(part, self._part(words, alone, parts)[0])
            parts.append(part)
            turns += [Turn(role="user", content=words), Turn(role="assistant", content=part.outcome.text)]
        if len(parts) < 2:
            return ()
        return () if are_one(parts) or (of_stranger and is_refused(parts)) else parts

    def _part(self, words: str, read: Question, before: Sequence[Part]) -> tuple[Part, Clarify | None]:
        """A part with its answer in quotes, and what would have to be asked back."""
        found = self.finder.find(read)
        asked = found.question
        events = self.quoted.events(asked, found.passages, found.decision, found.entry, behind=cited_before(before))
        return Part(words, asked, found.passages, _returned(events)), found.clarify

    def _meant(self, whole: Question, part: Question, before: Sequence[Part]) -> tuple[str, ...]:
        """The papers that a part is about which names none: those of the whole question, else the one told of so far.

        Else it is the nearest to the whole.

        A part that would be answered by a list is about a paper only where the whole question names just one.
        """
        known = whole.focus or whole.named or answered_from(before)
        if part.kind == "list":
            return known if len(known) == 1 else ()
        return known or tuple(passage.paper_id for passage in self.finder.candidates(whole, whole=False)[:1])


def _returned(events: Generator[Event, None, _T]) -> _T:
    """What steps return at their end; what they would show on their way is shown later."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            value: _T = end.value
            return value
