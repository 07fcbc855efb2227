"""The chat page's components by name, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag.papers.shelf import Coverage
from ui.web.chat.views import beginnings, no_evidence
from ui.web.html.fields import fields
from ui.web.html.rendering import element

ACTIONS = ("ask", "edit", "retry", "lift", "rate", "comment", "show", "earlier", "follow")
"""Events of the thread; paperchat.js raises them."""
HEAD_ACTIONS = ("rename", "remove", "export")
PLACEHOLDER = "Ask about the papers…"


@dataclass(frozen=True)
class Parts:
    """The components of the page.

    Attributes:
        place: The tab's `Place`; never seen, kept in the address bar.
        head: The open conversation's name and tools.
        past: Exchanges before the last one.
        live: The last exchange, finished or under way; or the welcome.
        evidence: Cards of the exchange that the reader looks at.
        box: Where questions are typed.
        aside: Says what the next question replaces.
        filters: What restricts the next question.
        words: Searches the conversations.
        listed: The conversations.
        new: Begins a new one.
        download: What is to be saved as a file.
    """

    place: gr.HTML
    head: gr.HTML
    past: gr.HTML
    live: gr.HTML
    evidence: gr.HTML
    box: gr.Textbox
    aside: gr.HTML
    filters: gr.HTML
    words: gr.Textbox
    listed: gr.HTML
    new: gr.HTML
    download: gr.HTML


def lay_out(coverage: Coverage, beginning: str) -> Parts:
    """Make the components, in three columns: conversations, thread, evidence.

    Args:
        coverage: The days that the filters may name.
        beginning: What stands in the thread before the first question.
    """
    with gr.Row(elem_id="chat"):
        with gr.Column(elem_id="conversations", min_width=0):
            new = _html("beginnings", str(beginnings()), actions=("new",))
            words = gr.Textbox(
                label="Search conversations",
                placeholder="Search conversations",
                show_label=False,
                container=False,
                elem_id="words",
            )
            listed = _html("listed", actions=("open",))
        with gr.Column(elem_id="thread", min_width=0):
            head = _html("head", actions=HEAD_ACTIONS)
            past = _html("past", actions=ACTIONS)
            live = _html("live", beginning, actions=ACTIONS)
            with gr.Column(elem_id="composer", min_width=0):
                aside = _html("aside", actions=("cancel",))
                box = gr.Textbox(
                    label="Question",
                    placeholder=PLACEHOLDER,
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=8,
                    submit_btn=True,
                    autofocus=True,
                    elem_id="question",
                    html_attributes=gr.InputHTMLAttributes(enterkeyhint="send"),
                )
                filters = gr.HTML(
                    {},
                    html_template=str(_filter_bar(coverage)),
                    js_on_load="paperchat.filters(element, props, watch);",
                    apply_default_css=False,
                    elem_id="filters",
                )
        with gr.Column(elem_id="evidence", min_width=0):
            evidence = _html("cards", str(no_evidence()), actions=())
    place = gr.HTML({}, html_template="", js_on_load="paperchat.place(props, watch);", elem_classes="unseen")
    download = gr.HTML({}, html_template="", js_on_load="paperchat.download(props, watch);", elem_classes="unseen")
    return Parts(place, head, past, live, evidence, box, aside, filters, words, listed, new, download)


def running_box() -> dict[str, Any]:
    """Changes the question box for while an answer is under way: it can be stopped."""
    return gr.update(submit_btn=False, stop_btn=True)


def ready_box(value: str | None = None) -> dict[str, Any]:
    """Changes the question box for when the next question may be asked: what stands in it, by default as it is."""
    given: dict[str, Any] = {} if value is None else {"value": value}
    return gr.update(submit_btn=True, stop_btn=False, **given)


def _html(elem_id: str, value: str = "", *, actions: tuple[str, ...]) -> gr.HTML:
    """Our own HTML, whose buttons raise these events (Gradio knows an event by its name in the script)."""
    return gr.HTML(
        value,
        js_on_load=f"paperchat.wire(element, trigger, {list(actions)});",
        apply_default_css=False,
        elem_id=elem_id,
    )


def _filter_bar(coverage: Coverage) -> str:
    """The fields that restrict a question; their values travel in the component's value, never in its markup."""
    clear = element("button", "Clear", type="button", data_clear=True)
    inner = element("div", *fields(min=coverage.first, max=coverage.last), clear, class_="fields")
    bar = element("details", element("summary", "Filters", element("span", class_="active")), inner)
    lift = element("button", "Ask all papers", type="button", data_lift=True)
    about = element("p", element("span", role="status"), " ", lift, class_="about", hidden=True)
    return about + bar
