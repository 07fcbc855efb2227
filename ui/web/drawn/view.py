"""What an address shows: a page that is drawn, or that there is none."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from ui.web.base.address import MISSING
from ui.web.html import nothing
from ui.web.html.rendering import EMPTY, element


@dataclass(frozen=True, slots=True)
class View:
    """What an address shows.

    Attributes:
        page: The address' page, by which the browser tells what to show beside it.
        title: Of the browser's tab.
        html: What is drawn here; empty for pages that are Gradio's.
        status: Of the response.
        target: The address' proper path, where it was written in another way.
    """

    page: str
    title: str
    html: Markup = EMPTY
    status: int = 200
    target: str = ""


def busy() -> View:
    """The page that too many wait for."""
    said = [element("h1", "That takes a moment", tabindex="-1"), nothing.busy()]
    return View(MISSING, "Busy", element("div", *said, class_="page missing"), 503)


def missing(why: str, more: Markup = EMPTY, words: str = "") -> View:
    """The page for an address at which nothing is: it says so, and where to look (`nothing.here`)."""
    return View(MISSING, "Nothing is here", nothing.here(why, more, words), 404)
