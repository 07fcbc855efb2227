"""A conversation as one HTML file to send: its answers with quotes and references, to be read and no more.

It holds no script and loads nothing, and says so to the browser; every text is escaped. Only links lead out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from rag.answer.render import describe_filters
from rag.papers.readers.conversations import Exchange
from rag.sources.files import DIGEST
from rag.text.controls import without_controls
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Answer, Citation
from ui.web.html.rendering import EMPTY, QUOTE_ID, dated, element, join, markdown, outward, when
from ui.web.html.written_days import day

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --soft: #4f5b63; --line: #d5dade; --paper: #fff; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9eb; --soft: #aab4bb; --line: #3a444b; --paper: #15191c; --link: #8ab8ee; }
}
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: .95rem; margin: 1.5rem 0 .5rem; color: var(--soft); }
a { color: var(--link); } .soft { color: var(--soft); font-size: .875rem; }
blockquote { margin: .5rem 0; padding-left: .8rem; border-left: 3px solid var(--line); }
section { border-top: 1px solid var(--line); } dt { font-weight: 600; } dd { margin: 0 0 1rem; }
:target { outline: 2px solid var(--link); outline-offset: .25rem; } table { border-collapse: collapse; }
td, th { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
time { white-space: nowrap; }
@media print { body { max-width: none; } }
"""


def snapshot(title: str, exchanges: Sequence[Exchange], made: datetime | None = None) -> str:
    """A conversation's file.

    Args:
        title: What the conversation is called.
        exchanges: Oldest first.
        made: When the file is made; None: now.
    """
    made_on = day((made or datetime.now(UTC)).date())
    asked = (
        f"{plural(len(exchanges), 'question')}; as it stood on {made_on}. Every quote is taken from its paper's text."
    )
    head = (
        element("title", title),
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta http-equiv="Content-Security-Policy" content="{}">').format(_POLICY),
        Markup('<meta name="referrer" content="no-referrer">'),
        element("style", Markup(_STYLE)),
    )
    body = (
        element("h1", title),
        element("p", asked, class_="soft"),
        *(_turn(number, exchange) for number, exchange in enumerate(exchanges, 1)),
        _references(exchanges),
    )
    page = element("html", element("head", *head), element("body", element("main", *body)), lang="en")
    # The mark tells an ingest that this is no list of papers.
    return without_controls(f"<!DOCTYPE html>\n{DIGEST.decode()}\n{page}\n")


def _turn(number: int, exchange: Exchange) -> Markup:
    """A question with its answer and the evidence."""
    answer = exchange.answer
    about = [f"Asked on {day(exchange.asked.date())}"]
    if restricted := describe_filters(exchange.filters):
        about.append(f"restricted to {restricted}")
    if answer and answer.confidence_p is not None and not answer.abstained:
        about.append(f"{answer.confidence} confidence")
    parts = [element("h2", exchange.question), element("p", dated(" · ".join(about)), class_="soft")]
    if answer is None:
        stopped = element("p", "Stopped before its end.", class_="soft")
        return element("section", *parts, markdown(exchange.said), stopped)
    notes = [element("li", note.text) for note in answer.notes]
    titles = [readable(citation.title) for citation in answer.citations]
    parts += [element("ul", *notes, class_="soft") if notes else EMPTY]
    parts += [markdown(answer.answer, f"e{number}-", titles), _evidence(number, answer)]
    return element("section", *parts)


def _evidence(number: int, answer: Answer) -> Markup:
    """The quotes of an answer, each where its marker leads."""
    if not answer.citations:
        return EMPTY
    rows: list[Markup] = []
    for citation in answer.citations:
        place = f", page {citation.page}" if citation.page else ""
        place += f", {readable(citation.section)}" if citation.section else ""
        rows.append(element("dt", f"[{citation.n}] ", _linked(citation), id=f"e{number}-{citation.n}"))
        rows.append(
            element(
                "dd",
                element("blockquote", readable(citation.quote), id=f"{QUOTE_ID}e{number}-{citation.n}"),
                element("span", f"{_people(citation)}, ", when(citation.date), place, class_="soft"),
            )
        )
    return join([element("h3", "Quotes"), element("dl", *rows)])


def _references(exchanges: Sequence[Exchange]) -> Markup:
    """Each paper that is cited, once, in the order of its first citation."""
    papers: dict[str, Citation] = {}
    for exchange in exchanges:
        for citation in exchange.answer.citations if exchange.answer else ():
            papers.setdefault(citation.paper_id, citation)
    rows = [
        element("li", f"{_people(one)}: ", _linked(one), ", ", when(one.date), f"{_version(one)}. {one.paper_id}")
        for one in papers.values()
    ]
    return element("section", element("h2", "References"), element("ol", *rows)) if rows else EMPTY


def _linked(citation: Citation) -> Markup:
    """A paper's title, which leads to its address where that is one of the web."""
    title = readable(citation.title) or citation.paper_id
    is_web = citation.url.startswith(("https://", "http://"))
    return outward(title, citation.url) if is_web else element("span", title)


def _people(citation: Citation) -> str:
    return ", ".join(map(readable, citation.authors)) or "unknown authors"


def _version(citation: Citation) -> str:
    return f", version {citation.version}" if citation.version > 1 else ""
