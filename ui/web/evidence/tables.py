"""What comes after an answer, as HTML: papers side by side in quotes, and questions to go on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from rag.answer.suggestions import called
from rag.text.readable import readable
from rag.topics.cells import MAKE_CARDS
from rag.topics.comparison import COLUMNS, LONGEST, Comparison
from rag.types import Cell, Citation, Paper
from ui.web.evidence.peeks import peeks
from ui.web.html.rendering import EMPTY, button, element, join, marker, paper_link, uncarded, untold, when

SIDE_BY_SIDE = 3
"""Papers that stand beside each other; more stand one below the other."""


def next_questions(questions: Sequence[str]) -> Markup:
    """Questions that the papers of an answer are known to answer."""
    if not questions:
        return EMPTY
    offers = (button(question, "ask", {"text": question}) for question in questions)
    heading = element("h3", "Ask next")
    return element("section", heading, element("div", *offers, class_="offers"), class_="next", aria_label="Ask next")


def table(comparison: Comparison, cited: Sequence[Citation], exchange: int) -> Markup:
    """Papers side by side; each cell a quote with its marker, or a sign that nothing tells it.

    Args:
        comparison: The cells.
        cited: The answer's own citations: a cell that one of them quotes has its marker.
        exchange: Whose answer it belongs to.
    """
    if len(comparison.papers) < 2:
        return EMPTY
    numbered = _numbered(comparison, cited)
    more = [one for one in numbered.values() if one not in cited]
    titles = _titles([*cited, *more])
    signs = _Signs(numbered, exchange, titles)
    cells = [_shown(comparison, n, signs) for n in range(len(comparison.papers))]
    beside = len(comparison.papers) <= SIDE_BY_SIDE
    grid = _papers_beside(comparison, cells) if beside else _papers_below(comparison, cells)
    kind = "grid beside" if beside else "grid below"
    scrolled = element("div", element("table", *grid, class_=kind), class_="wide", tabindex="0", role="group",
                       aria_label="Papers side by side")  # fmt: skip
    return join([scrolled, _legend(comparison), _tools(comparison, exchange), peeks(more, f"e{exchange}-")])


def _where(paper: Paper) -> str:
    """What of a paper was read for its cells."""
    return "paper" if len(paper.text) > len(paper.lead) else "abstract"


def _legend(comparison: Comparison) -> Markup:
    """What the sign in an empty cell means; a screen reader is told in the cell."""
    where, waits = set[str](), False
    for paper, row in zip(comparison.papers, comparison.cells, strict=True):
        empty = [name for name, cell in zip(comparison.columns, row, strict=True) if cell is None]
        waiting = [name for name in empty if comparison.waits(paper.paper_id, name)]
        waits = waits or bool(waiting)
        if len(waiting) < len(empty):
            where.add(_where(paper))
    said = f"— The {' or '.join(sorted(where))} does not tell."
    told = element("p", said, class_="legend", aria_hidden="true") if where else EMPTY
    return told + (element("p", f"No card yet: {MAKE_CARDS}.", class_="legend") if waits else EMPTY)


def _titles(citations: Sequence[Citation]) -> list[str]:
    """Titles by number, for screen readers."""
    by_number = {one.n: readable(one.title) for one in citations}
    return [by_number.get(n, "") for n in range(1, max(by_number, default=0) + 1)]


Place = tuple[str, int, int] | None


def _place(paper: Paper, cell: Cell | None) -> Place:
    return (paper.paper_id, cell.start, cell.end) if cell else None


def _numbered(comparison: Comparison, cited: Sequence[Citation]) -> dict[Place, Citation]:
    """A citation for each cell: the answer's own where it quotes the same, else one with the next number."""
    found: dict[Place, Citation] = {}
    n = max((one.n for one in cited), default=0)
    for paper, cells in zip(comparison.papers, comparison.cells, strict=True):
        own = [one for one in cited if (one.paper_id, one.version) == (paper.paper_id, paper.version)]
        for cell in cells:
            place = _place(paper, cell)
            if cell is None or place in found:
                continue
            same = next((one for one in own if one.start <= cell.start and cell.end <= one.end), None)
            if same is None:
                n += 1
                same = _citation(paper, cell, n)
            found[place] = same
    return found


