"""What a reader keeps of papers, as HTML: stars, papers for later, lists, notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from markupsafe import Markup

from rag.errors import NoteConflict
from rag.papers.readers.kept import LONGEST_NOTE, Marks, Note
from rag.papers.readers.lists import LONGEST_NAME
from rag.text.grammar import plural
from ui.web.base import address
from ui.web.html import icons, items
from ui.web.html.rendering import EMPTY, element, join
from ui.web.html.written_days import day


def marks(paper_id: str, kept: Marks, *, words: bool = False, less: bool = False) -> Markup:
    """The buttons of a paper: star and read later, with their names beside them on its own page.

    Args:
        paper_id: Of the paper.
        kept: What is kept of it.
        words: Whether their names stand beside them.
        less: Whether the reader can say to want less like it.
    """
    star = _toggle("star", paper_id, "Star", icons.STAR, kept.starred, words)
    later = _toggle("later", paper_id, "Read later", icons.LATER, kept.later, words)
    fewer = _toggle("less", paper_id, "Less like this", icons.DOWN, kept.less, words) if less else EMPTY
    return element("div", star, later, fewer, class_="marks")


def _toggle(action: str, paper_id: str, name: str, icon: Markup, is_on: bool, words: bool) -> Markup:
    return element(
        "button",
        icon,
        element("span", name, class_="name") if words else EMPTY,
        type="button",
        class_=f"mark {action}",
        aria_pressed="true" if is_on else "false",
        aria_label=None if words else name,
        title=name,
        data_post=f"/act/{action}",
        data_papers=paper_id,
    )


def lists(paper_ids: Sequence[str], names: Sequence[str], on: Sequence[str]) -> Markup:
    """Choose the lists of a paper, or make one.

    Args:
        paper_ids: What is put there.
        names: All lists of the reader.
        on: Those in which it stands.
    """
    held = " ".join(paper_ids)
    boxes = [
        element(
            "label",
            element(
                "input", type="checkbox", checked=name in on, data_post="/act/list", data_papers=held, data_list=name
            ),
            element("span", name),
        )
        for name in names
    ]
    new = element(
        "form",
        element(
            "input", name="list", placeholder="New list", aria_label="New list", maxlength=LONGEST_NAME, required=True
        ),
        element("input", type="hidden", name="papers", value=held),
        element("button", "Add", type="submit"),
        data_post="/act/list",
    )
    said = f"In {plural(len(on), 'list')}" if on else "Lists"
    return element(
        "details",
        element("summary", said),
        element("div", *boxes, new, class_="menu"),
        class_="lists",
        data_part="lists",
    )


def note(
    paper_id: str, stored: Note | None, conflict: NoteConflict | None = None, typed: str = "", reader: str = ""
) -> Markup:
    """The reader's note on a paper, to be written.

    Args:
        paper_id: Of the paper.
        stored: What is kept.
        conflict: What was written elsewhere meanwhile.
        typed: What this reader typed; it stays in the field after a conflict.
        reader: Whose note it is, under whose name the browser keeps what is not saved.
    """
    revision = conflict.revision if conflict else stored.revision if stored else 0
    text = typed if conflict else stored.text if stored else ""
    field = element(
        "textarea",
        Markup("\n"),
        text,
        name="text",
        rows=5,
        maxlength=LONGEST_NOTE,
        placeholder="What do you want to remember of it?",
        aria_label="Your note",
    )
    when = f"Saved {day(stored.changed.astimezone().date())}" if stored and stored.text and not conflict else ""
    return element(
        "section",
        element("h2", "Your note"),
        _conflict(conflict),
        element(
            "form",
            field,
            element("input", type="hidden", name="papers", value=paper_id),
            element("input", type="hidden", name="revision", value=revision),
            element(
                "div",
                element("button", "Save over it" if conflict else "Save", type="submit", class_="go"),
                element("span", when, class_="said", role="status"),
                class_="row-of",
            ),
            data_post="/act/note",
        ),
        class_="note",
        data_part="note",
        data_reader=reader,
    )


def _conflict(conflict: NoteConflict | None) -> Markup:
    if conflict is None:
        return EMPTY
    stored = element("blockquote", conflict.text) if conflict.text else element("p", "It was deleted there.")
    said = "This note was changed in another tab or on another device. Nothing was overwritten. It reads there:"
    return element("div", element("p", said), stored, element("p", "What you typed:"), class_="conflict", role="alert")


def off(paper_id: str, name: str) -> Markup:
    """The button that takes a paper off a list, and puts it there again."""
    return element(
        "button",
        element("span", "On the list", class_="name"),
        type="button",
        class_="mark",
        aria_pressed="true",
        data_post="/act/list",
        data_papers=paper_id,
        data_list=name,
    )


def gone(papers: Sequence[tuple[str, Markup]]) -> Markup:
    """Papers that have left the library, by id, with what is kept of them."""
    if not papers:
        return EMPTY
    shown = (element("li", element("p", paper_id, class_="what"), kept, class_="row") for paper_id, kept in papers)
    return element("section", element("h2", "No longer in the library"), items.listed(shown), class_="near")


def shelf(
    counts: Mapping[str, int], used: Collection[str], found: Sequence[tuple[str, int]], current: Mapping[str, str]
) -> Markup:
    """What the reader keeps, as places in the library.

    Args:
        counts: How many papers of the library are starred, kept for later, noted, and not read yet.
        used: Which of those are places to go to: they hold any paper, of the library or gone from it.
        found: The reader's lists with how many papers of the library they hold.
        current: The fields of the place that is shown.
    """
    names = (("unread", "Unread"), ("later", "Read later"), ("starred", "Starred"), ("noted", "With a note"))
    shown = [
        _place(name, counts[kind], address.library(keep=kind), current.get("keep") == kind)
        for kind, name in names
        if kind in used
    ]
    shown += [_place(name, count, address.library(list=name), current.get("list") == name) for name, count in found]
    quiz = element("p", element("a", "What do you know of them?", href="/quiz"), class_="hint")
    return join([element("h2", "Kept"), element("ul", *shown, class_="facet"), quiz]) if shown else EMPTY


def _place(name: str, count: int, href: str, is_here: bool) -> Markup:
    link = element("a", element("span", name), href=href, aria_current="true" if is_here else None)
    return element("li", link, element("span", f"{count:,}", class_="count"))
