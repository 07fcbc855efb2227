"""The library page: the catalogue, one paper with its versions, new reports, and what each report brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import get_render_context
from markupsafe import Markup

from rag.sources import accepted
from ui.web.bars import STEPS
from ui.web.context import Web
from ui.web.desk import Asked, Desk, closed
from ui.web.fields import LIVE_FORM, fields, form
from ui.web.rendering import button, element, join
from ui.web.uploads import upload_types

READERS, WRITERS = 8, 2
"""How many look at the library at once, and how many wait to change it."""
_SEARCH_AGAIN = "() => document.querySelector('#find form').requestSubmit()"
_WIRED = "paperchat.wire(element, trigger, {actions});"


@dataclass(frozen=True)
class Parts:
    """The page's components."""

    covered: gr.HTML
    form: gr.HTML
    found: gr.HTML
    paper: gr.HTML
    files: gr.File
    add: gr.HTML
    added: gr.HTML
    step: gr.Radio
    plot: gr.HTML
    asked: gr.State


def build(web: Web) -> None:
    """Build the page inside its tab."""
    tab = get_render_context()
    assert isinstance(tab, gr.Tab)
    parts = _lay_out(web)
    desk = Desk(web.assistant.library, web.config.ui)
    reading: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": READERS, "show_progress": "hidden"}
    writing: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": WRITERS}
    overview = [parts.covered, parts.plot]
    tab.select(desk.everything, [parts.asked, parts.step], [parts.found, *overview], **reading)
    # One search after the other, so that the last one typed is the last one shown.
    searching = reading | {"concurrency_limit": 1, "trigger_mode": "multiple"}
    parts.form.submit(desk.looked, [parts.form], [parts.found, parts.asked], **searching)
    parts.found.turn(desk.turned, [parts.asked], [parts.found, parts.asked], **reading)
    parts.found.open(desk.opened, None, [parts.paper], **reading)
    parts.paper.open(desk.opened, None, [parts.paper], **reading)
    parts.paper.close(closed, None, [parts.paper], **reading)
    parts.paper.doubt(desk.doubted, None, [parts.paper], **reading)
    parts.paper.remove(desk.removed, [parts.asked, parts.step], [parts.paper, parts.found, *overview], **writing)
    parts.step.change(desk.plotted, [parts.step], [parts.plot], **reading)
    added = parts.add.take(desk.added, [parts.files], [parts.added, parts.files], **writing)
    # The form itself asks again: a search that the reader began meanwhile must not be undone by an older one.
    added.then(desk.overview, [parts.step], overview, **reading).then(js=_SEARCH_AGAIN)


def _lay_out(web: Web) -> Parts:
    largest = web.config.ui.max_upload_mb
    with gr.Row(elem_id="library"):
        with gr.Column(elem_id="catalogue", min_width=0):
            covered = gr.HTML(apply_default_css=False, elem_id="covered")
            find = form(_form(), LIVE_FORM, "find")
            found = _wired("found", "open", "turn")
        with gr.Column(elem_id="side", min_width=0):
            paper = _wired("paper", "open", "close", "doubt", "remove")
            with gr.Column(elem_id="tools", min_width=0):
                gr.HTML("<h2>What each report brought</h2>", apply_default_css=False)
                step = gr.Radio(list(STEPS), value="month", show_label=False, container=False, elem_id="step")
                plot = gr.HTML(apply_default_css=False, elem_id="brought")
                gr.HTML(str(_adding(largest)), apply_default_css=False)
                files = gr.File(
                    label="Files to add",
                    show_label=False,
                    file_count="multiple",
                    file_types=upload_types(),
                    height=140,
                    elem_id="files",
                )
                add = _wired("add", "take", value=str(button("Add to the library", "take", class_="go")))
                added = gr.HTML(apply_default_css=False, elem_id="added")
    return Parts(covered, find, found, paper, files, add, added, step, plot, gr.State(Asked()))


def _wired(elem_id: str, *actions: str, value: str = "") -> gr.HTML:
    """HTML of ours whose buttons raise these events."""
    script = _WIRED.format(actions=list(actions))
    return gr.HTML(value, js_on_load=script, apply_default_css=False, elem_id=elem_id)


def _adding(largest: int) -> Markup:
    what = accepted(addresses=False)
    hint = f"{what[:1].upper()}{what[1:]}, up to {largest} MB each. Papers already here stay."
    return join([element("h2", "Add papers"), element("p", hint, class_="hint")])


def _form() -> Markup:
    words = element(
        "input",
        type="search",
        name="words",
        placeholder="Words in title, abstract or id",
        autocomplete="off",
    )
    search = element("label", element("span", "Search"), words, class_="words")
    return element("form", search, *fields(), class_="fields", role="search", aria_label="Search the library")
