"""A paper's page: its abstract, what changed between versions, its full text, papers like it, what to ask it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from urllib.parse import quote

from markupsafe import Markup, escape

from rag.papers.bibliography.bibtex import entry_of
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.themes.map import Region
from rag.types import Paper, Section
from rag.types.card import Card, Span, Tag
from ui.web.base import address
from ui.web.companion import quiz
from ui.web.drawn import review
from ui.web.drawn.today import asking
from ui.web.evidence.papers import Days, compared, text_of
from ui.web.html import items
from ui.web.html.rendering import EMPTY, arxiv_links, button, element, join, moment, outward

LONG = 30
"""Authors named on the page; of a paper with more, the others are counted."""


def page(
    versions: Sequence[Paper],
    latest: int,
    days: Days,
    *,
    marks: Markup = EMPTY,
    note: Markup = EMPTY,
    card: Card | None = None,
    tags: Sequence[Tag] = (),
    region: Region | None = None,
) -> Markup:
    """The whole page; papers like it and what to ask come when it is seen.

    Args:
        versions: Every version, ascending.
        latest: Number of the one that answers cite.
        days: When each was listed.
        marks: What the reader keeps of it.
        note: The reader's note.
        card: What it says of itself.
        tags: The subjects that it is about.
        region: Where it lies on the map; None where there is none yet.
    """
    paper = next(one for one in versions if one.version == latest)
    abstract = _abstract(paper, card)
    article = element(
        "article",
        element("h1", items.title_of(paper), tabindex="-1"),
        element("p", items.people(paper.authors, LONG), class_="people") if paper.authors else EMPTY,
        _facts(paper, len(versions)),
        _tools(paper, len(versions), marks),
        element("p", abstract, class_="abstract")
        if abstract
        else element("p", "Only the title of this paper is known.", class_="hint"),
        _card(card, tags),
        _asking(paper),
        _history(versions, latest, days),
        _full_text(paper),
        class_="paper",
        data_paper=paper.paper_id,
    )
    place = _place(region) if region else EMPTY
    side = element(
        "aside", note, place, _later("similar", paper, "Papers like this one"), aria_label="About this paper"
    )
    return element("div", asking(), element("div", article, side, class_="columns"), class_="page one")


def _place(region: Region) -> Markup:
    """Where a paper lies on the map, and the way to what lies around it."""
    said = element("span", plural(region.papers, "paper"), class_="count")
    link = element("a", region.name, href=address.region(region.written))
    return element("section", element("h2", "More from this region"), element("p", link, said), class_="place")


def _facts(paper: Paper, versions: int) -> Markup:
    parts: list[Markup | str] = ["date unknown" if paper.undated else moment(paper.date), paper.paper_id]
    if paper.categories:
        parts.append(join((_category(name) for name in paper.categories), " "))
    if versions > 1:
        parts.append(element("a", plural(versions, "version"), href="#versions", data_here=True))
    if paper.comment:
        parts.append(readable(paper.comment))
    withdrawn: list[Markup | str] = [element("span", "Withdrawn", class_="tag"), " "] if paper.withdrawn else []
    if paper.held:
        withdrawn += [element("a", "Held for review", href="/review", class_="tag"), " "]
    return element("p", *withdrawn, join(parts, " · "), class_="facts")


def _category(name: str) -> Markup:
    return element("a", name, href=address.library(category=name))


def _tools(paper: Paper, versions: int, marks: Markup) -> Markup:
    links = arxiv_links(paper.url)
    outside = [outward("arXiv", links[0]), outward("PDF", links[1])] if links else []
    if not links and paper.url.startswith(("https://", "http://")):
        outside = [outward("Read it", paper.url)]
    copy = button("Copy BibTeX", "copy", {"text": entry_of(paper)})
    own = [review.choice(paper, is_held=paper.held), _removal(paper, versions)]
    line = element("span", class_="break")  # above it what a reader does again and again, below it the rest
    return element("div", marks, line, *outside, copy, quiz.offer(paper.paper_id), *own, class_="tools")


def _abstract(paper: Paper, card: Card | None) -> Markup:
    """The abstract as it is read, with what the card quotes of it marked."""
    whole = readable(paper.abstract)
    pieces = list(_pieces(paper, card)) if card and card.version == paper.version else []
    shown = join(element("mark", text) if is_quoted else text for text, is_quoted in pieces)
    is_same = "".join(text for text, _ in pieces).split() == whole.split()  # mathematics may have been cut
    return shown if is_same else escape(whole)


def _pieces(paper: Paper, card: Card) -> Iterator[tuple[str, bool]]:
    """The abstract in readable pieces, one after the other, and whether the card quotes each."""
    end = len(paper.lead)
    spans = [one for _, field in card.fields() for one in field if paper.abstract_start <= one.start and one.end <= end]
    place = paper.abstract_start
    for start, after in _apart(spans):
        yield _between(paper.text[place:start]), False
        yield readable(paper.text[start:after]), True
        place = after
    yield _between(paper.text[place:end]), False


def _apart(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Where spans lie, in order; those that overlap are one."""
    found: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and span.start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], span.end))
        else:
            found.append((span.start, span.end))
    return found


def _between(text: str) -> str:
    """Readable text that keeps a space on either side where there was one."""
    shown = readable(text)
    before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return f"{before}{shown}{after}" if shown else before or after


