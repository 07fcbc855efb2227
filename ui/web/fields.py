"""Forms of the library and topic pages: fields that restrict, and what they send."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from ui.web.rendering import element

FORM = """
const form = element.querySelector('form');
form.addEventListener('submit', (event) => {
  event.preventDefault();
  props.value = Object.fromEntries(new FormData(form));
  setTimeout(() => trigger('submit'));
});
"""
"""Script of a form that sends its fields when it is submitted."""
LIVE_FORM = (
    FORM
    + """
let timer;
form.addEventListener('submit', () => clearTimeout(timer));
form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => form.requestSubmit(), 300); });
"""
)
"""Script of a form that also sends them while they are typed."""


def fields() -> tuple[Markup, ...]:
    """The fields of `Filters`."""
    return (
        element("label", element("span", "From"), element("input", type="date", name="from")),
        element("label", element("span", "To"), element("input", type="date", name="to")),
        element("label", element("span", "Author"), element("input", type="text", name="author", autocomplete="off")),
    )


def form(markup: Markup, script: str, elem_id: str) -> gr.HTML:
    """A form as a component, whose value is what its fields hold."""
    return gr.HTML({}, html_template=str(markup), js_on_load=script, apply_default_css=False, elem_id=elem_id)


def read_form(value: Any) -> dict[str, str]:
    """A form's fields by name; what is no text is left out."""
    sent = value if isinstance(value, dict) else {}
    return {name: text for name, text in sent.items() if isinstance(name, str) and isinstance(text, str)}


def sent(event: gr.EventData, name: str) -> str:
    """What the page's script sent along with an event; empty where it did not send text."""
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""
