"""What the shelf knows of single papers, in words that follow their titles: authors, days, versions, references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.papers.bibliography.bibtex import entry_of
from rag.papers.bibliography.references import markdown_line
from rag.papers.browse.catalogue import Catalogue
from rag.papers.shelf import Shelf
from rag.text.grammar import joined, plural
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Paper

_FEW = 3
"""Authors that are named without their number."""
_PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}
_PAGES = re.compile(r"\b\d{1,4}\s+pages?\b", re.IGNORECASE)


def authors(paper: Paper, place: str = "") -> str:
    """Who wrote a paper.

    Args:
        paper: Of the shelf.
        place: Which of them is asked for: ``first``, ``second``, ``third``, ``last``; empty where all are.
    """
    names = [escape(readable(name)) for name in paper.authors]
    if not names:
        return "names no authors in the reports."
    many = f"{plural(len(names), 'author')}: " if len(names) > _FEW else ""
    everybody = f"is by {many}{joined(names)}."
    at = _PLACES.get(place)
    if at is None or at >= len(names):
        return everybody
    return f"has {names[at]} as its {place} author. It {everybody}"


def listed(paper: Paper) -> str:
    """When reports listed a paper."""
    if paper.undated:
        return "is of no known date."
    again = f", and again on {joined([day.isoformat() for day in paper.listed[1:]])}" if paper.listed[1:] else ""
    changed = f" Its text has changed since; this is version {paper.version}." if paper.version > 1 else ""
    return f"was first listed on {paper.date}{again}.{changed}"


def versions(shelf: Shelf, paper: Paper) -> str:
    """Which versions of a paper's text the library holds, and since when."""
    days = Catalogue(shelf).version_days(paper.paper_id)
    numbers = sorted(days) or [paper.version]
    told = [f"version {n} of {days[n][0]}" if days.get(n) and not paper.undated else f"version {n}" for n in numbers]
    if len(numbers) == 1:
        return f"is known here in one version only, first listed on {paper.when}."
    return f"is known here in {plural(len(numbers), 'version')}: {joined(told)}. Answers quote version {paper.version}."


def category(paper: Paper) -> str:
    """Where its archive puts a paper."""
    names = [escape(readable(name)) for name in paper.categories]
    if not names:
        return "came without a category: its source tells none."
    further = f", and in {joined(names[1:])}" if names[1:] else ""
    return f"is in the category {names[0]}{further}."


def reference(paper: Paper) -> str:
    """How to refer to a paper: a line for a list of references, and its BibTeX entry."""
    entry = "\n".join(line.replace("`", "'") for line in entry_of(paper).splitlines())
    return f"({escape(paper.paper_id)}):\n\n{markdown_line(paper)}\n\n```bibtex\n{entry}\n```"


def length(paper: Paper) -> str:
    """How long a paper is, where anybody told."""
    if paper.pages:
        return f"has {plural(len(paper.pages), 'page')}."
    if told := _PAGES.search(readable(paper.comment)):
        return f"has {told[0]}, its authors say."
    return "is known here by title and abstract; how long it is, its source does not tell."


def age(paper: Paper) -> str:
    """The day by which papers are told older or newer."""
    return "is of no known date." if paper.undated else f"was first listed on {paper.date}."


def older_and_newer(papers: Sequence[Paper]) -> tuple[str, list[Paper]]:
    """A sentence on which of some papers is newer, and the papers, newest first and undated ones last."""
    dated = sorted((one for one in papers if not one.undated), key=lambda one: one.date, reverse=True)
    ordered = [*dated, *(one for one in papers if one.undated)]
    if len(dated) < 2:
        return "Their dates are not all known, so that none can be called newer:", ordered
    first, last = dated[0].date, dated[-1].date
    if first == last:
        return f"All that have a date were first listed on the same day, {first}:", ordered
    newest, oldest = (_named(one for one in dated if one.date == day) for day in (first, last))
    if len(ordered) == 2:
        apart = plural((first - last).days, "day")
        return f"{newest} is the newer one and {oldest} the older, {apart} apart.", ordered
    return f"Of {len(ordered)} papers, newest: {newest}; oldest: {oldest}. Newest first:", ordered


def _named(papers: Iterable[Paper]) -> str:
    return joined([f"“{escape(label(readable(one.title)))}”" for one in papers])
