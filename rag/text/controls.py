"""Characters that steer a terminal instead of being read, or that nobody sees: escapes, controls, zero width."""

from __future__ import annotations

import json
import re

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor, clearing
    r"|\x1b[\]PX^_][^\x07\x1b]{0,500}(?:\x07|\x1b\\)"  # titles, links, strings to the terminal
    r"|\x1b[ -/]*[0-~]"
)
"""Of the sequences of eight-bit characters only the characters go: text that was decoded wrongly is full of them."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_JOINING = r"\u0600-\u1fff\u2190-\u2bff\u3040-\ufdff\ufe0f\U0001f000-\U0001faff"
"""Scripts and pictures in which a joiner changes what is seen."""
_UNSEEN = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0]"
    r"|[\U000e0000-\U000e0fff]"
    rf"|(?<![{_JOINING}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINING}])"
)


def without_controls(text: str) -> str:
    """Take out whole escape sequences and single control characters; line ends and tabs stay."""
    return _CONTROL.sub("", _ESCAPE.sub("", text)) if _CONTROL.search(text) else text


def for_terminal(text: str) -> str:
    """Take out controls and what nobody would see: zero-width characters, marks of direction, tags."""
    text = without_controls(text)
    return text if text.isascii() else _UNSEEN.sub("", text)


def escaped_controls(json_text: str) -> str:
    r"""Write control and unseen characters in a JSON document, which stand in its strings only, as ``\u009b``."""
    escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)
    return escaped if escaped.isascii() else _UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], escaped)
