"""A topic's summary as HTML: themes with their quotes, when the papers appeared, a table of them, the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup

from rag.index.library import Library
from rag.papers.bibliography.references import cited_entries
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Cell, Filters, Note, Topic, TopicPaper
from rag.types.filters import FIELDS
from ui.web.evidence.cards import NO_MARKS, column
from ui.web.evidence.peeks import peeks
from ui.web.html import icons
from ui.web.html.bars import bars
from ui.web.html.rendering import EMPTY, button, dated, element, join, markdown, paper_link, uncarded, untold, when

PREFIX = "topic-"
"""Of the ids of the cards, to which markers lead."""
_LEGEND = element("p", "— The abstract does not tell.", class_="facts", aria_hidden="true")
NO_FILTERS = Filters()
MOST_KINDS = 6
"""Themes that have a colour of their own in the plot."""


def running(query: str, step: str, text: str, given: Filters = NO_FILTERS) -> Markup:
    """A summary under way.

    Args:
        query: The topic.
        step: What is being done.
        text: Markdown written so far.
        given: The restrictions of the form.
    """
    status = element("p", step, class_="facts", role="status")
    shown = (element("h1", query), chips(given, given), status, markdown(text))
    return element("article", *shown, class_="summary running")


def chips(given: Filters, in_force: Filters) -> Markup:
    """What restricts a topic: what the form holds is taken away with a click, what the topic's words say is read there.

    Args:
        given: The restrictions of the form.
        in_force: These and those of the words.
    """
    own = given.groups()
    shown = [_chip(group, text, group in own) for group, text in in_force.groups().items()]
    return element("ul", *shown, class_="chips") if shown else EMPTY


def _chip(group: str, text: str, is_own: bool) -> Markup:
    said = element("span", dated(f"{text[:1].upper()}{text[1:]}"))
    if not is_own:
        return element("li", said, element("small", "read from the topic"), class_="chip")
    keys = " ".join(row.key for row in FIELDS if row.group == group)
    away = button(icons.CLOSE, "unrestrict", {"fields": keys}, label=f"Without: {text}")
    return element("li", said, away, class_="chip")


def summary(
    topic: Topic,
    library: Library,
    marks: Mapping[str, Markup] = NO_MARKS,
    follow: Markup = EMPTY,
    given: Filters = NO_FILTERS,
) -> Markup:
    """A whole summary with its evidence beside it, or what is offered instead.

    Args:
        topic: What the papers say.
        library: Holds their text.
        marks: By paper, what the reader may do with it.
        follow: The button that follows it.
        given: The restrictions of the form.
    """
    heading = element("h1", topic.query) + chips(given, given.completed(Filters.read(topic.filters)))
    if topic.abstained:
        said = topic.text.rpartition("\n\n- ")[0] if topic.closest else topic.text  # its list is shown as links
        closest = element("ul", *(element("li", paper_link(one.paper_id, one.title)) for one in topic.closest))
        told = element("div", markdown(said), closest if topic.closest else EMPTY, class_="abstained")
        tools = element("p", follow, class_="tools") if follow else EMPTY
        return element("article", heading, _notes(topic.notes), told, tools, class_="summary")
    parts = [
        heading,
        _notes(topic.notes),
        element("p", dated(topic.text.partition("\n")[0]), class_="lead"),
        _tools(topic, library, follow),
        _timeline(topic),
        *_themes(topic),
        _section("Where papers disagree", *(markdown(text, PREFIX) for text in topic.disagreements)),
        _section("Papers side by side", _table(topic)),
        _removed(topic),
        peeks(topic.citations, PREFIX),
    ]
    beside = column(topic.citations, PREFIX, library, marks=marks)
    return element("div", element("article", *parts, class_="summary"), beside, class_="sided")


def _notes(notes: Sequence[Note]) -> Markup:
    return join(element("p", note.text, class_="facts") for note in notes)


def _section(title: str, *content: Markup) -> Markup:
    return element("section", element("h2", title), *content) if any(content) else EMPTY


def _tools(topic: Topic, library: Library, follow: Markup) -> Markup:
    save = button("Save as Markdown", "save", {"kind": "md"})
    entries = "\n\n".join(cited_entries(library.shelf, topic.papers))
    return element("p", follow, save, button("Copy BibTeX", "copy", {"text": entries}), class_="tools")


def _timeline(topic: Topic) -> Markup:
    names = [readable(theme.name) for theme in topic.themes[:MOST_KINDS]]
    if len(topic.themes) > MOST_KINDS:
        names[-1:] = ["other themes"]
    dated = [paper for paper in topic.papers if paper.date]
    counts = [(date.fromisoformat(paper.date), _one_of(len(names), paper.theme)) for paper in dated]
    if not counts:
        return EMPTY
    days = [day for day, _ in counts]
    step = "month" if (max(days) - min(days)).days > 90 else "week"
    return _section("When they appeared", bars(counts, names, step, "Papers of the topic over time"))


def _one_of(kinds: int, theme: int) -> list[int]:
    return [int(n == min(theme, kinds - 1)) for n in range(kinds)]


def _themes(topic: Topic) -> list[Markup]:
    titles = [readable(citation.title) for citation in topic.citations]
    return [
        element("section", element("h2", readable(theme.name)), markdown(theme.text, PREFIX, titles), class_="theme")
        for theme in topic.themes
    ]


def _table(topic: Topic) -> Markup:
    names = ("Paper", "Method", "Data", "Result")
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    rows = (_row(paper, names[1:]) for paper in topic.papers)
    table = element("table", head, element("tbody", *rows), class_="sides")
    known = [paper for paper in topic.papers if paper.has_card]  # a note tells of the others
    is_whole = all(cell for paper in known for cell in (paper.method, paper.data, paper.result))
    return element("div", table, class_="wide") + (EMPTY if is_whole else _LEGEND)


def _row(paper: TopicPaper, names: Sequence[str]) -> Markup:
    title = paper_link(paper.paper_id, readable(paper.title))
    first = element("th", title, element("small", when(paper.date)), scope="row")
    cells = zip(names, (paper.method, paper.data, paper.result), strict=True)
    return element("tr", first, *(_cell(name, cell, paper) for name, cell in cells))


def _cell(name: str, cell: Cell | None, paper: TopicPaper) -> Markup:
    empty = untold() if paper.has_card else uncarded()
    return element("td", readable(cell.quote) if cell else empty, data_name=name)


def _removed(topic: Topic) -> Markup:
    if not topic.removed:
        return EMPTY
    items = (element("li", one.text, " ", element("small", one.reason)) for one in topic.removed)
    summary = element("summary", f"{plural(len(topic.removed), 'sentence')} did not pass the citation check")
    return element("details", summary, element("ul", *items))
