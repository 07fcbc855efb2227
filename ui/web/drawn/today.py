"""Today: what the newest days brought, by theme, a line each, with what changed and what followed questions found."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from markupsafe import Markup

from rag.text.differences import Difference
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.topics.digest import Changed, Outline
from rag.types import Paper
from ui.edition.wording import shortened
from ui.web.base import address
from ui.web.html import items, written_days
from ui.web.html.rendering import EMPTY, button, element, join

STRIP = 42
"""Days with papers that the calendar strip shows at once."""
IN_THEME = 8
"""Rows of a theme that are seen before it is unfolded."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day on which papers appeared, and how many."""

    day: date
    papers: int


@dataclass(frozen=True, slots=True)
class Edition:
    """What the page shows.

    Attributes:
        outline: Papers by theme, and changed texts.
        lines: By paper, the sentence that speaks for it where it is known already.
        days: Those with papers that the strip shows, ascending.
        before: The newest day that lies before the strip; None where it begins with the first.
        after: The oldest day that lies behind it.
        seen: The newest day that was here at the reader's last visit; None on a first visit.
        is_idle: Whether nothing has come in since that visit.
        total: Papers that the days brought; those of the outline are the newest of them.
        unread: Papers that the reader has not read.
        marks: By paper, what the reader may do with it.
    """

    outline: Outline
    lines: Mapping[str, str]
    days: tuple[DayCount, ...]
    before: date | None = None
    after: date | None = None
    seen: date | None = None
    is_idle: bool = False
    total: int = 0
    unread: frozenset[str] = frozenset()
    marks: Mapping[str, Markup] = field(default_factory=dict)


def personal(edition: Edition, unread: frozenset[str], marks: Mapping[str, Markup]) -> Edition:
    """An edition as one reader sees it."""
    seen = edition.seen
    new = (one for one in edition.outline.papers if seen is None or one.date > seen)
    return replace(edition, unread=unread & {one.paper_id for one in new}, marks=marks)


def heading(edition: Edition) -> str:
    """What the page is headed: the day, or since when."""
    since, until = edition.outline.since, edition.outline.until
    if since == until:
        return f"{calendar.day_name[until.weekday()]}, {written_days.day(until)}"
    return f"New since {written_days.day(edition.seen)}" if edition.seen else written_days.days(since, until)


def strip(edition: Edition) -> Markup:
    """The days with papers, each a link and a bar as high as it has papers beside the others."""
    days, since, until = edition.days, edition.outline.since, edition.outline.until
    most = max((one.papers for one in days), default=1)
    months: list[tuple[str, list[Markup]]] = []
    for one in days:
        name = written_days.month(one.day)
        if not months or months[-1][0] != name:
            months.append((name, []))
        months[-1][1].append(_day(one, most, since <= one.day <= until))
    shown = [
        element("li", element("span", name, class_="month"), element("ol", *of), class_="of-month")
        for name, of in months
    ]
    earlier = _step("←", "Earlier days", edition.before)
    later = _step("→", "Later days", edition.after)
    return element(
        "nav",
        earlier,
        element("ol", *shown, class_="days", tabindex="0"),
        later,
        class_="strip",
        aria_label="Days with papers",
    )


def _day(one: DayCount, most: int, is_shown: bool) -> Markup:
    said = f"{calendar.day_abbr[one.day.weekday()]} {written_days.day(one.day)}: {plural(one.papers, 'paper')}"
    height = max(8, round(100 * one.papers / most))
    bar = element("i", style=f"height:{height}%")
    link = element(
        "a",
        element("span", bar, class_="bar", aria_hidden="true"),
        element("span", str(one.day.day), class_="number"),
        href=address.day(one.day),
        title=said,
        aria_label=said,
        aria_current="date" if is_shown else None,
    )
    return element("li", link)


def _step(text: str, label: str, day: date | None) -> Markup:
    if day is None:
        return element("span", text, class_="step", aria_hidden="true")
    return element("a", text, href=address.day(day), class_="step", aria_label=label, title=label)


def lead(edition: Edition) -> str:
    """How much there is, in a sentence."""
    outline = edition.outline
    papers, changed = max(edition.total, len(outline.papers)), len(outline.changed)
    if not papers and not changed:
        return "No new papers."
    said = plural(papers, "new paper")
    if len(outline.themes) > 1:
        said += f" in {plural(len(outline.themes), 'theme')}"
    said = f"{said}, {plural(changed, 'revised text')}" if changed else said
    nothing = " Nothing came in since your last visit." if edition.is_idle else ""
    return f"{said}.{nothing}"


def changes(found: Sequence[Changed], marks: Mapping[str, Markup]) -> Markup:
    """Papers whose text was revised, with the changed words."""
    if not found:
        return EMPTY
    shown = (_revised(one, marks) for one in found)
    return element("section", element("h2", "Revised texts", _count(len(found))), items.listed(shown), class_="revised")


def _revised(one: Changed, marks: Mapping[str, Markup]) -> Markup:
    title, abstract = (_changed(stretches) for stretches in (one.title, one.abstract))
    shown = join([part for part in (title, abstract) if part], " … ")
    new = one.revision.new
    return items.row(new, shown, marks=marks.get(new.paper_id, EMPTY))


