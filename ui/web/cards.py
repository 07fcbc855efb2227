"""The evidence of an answer as HTML: one card a citation; those of one text in a row stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rag.errors import PaperNotFound
from rag.index.library import Library
from rag.papers.conversations import Exchange
from rag.papers.transcript import entry
from rag.text.readable import readable
from rag.types import Citation, Paper, Passage
from ui.web.papers import people_of
from ui.web.pictures import page_picture
from ui.web.rendering import EMPTY, arxiv_links, button, element, join, outward

CONTEXT = 180
"""Characters shown of the paper on either side of a quote."""
NAMES = 4
"""Authors named before the rest is counted."""
_LISTS = {"dense": "by meaning", "lexical": "by words"}
_BOOSTS = {
    "conversation": "what the conversation is about",
    "named": "being named in the question",
    "wording": "its wording",
    "answers": "how likely it answers",
}


@dataclass(frozen=True, slots=True)
class _Source:
    """What the library says about a citation's paper today; None where it has gone."""

    paper: Paper | None
    latest: int
    versions: tuple[int, ...]


def cards(exchange: Exchange, library: Library, selected: int | None = None) -> Markup:
    """The evidence of an exchange: a heading and its cards.

    Args:
        exchange: With its answer and the passages behind it.
        library: Holds the papers' text.
        selected: Number of the citation that is to stand out.
    """
    citations = exchange.answer.citations if exchange.answer else ()
    if not citations:
        return EMPTY
    passages = {passage.chunk_id: passage for passage in exchange.passages}
    shown = []
    for before, one, after in zip((None, *citations), citations, (*citations[1:], None), strict=False):
        kinds = {"more": _same(before, one), "followed": _same(one, after), "selected": one.n == selected}
        kind = [name for name, is_so in kinds.items() if is_so]
        shown.append(_card(exchange.exchange_id, one, _source(one, library), passages.get(one.chunk_id), kind, library))
    heading = element("h2", "Evidence")
    return element(
        "section", heading, *shown, class_="evidence", data_exchange=exchange.exchange_id, aria_label="Evidence"
    )


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
    exchange_id: int,
    citation: Citation,
    source: _Source,
    passage: Passage | None,
    kind: Sequence[str],
    library: Library,
) -> Markup:
    """A card; one that has `more` of the text of the card above does not say again whose and how old it is."""
    number = element("span", str(citation.n), class_="n", aria_hidden="true")
    links = arxiv_links(citation.url)
    title = readable(citation.title)
    parts = [element("h3", number, outward(title, links[0]) if links else element("span", title))]
    parts += [] if "more" in kind else [_byline(citation, source), _newer(citation, source)]
    parts += [_where(citation), _quoted(citation, source), _whole(citation, source)]
    parts += [page_picture(citation, library), _why(passage)]
    back = {"exchange": exchange_id, "n": citation.n}
    parts.append(button("Back to the answer", "back", back, class_="back"))
    parts.append(EMPTY if "followed" in kind else _actions(citation, links))
    return element(
        "article",
        *parts,
        class_=" ".join(["card", *kind]),
        id=f"e{exchange_id}-{citation.n}",
        tabindex="-1",
        aria_label=f"Evidence {citation.n}",
    )


def _where(citation: Citation) -> Markup:
    """Page and section of a quote from a whole paper."""
    where = [f"page {citation.page}"] if citation.page else []
    where += [readable(citation.section)] if citation.section else []
    return element("p", " · ".join(where), class_="facts") if where else EMPTY


def _byline(citation: Citation, source: _Source) -> Markup:
    names = [readable(name) for name in citation.authors]
    people = people_of(citation.authors, NAMES)
    of = f" of {len(source.versions)}" if len(source.versions) > 1 else ""
    facts = [f"first listed {citation.date}", f"version {citation.version}{of}", citation.paper_id]
    return join(
        [
            element("p", people, class_="people", title=", ".join(names)) if names else EMPTY,
            element("p", " · ".join(facts), class_="facts"),
        ]
    )


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
    """The reasons for which retrieval found the passage."""
    if passage is None:
        return EMPTY
    ranks = [f"rank {rank} {_LISTS.get(name, name)}" for name, rank in passage.ranks.items()]
    rows = [("Found at", ", ".join(ranks))] if ranks else []
    if passage.matched:
        rows.append(("Words matched", ", ".join(passage.matched)))
    if passage.boosts:
        gains = (f"{_BOOSTS.get(name, name)} ({gain:+.2f})" for name, gain in passage.boosts.items())
        rows.append(("Moved by", ", ".join(gains)))
    if not rows:
        return EMPTY
    table = element("dl", *(join([element("dt", name), element("dd", text)]) for name, text in rows))
    return element("details", element("summary", "Why this passage"), table)


def _actions(citation: Citation, links: tuple[str, str] | None) -> Markup:
    parts = [outward("arXiv", links[0]), outward("PDF", links[1])] if links else []
    parts.append(button("Copy BibTeX", "copy", {"text": entry(citation)}))
    return element("footer", *parts)
