"""What stands where nothing can be shown, and where to look instead."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup, escape

from rag.errors import PaperchatError
from rag.text.grammar import plural
from ui.web.base import address
from ui.web.html import written_days
from ui.web.html.rendering import EMPTY, advised, element, join


def here(why: str, more: Markup = EMPTY, words: str = "") -> Markup:
    """The page for an address at which nothing is.

    Args:
        why: In a sentence.
        more: What stands below the search box.
        words: What stands in it.
    """
    field = element(
        "input",
        type="search",
        name="words",
        value=words or None,
        placeholder="Search titles and abstracts",
        aria_label="Search titles and abstracts",
        required=True,
    )
    form = element(
        "form",
        field,
        element("button", "Search", type="submit", class_="go"),
        action="/library",
        class_="ask",
        role="search",
    )
    ways = element(
        "p",
        element("a", "Today", href="/today"),
        " · ",
        element("a", "Library", href="/library"),
        " · ",
        element("a", "Ask", href="/chat"),
    )
    return element(
        "div",
        element("h1", "Nothing is here", tabindex="-1"),
        element("p", why, class_="lead"),
        form,
        more,
        ways,
        class_="page missing",
    )


def new(held: int, ahead: date | None) -> Markup:
    """What Today says where no day with papers has come yet.

    Args:
        held: Papers in the library.
        ahead: The newest day, which lies in the future; None where no paper has a date.
    """
    library = element("a", f"See {plural(held, 'paper')} in the library", href=address.library())
    why: Markup | str = "No paper in the library has a date, so none is new on any day."
    if ahead:
        day = element("a", written_days.day(ahead), href=address.day(ahead))
        why = join(["All papers with a date lie ahead of today, the last of them on ", day, "."])
    return element(
        "div",
        element("h1", "Nothing is new", tabindex="-1"),
        element("p", why, class_="lead"),
        element("p", library, class_="all"),
        class_="page today",
    )


def failed(error: PaperchatError) -> Markup:
    """What stands in the place of a part that could not be made."""
    return element("p", told(error), class_="failure", role="alert")


def told(error: PaperchatError) -> Markup:
    """What went wrong, and what to do."""
    return join([error.message, " ", advised(error.advice)]) if error.advice else escape(error.message)


def busy() -> Markup:
    """What stands in the place of a part that too many wait for."""
    return element(
        "p", "Too many wait for this already. Load the page again in a moment.", class_="failure", role="alert"
    )
