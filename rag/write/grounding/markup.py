r"""Formatting of other places, taken off a model's text: HTML, entities, emphasis, escapes of terminals.

It says nothing, and a true sentence is not to be struck or shown with it. What is more than formatting (a link, a
picture, a script) stays, for the check to strike.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

_INLINE = (
    "b|strong|i|em|u|s|small|big|mark|span|font|tt|kbd|code|pre|dfn|abbr|ins|center|div|section|article|body|html"
    "|sentence|claim|statement|text"
)
_BLOCK = r"p|br|ul|ol|dl|dt|dd|table|tbody|tr|blockquote|hr|h[1-6]"
_ATTRIBUTES = r"(?:\s[^<>]{0,120})?/?"
_MARKUP = re.compile(
    rf"(?P<inline></?(?:{_INLINE}){_ATTRIBUTES}>)|(?P<block></?(?:{_BLOCK}){_ATTRIBUTES}>)|(?P<item><li{_ATTRIBUTES}>)"
    r"|(?P<shut></li\s*>)|(?P<entity>&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});)"
    r"|\x1b\[[\d;?]*[ -/]*[@-~]|\ue200[^\ue201\n]{0,80}\ue201|[\ue200-\ue206]"
    r"|(?P<feeds>(?<=[.!?\]:])(?:\\n)+(?=(?-i:[A-Z\s*#-])))"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]",
    re.IGNORECASE,
)
_BEGUN = re.compile(
    r"(?:</?(?:[a-z][a-z1-6]{0,9}(?:\s[^<>]{0,120})?/?)?|&(?:#?\w{0,8})?|\x1b(?:\[[\d;?]*[ -/]*)?"
    r"|\ue200[^\ue201\n]{0,80}|(?:\\n){0,9}\\n?)$",
    re.IGNORECASE,
)
"""What may still become such."""
_EMPHASIS = re.compile(
    r"(?<![\w*\\])(?P<star>\*{1,3})(?=\S)(?P<stressed>[^*\n]+?)(?<=\S)(?P=star)(?![\w*])"
    r"|(?<![\w_\\])(?P<line>_{1,3})(?=\S)(?P<slanted>[^_\n]+?)(?<=\S)(?P=line)(?![\w_])"
    r"|(?<![\w`])`(?P<code>[^`\n]+)`(?![\w`])"
    r"|\\(?:text(?:bf|it|tt|sc|rm)|emph|underline)\{(?P<latex>[^{}\n]+)\}"
)


def unformatted(tokens: Iterable[str]) -> Iterator[str]:
    """A streamed text without the formatting that can be told while it comes.

    Args:
        tokens: The text in pieces of any length.
    """
    waiting = before = ""
    for token in tokens:
        waiting += token
        keep = _first_begun(waiting)
        shown, before = _without(waiting[:keep], before)
        waiting = waiting[keep:]
        if shown:
            yield shown
    shown, _ = _without(waiting, before)
    if shown:
        yield shown


def unstressed(sentence: str) -> str:
    """A sentence without the marks of emphasis and code."""
    return _EMPHASIS.sub(
        lambda found: found["stressed"] or found["slanted"] or found["code"] or found["latex"] or "", sentence
    )


def _first_begun(text: str) -> int:
    """Where what may still become markup begins; the text's end where nothing may. What is within markup is none."""
    begun = _BEGUN.search(text)
    for match in _MARKUP.finditer(text) if begun else ():
        if begun and match.start() < begun.start() < match.end():
            begun = _BEGUN.search(text, match.end())
    return begun.start() if begun else len(text)


def _without(text: str, before: str) -> tuple[str, str]:
    """A text without its markup, and its last character, behind which the next piece stands."""
    whole, at, shown = before + text, len(before), ""
    for match in _MARKUP.finditer(whole, at):
        shown += whole[at : match.start()] + _read(match)
        at = match.end()
    return shown + whole[at:], whole[-1:]


def _read(match: re.Match[str]) -> str:
    if match["entity"]:
        return html.unescape(match.group()).replace("\xa0", " ")
    if match["block"] or match["feeds"]:
        return "\n\n"
    return "\n- " if match["item"] else ""
