"""The citation check: a draft's quotes → citations that are exact slices of the stored text, or nothing.

It reads the shelf, not the draft: what a writer claims about a source is never trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag.answer.draft import Draft, Quote, quote_text
from rag.errors import PaperNotFound
from rag.index.library import Library
from rag.types import Citation, RemovedText


@dataclass(frozen=True, slots=True)
class Checked:
    """The citations that stand, grouped by paper in the draft's order, and what was struck.

    Attributes:
        found: Papers that fit the question, of which the draft quotes the first.
        themes: The theme of each paper by its id, where they are grouped.
    """

    groups: tuple[tuple[Citation, ...], ...]
    removed: tuple[RemovedText, ...]
    found: int = 0
    themes: Mapping[str, str] = field(default_factory=dict)


def check(draft: Draft, library: Library, first: int = 1, known: Sequence[Citation] = ()) -> Checked:
    """Number the quotes that hold, from `first` on, and strike the others; what is cited already keeps its number.

    A quote holds when its paper version is on the shelf, its span lies inside its passage, and the stored text has at
    that span exactly the quoted characters.
    """
    groups: list[tuple[Citation, ...]] = []
    removed: list[RemovedText] = []
    n = first - 1
    numbers = {_place(citation): citation.n for citation in known}
    for quotes in draft.quotes:
        group: list[Citation] = []
        for quote in quotes:
            problem = find_problem(quote, library)
            if problem:
                removed.append(RemovedText(text=quote_text(quote), reason=problem))
                continue
            cited = located(cite(n + 1, quote), library)
            if cited_before := numbers.get(_place(cited)):
                group.append(cited.model_copy(update={"n": cited_before}))
                continue
            n += 1
            group.append(cited)
        if group:
            groups.append(tuple(group))
    return Checked(tuple(groups), tuple(removed), draft.found, draft.themes)


def _place(cited: Citation) -> tuple[str, int, int, int]:
    return cited.paper_id, cited.version, cited.start, cited.end


def find_problem(quote: Quote, library: Library) -> str | None:
    """Say why a quote does not hold, or None when it does."""
    passage = quote.passage
    try:
        stored = library.paper(passage.paper_id, passage.version).text
    except PaperNotFound as error:
        return error.message
    if not passage.start <= quote.start < quote.end <= passage.end:
        return "The quote lies outside its passage."
    if stored[quote.start : quote.end] != quote_text(quote):
        return "The quote is not what the paper says at this place."
    return None


def cite(n: int, quote: Quote) -> Citation:
    """The citation of a quote that holds (`find_problem`), under a number."""
    passage = quote.passage
    return Citation(
        n=n,
        paper_id=passage.paper_id,
        version=passage.version,
        title=passage.title,
        authors=passage.authors,
        date=passage.told,
        url=passage.url,
        chunk_id=passage.chunk_id,
        quote=quote_text(quote),
        start=quote.start,
        end=quote.end,
        held=passage.held,
    )


def located(citation: Citation, library: Library) -> Citation:
    """A citation of a full text with its section, and the page on which most of it stands."""
    paper = library.paper(citation.paper_id, citation.version)
    section = paper.section_at(citation.start)
    if section is None and not paper.pages:
        return citation
    place = {
        "page": paper.page_at((citation.start + citation.end) // 2),
        "section": section.heading if section else None,
    }
    return citation.model_copy(update=place)
