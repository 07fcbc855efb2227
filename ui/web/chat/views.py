"""The parts of the chat page around the answers, as HTML: its beginning, the list of conversations, their heading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from markupsafe import Markup

from rag.papers.bibliography.references import FORMATS
from rag.papers.readers.conversations import Conversation
from rag.papers.shelf import Coverage
from rag.text.grammar import plural
from ui.web.base import address
from ui.web.html.rendering import EMPTY, button, dated, element, join
from ui.web.html.written_days import day


def welcome(coverage: Coverage, questions: Sequence[str]) -> Markup:
    """What stands on the page before the first question."""
    if not coverage.papers:
        advice = "Add daily reports on the Library page, or with `paperchat ingest PATH` in a terminal."
        body = [element("p", "The library is empty."), element("p", advice)]
        return element("section", element("h1", "Ask your papers"), *body, class_="welcome")
    days = f"{coverage.first}" if coverage.first == coverage.last else f"{coverage.first} to {coverage.last}"
    held = f"{plural(coverage.papers, 'paper')} from the reports of {days}."
    held = held if coverage.first else f"{plural(coverage.papers, 'paper')}."
    asked = (button(question, "ask", {"text": question}) for question in questions)
    return element(
        "section",
        element("h1", "Ask your papers"),
        element("p", dated(held), " Every answer quotes them, and every quote can be checked."),
        element("div", *asked, class_="offers"),
        class_="welcome",
    )


def no_evidence() -> Markup:
    """What stands beside the page before there is evidence."""
    return element("p", "The passages behind an answer appear here.", class_="hint")


def heading(title: str) -> Markup:
    """The open conversation's name with what can be done to it; nothing before there is one."""
    if not title:
        return EMPTY
    rare = [
        button("HTML", "export", {"kind": "html"}, label="Export as one HTML file for others", class_="quiet"),
        *(
            button(form.name, "export", {"kind": kind}, label=f"Export the cited papers as {form.name}", class_="quiet")
            for kind, form in FORMATS.items()
            if kind != "md"  # that is the conversation, with its references
        ),
    ]
    tools = [
        button("Rename", "renaming", class_="quiet"),
        button("Markdown", "export", {"kind": "md"}, label="Export as Markdown with references", class_="quiet"),
        element("details", element("summary", "More"), element("div", *rare, class_="menu"), class_="folded-tools"),
        button("Delete", "removing", class_="quiet"),
    ]
    return join([element("h1", title), element("div", *tools, class_="tools")])


def earlier(count: int) -> Markup:
    """A button that shows the beginning of a long conversation."""
    if count <= 0:
        return EMPTY
    text = f"Show {plural(count, 'earlier question')}"
    return element("div", button(text, "earlier"), class_="earlier")


def conversations(found: Sequence[Conversation], current: str, searched: bool, *, more: bool = False) -> Markup:
    """The list of conversations, newest first, under the days on which they were last asked in.

    Args:
        found: Those to list.
        current: The id of the one that is open.
        searched: Whether they were searched for.
        more: Whether there are older ones, which are not listed.
    """
    if not found:
        text = "No conversation holds these words." if searched else "Your conversations appear here."
        return element("p", text, class_="hint")
    rows = []
    day = ""
    for one in found:
        if (label := _day(one.updated)) != day:
            day = label
            rows.append(element("li", day, class_="day"))
        link = element(
            "a",
            one.title,
            href=address.conversation(one.conversation_id),
            data_action="open",
            data_conversation=one.conversation_id,
            aria_current="page" if one.conversation_id == current else None,
            title=one.title,
        )
        rows.append(element("li", link))
    older = "More words find older ones." if searched else "Search finds older ones."
    hint = f"The newest {len(found)}. {older}"
    return join([element("ul", *rows), element("p", hint, class_="hint") if more else EMPTY])


def _day(moment: datetime) -> str:
    local = moment.astimezone().date()
    days = (date.today() - local).days
    return "Today" if days <= 0 else "Yesterday" if days == 1 else day(local)


def beginnings() -> Markup:
    """What stands above the list of conversations: it unfolds where there is little room, and a new one is begun."""
    fold = button("Conversations", "unfold", id="unfold", aria_expanded="false", aria_controls="conversations")
    return join([fold, button("New conversation", "new", id="new")])


def editing() -> Markup:
    """Says that the next question replaces the last one."""
    return element("p", "This replaces your last question. ", button("Cancel", "cancel"), class_="editing")
