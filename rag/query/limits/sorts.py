"""The sort of works that a list is to hold: what a paper of it says of itself, and all papers of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from rag.papers.shelf import Shelf
from rag.query.intents.subject import Sort
from rag.query.lexicon.words import has_content
from rag.query.question import Question
from rag.query.rules import load_rules
from rag.text.readable import readable

_SURVEYS = (
    r"\bsurveys?\b|\btutorial|\b(?:systematic|literature|comprehensive|scoping|this|our|an?)\s+(?:review|overview)\b"
)
SAYS: Mapping[Sort, re.Pattern[str]] = {
    "surveys": re.compile(_SURVEYS, re.IGNORECASE),
    "resources": re.compile(r"\bbenchmark|\bdata\s?set|\bcollection|\bcorpus|\bcorpora|\btest\s?bed", re.IGNORECASE),
    "tools": re.compile(r"\btool|\blibrar|\bpackage|\bopen[- ]sourc|\bdemo", re.IGNORECASE),
    "reproductions": re.compile(r"\breproduc|\breplic", re.IGNORECASE),
}
"""What a paper of a sort that a list may ask for says of itself."""
_TAGS: Mapping[Sort, str] = {
    "surveys": "surveys",
    "resources": "benchmarks-and-datasets",
    "reproductions": "reproducibility",
}
"""Subjects of the vocabulary that say which sort of work a paper is."""


def all_of_a_sort(shelf: Shelf, asked: Question) -> Question:
    """The question restricted to all papers of a sort, where a list of those is wanted, whatever they are about.

    They are those that are tagged so and say so in their titles: a word in an abstract is often another work's. Any
    other question stays as it is, and so does one where no paper is.
    """
    free = asked.kind == "list" and not (asked.papers or asked.focus or asked.about or asked.mention)
    found = load_rules("demands")["sort"].find(asked.search_text) if free and asked.sort in _TAGS else None
    if asked.sort is None or found is None:
        return asked
    before, behind = asked.search_text[: found.start("sort")], asked.search_text[found.end() :]
    if has_content(before) or has_content(behind):  # "new music datasets" are of a subject
        return asked
    tagged = shelf.select(replace(asked.filters, tag=_TAGS[asked.sort])) if not asked.filters.tag else None
    papers = shelf.papers(sorted((tagged or frozenset()) - asked.left_out))
    fitting = frozenset(one for one, paper in papers.items() if SAYS[asked.sort].search(readable(paper.title)))
    return replace(asked, papers=fitting, of_sort=True) if fitting else asked
