"""The topic page: what the papers say about something, grouped by theme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from rag.errors import PaperchatError
from rag.papers.bibliography.references import cited_entries
from rag.topics import markdown
from rag.types import Delta, Filters, Step, Topic, TopicDone
from ui.steps import worded
from ui.web.base.context import Web
from ui.web.base.events import owner_of
from ui.web.base.place import read_filters
from ui.web.evidence import papers, summaries
from ui.web.html.fields import FORM, fields, form, read_form
from ui.web.html.rendering import EMPTY, element, join

_STOP = """
form.querySelector('.stop').addEventListener('click', () => trigger('stop'));
"""
_UNFOLD = """
const narrow = form.querySelector('details');
const unfold = () => { narrow.open = true; };
narrow.addEventListener('toggle', () => [...narrow.querySelectorAll('input')].some((one) => one.value) && unfold());
narrow.addEventListener('invalid', unfold, true); // before the browser looks for a field in which to say why
"""
"""Script of folded fields: what restricts a topic, or keeps it from being sent, stays in sight."""


@dataclass(frozen=True)
class Parts:
    """The page's components."""

    form: gr.HTML
    shown: gr.HTML
    topic: gr.State
    download: gr.HTML


def build(web: Web) -> None:
    """Build the page inside its tab."""
    parts = _lay_out(web.config.answer.mode == "llm")
    desk = Desk(web)
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    running = parts.form.submit(
        desk.asked, [parts.form], [parts.shown, parts.topic], concurrency_limit=web.at_once, **private
    )
    parts.form.stop(desk.stopped, None, [parts.shown], cancels=[running], concurrency_limit=None, **private)
    parts.shown.save(desk.saved, [parts.topic], [parts.download], concurrency_limit=None, **private)


def _lay_out(costs: bool) -> Parts:
    with gr.Column(elem_id="topic", min_width=0):
        about = form(_form(costs), FORM + _STOP + _UNFOLD, "about")
        script = "paperchat.wire(element, trigger, ['save']);"
        shown = gr.HTML(js_on_load=script, apply_default_css=False, elem_id="summary")
        download = gr.HTML({}, html_template="", js_on_load="paperchat.download(props, watch);", elem_classes="unseen")
    return Parts(about, shown, gr.State(None), download)


def _form(costs: bool) -> Markup:
    """The form; where a summary costs money, an address that names a topic only fills it."""
    query = element("input", type="search", name="query", placeholder="query rewriting for e-commerce", required=True)
    about = element("label", element("span", "Topic"), query, class_="words")
    go = element("button", "Summarise", type="submit", class_="go")
    stop = element("button", "Stop", type="button", class_="stop")
    hint = "Themes with cited quotes, a timeline and a table of papers."
    name = element("h1", "Topics", class_="unseen")
    narrow = element("details", element("summary", "Filters"), element("div", *fields(), class_="narrow"))
    asked = element("form", about, go, stop, narrow, class_="fields", data_costs=costs or None)
    return join([name, element("p", hint, class_="hint"), asked])


class Desk:
    """The handlers of the topic page; they keep nothing between two events."""

    def __init__(self, web: Web) -> None:
        """Summarise with what pages share."""
        self._assistant = web.assistant
        self._work = web.work
        self._marks = web.marks
        self._follow = web.follow

    def asked(self, typed: Any, request: gr.Request) -> Iterator[tuple[str, Topic | None]]:
        """Summarise what was typed into the form, and show how far it has come."""
        sent = read_form(typed)
        query, step, text = sent.get("query", "").strip(), "Reading the topic…", ""
        try:
            given = read_filters(sent)
            yield str(summaries.running(query, step, text, given)), None
            with self._work.one():
                for came in self._assistant.topic(query, given):
                    if isinstance(came, TopicDone):
                        yield self._drawn(came.topic, given, owner_of(request)), came.topic
                        return
                    if isinstance(came, Step):
                        step = worded(came)
                    elif isinstance(came, Delta):
                        text += came.text
                    else:
                        continue
                    yield str(summaries.running(query, step, text, given)), None
        except PaperchatError as error:
            yield str(papers.failed(error.message, error.advice)), None

    def _drawn(self, topic: Topic, given: Filters, owner: str) -> str:
        marks = self._marks({one.paper_id for one in topic.citations}, owner)
        # Restricted by the fields, it is another question than its words alone, which are followed.
        follow = self._follow(topic.query, owner) if given == Filters() else EMPTY
        return str(summaries.summary(topic, self._assistant.library, marks, follow, given))

    @staticmethod
    def stopped() -> str:
        """Say that nothing comes any more."""
        return str(element("p", "Stopped.", class_="note", role="status"))

    def saved(self, topic: Topic | None) -> dict[str, str]:
        """The summary as a Markdown file."""
        if topic is None:
            raise PaperchatError("This summary is no longer kept.", "Ask for it again, then save it.")
        name = re.sub(r"[^\w-]+", "-", topic.query).strip("-")[:60] or "topic"
        entries = cited_entries(self._assistant.library.shelf, topic.papers)
        return {"name": f"{name}.md", "text": markdown(topic, entries)}
