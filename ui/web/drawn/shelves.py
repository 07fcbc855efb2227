"""The library's page: papers found by words and facets, in rows that can be chosen, and what is done with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from rag.papers.bibliography.references import FORMATS
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.types import Paper
from rag.types.filters import FIELDS
from ui.web.base import address
from ui.web.base.restriction import KEPT
from ui.web.companion.followed import author_question
from ui.web.drawn import bookmarks
from ui.web.html import items
from ui.web.html.rendering import EMPTY, button, element, join

PAGE_SIZE = 25
NAMES = "author-names"
"""The id of the names that are offered while one is typed; the page's script asks for them."""
PREVIEW = 320
"""Characters of an abstract in a row."""
KEEPS = {"later": "to read later", "starred": "starred", "noted": "with a note", "unread": "unread"}
"""What the reader's own marks restrict to."""
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holding:
    """What the page shows.

    Attributes:
        fields: What was asked for, by field.
        total: How many papers fit.
        papers: Those of this page.
        offset: Papers on the pages before it.
        facets: By field, values and how many of the papers have them.
        held: Papers in the library.
        marks: By paper, what the reader may do with it.
        shelf: What the reader keeps.
        lists: The reader's lists.
        problem: Why the fields cannot be read; then nothing is shown.
        near: Papers near in meaning, where few have the words.
        gone: Papers that have left the library and are kept at the place that is shown, with what can be done.
        flagged: Papers of the library that are held for review.
        follow: The button that follows what was searched for.
    """

    fields: Mapping[str, str]
    total: int = 0
    papers: Sequence[Paper] = ()
    offset: int = 0
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    held: int = 0
    marks: Mapping[str, Markup] = field(default_factory=dict)
    shelf: Markup = EMPTY
    lists: Sequence[str] = ()
    problem: Markup | str = ""
    near: Sequence[Paper] = ()
    gone: Sequence[tuple[str, Markup]] = ()
    flagged: int = 0
    follow: Markup = EMPTY


def page(holding: Holding) -> Markup:
    """The whole page."""
    adding = element("a", "Add papers", href="/add", class_="add")
    side = element(
        "aside",
        element("details", element("summary", "Narrow down"), element("div", *_facets(holding)), open=True),
        aria_label="Narrow down",
        data_part="facets",
        class_="facets",
    )
    return element(
        "div",
        element(
            "header",
            element("h1", "Library", tabindex="-1"),
            element("p", join(_ways(holding), " "), class_="lead"),
            adding,
            class_="top",
        ),
        _form(holding),
        element("div", element("div", *_found(holding), class_="found", data_part="found"), side, class_="columns"),
        _choice(holding.lists),
        class_="page library",
    )


def _ways(holding: Holding) -> Iterator[Markup]:
    """How many papers there are, and ways to the best one and to those held for review; no line begins with a dot."""
    yield element("span", plural(holding.held, "paper"), " ·")
    best = element("a", "The best paper for…", href="/best")
    yield element("span", best, " ·") if holding.flagged else best
    if holding.flagged:
        yield element("a", f"{plural(holding.flagged, 'paper')} held for review", href="/review")


def _form(holding: Holding) -> Markup:
    """Words, and the fields that restrict; those that facets set travel along."""
    fields = holding.fields
    words = element(
        "input",
        type="search",
        name="words",
        value=fields.get("words"),
        placeholder="Search titles and abstracts",
        aria_label="Search titles and abstracts",
        autocomplete="off",
    )
    given = [
        element(
            "label",
            element("span", row.key.capitalize()),
            element(
                "input",
                type=row.control,
                name=row.key,
                value=fields.get(row.key),
                title=row.meaning,
                autocomplete="off",
                list=NAMES if row.key == "author" else None,
            ),
        )
        for row in FIELDS
        if row.key != "paper"
    ]
    hidden = [
        element("input", type="hidden", name=name, value=fields[name])
        for name in ("keep", "list", "month", "paper", "order")
        if fields.get(name)
    ]
    more = element(
        "details",
        element("summary", "More fields"),
        element("div", *given, element("datalist", id=NAMES), class_="given"),
        open=any(fields.get(row.key) for row in FIELDS if row.control == "date") or None,
    )
    go = element("button", "Search", type="submit", class_="go")
    return element(
        "form",
        element("div", words, go, class_="line-of"),
        more,
        *hidden,
        action="/library",
        class_="find",
        role="search",
        aria_label="Search the library",
        data_live=True,
    )


