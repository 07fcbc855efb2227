"""The evidence of an answer or a topic as HTML: one card a citation; those of one text in a row stand together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from rag.errors import PaperNotFound
from rag.index.library import Library
from rag.papers.bibliography.bibtex import entry_of
from rag.papers.bibliography.transcript import entry
from rag.papers.readers.conversations import Exchange
from rag.text.readable import readable
from rag.types import Citation, Paper, Passage
from ui.steps import moved_up
from ui.web.evidence.papers import people_of
from ui.web.evidence.pictures import page_picture
from ui.web.html.rendering import (
    EMPTY,
    arxiv_links,
    button,
    dated,
    element,
    fact_line,
    join,
    outward,
    paper_link,
    place_of,
)

CONTEXT = 180
"""Characters shown of the paper on either side of a quote."""
NAMES = 4
"""Authors named before the rest is counted."""
NO_MARKS: Mapping[str, Markup] = MappingProxyType({})
_LISTS = {
    "dense": "by what it means",
    "lexical": "by its words",
    "newest": "among the newest",
    "oldest": "among the oldest",
}


@dataclass(frozen=True, slots=True)
class _Source:
    """What the library says about a citation's paper today; None where it has gone."""

    paper: Paper | None
    latest: int
    versions: tuple[int, ...]


def cards(
    exchange: Exchange, library: Library, selected: int | None = None, marks: Mapping[str, Markup] = NO_MARKS
) -> Markup:
    """The evidence of an exchange: a heading and its cards.

    Args:
        exchange: With its answer and the passages behind it.
        library: Holds the papers' text.
        selected: Number of the citation that is to stand out.
        marks: By paper, what the reader may do with it.
    """
    citations = exchange.answer.citations if exchange.answer else ()
    prefix = f"e{exchange.exchange_id}-"
    return column(citations, prefix, library, exchange.passages, selected, marks, exchange=exchange.exchange_id)


def column(
    citations: Sequence[Citation],
    prefix: str,
    library: Library,
    passages: Iterable[Passage] = (),
    selected: int | None = None,
    marks: Mapping[str, Markup] = NO_MARKS,
    *,
    exchange: int | None = None,
) -> Markup:
    """A heading and a card for each citation; nothing where there is none.

    Args:
        citations: In the order in which they are shown.
        prefix: Of the cards' ids.
        library: Holds the papers' text.
        passages: Those behind the citations, with the reasons they were found.
        selected: Number of the citation that is to stand out.
        marks: By paper, what the reader may do with it.
        exchange: To whose answer the way back leads.
    """
    if not citations:
        return EMPTY
    found = {passage.chunk_id: passage for passage in passages}
    shown = []
    for before, one, after in zip((None, *citations), citations, (*citations[1:], None), strict=False):
        kinds = {"more": _same(before, one), "followed": _same(one, after), "selected": one.n == selected}
        kind = [name for name, is_so in kinds.items() if is_so]
        drawn = _card(prefix, one, found.get(one.chunk_id), kind, library, exchange, marks.get(one.paper_id, EMPTY))
        shown.append(drawn)
    heading = element("h2", "Evidence")
    return element("section", heading, *shown, class_="evidence", data_exchange=exchange, aria_label="Evidence")


def _source(citation: Citation, library: Library) -> _Source:
    versions = library.shelf.versions(citation.paper_id)
    if citation.version not in versions:
        return _Source(None, 0, versions)
    try:
        latest = library.paper(citation.paper_id).version
        return _Source(library.paper(citation.paper_id, citation.version), latest, versions)
    except PaperNotFound:  # removed by another process in between
        return _Source(None, 0, ())


def _same(one: Citation | None, other: Citation | None) -> bool:
    """Whether two neighbouring citations are of the same text."""
    return bool(one and other and (one.paper_id, one.version) == (other.paper_id, other.version))


def _card(
    prefix: str,
    citation: Citation,
    passage: Passage | None,
    kind: Sequence[str],
    library: Library,
    exchange: int | None,
    marks: Markup,
) -> Markup:
    """A card; one that has `more` of the text of the card above does not say again whose and how old it is."""
    source = _source(citation, library)
    number = element("span", str(citation.n), class_="n", aria_hidden="true")
    parts = [element("h3", number, paper_link(citation.paper_id, readable(citation.title)))]
    parts += [] if "more" in kind else [_byline(citation, source), _newer(citation, source)]
    parts += [fact_line(place_of(citation)), _quoted(citation, source), _whole(citation, source)]
    parts += [page_picture(citation, library), _why(passage)]
    back = {"exchange": exchange, "n": citation.n}
    parts.append(button("Back to the answer", "back", back, class_="back"))
    parts.append(EMPTY if "followed" in kind else _actions(citation, source.paper, marks))
    return element(
        "article",
        *parts,
        class_=" ".join(["card", *kind]),
        id=f"{prefix}{citation.n}",
        data_n=citation.n,
        tabindex="-1",
        aria_label=f"Evidence {citation.n}",
    )