def _citation(paper: Paper, cell: Cell, n: int) -> Citation:
    section = paper.section_at(cell.start)
    return Citation(
        n=n,
        paper_id=paper.paper_id,
        version=paper.version,
        title=paper.title,
        authors=paper.authors,
        date=paper.told,
        url=paper.url,
        chunk_id="",
        quote=cell.quote,
        start=cell.start,
        end=cell.end,
        page=paper.page_at(cell.start),
        section=section.heading if section else None,
        held=paper.held,
    )


@dataclass(frozen=True, slots=True)
class _Signs:
    """What markers are made of: citations by place, whose answer they belong to, and titles by number."""

    numbered: Mapping[Place, Citation]
    exchange: int
    titles: Sequence[str]

    def at(self, place: Place) -> Markup:
        return marker(self.numbered[place].n, f"e{self.exchange}-", self.titles)


def _shown(comparison: Comparison, number: int, signs: _Signs) -> list[Markup]:
    """The cells of a paper; what states two of `COLUMNS` at once is shown in the first, and named in the other."""
    paper, shown, first = comparison.papers[number], [], dict[Place, str]()
    for n, (name, cell) in enumerate(zip(comparison.columns, comparison.cells[number], strict=True)):
        place = _place(paper, cell)
        if cell is None:
            shown.append(uncarded() if comparison.waits(paper.paper_id, name) else untold(_where(paper)))
        elif place in first and n < len(COLUMNS):
            same = element("span", f"in the same words as {first[place]}", class_="same")
            shown.append(join([same, " ", signs.at(place)]))
        else:
            first.setdefault(place, name)
            quote = element("span", readable(cell.quote), class_="cell")
            shown.append(join([quote, " ", signs.at(place)]))
    return shown


def _papers_beside(comparison: Comparison, cells: Sequence[Sequence[Markup]]) -> Iterator[Markup]:
    corner = element("td", class_="corner")
    yield element("thead", element("tr", corner, *(_head(paper, "col") for paper in comparison.papers)))
    rows = []
    for n, name in enumerate(comparison.columns):
        held = zip(comparison.papers, cells, strict=True)
        shown = (element("td", row[n], data_name=called(paper.title)) for paper, row in held)
        rows.append(element("tr", _column(name, n, "row"), *shown))
    yield element("tbody", *rows)


def _papers_below(comparison: Comparison, cells: Sequence[Sequence[Markup]]) -> Iterator[Markup]:
    names = (_column(name, n, "col") for n, name in enumerate(comparison.columns))
    yield element("thead", element("tr", element("th", "Paper", scope="col"), *names))
    rows = []
    for paper, row in zip(comparison.papers, cells, strict=True):
        shown = (
            element("td", cell, data_name=name.capitalize()) for name, cell in zip(comparison.columns, row, strict=True)
        )
        rows.append(element("tr", _head(paper, "row"), *shown))
    yield element("tbody", *rows)


def _head(paper: Paper, scope: str) -> Markup:
    return element(
        "th", paper_link(paper.paper_id, readable(paper.title)), element("small", when(paper.told)), scope=scope
    )


def _column(name: str, n: int, scope: str) -> Markup:
    """A column's name; one that the reader added can be taken away."""
    shown = name[:1].upper() + name[1:]
    if n < len(COLUMNS):
        return element("th", shown, scope=scope)
    away = element("button", "✕", type="button", data_away=name, aria_label=f"Take away {name}", title="Take away")
    return element("th", shown, " ", away, scope=scope)


def _tools(comparison: Comparison, exchange: int) -> Markup:
    """Where a column is added, and the table as a file."""
    added = [("column", name) for name in comparison.columns[len(COLUMNS) :]]
    query = f"?{urlencode(added)}" if added else ""
    field = element("input", type="text", name="column", required=True, maxlength=LONGEST, autocomplete="off",
                    placeholder="dataset size", aria_label="What else to compare")  # fmt: skip
    what = "Add a row" if len(comparison.papers) <= SIDE_BY_SIDE else "Add a column"
    form = element("form", field, element("button", what, type="submit"))
    file = element("a", "Save as CSV", href=f"/answer/{exchange}/table.csv{query}", download="comparison.csv")
    return element("div", form, file, class_="table-tools")
