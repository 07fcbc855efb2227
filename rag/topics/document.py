"""A topic as one Markdown document: themes, table, timeline, references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rag.text.grammar import plural
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.topics.cells import NO_CARD
from rag.types import Cell, Citation, Topic, TopicPaper

COLUMNS = ("method", "data", "result")
_NOT_SAID = "–"


def markdown(topic: Topic, entries: Sequence[str] = ()) -> str:
    """Write a topic as Markdown that stands alone; quotes are readable forms of the exact ones.

    Args:
        topic: What was found.
        entries: BibTeX of its papers, to stand at the end.
    """
    parts = [
        f"# {escape(' '.join(topic.query.split()))}",
        *(f"*{escape(note.text)}*" for note in topic.notes),
        topic.text,
    ]
    if topic.papers:
        parts += ["## Papers side by side", table(topic), "## When they appeared", timeline(topic.papers)]
        parts += ["## References", "\n".join(references(topic))]
    if entries:
        listed = "\n\n".join(entries)
        parts += ["## BibTeX", f"```bibtex\n{listed}\n```"]
    return "\n\n".join(parts) + "\n"


def table(topic: Topic) -> str:
    """The papers as a Markdown table, one row each, in the themes' order; its cells are quotes."""
    markers = _markers(topic.citations)
    lines = ["| Paper | Method | Data | Result |", "|---|---|---|---|"]
    for paper in topic.papers:
        cited = "".join(f"[{n}]" for n in markers.get(paper.paper_id, ()))
        cells = [_cell(getattr(paper, name), paper) for name in COLUMNS]
        lines.append(f"| {' '.join((_inline(paper.title), cited)).strip()} ({paper.when}) | {' | '.join(cells)} |")
    return "\n".join(lines)


def timeline(papers: Sequence[TopicPaper]) -> str:
    """The papers by month, oldest first, and those without a date."""
    ordered = sorted(papers, key=lambda paper: (not paper.date, paper.date, paper.paper_id))
    lines = []
    for month, group in groupby(ordered, key=lambda paper: paper.date[:7]):
        titles = "; ".join(_inline(paper.title) for paper in group)
        lines.append(f"- **{month or 'Date unknown'}**: {titles}")
    return "\n".join(lines)


def references(topic: Topic) -> Iterator[str]:
    """A line for each paper: its markers, authors, title, day and address."""
    markers = _markers(topic.citations)
    for paper in topic.papers:
        cited = "".join(f"[{n}]" for n in markers.get(paper.paper_id, ())) or paper.paper_id
        people = ", ".join(paper.authors[:3]) + (" et al." if len(paper.authors) > 3 else "")
        where = _inline(paper.url or paper.paper_id)
        yield f"- {cited} {_inline(people)}: *{_inline(paper.title)}*, {paper.when}. {where}"


def describe(papers: Sequence[TopicPaper], themes: int) -> str:
    """How much a topic holds, in a sentence."""
    dates = [paper.date for paper in papers if paper.date]
    first, last = min(dates, default=""), max(dates, default="of no known date")
    when = last if not dates else f"of {first}" if first == last else f"from {first} to {last}"
    return f"{plural(len(papers), 'paper')} in {plural(themes, 'theme')}, {when}."


def _markers(citations: Sequence[Citation]) -> dict[str, list[int]]:
    """Numbers of the citations by paper."""
    held: dict[str, list[int]] = {}
    for citation in citations:
        held.setdefault(citation.paper_id, []).append(citation.n)
    return held


def _cell(cell: Cell | None, paper: TopicPaper) -> str:
    empty = _NOT_SAID if paper.has_card else NO_CARD
    return _inline(cell.quote) if cell else empty


def _inline(text: str) -> str:
    """A stranger's text as plain text inside a line or a cell."""
    return escape(" ".join(readable(text).split())).replace("|", "\\|")