def _byline(citation: Citation, source: _Source) -> Markup:
    names = [readable(name) for name in citation.authors]
    people = people_of(citation.authors, NAMES)
    several = f"version {citation.version} of {len(source.versions)}" if len(source.versions) > 1 else ""
    said = element("p", people, class_="people", title=", ".join(names)) if names else EMPTY
    return join([said, fact_line([dated(citation.date), several, citation.paper_id])])


def _newer(citation: Citation, source: _Source) -> Markup:
    if source.paper is None:
        return element("p", "This text is no longer in the library; the quote is what was stored.", class_="warning")
    if source.latest == citation.version:
        return EMPTY
    return element("p", f"A newer text of this paper is in the library: version {source.latest}.", class_="warning")


def _quoted(citation: Citation, source: _Source) -> Markup:
    """The quote within the text around it."""
    if source.paper is None:
        return element("blockquote", element("mark", readable(citation.quote)), class_="passage")
    text, paper = source.paper.text, source.paper
    first, last = _part(citation, paper)
    begin, end = max(citation.start - CONTEXT, first), min(citation.end + CONTEXT, last)
    before = text[begin : citation.start]
    after = text[citation.end : end]
    if begin > first and begin > paper.abstract_start:
        before = "…" + before.partition(" ")[2]
    if end < last:
        after = after.rpartition(" ")[0] + "…"
    return element("blockquote", *_marked(before, citation.quote, after), class_="passage")


def _part(citation: Citation, paper: Paper) -> tuple[int, int]:
    """Within which part of the text a quote is shown: the title and abstract, the abstract, or the body."""
    if paper.body and citation.start >= paper.body_start:
        return paper.body_start, len(paper.text)
    return (paper.abstract_start if citation.start >= paper.abstract_start else 0), len(paper.lead)


def _whole(citation: Citation, source: _Source) -> Markup:
    """The whole abstract, on request, where the passage shows only a part of it."""
    paper = source.paper
    if paper is None or citation.start < paper.abstract_start or (paper.body and citation.start >= paper.body_start):
        return EMPTY
    lead = paper.lead
    if citation.start - CONTEXT <= paper.abstract_start and citation.end + CONTEXT >= len(lead):
        return EMPTY
    before, after = lead[paper.abstract_start : citation.start], lead[citation.end :]
    body = element("blockquote", *_marked(before, citation.quote, after))
    return element("details", element("summary", "Whole abstract"), body)


def _marked(before: str, quote: str, after: str) -> Sequence[Markup | str]:
    """Readable text around a marked quote; the white space between them is kept."""
    gap = " " if before[-1:].isspace() or (before.endswith("…") and len(before) == 1) else ""
    space = " " if after[:1].isspace() else ""
    return (readable(before), gap, element("mark", readable(quote)), space, readable(after))


def _why(passage: Passage | None) -> Markup:
    """The reasons for which the search found the passage."""
    if passage is None:
        return EMPTY
    ranks = [f"{_nth(rank)} {_LISTS.get(name, name)}" for name, rank in passage.ranks.items()]
    rows = [("Found", ", ".join(ranks))] if ranks else []
    if passage.matched:
        rows.append(("Words of the question", ", ".join(passage.matched)))
    if gains := moved_up(passage):
        rows.append(("Moved up because", ", ".join(gains)))
    if not rows:
        return EMPTY
    table = element("dl", *(join([element("dt", name), element("dd", text)]) for name, text in rows))
    return element("details", element("summary", "Why this passage"), table)


def _nth(rank: int) -> str:
    """A rank as it is said: ``1st``, ``2nd``, ``11th``."""
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"


def _actions(citation: Citation, paper: Paper | None, marks: Markup) -> Markup:
    links = arxiv_links(citation.url)
    parts = [outward("arXiv", links[0]), outward("PDF", links[1])] if links else []
    parts.append(button("Copy BibTeX", "copy", {"text": entry_of(paper) if paper else entry(citation)}))
    return element("footer", *parts, marks)
