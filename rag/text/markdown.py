"""Strangers' text in Markdown: what could be read as markup is escaped, and the escapes are taken out again."""

from __future__ import annotations

import re

_MARKS = re.compile(r"[\\`*\[\]<>]|(?<!\w)_|_(?!\w)")
_BLOCK = re.compile(r"^(?P<number>\d{1,9})?(?P<sign>(?<=\d)[.)](?=\s)|(?<!\d)[-+#=~|])")
_ESCAPED = re.compile(r"\\([^\w\s]|_)")


def escape(text: str) -> str:
    """Make a text plain text in Markdown: no link, image, emphasis, code or tag."""
    return _MARKS.sub(r"\\\g<0>", text)


def escape_line(text: str) -> str:
    """The same for text that begins a line: "2) …" and "- …" are no list, "# …" is no heading."""
    return _BLOCK.sub(lambda found: f"{found['number'] or ''}\\{found['sign']}", escape(text), count=1)


def unescape(text: str) -> str:
    """A text without Markdown's escapes."""
    return _ESCAPED.sub(r"\1", text)
