"""Conversation → Markdown with references, and BibTeX, to be kept or quoted elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.papers.bibliography.bibtex import bibtex
from rag.papers.bibliography.references import plain
from rag.papers.readers.conversations import Exchange
from rag.text.readable import readable
from rag.types import Citation

_MARKER = re.compile(r"(?<!\\)\[(\d+)\]")


def markdown(title: str, exchanges: Sequence[Exchange]) -> str:
    """A conversation as Markdown: each question a heading, its answer, and the papers cited at the end.

    Markers are renumbered over the whole conversation, so that none means two things.
    """
    parts, references, used = [f"# {plain(title)}"], [], 0
    for exchange in exchanges:
        parts += [f"## {plain(exchange.question)}", _renumbered(_cited(exchange), used)]
        if exchange.answer is None:
            parts.append("*Stopped before its end.*")
        elif citations := exchange.answer.citations:
            references += [reference(one, one.n + used) for one in citations]
            used += max(one.n for one in citations)
    if references:
        parts += ["## References", "\n".join(references)]
    return "\n\n".join(parts) + "\n"


def with_references(exchange: Exchange) -> str:
    """One answer with the papers it cites, as Markdown."""
    citations = exchange.answer.citations if exchange.answer else ()
    references = "\n".join(reference(citation, citation.n) for citation in citations)
    return f"{_cited(exchange)}\n\n{references}".strip() + "\n"


def bibliography(exchanges: Iterable[Exchange]) -> str:
    """One BibTeX entry for each paper that a conversation cites, in order of first citation."""
    papers: dict[str, Citation] = {}
    for exchange in exchanges:
        for citation in exchange.answer.citations if exchange.answer else ():
            papers.setdefault(citation.paper_id, citation)
    return "".join(f"{entry(citation)}\n\n" for citation in papers.values())


def entry(citation: Citation) -> str:
    """The BibTeX entry of a cited paper."""
    return bibtex(citation.paper_id, citation.title, citation.authors, citation.day, citation.url)


def reference(citation: Citation, n: int) -> str:
    """A line of a list of references, numbered `n`."""
    people = ", ".join(map(readable, citation.authors[:3])) + (" et al." if len(citation.authors) > 3 else "")
    version = f", version {citation.version}" if citation.version > 1 else ""
    where = citation.url or citation.paper_id
    return f"- [{n}] {plain(people)}: *{plain(readable(citation.title))}*, {citation.when}{version}. {where}"


def _cited(exchange: Exchange) -> str:
    """What was said; without markers where it was stopped before its citations were known."""
    return exchange.said if exchange.answer else _MARKER.sub("", exchange.said)


def _renumbered(text: str, shift: int) -> str:
    return _MARKER.sub(lambda found: f"[{int(found[1]) + shift}]", text)