def _changed(stretches: Sequence[Difference]) -> Markup:
    parts: list[Markup | str] = []
    for one in shortened(stretches):
        if one is None:
            parts.append(" … ")
        elif one.is_kept:
            parts.append(one.new)
        else:
            parts += [element("del", one.old)] * bool(one.old) + [element("ins", one.new)] * bool(one.new)
    return join(parts)


def _count(number: int) -> Markup:
    return element("span", f"{number:,}", class_="count")


def asking() -> Markup:
    """The box in which a question is asked from any page."""
    field = element(
        "input",
        type="search",
        name="q",
        placeholder="Ask your papers…",
        aria_label="Ask your papers",
        autocomplete="off",
        required=True,
        maxlength="2000",
        enterkeyhint="send",
    )
    return element(
        "form",
        field,
        element("button", "Ask", type="submit", class_="go"),
        action="/chat",
        class_="ask",
        role="search",
        data_ask=True,
    )


def empty() -> Markup:
    """What to do with a library that holds nothing: three steps."""
    category = element(
        "input",
        name="category",
        placeholder="cs.IR",
        pattern=r"[a-z\-]+(\.[A-Za-z\-]+)?",  # browsers pass over a pattern with a bare hyphen in brackets
        title="As arXiv writes it: cs.IR",
        required=True,
        aria_label="arXiv category",
        autocomplete="off",
    )
    follow = element(
        "form",
        category,
        element("button", "Fetch the last week", type="submit", class_="go"),
        class_="inline",
        data_post="/act/fetch",
    )
    sample = element(
        "form",
        element("button", "Add the sample", type="submit", class_="go"),
        class_="inline",
        data_post="/act/sample",
    )
    own = element("a", "Add reports, lists or PDFs", href="/add", class_="go")
    steps = (
        (
            "Follow a category of arXiv",
            join(
                [
                    "Its newest papers are fetched now; ",
                    element("code", "paperchat watch"),
                    " in a timer keeps them coming.",
                ]
            ),
            follow,
        ),
        (
            "Or look around with a sample",
            "Four daily reports, to see what this page does. They can be removed again.",
            sample,
        ),
        ("Or bring your own", "Daily reports, JSON lines, bibliographies (BibTeX, RIS, CSL, Zotero) and PDFs.", own),
    )
    shown = (element("li", element("h2", name), element("p", what), does) for name, what, does in steps)
    return element(
        "div",
        element("h1", "Begin with some papers"),
        element("p", "The library is empty. There are three ways to fill it.", class_="lead"),
        element("ol", *shown, class_="steps"),
        element("p", class_="said", role="status"),
        class_="page today empty",
    )


def _theme(name: str, papers: Sequence[Paper], edition: Edition, is_one_of: bool) -> Markup:
    """A theme: the first rows, and the others to be unfolded."""
    drawn = [_row(paper, edition) for paper in papers]
    more = drawn[IN_THEME:] if len(drawn) > IN_THEME + 2 else []
    first = drawn[: len(drawn) - len(more)]
    rest = element("details", element("summary", f"Show {len(more):,} more"), items.listed(more), class_="more")
    title = element("h2", readable(name), _count(len(papers))) if is_one_of else items.UNSEEN
    return element("section", title, items.listed(first), rest if more else EMPTY, class_="theme")


def _row(paper: Paper, edition: Edition) -> Markup:
    said = edition.lines.get(paper.paper_id)
    line = readable(said) if said else element("span", "…", data_line=paper.paper_id) if said is None else ""
    dot = items.dot(is_unread=paper.paper_id in edition.unread)
    return items.row(paper, line, marks=edition.marks.get(paper.paper_id, EMPTY), lead=dot)


def _others(edition: Edition) -> Markup:
    """Where the papers are that are too many to be shown here."""
    more = edition.total - len(edition.outline.papers)
    if more <= 0:
        return EMPTY
    where = address.library(from_=edition.outline.since, to=edition.outline.until)
    return element("p", element("a", f"All {edition.total:,} papers of these days", href=where), class_="all")


def page(
    edition: Edition, for_you: Markup = EMPTY, followed: Markup = EMPTY, *, is_followed_news: bool = False
) -> Markup:
    """The whole page.

    Args:
        edition: What the days brought.
        for_you: The section of papers for the reader.
        followed: The section of what the reader follows.
        is_followed_news: Whether anything of that is news; then it stands before the themes.
    """
    outline = edition.outline
    title = element("h1", heading(edition), tabindex="-1")
    ids = " ".join(paper.paper_id for paper in outline.papers if paper.paper_id in edition.unread)
    all_read = (
        button("Mark all as read", "post", {"post": "/act/read", "papers": ids}, class_="quiet") if ids else EMPTY
    )
    return element(
        "div",
        asking(),
        element("header", title, element("p", lead(edition), class_="lead"), all_read, class_="top"),
        strip(edition),
        for_you,
        followed if is_followed_news else EMPTY,
        *(_theme(name, papers, edition, len(outline.themes) > 1) for name, papers in outline.themes),
        _others(edition),
        changes(outline.changed, edition.marks),
        EMPTY if is_followed_news else followed,
        class_="page today",
    )
