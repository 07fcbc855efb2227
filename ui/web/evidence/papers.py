"""Papers as HTML: a page of the catalogue, one paper with its versions, and what an ingest did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup

from rag.index.library import IngestReport
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Paper
from ui.web.html.differences import differences
from ui.web.html.rendering import advised, element

PAGE_SIZE = 25
NAMES_IN_LIST = 3
Days = Mapping[int, Sequence[date]]
"""The days on which each version was listed."""


def compared(old: str, new: str, tag: str) -> Markup:
    """What changed, as a person reads it; as it was written where only that differs."""
    before, after = readable(old), readable(new)
    return element(tag, differences(old, new) if before == after and old != new else differences(before, after))


def text_of(paper: Paper) -> Markup:
    """A version's title and abstract."""
    return element("div", element("h3", readable(paper.title)), element("p", readable(paper.abstract)), class_="diff")


def added(report: IngestReport, failures: Sequence[str]) -> Markup:
    """What an ingest did, with everything that could not be read."""
    counts = (
        (report.papers_new, "new"),
        (report.papers_updated, "updated"),
        (report.papers_unchanged, "unchanged"),
    )
    said = ", ".join(f"{number:,} {name}" for number, name in counts)
    parts = [element("p", element("strong", f"{said} papers"), f" in {report.seconds:.1f} s.")]
    parts += [element("p", failure, class_="failure") for failure in failures]
    if report.titles_only:
        parts.append(element("p", f"{plural(report.titles_only, 'paper')} known by the title alone."))
    if report.unkept:
        fields = sorted({name for names in report.unkept.values() for name in names})
        parts.append(element("p", f"Not kept, for want of a place in the library: {', '.join(fields)}."))
    if report.rejected:
        rows = (
            element(
                "tr", element("td", f"{row.source}:{row.line}" if row.line else row.source), element("td", row.reason)
            )
            for row in report.rejected
        )
        title = f"{plural(len(report.rejected), 'row')} could not be read"
        head = element("thead", element("tr", element("th", "Where", scope="col"), element("th", "Why", scope="col")))
        table = element("table", head, element("tbody", *rows))
        parts.append(element("details", element("summary", title), element("div", table, class_="rejected"), open=True))
    return element("div", *parts, class_="added", role="status")


def failed(message: str, advice: str = "") -> Markup:
    """Why something was not done."""
    return element("p", element("strong", message), " ", advised(advice), class_="failure", role="alert")


def people_of(authors: Sequence[str], most: int) -> str:
    """Authors by name; where there are more than `most`, the others are counted."""
    names = [readable(name) for name in authors]
    if len(names) <= most + 1:  # naming the last takes no more room than counting it
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
