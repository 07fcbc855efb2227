"""The page on which papers are added: files of one's own, and what each report brought so far."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.context import get_render_context
from markupsafe import Markup

from rag.sources import accepted
from ui.web.base.context import Web
from ui.web.forms.desk import Desk
from ui.web.forms.uploads import upload_types
from ui.web.html.bars import STEPS
from ui.web.html.rendering import button, element, join

READERS, WRITERS = 8, 2
"""How many look at the plot at once, and how many wait to change the library."""
_WIRED = "paperchat.wire(element, trigger, {actions});"


def build(web: Web) -> None:
    """Build the page inside its tab."""
    tab = get_render_context()
    assert isinstance(tab, gr.Tab)
    desk = Desk(web.assistant.library, web.config.ui, web.work)
    reading: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": READERS, "show_progress": "hidden"}
    writing: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": WRITERS}
    with gr.Column(elem_id="tools", min_width=0):
        gr.HTML(str(_adding(web.config.ui.max_upload_mb)), apply_default_css=False)
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
        gr.HTML("<h2>What each report brought</h2>", apply_default_css=False)
        step = gr.Radio(list(STEPS), value="month", show_label=False, container=False, elem_id="step")
        plot = gr.HTML(apply_default_css=False, elem_id="brought")
    tab.select(desk.plotted, [step], [plot], **reading)
    step.change(desk.plotted, [step], [plot], **reading)
    add.take(desk.added, [files], [added, files], **writing).then(desk.plotted, [step], [plot], **reading)


def _wired(elem_id: str, *actions: str, value: str = "") -> gr.HTML:
    """HTML of ours whose buttons raise these events."""
    script = _WIRED.format(actions=list(actions))
    return gr.HTML(value, js_on_load=script, apply_default_css=False, elem_id=elem_id)


def _adding(largest: int) -> Markup:
    what = accepted(addresses=False)
    hint = f"{what[:1].upper()}{what[1:]}, up to {largest} MB each. Papers already here stay."
    return join([element("h1", "Add papers"), element("p", hint, class_="hint")])
