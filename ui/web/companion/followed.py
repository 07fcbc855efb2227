"""Questions, topics and authors that a reader follows, as HTML: what they brought, and the control that follows one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from rag.follow.changes import Cited
from rag.follow.questions import Brought
from rag.text.readable import readable
from ui.web.base import address
from ui.web.html import icons
from ui.web.html.rendering import EMPTY, element, join

PART = "followed"
"""Of the page, drawn anew when something is followed or no longer."""
_HINT = (
    "A question, a topic or an author that you follow is asked again when papers have come in, and what differs is "
    "told here."
)
_AGAIN = "Papers have come in: your questions are being asked again…"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the section shows.

    Attributes:
        brought: What each followed question brought within the days.
        days: The days, as the section names them when it is drawn anew.
        awaited: Where it is asked for once outdated questions have been asked again; empty where none is.
        problem: Why nothing of it can be read; empty where all is well.
        most: Characters of a question.
        gone: Papers no longer cited that have left the library.
    """

    brought: Sequence[Brought]
    days: str
    awaited: str = ""
    problem: str = ""
    most: int = 2000
    gone: Collection[str] = ()


def control(question: str, is_on: bool, name: str = "Follow") -> Markup:
    """The button that follows a question, and ends that."""
    return element(
        "button",
        icons.BELL,
        element("span", name, class_="name"),
        type="button",
        class_="mark follow",
        aria_pressed="true" if is_on else "false",
        title=f"Follow “{question}”: Today tells what is new to it",
        data_post="/act/follow",
        data_key=question,
    )


def authors(names: Mapping[str, bool]) -> Markup:
    """The choice of a paper's authors to follow, each with whether they are."""
    if not names:
        return EMPTY
    boxes = (
        element(
            "label",
            element("input", type="checkbox", checked=is_on, data_post="/act/follow", data_key=author_question(name)),
            element("span", name),
        )
        for name, is_on in names.items()
    )
    said = "Follow its authors" if len(names) > 1 else "Follow its author"
    return element("details", element("summary", said), element("div", *boxes, class_="menu"), class_="lists")


def folded(written: str) -> str:
    """A question as it is followed, however many blanks are in it."""
    return " ".join(written.replace("\0", " ").split())


def author_question(name: str) -> str:
    """What is asked of an author who is followed."""
    return f"Papers by {name}"


def section(shown: Shown) -> Markup:
    """The whole section; without anything followed, what following is."""
    hint = _hint(shown)
    rows = [_row(one, shown.gone) for one in shown.brought]
    count = element("span", f"{len(rows):,}", class_="count") if rows else EMPTY
    return element(
        "section",
        element("h2", "Questions you follow", count, tabindex="-1", data_focus=True),
        element("p", hint, class_="hint", role="status") if hint else EMPTY,
        element("ul", *rows, class_="followed") if rows else EMPTY,
        EMPTY if shown.problem else _form(shown),
        id="followed",
        data_part=PART,
        data_place=shown.days,
        data_whole=shown.awaited or None,
    )


def _hint(shown: Shown) -> str:
    if shown.problem:
        return shown.problem
    if shown.awaited:
        return _AGAIN
    return "" if shown.brought else _HINT


def _form(shown: Shown) -> Markup:
    """A box for a question to follow."""
    box = element(
        "input",
        name="key",
        placeholder="Which papers rewrite queries?",
        aria_label="Follow a question, a topic or an author",
        required=True,
        maxlength=shown.most,
        autocomplete="off",
    )
    return element(
        "form",
        box,
        element("input", type="hidden", name="part", value=PART),
        element("input", type="hidden", name="place", value=shown.days),
        element("button", "Follow", type="submit"),
        class_="sentence",
        data_post="/act/follow",
    )


def _row(one: Brought, gone: Collection[str]) -> Markup:
    question = one.followed.question
    ask = element("a", question, href=f"/chat?{urlencode({'q': question})}")
    end = element(
        "button",
        "End",
        type="button",
        class_="quiet",
        aria_label=f"Follow no longer: {question}",
        data_post="/act/follow",
        data_key=question,
        data_on="off",
    )
    return element("li", element("h3", ask), end, element("ul", *_told(one, gone)))


def _told(one: Brought, gone: Collection[str]) -> Iterator[Markup]:
    """What a question brought: papers that it cites now, that it no longer does, and other quotes of the same."""
    change = one.change
    for paper in change.new:
        yield _paper("New", paper, join((_quote(text) for text in paper.quotes[:1]), " "))
    for paper in change.dropped:
        yield _paper("No longer cited", paper, is_gone=paper.paper_id in gone)
    for before, after in change.changed:
        was = [element("del", _quote(text)) for text in before.quotes if text not in after.quotes]
        now = [element("ins", _quote(text)) for text in after.quotes if text not in before.quotes]
        yield _paper("Quoted anew", after, join([*was, *now], " "))
    if one.followed.problem:
        yield element("li", f"It could not be asked again: {one.followed.problem}")
    elif not one.answer:
        yield element("li", "Not asked yet in these days.")
    elif not change:
        yield element("li", "Nothing new in these days.")


def _paper(kind: str, paper: Cited, said: Markup = EMPTY, *, is_gone: bool = False) -> Markup:
    title = readable(paper.title) or paper.paper_id
    shown = title if is_gone else element("a", title, href=address.paper(paper.paper_id))
    left = ", which has left the library" if is_gone else ""
    return element("li", element("span", kind, class_="kind"), " ", shown, left, element("p", said) if said else EMPTY)


def _quote(text: str) -> Markup:
    return element("q", readable(text))