def _card(card: Card | None, tags: Sequence[Tag]) -> Markup:
    """What the paper says of itself, each part a quote of it, and its subjects; nothing where that is not known."""
    told = [
        element("div", element("dt", name.capitalize()), element("dd", _quoted(name, spans)))
        for name, spans in (card.fields() if card else ())
        if spans
    ]
    links = [element("li", element("a", tag.label, href=address.library(tag=tag.label))) for tag in tags]
    if not told and not links:
        return EMPTY
    subjects = element("ul", *links, class_="tags", aria_label="Subjects") if links else EMPTY
    shown = element("dl", *told) if told else EMPTY
    return element("section", element("h2", "In short"), subjects, shown, class_="card-of")


def _quoted(name: str, spans: Sequence[Span]) -> Markup:
    """What stands in a field of the card; addresses of code lead there."""
    texts = [one.text for one in spans]
    if name != "code":
        return join(map(readable, texts), ", ")
    return join((outward(text, text) if text.startswith(("https://", "http://")) else text for text in texts), ", ")


def _asking(paper: Paper) -> Markup:
    field = element(
        "input",
        type="text",
        name="q",
        placeholder="What do you want to know of it?",
        aria_label="Ask about this paper",
        autocomplete="off",
        required=True,
        maxlength="2000",
        enterkeyhint="send",
    )
    form = element(
        "form",
        field,
        element("button", "Ask", type="submit", class_="go"),
        action="/chat",
        class_="ask",
        data_ask=True,
        data_papers=paper.paper_id,
    )
    return element("section", element("h2", "Ask about this paper"), form, _later("questions", paper), class_="about")


def _later(part: str, paper: Paper, title: str = "") -> Markup:
    """A place that is filled when it is seen."""
    waiting = element("h2", title) if title else EMPTY
    return element("section", waiting, data_later=f"/view/{part}/{quote(paper.paper_id)}", class_=part)


def similar(papers: Sequence[Paper], marks: dict[str, Markup]) -> Markup:
    """Papers like one; nothing where there are none."""
    if not papers:
        return EMPTY
    shown = (items.row(one, marks=marks.get(one.paper_id, EMPTY)) for one in papers)
    return join([element("h2", "Papers like this one"), items.listed(shown)])


def questions(paper: Paper, asked: Sequence[str]) -> Markup:
    """Questions that the paper answers, to be asked with a click."""
    where = f"paper={quote(paper.paper_id)}"
    links = [element("a", text, href=f"/chat?q={quote(text)}&{where}", data_ask=True) for text in asked]
    return element("ul", *(element("li", link) for link in links), class_="offers") if asked else EMPTY


def _history(versions: Sequence[Paper], latest: int, days: Days) -> Markup:
    if len(versions) < 2:
        return EMPTY
    changes = [
        element(
            "details",
            _summary(new, days, new.version == latest),
            element("p", f"Changes since version {old.version}:", class_="facts"),
            element(
                "div", compared(old.title, new.title, "h3"), compared(old.abstract, new.abstract, "p"), class_="diff"
            ),
            open=new.version == latest,
        )
        for old, new in pairwise(versions)
    ]
    first = versions[0]
    original = element("details", _summary(first, days, first.version == latest), text_of(first))
    title = element("h2", plural(len(versions), "version"))
    return element("section", title, *reversed(changes), original, class_="versions", id="versions")


def _summary(paper: Paper, days: Days, is_latest: bool) -> Markup:
    listed = days.get(paper.version, ())
    when = [" · ", moment(listed[0])] if listed else []
    return element("summary", f"Version {paper.version}", *when, ", the current text" if is_latest else "")


def _full_text(paper: Paper) -> Markup:
    """The body, a section after the other, each with the page on which it begins."""
    if not paper.body:
        return EMPTY
    parts = [_section(paper, one) for one in _sections(paper)]
    pages = f" · {plural(len(paper.pages), 'page')}" if paper.pages else ""
    return element("section", element("h2", "Full text", element("span", pages, class_="count")), *parts, class_="full")


def _sections(paper: Paper) -> Iterator[Section]:
    """The body from border to border of its sections, each stretch under the heading of the innermost."""
    edges = {place for one in paper.sections for place in (one.start, one.end)}
    for start, end in pairwise(sorted({paper.body_start, *edges, len(paper.text)})):
        if start >= paper.body_start and paper.text[start:end].strip():
            section = paper.section_at(start)
            yield Section(section.heading if section else "Text", start, end)


def _section(paper: Paper, section: Section) -> Markup:
    text = paper.text[section.start : section.end].strip()
    heading = readable(section.heading)
    if text.startswith(section.heading):
        text = text[len(section.heading) :]
    page = sum(start <= section.start for start in paper.pages)
    where = element("span", f"page {page}", class_="count") if page else EMPTY
    paragraphs = (element("p", readable(part)) for part in text.split("\n\n") if part.strip())
    return element("details", element("summary", heading or "…", " ", where), *paragraphs)


def _removal(paper: Paper, versions: int) -> Markup:
    what = "this paper" if versions == 1 else f"this paper with all {versions} versions"
    sure = element(
        "form",
        element("p", f"Remove {what}? Only adding its report again brings it back."),
        element("input", type="hidden", name="papers", value=paper.paper_id),
        element("button", "Remove it", type="submit", class_="danger"),
        data_post="/act/remove",
    )
    return element("details", element("summary", "Remove from the library…"), sure, class_="removal")
