"""What a question does not want: "papers on agents, but not about shopping", "excluding surveys", "not by Jimmy Lin".

Only what is plainly a subject or an author is left out. "Without labels" says how a method works, and a paper that does
without labels mentions them: there the reader is told that nothing was left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rag.query.authors import PeopleReading
from rag.query.rules import load_rules


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A subject to be left out, read from `question[start:end]`."""

    start: int
    end: int
    subject: str


def read_unwanted(question: str) -> list[Unwanted]:
    """Find the subjects that a list of papers is to leave out."""
    found: list[Unwanted] = []
    rules = load_rules("exclusions")
    cuts: tuple[tuple[str, int | str], ...] = (("topic", 0), ("bare", 0), ("beside", "out"))
    for name, cut in cuts:
        for match in rules[name].all(question):
            start, end = match.span(cut)
            overlaps = any(one.start < end and start < one.end for one in found)
            if not (overlaps or rules["by"](match["x"])):
                found.append(Unwanted(start, end, match["x"].strip(" \"“”'‘’")))
    return found


def read_not_by(question: str, people_at: Callable[[int], PeopleReading | None]) -> list[PeopleReading]:
    """Find the authors whose papers are not wanted: "not by NAME", "except those by NAME", "excluding NAME's".

    Args:
        question: As typed.
        people_at: Reads the people whose names begin at an offset.
    """
    found: list[PeopleReading] = []
    rules = load_rules("exclusions")
    for match in rules["not_by"].all(question):
        people = people_at(match.end())
        if people is None:
            continue
        owned = rules["owned"].at(question, people.end)
        full = all(people.known) and " " in people.names[0]
        if (match["by"] and (full or match["by"].lower().startswith("by"))) or owned or (match["excludes"] and full):
            end = owned.end() if owned else people.end
            found.append(replace(people, start=match.start(), end=end, alternatives=True))
    return found


def is_negated(question: str) -> bool:
    """Whether a question still says "not" or "without" somewhere."""
    return load_rules("exclusions")["unheard"](question)