def _found(holding: Holding) -> list[Markup]:
    if holding.problem:
        return [element("p", holding.problem, class_="failure", role="alert")]
    if not holding.total and not holding.near:
        nothing = "No paper fits. Try fewer or other words, or take away a restriction."
        return [_given(holding), element("p", nothing, class_="nothing", role="status"), bookmarks.gone(holding.gone)]
    shown = [_row(paper, holding) for paper in holding.papers]
    found = items.listed(shown) if shown else EMPTY
    return [_given(holding), _head(holding), found, _pager(holding), _near(holding), bookmarks.gone(holding.gone)]


def _head(holding: Holding) -> Markup:
    fields = holding.fields
    found = f"{plural(holding.total, 'paper')} found" if _is_restricted(fields) else "Newest first"
    said = element("p", found, class_="count-of", role="status")
    order = EMPTY
    if fields.get("words"):
        by = fields.get("order", "best")
        ways = (("best", "Best match"), ("newest", "Newest"))
        links = (
            element(
                "a",
                name,
                href=_with(fields, order="" if way == "best" else way),
                aria_current="true" if by == way else None,
            )
            for way, name in ways
        )
        order = element("p", join(links, " "), class_="order", aria_label="Order")
    every = _every(holding)
    return element("div", items.UNSEEN, every, said, order, holding.follow, _with_all(fields), class_="head")


def _every(holding: Holding) -> Markup:
    """The box that chooses all rows of this page."""
    shown = len(holding.papers)
    if shown < 2:
        return EMPTY
    name = "Choose all" if shown == holding.total else f"Choose these {shown}"
    box = element("input", type="checkbox", class_="pick-all")
    return element("label", box, element("span", name), class_="every")


def _with_all(fields: Mapping[str, str]) -> Markup:
    """What is done with all papers of a place where the reader keeps some."""
    if not (fields.get("list") or fields.get("keep") in KEPT):
        return EMPTY
    given = {name: value for name, value in fields.items() if name not in ("at", "order")}
    ask = element("a", "Ask these", href=address.chat(**given))
    files = (
        element("a", form.name, href=address.export(kind, **given), download=True) for kind, form in FORMATS.items()
    )
    menu = element("details", element("summary", "Export"), element("div", *files, class_="menu"))
    return element("div", ask, menu, class_="with-all")


def _row(paper: Paper, holding: Holding, *, choosable: bool = True) -> Markup:
    abstract = readable(paper.abstract)
    short = abstract if len(abstract) <= PREVIEW else f"{abstract[:PREVIEW].rsplit(' ', 1)[0]} …"
    title = items.title_of(paper)
    box = element(
        "input", type="checkbox", name="pick", value=paper.paper_id, aria_label=f"Choose {title}", class_="pick"
    )
    return items.row(paper, short, marks=holding.marks.get(paper.paper_id, EMPTY), lead=box if choosable else EMPTY)


def _near(holding: Holding) -> Markup:
    if not holding.near:
        return EMPTY
    shown = (_row(paper, holding) for paper in holding.near)
    return element("section", element("h2", "Near in meaning"), items.listed(shown), class_="near")


def _given(holding: Holding) -> Markup:
    """What restricts the list, each to be taken away with a click."""
    chips = []
    for name, said in _said(holding.fields):
        text = element("span", said)
        link = element(
            "a",
            text,
            element("span", "×", aria_hidden="true"),
            href=_with(holding.fields, **{name: ""}),
            aria_label=f"Without: {said}",
        )
        chips.append(element("li", link))
    return element("ul", *chips, class_="chips") if chips else EMPTY


def described(fields: Mapping[str, str]) -> str:
    """Which papers a place of the library holds, in words that follow "papers": ``on the list thesis, in cs.IR``."""
    said = sorted(_said(fields), key=lambda pair: pair[0] not in ("list", "keep"))
    return ", ".join(text for _, text in said)


def question_of(fields: Mapping[str, str]) -> str:
    """What is followed of a place of the library: its words, or its author; nothing where more restricts it."""
    asked = {name: value.strip() for name, value in fields.items() if name not in ("at", "order") and value.strip()}
    if set(asked) == {"words"}:
        return asked["words"]
    return author_question(asked["author"]) if set(asked) == {"author"} else ""


