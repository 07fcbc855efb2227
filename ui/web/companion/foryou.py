"""For you, on Today: papers ranked for the reader, each with its reason, and something else on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from rag.follow.profile import Profile, Standing
from rag.follow.reasons import Reason
from rag.follow.surprise import Surprise
from rag.papers.readers.interests import LONGEST_INTEREST
from rag.text.readable import readable
from rag.types import Paper
from ui.edition.wording import title_of
from ui.foryou import ForYou, because, lead, unlike
from ui.web.base import address
from ui.web.html import items
from ui.web.html.rendering import EMPTY, element, join

SHOWN = 3
"""Papers that are seen before the section is unfolded."""
_AGAIN = " All that is new follows below, these too."


@dataclass(frozen=True, slots=True)
class Shown:
    """What the section shows.

    Attributes:
        found: The ranked papers.
        papers: All that are named, by id.
        marks: By paper, what the reader may do with it.
        reasons: By paper, why it is shown, where that is known already; None where nothing bears a reason.
        lines: By paper, what stands in place of a reason that nothing bears.
        problem: Why nothing can be kept; empty where all is well.
        less: A paper of whose kind the reader has just said to want less, which can be taken back.
    """

    found: ForYou
    papers: Mapping[str, Paper]
    marks: Mapping[str, Markup] = field(default_factory=dict)
    reasons: Mapping[str, Reason | None] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    less: Paper | None = None


def section(shown: Shown) -> Markup:
    """The whole section."""
    is_known = shown.found.profile.standing is Standing.KNOWN
    rows = [_row(paper, shown) for one in shown.found.papers if (paper := shown.papers.get(one.paper_id))]
    first, more = (rows[:SHOWN], rows[SHOWN:]) if len(rows) > SHOWN + 2 else (rows, [])
    summary = element("summary", f"Show {len(more)} more for you")
    rest = element("details", summary, items.listed(more), class_="more") if more else EMPTY
    to_say = EMPTY if is_known or shown.problem else sentence_form("foryou")
    return element(
        "section",
        _head(
            shown.problem or lead(shown.found) + _AGAIN * (shown.found.is_new and is_known and bool(rows)),
            is_focused=shown.less is None,
        ),
        undo(shown.less) if shown.less else EMPTY,
        to_say,
        items.listed(first) if first else EMPTY,
        rest,
        another() if is_known else EMPTY,
        class_="foryou",
        data_part="foryou",
    )


def awaited() -> Markup:
    """In place of the section while it is worked out; the page's script asks for it."""
    rows = (element("li", element("i"), element("i"), class_="row") for _ in range(SHOWN))
    shown = element("ul", *rows, class_="rows", aria_hidden="true")
    return element("section", _head("One moment…"), shown, class_="foryou awaited", data_whole="/view/foryou")


def _head(said: str, is_focused: bool = False) -> Markup:
    profile = element("a", "Your profile", href="/you")
    title = element("h2", "For you", tabindex="-1", data_focus=True if is_focused else None)
    return element("header", title, element("p", said, class_="lead"), profile)


def _row(paper: Paper, shown: Shown) -> Markup:
    key = paper.paper_id
    if key in shown.reasons or shown.found.profile.standing is not Standing.KNOWN:
        line = reason(shown.reasons.get(key), paper, shown)
    else:
        line = element("span", "…", data_why=key)
    return items.row(paper, line, marks=shown.marks.get(key, EMPTY), lead=items.dot(is_unread=shown.found.is_new))


def reason(why: Reason | None, paper: Paper, shown: Shown) -> Markup:
    """Why a paper is shown: a sentence of it, and the kept paper that it is like; else the line that speaks for it."""
    if why is None:
        line = shown.lines.get(paper.paper_id)
        return element("span", readable(line)) if line else EMPTY
    interests = {one.key: one for one in shown.found.profile.interests}
    before, name, after = because(why, shown.papers, interests)
    said: Markup | str = element("a", name, href=address.paper(why.kept_id)) if why.kept_id else name
    quote = element("q", readable(paper.text[why.start : why.end]))
    return join([quote, element("span", before, said, after, class_="why")])


def undo(paper: Paper, part: str = "foryou") -> Markup:
    """That there will be less like a paper, with a way back."""
    back = element(
        "button",
        "Undo",
        type="button",
        class_="quiet",
        aria_label=f"Undo: less like {title_of(paper)}",
        data_post="/act/less",
        data_papers=paper.paper_id,
        data_on="off",
        data_focus=True,
    )
    return element("p", f"Less like “{title_of(paper)}” from now on. ", back, class_="undo", role="status")


def sentence_form(part: str, sentence: str = "", key: str = "") -> Markup:
    """A box for an interest in a sentence.

    Args:
        part: What of the page is drawn anew.
        sentence: What is typed already, to be changed.
        key: Of the interest that is changed.
    """
    what = "Change this interest" if key else "What would you like to read about?"
    box = element(
        "input",
        name="sentence",
        value=sentence or None,
        placeholder=None if key else "Small models that rewrite search queries",
        aria_label=what,
        required=True,
        maxlength=LONGEST_INTEREST,
        autocomplete="off",
    )
    return element(
        "form",
        box,
        element("input", type="hidden", name="part", value=part),
        element("input", type="hidden", name="key", value=key) if key else EMPTY,
        element("button", "Save" if key else "Add", type="submit", class_=None if key else "go"),
        class_="sentence",
        data_post="/act/interest",
    )


def another(
    found: Surprise | None = None,
    paper: Paper | None = None,
    profile: Profile | None = None,
    *,
    marks: Markup = EMPTY,
    place: int = 0,
    notice: Markup = EMPTY,
    said: str = "",
) -> Markup:
    """The button that shows a paper from beside what the reader keeps, and what it showed.

    Args:
        found: Its scores; None before the button was pressed.
        paper: The paper.
        profile: Of the reader.
        marks: What the reader may do with the paper.
        place: Of the paper that the button shows next.
        notice: What has just been done.
        said: Why there is none.
    """
    name = "Another surprise" if found else "Surprise me"
    ask = element(
        "form",
        element("input", type="hidden", name="place", value=place),
        element("button", name, type="submit", data_focus=True if said else None),
        element("span", said or ("" if found else "A paper unlike those that you keep"), class_="hint"),
        data_post="/act/surprise",
    )
    shown = EMPTY
    if found and paper and profile:
        row = items.row(paper, unlike(found, profile), marks=marks, lead=items.dot())
        shown = items.listed([row])
    title = element("h3", "A surprise", tabindex="-1", data_focus=None if notice else True) if found else EMPTY
    return element(
        "div", notice, title, shown, ask, class_="surprise", data_part="surprise", data_place=max(0, place - 1)
    )
