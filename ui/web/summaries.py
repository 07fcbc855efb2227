"""A topic's summary as HTML: themes with their quotes, when the papers appeared, a table of them, references."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from rag.text.grammar import plural
from rag.text.readable import readable
from rag.topics import bibtex_entries
from rag.types import Cell, Citation, Note, Topic, TopicPaper
from ui.web.bars import bars
from ui.web.rendering import EMPTY, arxiv_links, button, element, join, markdown, outward

PREFIX = "topic-"
"""Of the ids of the references, to which markers lead."""
MOST_KINDS = 6
"""Themes that have a colour of their own in the plot."""


def running(query: str, step: str, text: str) -> Markup:
    """A summary under way.

    Args:
        query: The topic.
        step: What is being done.
        text: Markdown written so far.
    """
    status = element("p", step, class_="facts", role="status")
    return element("article", element("h1", query), status, markdown(text), class_="summary running")


def summary(topic: Topic) -> Markup:
    """A whole summary, or what is offered instead."""
    heading = element("h1", topic.query)
    if topic.abstained:
        said = element("div", markdown(topic.text), class_="abstained")
        return element("article", heading, _notes(topic.notes), said, _closest(topic), class_="summary")
    parts = [
        heading,
        _notes(topic.notes),
        element("p", topic.text.partition("\n")[0], class_="lead"),
        _tools(topic),
        _timeline(topic),
        *_themes(topic),
        _section("Where papers disagree", *(markdown(text, PREFIX) for text in topic.disagreements)),
        _section("Papers side by side", _table(topic)),
        _section("References", _references(topic.citations)),
        _removed(topic),
    ]
    return element("article", *parts, class_="summary")


def _notes(notes: Sequence[Note]) -> Markup:
    return join(element("p", note.text, class_="facts") for note in notes)


def _section(title: str, *content: Markup) -> Markup:
    return element("section", element("h2", title), *content) if any(content) else EMPTY


def _closest(topic: Topic) -> Markup:
    items = (element("li", readable(paper.title), " ", element("small", paper.paper_id)) for paper in topic.closest)
    return _section("Closest papers", element("ul", *items)) if topic.closest else EMPTY


def _tools(topic: Topic) -> Markup:
    save = button("Save as Markdown", "save", {"kind": "md"})
    entries = "\n\n".join(bibtex_entries(topic))
    return element("p", save, button("Copy BibTeX", "copy", {"text": entries}), class_="tools")


def _timeline(topic: Topic) -> Markup:
    names = [readable(theme.name) for theme in topic.themes[:MOST_KINDS]]
    if len(topic.themes) > MOST_KINDS:
        names[-1:] = ["other themes"]
    counts = [(date.fromisoformat(paper.date), _one_of(len(names), paper.theme)) for paper in topic.papers]
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
    return element("div", element("table", head, element("tbody", *rows), class_="sides"), class_="wide")


def _row(paper: TopicPaper, names: Sequence[str]) -> Markup:
    links = arxiv_links(paper.url)
    title = outward(readable(paper.title), links[0]) if links else element("span", readable(paper.title))
    first = element("th", title, element("small", paper.date), scope="row")
    cells = zip(names, (paper.method, paper.data, paper.result), strict=True)
    return element("tr", first, *(_cell(name, cell) for name, cell in cells))


def _cell(name: str, cell: Cell | None) -> Markup:
    text = readable(cell.quote) if cell else element("span", "not said", class_="unsaid")
    return element("td", text, data_name=name)


def _references(citations: Sequence[Citation]) -> Markup:
    return element("ol", *(_reference(citation) for citation in citations), class_="references")


def _reference(citation: Citation) -> Markup:
    links = arxiv_links(citation.url)
    title = readable(citation.title)
    people = readable(citation.authors[0]) if citation.authors else "unknown authors"
    if len(citation.authors) > 1:
        people += " et al."
    version = f", version {citation.version}" if citation.version > 1 else ""
    line = (outward(title, links[0]) if links else title, f" {people}, first listed {citation.date}{version}.")
    quote = element("blockquote", readable(citation.quote))
    return element("li", *line, quote, id=f"{PREFIX}{citation.n}", class_="card", tabindex="-1", value=citation.n)


def _removed(topic: Topic) -> Markup:
    if not topic.removed:
        return EMPTY
    items = (element("li", one.text, " ", element("small", one.reason)) for one in topic.removed)
    summary = element("summary", f"{plural(len(topic.removed), 'sentence')} did not pass the citation check")
    return element("details", summary, element("ul", *items))
