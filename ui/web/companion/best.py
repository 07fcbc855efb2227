"""The page of the best paper for a request: criteria that can be changed first, then papers with what tells of each.

The address holds all of it. ``q`` is the request; once criteria were changed they stand in ``c1`` … with ``w1`` … for
what must be met, ``k1`` … for what a text alone does not tell, its kind, and ``changed``, so that none is not all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from markupsafe import Markup

from rag.engine import Engine
from rag.query.intents.criteria import KINDS, LONGEST, MOST, Criterion, read_criteria
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.topics.best.choice import LEVELS, SHOWN, SIGNS, Asked, Choice, Label, Row, asks_back, checked, read
from ui.web.base import address
from ui.web.html import items
from ui.web.html.rendering import EMPTY, element, join, moment

_EXAMPLE = "survey of query rewriting, with code"


def asked(engine: Engine, fields: Mapping[str, str]) -> Asked | None:
    """What an address asks for; None where it asks for nothing.

    Raises:
        UsageError: there are too many criteria.
        EmptyLibrary: there are no papers.
    """
    request = fields.get("q", "").strip()
    if not request:
        return None
    found = read(engine, request)
    if "changed" not in fields:
        return found
    criteria = checked([one for n in range(1, MOST + 2) for one in _criterion(fields, n)])
    return replace(found, wish=replace(found.wish, criteria=criteria))


def _criterion(fields: Mapping[str, str], n: int) -> Iterator[Criterion]:
    """What an address holds as one criterion: its kind counts where its words alone do not tell it."""
    text = " ".join(fields.get(f"c{n}", "").split())[:LONGEST]
    kind = next((kind for kind in KINDS if kind == fields.get(f"k{n}")), None)
    named = kind in ("subject", "domain") and text
    found = (Criterion(kind, text),) if kind and named else read_criteria(text)
    for one in found:
        yield replace(one, must=fields.get(f"w{n}") == "must")


def page(of: Asked | None, fields: Mapping[str, str]) -> Markup:
    """The whole page; the papers come when it is seen."""
    heading = element("h1", "The best paper for…", tabindex="-1")
    parts: list[Markup] = [heading, _request(of.request if of else "")]
    if of is None:
        lead = "Say what it is to be about, and what it is to have: "
        example = element("a", f"“{_EXAMPLE}”", href=address.best(q=_EXAMPLE))
        parts.append(element("p", lead, example, class_="hint"))
    elif not of.wish.criteria:
        said = asks_back(of.request)
        parts += [element("p", f"{said.message} {said.advice}", class_="failure", role="alert"), _criteria(of)]
    else:
        where = f"/view/chosen?{urlencode(dict(fields))}"
        waiting = element("p", "Reading the papers that come into question…", class_="hint", role="status")
        parts += [*_notes(of), _criteria(of), element("section", waiting, data_later=where, class_="chosen")]
    return element("div", *parts, class_="page best")


def _request(text: str) -> Markup:
    field = element(
        "input",
        type="search",
        name="q",
        value=text or None,
        placeholder=_EXAMPLE,
        aria_label="What the best paper is to be and to have",
        autocomplete="off",
        required=True,
        maxlength="2000",
    )
    go = element("button", "Find it", type="submit", class_="go")
    return element("form", element("div", field, go, class_="line-of"), action="/best", class_="find", role="search")


def _notes(of: Asked) -> list[Markup]:
    return [element("p", one.text, class_="hint") for one in of.notes]


def _criteria(of: Asked) -> Markup:
    """The criteria as they were read, each to be changed, required or taken away, and room for one more."""
    rows = [_field(of, n, one) for n, one in enumerate(of.wish.criteria, 1)]
    room = len(of.wish.criteria) < MOST
    more = (
        element("li", _text(len(rows) + 1, "", "one more: works without fine-tuning"), class_="more") if room else EMPTY
    )
    hidden = [element("input", type="hidden", name=name, value=value) for name, value in _kept(of)]
    change = element("button", "Apply", type="submit")
    return element(
        "form",
        element("h2", "Criteria"),
        *hidden,
        element("ol", *rows, more),
        change,
        action="/best",
        class_="criteria",
        aria_label="Criteria",
    )


def _kept(of: Asked) -> list[tuple[str, str]]:
    return [("q", of.request), ("changed", "1")]


def _field(of: Asked, n: int, one: Criterion) -> Markup:
    weights = ((("must", "must"), one.must), (("nice", "nice to have"), not one.must))
    options = [element("option", shown, value=value, selected=chosen or None) for (value, shown), chosen in weights]
    kind = _leading(one)
    kept = element("input", type="hidden", name=f"k{n}", value=one.kind) if kind else EMPTY
    lead = element("span", kind, class_="kind") if kind else EMPTY
    weight = element("select", *options, name=f"w{n}", aria_label=f"How much {one.shown} counts")
    href = f"/best?{urlencode(_without(of, n))}"
    away = element("a", "✕", href=href, aria_label=f"Leave out {one.shown}", title="Leave out", class_="away")
    return element("li", lead, kept, _text(n, one.text), weight, away)


def _leading(one: Criterion) -> str:
    """The word before a criterion that is no part of it: "about", "for"."""
    return one.shown.removesuffix(one.text).strip()


def _text(n: int, text: str, placeholder: str = "") -> Markup:
    return element(
        "input",
        type="text",
        name=f"c{n}",
        value=text or None,
        placeholder=placeholder or None,
        aria_label=f"Criterion {n}",
        autocomplete="off",
        maxlength=LONGEST,
    )


def _without(of: Asked, left_out: int) -> list[tuple[str, str]]:
    """The fields of an address with all criteria but one."""
    given = _kept(of)
    kept = [one for n, one in enumerate(of.wish.criteria, 1) if n != left_out]
    for n, one in enumerate(kept, 1):
        given += [(f"c{n}", one.text), (f"w{n}", "must" if one.must else "nice")]
        given += [(f"k{n}", one.kind)] if _leading(one) else []
    return given


def chosen(choice: Choice, marks: Mapping[str, Markup]) -> Markup:
    """The table, the papers with their quotes, and what no paper meets.

    Args:
        choice: Best first.
        marks: What the reader may do with each paper.
    """
    if not choice.rows:
        return element("p", "No paper within the restrictions can be looked at.", class_="nothing")
    rows = choice.rows[:SHOWN]
    unsaid = [element("p", line, class_="hint") for line in choice.unsaid()]
    looked = (
        f"The best {len(rows)} of {len(choice.rows)} papers that were looked at; all levels but “not told” quote them."
    )
    shown = [_paper(choice, n, row, marks.get(row.paper.paper_id, EMPTY)) for n, row in enumerate(rows, 1)]
    title = element("h2", "Papers", data_said=f"{plural(len(rows), 'paper')}.")
    last = element("p", looked, class_="hint")
    return join([title, *unsaid, _table(choice, rows), element("ol", *shown, class_="judged"), last])


def _table(choice: Choice, rows: Sequence[Row]) -> Markup:
    """All papers by all criteria at a glance."""
    names = [element("th", one.shown, scope="col") for one in choice.asked.wish.criteria]
    head = element("thead", element("tr", element("th", "Paper", scope="col"), *names))
    body = [
        element(
            "tr",
            element(
                "th", element("a", f"{n}. {items.title_of(row.paper)}", href=f"#best-{n}", data_here=True), scope="row"
            ),
            *(element("td", _sign(label), class_=f"level-{label.level}") for label in row.labels),
        )
        for n, row in enumerate(rows, 1)
    ]
    grid = element("table", head, element("tbody", *body), class_="levels")
    return element("div", grid, class_="wide", tabindex="0", role="group", aria_label="Papers by criteria")


def _sign(label: Label) -> Markup:
    return join([element("span", SIGNS[label.level], aria_hidden="true"), " ", element("span", LEVELS[label.level])])


def _paper(choice: Choice, n: int, row: Row, marks: Markup) -> Markup:
    """A paper, and for each criterion its level with the words that tell it."""
    told = [
        element("div", element("dt", one.shown), element("dd", _sign(label), _quoted(row, label)))
        for one, label in zip(choice.asked.wish.criteria, row.labels, strict=True)
    ]
    paper = row.paper
    title = element("a", items.title_of(paper), href=address.paper(paper.paper_id), class_="title")
    names = [" · ", items.people(paper.authors)] if paper.authors else []
    when = "date unknown" if paper.undated else moment(paper.date)
    return element(
        "li",
        element("div", element("h3", title), marks, class_="line-of"),
        element("p", when, *names, class_="by"),
        element("dl", *told),
        id=f"best-{n}",
    )


def _quoted(row: Row, label: Label) -> Markup:
    return element("q", readable(row.quote(label))) if label.level else EMPTY
