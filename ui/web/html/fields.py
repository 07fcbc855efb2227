"""Forms of the library and topic pages: fields that restrict, and what they send."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from rag.types.filters import FIELDS
from ui.web.html.rendering import element

FORM = """
const form = element.querySelector('form');
form.addEventListener('submit', (event) => {
  event.preventDefault();
  props.value = Object.fromEntries(new FormData(form));
  setTimeout(() => trigger('submit'), 50); // a component that has just come takes its value a moment later
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


def fields(**days: object) -> tuple[Markup, ...]:
    """A field for each row of the table of filters; `days` are attributes of those that hold a day."""
    shown = []
    for row in FIELDS:
        more = days if row.control == "date" else {"autocomplete": "off"}
        field = element("input", type=row.control, name=row.key, title=row.meaning, **more)
        shown.append(element("label", element("span", row.key.capitalize()), field))
    return tuple(shown)


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
