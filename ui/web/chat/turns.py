"""A question with its answer as HTML: while it runs, when it is done, and when it failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rag.papers.bibliography.transcript import with_references
from rag.papers.readers.conversations import Exchange
from rag.papers.shelf import Coverage
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.topics.comparison import MOST_PAPERS
from rag.types import Answer, Filters, Note
from rag.types.filters import DATES
from ui.web.base import address
from ui.web.evidence import quoted
from ui.web.evidence.peeks import peeks
from ui.web.html import icons
from ui.web.html.rendering import EMPTY, advised, button, dated, element, join, markdown

_VERDICTS = {
    "nothing_found": "Not in these papers",
    "detail_absent": "The paper is here, the detail is not",
    "outside_range": "Nothing within these limits",
}
LONG, LINES = 280, 5
"""Characters and lines of a question from which it is folded."""
_SHOWN_ELSEWHERE = {"filter_read"}
"""Codes of notes that the chips of the filters say already."""


@dataclass(frozen=True, slots=True)
class Running:
    """A question that is being answered, as far as it has come, and the conversation to which it belongs."""

    question: str
    given: Filters
    in_force: Filters
    steps: tuple[str, ...] = ("Searching the library…",)
    said: str = ""
    conversation: str = ""


def running(run: Running) -> Markup:
    """The question, what is being done, and what of the answer has been said."""
    shown = run.steps[-1:] if run.said else run.steps
    status = element("div", *(element("p", step) for step in shown), class_="status", role="status")
    chips = _chips(run.given, run.in_force, None)
    # A screen reader is told the whole answer once, by the page's script.
    body = element("div", markdown(run.said, "running-"), class_="answer", aria_busy="true")
    return _frame(run.question, EMPTY, chips, status, body, class_="turn running")


def failed(question: str, message: str, advice: str) -> Markup:
    """What went wrong and what to do, in the place of the answer."""
    body = element("div", element("strong", message), element("p", advised(advice)), class_="failure", role="alert")
    return _frame(question, EMPTY, body, class_="turn failed")


def turn(exchange: Exchange, coverage: Coverage, *, last: bool = False, follow: Markup = EMPTY) -> Markup:
    """A finished exchange; the last one can be asked again or edited.

    Args:
        exchange: What was asked and answered.
        coverage: Of the library.
        last: Whether it is the last one.
        follow: The button that follows its question (`followable`).
    """
    data = {"exchange": exchange.exchange_id}
    edit = button(icons.EDIT, "edit", data, label="Edit the question", class_="quiet") if last else EMPTY
    answer = exchange.answer
    if answer is None:
        said = element("div", markdown(exchange.said), class_="answer")
        status = element("div", element("p", "Stopped before the end."), class_="status")
        return _frame(exchange.question, edit, status, said, _tools(exchange, last), class_="turn", **_ids(exchange))
    in_force = Filters.read(answer.filters)
    chips = _chips(exchange.filters, in_force, coverage, exchange.exchange_id if last else None)
    reply = (_reply(exchange, answer), _removed(answer), _table(exchange, answer))
    parts = (chips, _notes(answer), _status(answer), *reply)
    kind = f"turn {'abstained' if answer.abstained else ''}".strip()
    tools = join([_tools(exchange, last, follow), _next(exchange, answer) if last else EMPTY])
    return _frame(exchange.question, edit, *parts, tools, class_=kind, **_ids(exchange))


def _frame(question: str, edit: Markup, *parts: Markup, **given: object) -> Markup:
    is_long = len(question) > LONG or question.count("\n") >= LINES
    asked = element("header", element("h2", question), edit, class_="asked")
    whole = button("Show the whole question", "whole", class_="whole", aria_expanded="false") if is_long else EMPTY
    given["class_"] = f"{given['class_']} folded" if is_long else given["class_"]
    return element("article", asked, whole, *parts, **given)


def _ids(exchange: Exchange) -> dict[str, object]:
    return {"id": f"turn-{exchange.exchange_id}", "data_exchange": exchange.exchange_id}


def _reply(exchange: Exchange, answer: Answer) -> Markup:
    """The answer and what it offers; papers that an abstention or a question back names are buttons, not a list."""
    said = "" if _asks_back(answer) else answer.answer
    if answer.closest and not (answer.citations or answer.parts):  # each part keeps its own
        said = said.rpartition("\n\n- ")[0] or said
    verdict = EMPTY
    if answer.reason:
        verdict = element("p", _VERDICTS[answer.reason], class_="verdict")
    prefix = f"e{exchange.exchange_id}-"
    text = quoted.body(answer.model_copy(update={"answer": said}), prefix)
    return join([element("div", verdict, text, _offers(answer), class_="answer"), peeks(answer.citations, prefix)])


def _status(answer: Answer) -> Markup:
    """One line on what the answer rests on."""
    papers = len({citation.paper_id for citation in answer.citations})
    quotes = len(answer.citations)
    took = answer.timings.total_ms / 1000
    seconds = f"{took:.1f} s" if took >= 0.1 else "less than 0.1 s"
    # A refusal, a question back, a list and a count have no chance of being right that anybody knows.
    known = answer.confidence_p is not None and not answer.abstained
    parts: list[Markup | str] = [_confidence(answer)] if known else []
    if quotes:
        parts.append(f"{plural(quotes, 'quote')} from {plural(papers, 'paper')}")
    parts.append(seconds if parts else f"Searched in {seconds}")
    if answer.usage and answer.usage.cost_usd is not None:
        parts.append(f"${answer.usage.cost_usd:.4f}")
    return element("div", element("p", join(parts, " · ")), class_="status")


def _confidence(answer: Answer) -> Markup:
    """The word, with what it means for whoever points at it."""
    share = round(100 * (answer.confidence_p or 0.0))
    meaning = (
        f"Of 100 answers that look like this one, about {share} quote what was asked. It says how well the quotes fit "
        "the question, not whether the paper is right."
    )
    word = element("button", f"{answer.confidence.capitalize()} confidence", type="button", class_="explained")
    return element("span", word, element("span", meaning, role="tooltip", class_="meaning"), class_="explaining")


def _table(exchange: Exchange, answer: Answer) -> Markup:
    """Where the papers of an answer stand side by side: at once where they were compared, else when it is wanted."""
    papers = len({citation.paper_id for citation in answer.citations})
    if answer.abstained or answer.shape not in ("compare", "list", "topic") or not 1 < papers <= MOST_PAPERS:
        return EMPTY
    compared = answer.shape == "compare"
    wish = EMPTY if compared else button("Compare in a table", "tabulate")
    return element("div", wish, class_="side-by-side", data_table=exchange.exchange_id, data_auto=compared)


def _next(exchange: Exchange, answer: Answer) -> Markup:
    """Where questions to go on with come to stand."""
    if answer.abstained or answer.clarify or not answer.citations:
        return EMPTY
    return element("div", class_="after", data_next=exchange.exchange_id)


def _asks_back(answer: Answer) -> bool:
    """Whether the answer is nothing but a question to the reader."""
    return answer.clarify is not None and not answer.citations


def _notes(answer: Answer) -> Markup:
    shown = [_note(answer, note) for note in answer.notes if note.code not in _SHOWN_ELSEWHERE]
    return element("ul", *shown, class_="notes") if shown else EMPTY


def _note(answer: Answer, note: Note) -> Markup:
    if note.code != "best_paper":
        return element("li", note.text)
    where = element("a", "Choose the best paper by criteria", href=address.best(q=answer.standalone_question))
    return element("li", where, " that you can see and change.")


def _offers(answer: Answer) -> Markup:
    """Questions to go on with: the choices of a question back, or the closest papers."""
    cited = {citation.paper_id for citation in answer.citations}
    offers = [
        button(f"What does “{paper.title}” propose?", "ask", {"text": f"What does “{paper.title}” propose?"})
        for paper in answer.closest
        if answer.abstained and paper.paper_id not in cited
    ]
    asked = EMPTY
    if answer.clarify:
        asked = element("p", answer.clarify.text)
        offers = [button(choice, "ask", {"text": choice}) for choice in answer.clarify.choices] + offers
    return element("div", asked, *offers, class_="offers") if offers or asked else EMPTY


def _removed(answer: Answer) -> Markup:
    if not answer.removed:
        return EMPTY
    rows = (
        element("li", element("del", readable(one.text)), " ", element("span", one.reason)) for one in answer.removed
    )
    count = plural(len(answer.removed), "sentence")
    summary = element("summary", f"{count} removed by the citation check")
    return element("details", summary, element("ul", *rows), class_="removed")


def _tools(exchange: Exchange, last: bool, follow: Markup = EMPTY) -> Markup:
    data = {"exchange": exchange.exchange_id}
    copied = {"text": with_references(exchange)}
    tools = [button(icons.COPY, "copy", copied, label="Copy the answer", class_="quiet")]
    if last:
        tools.append(button(icons.AGAIN, "retry", data, label="Ask again", class_="quiet"))
    if exchange.answer is None:
        return element("footer", *tools, class_="tools")
    for value, icon, label in ((1, icons.UP, "Good answer"), (-1, icons.DOWN, "Bad answer")):
        pressed = exchange.rating == value
        verdict = {**data, "rating": 0 if pressed else value}
        tools.append(
            button(icon, "rate", verdict, label=label, class_="quiet", aria_pressed="true" if pressed else "false")
        )
    tools += [follow, _of_these(exchange.answer)]
    return join([element("footer", *tools, class_="tools"), _comment(exchange)])


def followable(exchange: Exchange) -> str:
    """The question by which a list of papers is followed; empty where its words alone would find others."""
    answer = exchange.answer
    if answer is None or answer.abstained or not answer.citations or answer.shape not in ("list", "topic"):
        return ""
    restricted = exchange.filters != Filters() or bool(answer.filters.get("paper"))
    question = " ".join(exchange.question.split())
    needs_history = " ".join(answer.standalone_question.split()) != question  # what is shown then is not for asking
    return "" if restricted or needs_history else question


def _of_these(answer: Answer) -> Markup:
    """The way to a new conversation about the papers of an answer."""
    papers = dict.fromkeys(citation.paper_id for citation in answer.citations)
    if answer.abstained or len(papers) < 2:
        return EMPTY
    said = f"Ask only these {len(papers)} papers"
    return element("a", said, href=address.chat(paper=" ".join(papers)), class_="of-these")


def _comment(exchange: Exchange) -> Markup:
    """Where a rated answer can be commented."""
    if exchange.rating is None and not exchange.comment:
        return EMPTY
    said = "Your mark is kept with the answer" if not exchange.comment else "Your comment is kept with the answer"
    where = "paperchat eval add --qa FILE --from-feedback"
    kept = element("p", said, ". It becomes a case to measure answers by: ", element("code", where), class_="kept")
    label = "What was good or wrong about it?"
    field = element("input", type="text", name="comment", value=exchange.comment, placeholder=label, aria_label=label)
    send = element("button", "Change the comment" if exchange.comment else "Save the comment", type="submit")
    form = element("form", field, send, class_="comment", data_action="comment", data_exchange=exchange.exchange_id)
    return join([form, kept])


def _chips(given: Filters, in_force: Filters, coverage: Coverage | None, lift: int | None = None) -> Markup:
    """The restrictions in force, each with where it came from and a button that lifts it (`lift`: the exchange)."""
    if coverage and (in_force.date_from, in_force.date_to) == (coverage.first, coverage.last):
        in_force = in_force.without(DATES)
    own = given.groups()
    chips = [
        _chip(group, text[:1].upper() + text[1:], group not in own, lift) for group, text in in_force.groups().items()
    ]
    return element("div", *chips, class_="chips") if chips else EMPTY


def _chip(what: str, text: str, read: bool, lift: int | None) -> Markup:
    origin = element("small", "read from the question") if read else EMPTY
    remove = EMPTY
    if lift is not None:
        label = "Edit the question to lift this" if read and what != DATES else "Ask again without this"
        remove = button(icons.CLOSE, "lift", {"exchange": lift, "what": what}, label=label)
    return element("span", element("span", dated(text)), origin, remove, class_="chip")


def thread(exchanges: Sequence[Exchange], coverage: Coverage, follow: Callable[[Exchange], Markup]) -> Markup:
    """Earlier exchanges of a conversation, one below the other."""
    return join(turn(exchange, coverage, follow=follow(exchange)) for exchange in exchanges)
