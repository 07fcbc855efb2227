"""Characters that steer a terminal instead of being read: escapes, control characters, changes of writing direction."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor, clearing
    r"|\x1b[\]PX^_][^\x07\x1b]{0,500}(?:\x07|\x1b\\)"  # titles, links, strings to the terminal
    r"|\x1b[ -/]*[0-~]"
)
"""Of the sequences of eight-bit characters only the characters go: text that was decoded wrongly is full of them."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def without_controls(text: str) -> str:
    """Take out whole escape sequences and single control characters; line ends and tabs stay."""
    return _CONTROL.sub("", _ESCAPE.sub("", text)) if _CONTROL.search(text) else text


def escaped_controls(json_text: str) -> str:
    r"""Write the control characters in a JSON document, which stand in its strings only, as ``\u009b``."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)
