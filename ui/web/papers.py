"""Papers as HTML: a page of the catalogue, one paper with its versions, and what an ingest did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from rag.index.library import IngestReport
from rag.papers.bibtex import entry_of
from rag.papers.catalogue import Page
from rag.papers.shelf import Coverage
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Paper
from ui.web.differences import differences
from ui.web.rendering import EMPTY, arxiv_links, button, element, join, outward

PAGE_SIZE = 25
NAMES_IN_LIST = 3
Days = Mapping[int, Sequence[date]]
"""The days on which each version was listed."""


def catalogue(page: Page, offset: int, note: str = "") -> Markup:
    """A page of the catalogue: how many papers fit, a table of some of them, and the way to the others.

    Args:
        page: The papers.
        offset: Papers on the pages before it.
        note: What has just been done.
    """
    said = element("p", note, class_="note", role="status") if note else EMPTY
    if not page.papers:
        return join(
            [said, element("p", "No paper fits. Try fewer or other words, or lift a filter.", class_="nothing")]
        )
    names = ("Listed", "Paper", "Version")
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    body = element("tbody", *(_row(paper) for paper in page.papers))
    return join([said, element("table", head, body, class_="papers"), _pager(page, offset)])


def _row(paper: Paper) -> Markup:
    title = button(readable(paper.title) or paper.paper_id, "open", {"paper": paper.paper_id}, class_="title")
    people = element("span", people_of(paper.authors, NAMES_IN_LIST), class_="people")
    return element(
        "tr",
        element("td", element("time", str(paper.date)), class_="day"),
        element("td", title, people),
        element("td", f"v{paper.version}", class_="version"),
    )


def _pager(page: Page, offset: int) -> Markup:
    last = offset + len(page.papers)
    if page.total == len(page.papers):
        return element("p", plural(page.total, "paper"), class_="pager here")
    here = element("span", f"{offset + 1:,}–{last:,} of {page.total:,}", class_="here")
    before = _step("Newer", max(offset - PAGE_SIZE, 0), offset > 0)
    after = _step("Older", offset + PAGE_SIZE, last < page.total)
    return element("nav", before, here, after, class_="pager", aria_label="Pages of the list")


def _step(text: str, offset: int, is_possible: bool) -> Markup:
    return button(text, "turn", {"offset": offset}, disabled=not is_possible)


def covered(coverage: Coverage) -> Markup:
    """How many papers there are, and the days they span."""
    if not coverage.papers:
        return element(
            "p", "There are no papers yet. Add daily reports, JSON lines or a bibliography below.", class_="covered"
        )
    span = f" in the library, first listed {coverage.first} to {coverage.last}"
    return element("p", element("strong", plural(coverage.papers, "paper")), span, class_="covered")


def paper_page(versions: Sequence[Paper], latest: int, days: Days, *, removing: bool = False) -> Markup:
    """One paper with all its versions.

    Args:
        versions: Every version, ascending.
        latest: Number of the one that answers cite.
        days: When each was listed.
        removing: Whether to ask if it is to be removed.
    """
    paper = next(one for one in versions if one.version == latest)
    links = arxiv_links(paper.url)
    outside = [outward("arXiv", links[0]), outward("PDF", links[1])] if links else []
    tools = element("p", *outside, button("Copy BibTeX", "copy", {"text": entry_of(paper)}), class_="tools")
    facts = f"{paper.paper_id} · first listed {paper.date}"
    if len(paper.listed) > 1:
        facts += f" · listed {len(paper.listed)} times, last {paper.listed[-1]}"
    if paper.withdrawn:
        facts += " · withdrawn"
    return element(
        "article",
        button("← All papers", "close", class_="back"),
        element("h2", readable(paper.title)),
        element("p", people_of(paper.authors, 30), class_="people"),
        element("p", facts, class_="facts"),
        tools,
        element("p", readable(paper.abstract) or "No abstract.", class_="abstract"),
        _history(versions, latest, days),
        _removal(paper, len(versions), removing),
        class_="paper",
        tabindex="-1",
        aria_label="Paper",
    )


def _history(versions: Sequence[Paper], latest: int, days: Days) -> Markup:
    if len(versions) < 2:
        return EMPTY
    changes = [_change(old, new, days.get(new.version, ()), new.version == latest) for old, new in pairwise(versions)]
    first = versions[0]
    original = element("details", _summary(first, days.get(first.version, ()), first.version == latest), _text(first))
    return element(
        "section", element("h3", f"{len(versions)} versions"), *reversed(changes), original, class_="versions"
    )


def _change(old: Paper, new: Paper, days: Sequence[date], is_latest: bool) -> Markup:
    body = element(
        "div", _compared(old.title, new.title, "h4"), _compared(old.abstract, new.abstract, "p"), class_="diff"
    )
    note = element("p", f"Compared with version {old.version}:", class_="facts")
    return element("details", _summary(new, days, is_latest), note, body, open=is_latest)


def _compared(old: str, new: str, tag: str) -> Markup:
    """What changed, as a person reads it; as it was written where only that differs."""
    before, after = readable(old), readable(new)
    return element(tag, differences(old, new) if before == after and old != new else differences(before, after))


def _summary(paper: Paper, days: Sequence[date], is_latest: bool) -> Markup:
    when = f", first listed {days[0]}" if days else ""
    return element("summary", f"Version {paper.version}{when}{' (cited in answers)' if is_latest else ''}")


def _text(paper: Paper) -> Markup:
    return element("div", element("h4", readable(paper.title)), element("p", readable(paper.abstract)), class_="diff")


def _removal(paper: Paper, versions: int, asking: bool) -> Markup:
    data = {"paper": paper.paper_id}
    if not asking:
        return element("p", button("Remove from the library…", "doubt", data, class_="quiet"), class_="removal")
    what = "this paper" if versions == 1 else f"this paper with all {versions} versions"
    question = f"Remove {what}? Only adding its report again brings it back."
    return element(
        "div",
        element("p", question),
        button("Remove it", "remove", data, class_="danger", autofocus=True),
        button("Keep it", "open", data),
        class_="removal asking",
        role="group",
        aria_label="Confirm the removal",
    )


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
    return element("p", element("strong", message), " ", advice, class_="failure", role="alert")


def people_of(authors: Sequence[str], most: int) -> str:
    """Authors by name; where there are more than `most`, the others are counted."""
    names = [readable(name) for name in authors]
    if len(names) <= most + 1:  # naming the last takes no more room than counting it
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} others"
