"""What changed between two texts, word by word, as the page shows it."""

from __future__ import annotations

from markupsafe import Markup

from rag.text.differences import LONGEST as LONGEST
from rag.text.differences import compare
from ui.web.html.rendering import element, join


def differences(old: str, new: str) -> Markup:
    """The new text with what was taken out of the old one and what was put in, as `del` and `ins`."""
    parts: list[Markup | str] = []
    for one in compare(old, new):
        if one.is_kept:
            parts.append(one.new)
            continue
        if one.old:
            parts.append(element("del", one.old))
        if one.new:
            parts.append(element("ins", one.new))
    return join(parts)
