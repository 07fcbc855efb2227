"""What a citation's marker shows where it stands, as HTML: the quote and its source, unseen until evidence.js shows it.

The quote also describes the marker to a screen reader, which reads it without any script.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rag.text.readable import readable
from rag.types import Citation
from ui.web.evidence.papers import people_of
from ui.web.html.rendering import EMPTY, QUOTE_ID, dated, element, fact_line, paper_link, place_of

NAMES = 3
"""Authors named before the rest is counted."""


def peeks(citations: Sequence[Citation], prefix: str) -> Markup:
    """The quotes of an answer, one for each marker.

    Args:
        citations: With the numbers of the markers.
        prefix: Of the ids that the markers lead to.
    """
    shown = [_peek(one, prefix) for one in citations]
    return element("div", *shown, class_="peeks", hidden=True) if shown else EMPTY


def _peek(citation: Citation, prefix: str) -> Markup:
    version = f"version {citation.version}" if citation.version > 1 else ""
    facts = [people_of(citation.authors, NAMES) if citation.authors else "", dated(citation.date), version]
    quote = element("blockquote", readable(citation.quote), id=f"{QUOTE_ID}{prefix}{citation.n}")
    return element(
        "div",
        element("p", paper_link(citation.paper_id, readable(citation.title)), class_="title"),
        fact_line([*facts, *place_of(citation)]),
        quote,
        class_="peek",
        data_n=citation.n,
    )
