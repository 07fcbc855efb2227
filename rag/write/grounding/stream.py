"""A streamed text, sentence by sentence: each is handed on as soon as nothing that may follow can change its end.

Borders within a paragraph are those of `text.sentences`. Around them stands what a model writes besides prose:
headings, list items, table rows and code fences end with their line, and the markers of a sentence belong to it,
whether they stand before its full stop or after.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.text.sentences import sentences
from rag.write.grounding.markers import MARKER, MARKERS

LONGEST = 2000
"""Characters after which a text without any border is cut at white space: no model may hold up the stream."""

_FENCE = re.compile(r"\s*?(?:^|\n)[^\S\n]*(?P<fence>`{3,}|~{3,})[^\n]*(?:\n|$)")
_BLOCK = re.compile(r"[^\S\n]*(?:[-*+\u2022]\s|\d{1,3}[.)]\s|#{1,6}\s|>|\||`{3,}|~{3,}|(?:[-*_][^\S\n]*){3,}\n)")
"""What begins a block of its own: list item, heading, quote, table row, fence, rule."""
_MAYBE_BLOCK = re.compile(r"[^\S\n]*(?:[-*+\u2022]|\d{1,3}[.)]?|#{1,6}|`{1,2}|~{1,2}|(?:[-*_][^\S\n]*)+)?$")
"""The beginning of a line that may still become such a block, or a blank line."""
_WHOLE_LINE = re.compile(r"\s*+(?:#{1,6}\s.*|\|.*|(?:[-*_][^\S\n]*){3,}|.*:\**\s*|\*\*[^*]+\*\*:?\s*)$")
"""A line that the next one does not go on with: heading, table row, rule, announcement, or all in bold."""
_CLOSERS = "\"'\u201d\u2019\u00bb)]}$*_"
_LATE_MARKERS = re.compile(
    rf"(?<=[^\s\].!?\u2026])(?P<stop>[.!?\u2026]+[{re.escape(_CLOSERS)}]*)(?P<markers>[^\S\n]?{MARKERS.pattern})(?=\s|$)"
)
"""Markers behind a full stop that has none before it."""
_MARKED_STOP = re.compile(rf"{MARKER.pattern}[.!?\u2026]+[{re.escape(_CLOSERS)}]*(?=\s)")
"""A full stop behind a marker: nothing that follows belongs to the sentence."""
_MARKED_END = re.compile(rf"{MARKER.pattern}[.!?\u2026]+[{re.escape(_CLOSERS)}]*$")
_PART_OF_MARKERS = re.compile(rf"\s*(?:{MARKERS.pattern}\s?)?(?:\[[\d\s,;\u2013-]*)?$")


def split_stream(tokens: Iterable[str]) -> Iterator[str]:
    """Cut a streamed text into sentences.

    Args:
        tokens: The text in pieces of any length.

    Yields:
        Pieces that joined are the text, character by character. Each is one sentence with its markers, a heading, a
        table row or a whole code fence; the white space and list mark before it are part of it. White space that is
        left at the end is a piece of its own. Where the text came in other pieces, the cuts are the same.
    """
    waiting = ""
    for token in tokens:
        for character in token:
            waiting += character
            if not (character.isspace() or waiting[-2:-1].isspace() or character in "\u3002\uff01\uff1f"):
                continue
            while (end := _border(waiting)) is not None:
                yield waiting[:end]
                waiting = waiting[end:]
    while waiting:
        end = _last_border(waiting)
        yield waiting[:end]
        waiting = waiting[end:]


def _border(text: str) -> int | None:
    """Where the first piece ends, if that is certain before the next character is known."""
    if not text.strip():
        return len(text) if len(text) > LONGEST else None
    if fence := _FENCE.match(text):
        closing = _closing_fence(text, fence)
        return closing.end("fence") if closing and closing.end() < len(text) else None
    block, certain = _block_end(text)
    paragraph = text[:block]
    end = _sentence_end(paragraph)
    if end < block:
        following = paragraph[end:]
        if _MARKED_END.search(paragraph[:end]):
            return end
        if certain or not _PART_OF_MARKERS.match(following):
            alternatives = () if certain or following.split()[1:] else (paragraph + "q ", paragraph + " ")
            if all(_sentence_end(other) == end for other in alternatives):
                return end
    if certain and end >= block:
        return block
    return _forced(text) if len(text) > LONGEST else None


def _last_border(text: str) -> int:
    """Where the first piece ends, given that nothing follows the text."""
    if not text.strip():
        return len(text)
    if fence := _FENCE.match(text):
        closing = _closing_fence(text, fence)
        return closing.end("fence") if closing else len(text)
    block, _ = _block_end(text + "\n")
    inner = text[: min(block, len(text))]
    return min(_sentence_end(inner), len(inner.rstrip()))


def _closing_fence(text: str, fence: re.Match[str]) -> re.Match[str] | None:
    """The line that closes a fence; its white space behind is not part of the piece."""
    closing = re.compile(rf"(?:^|(?<=\n))[^\S\n]*(?P<fence>{re.escape(fence['fence'])}+)[^\S\n]*(?:\n|$)")
    return closing.search(text, fence.end())


def _block_end(text: str) -> tuple[int, bool]:
    """Where the first block ends (before its line feed), and whether that is certain; else the length and False."""
    start = len(text) - len(text.lstrip())
    line_start = text.rfind("\n", 0, start) + 1
    while (feed := text.find("\n", max(line_start, start))) >= 0:
        following = text[feed + 1 :]
        if _WHOLE_LINE.match(text[line_start:feed]) or _BLOCK.match(following):
            return feed, True
        blank = following[: len(following) - len(following.lstrip())]
        if "\n" in blank:
            return feed, True
        if _MAYBE_BLOCK.match(following):
            return feed, False
        line_start = feed + 1
    return len(text), False


def _sentence_end(paragraph: str) -> int:
    """Where the first sentence of a paragraph ends, markers behind its full stop included."""
    # Markers behind a stop are read as the closing stars of a bold sentence, which belong to it.
    masked = _LATE_MARKERS.sub(lambda match: match["stop"] + "*" * len(match["markers"]), paragraph)
    ends = [end for _, end in sentences(masked)[:1]]
    if marked := _MARKED_STOP.search(paragraph):
        ends.append(marked.end())
    return min(ends, default=len(paragraph))


def _forced(text: str) -> int:
    """A cut at the last blank, or at the end where there is none."""
    return max(len(text) - len(text.lstrip()), text.rstrip().rfind(" ")) if " " in text.strip() else len(text)