def _said(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    said = [("month", _month(fields["month"]))] if fields.get("month") else []
    words = {
        "author": "by {}",
        "category": "in {}",
        "tag": "on {}",
        "has": "says its {}",
        "from": "from {}",
        "to": "to {}",
    }
    said += [(name, form.format(fields[name])) for name, form in words.items() if fields.get(name)]
    if ids := fields.get("paper", "").split():
        said.append(("paper", plural(len(ids), "chosen paper")))
    if fields.get("list"):
        said.append(("list", f"on the list {fields['list']}"))
    if fields.get("keep") in KEEPS:
        said.append(("keep", KEEPS[fields["keep"]]))
    return said


def _facets(holding: Holding) -> list[Markup]:
    names = (("tag", "Subject"), ("month", "Month"), ("category", "Category"), ("author", "Author"), ("has", "Says"))
    return [holding.shelf, *(_facet(holding, name, title) for name, title in names if holding.facets.get(name))]


def _facet(holding: Holding, name: str, title: str) -> Markup:
    values = (_value(holding, name, value, count) for value, count in holding.facets[name])
    return join([element("h2", title), element("ul", *values, class_="facet")])


def _value(holding: Holding, name: str, value: str, count: int) -> Markup:
    is_on = holding.fields.get(name, "").casefold() == value.casefold()
    href = _with(holding.fields, **{name: "" if is_on else value})
    said = element("span", _month(value) if name == "month" else value)
    link = element("a", said, href=href, aria_current="true" if is_on else None)
    return element("li", link, element("span", f"{count:,}", class_="count"))


def _month(value: str) -> str:
    year, _, month = value.partition("-")
    return f"{_MONTHS[int(month) - 1]} {year}" if month.isdecimal() and 1 <= int(month) <= 12 else value


def _pager(holding: Holding) -> Markup:
    last = holding.offset + len(holding.papers)
    if holding.total <= PAGE_SIZE:
        return EMPTY
    here = element("span", f"{holding.offset + 1:,} to {last:,} of {holding.total:,}", class_="here")
    before = _step("← Before", holding, holding.offset - PAGE_SIZE, holding.offset > 0)
    after = _step("More →", holding, last, last < holding.total)
    return element("nav", before, here, after, class_="pager", aria_label="Pages of the list")


def _step(text: str, holding: Holding, offset: int, is_possible: bool) -> Markup:
    if not is_possible:
        return element("span", class_="step")
    return element("a", text, href=_with(holding.fields, at=max(offset, 0)), class_="step")


def _with(fields: Mapping[str, str], **changes: object) -> str:
    """The page's address with other fields; a list that is another begins at its first page."""
    kept = {name: value for name, value in fields.items() if name != "at"}
    return address.library(**{**kept, **changes})


def _is_restricted(fields: Mapping[str, str]) -> bool:
    return any(value for name, value in fields.items() if name not in ("at", "order"))


def _choice(lists: Sequence[str]) -> Markup:
    """What is done with the papers that are chosen; seen when there are any."""
    names = [element("option", name, value=name) for name in lists]
    menu = element(
        "form",
        element(
            "input", name="list", list="list-names", placeholder="List", aria_label="List", required=True, maxlength=200
        ),
        element("datalist", *names, id="list-names"),
        element("button", "Put on list", type="submit"),
        data_post="/act/list",
        data_chosen=True,
    )
    exports = (
        element("a", form.name, href=f"/export/{kind}", data_chosen=True, download=True)
        for kind, form in FORMATS.items()
    )
    return element(
        "div",
        element("span", class_="number", role="status"),
        button("Star", "post", {"post": "/act/star", "chosen": True, "on": "on"}),
        button("Read later", "post", {"post": "/act/later", "chosen": True, "on": "on"}),
        menu,
        element("a", "Ask only these", href="/chat", data_chosen=True, class_="only"),
        element("details", element("summary", "Export"), element("div", *exports, class_="menu")),
        button("Clear", "clear", class_="quiet"),
        class_="choice",
        hidden=True,
        role="toolbar",
        aria_label="With the chosen papers",
    )
