"""Remarks beside an answer: names that no paper holds, papers that cannot be found yet."""

from __future__ import annotations

import re

from rag.library import Library
from rag.types import Note
from rag.understanding import Understanding

_NAME = re.compile(r"(?<![\w/.@-])[A-Za-z][\w-]*(?:[A-Z]|\d)[\w-]*(?<!-)")
"""A word that is written as systems are named: with a capital inside, or a digit."""


def unknown_names(library: Library, asked: Understanding) -> tuple[Note, ...]:
    """A note on each name in a question that no paper holds, or presents: what is quoted is about something else.

    What was read as a date or an author is no such name.
    """
    text = "" if asked.only_filters or asked.about else asked.search_text
    with library.indexes() as indexes:
        unknown = [
            name
            for name in dict.fromkeys(_NAME.findall(text))
            if (terms := indexes.lexical.analyze(name)) and not any(map(indexes.lexical.doc_freq, terms))
        ]
    names = dict.fromkeys([*asked.absent, *unknown])
    notes = [Note(code="unknown_name", text=f'"{name}" stands nowhere in the library.') for name in names]
    notes += [
        Note(code="only_mentioned", text=f'No paper here presents "{name}"; at most others mention it.')
        for name in asked.mentioned
    ]
    return tuple(notes)


def state_of_the_index(library: Library) -> tuple[Note, ...]:
    """A note where papers on the shelf cannot be found yet."""
    waiting = library.shelf.unindexed()
    if not waiting:
        return ()
    text = f"{waiting} papers cannot be found yet: an ingest is at work, or was ended and the next one finishes it."
    return (Note(code="indexing_unfinished", text=text),)
