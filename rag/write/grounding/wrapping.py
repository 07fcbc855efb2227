"""What models wrap an answer in, taken off while it streams in: code fences, JSON, labels, quotation marks.

An answer from abstracts holds no code, so what stands in a fence is read as the rest is. JSON is waited for until its
end, because only then is it known which of its strings is the answer.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rag.write.grounding.markers import cited

_FENCE = re.compile(r"[^\S\n]{0,3}(?:`{3,}|~{3,})[^\n`]{0,40}(?:\n|$)")
_FENCE_LINE = re.compile(r"[^\S\n]{0,3}(?:`{3,}|~{3,})[^\n`]{0,40}\n")
_MAYBE_FENCE = re.compile(r"[^\S\n]{0,3}(?:`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^\n`]{0,40})?")
_JSON = re.compile(r"\s*(?:\{\s*|\[\s*(?:\{\s*)?)[\"']")
_MAYBE_JSON = re.compile(r"\s*(?:\{\s*|\[\s*(?:\{\s*)?)?")
_BEFORE = r"\s*+(?:#{1,6}\s*+)?(?:\*\*|__)?\s*+(?:(?:the|my|final|short)\s++){0,2}"
_LABEL = re.compile(
    rf"{_BEFORE}(?P<square>\[)?(?:answer|response|assistant)(?(square)\])"
    r"(?:\s*+:\s*+(?:\*\*|__)?|(?:\*\*|__)\s*+:|(?:\*\*|__)?[^\S\n]*+\n(?!\s*:))\s*+(?=[^\s*_])",
    re.IGNORECASE,
)
_LABELS = ("the", "my", "final", "short", "answer", "response", "assistant")
_BEGINNINGS = "|".join(word[:end] for word in _LABELS for end in range(len(word), -1, -1))
_MAYBE_LABEL = re.compile(
    rf"\s*+(?:#{{1,6}}|\*)?|{_BEFORE}\[?(?:{_BEGINNINGS})\]?[^\S\n]*+[*_]{{0,2}}\s*+:?\s*+[*_]{{0,2}}\s*+",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"[^\S\n]{0,3}#{1,6}[^\S\n]*+(?:instructions?|input|response|user|human|system|assistant)"
    r"[^\S\n]*+:?[^\S\n]*+(?:\n|$)",
    re.IGNORECASE,
)
"""Another turn of a conversation that the model makes up, as plain templates head it."""
_MAYBE_TURN = re.compile(r"[^\S\n]{0,3}#{1,6}\s*[a-z]{0,12}\s*:?\s*", re.IGNORECASE)
_QUOTES = {'"': '"', "\u201c": "\u201d"}
_BOXED = re.compile(r"\s*\$?\\boxed\{(?:\\text\{)?")
_MAYBE_BOXED = re.compile(r"\s*\$?\\b?o?x?e?d?\{?")
_CLOSED = {"}": re.compile(r"\}{1,2}\$?\s*$"), '"': re.compile(r"\"\s*$"), "\u201d": re.compile(r"\u201d\s*$")}
_ANSWERS = (
    "final_answer answer response reply result output text content message summary sentences claims statements choices"
).split()
"""Keys under which the answer may stand, the surest first."""
_SOURCES = "sources source citations citation cites cite references refs markers source_ids ids".split()
_STRING = re.compile(rf"[\"'](?P<key>{'|'.join(_ANSWERS[:8])})[\"']\s*:\s*\"(?P<value>(?:[^\"\\]|\\.)*)", re.DOTALL)
_ENDS = re.compile(r"[.!?\u2026]*\s*$")
LONGEST = 20_000
"""Characters of JSON that are waited for."""


def unwrapped(tokens: Iterable[str]) -> Iterator[str]:
    """The text of an answer without what it is wrapped in.

    Args:
        tokens: The reply in pieces of any length.
    """
    wrapping = _Wrapping()
    for token in tokens:
        if shown := wrapping.feed(token):
            yield shown
    if shown := wrapping.finish():
        yield shown


class _Wrapping:
    """Reads one reply, line by line."""

    def __init__(self) -> None:
        self._waiting = ""
        self._line_start = self._first = True
        self._json = self._over = False
        self._closing = ""

    def feed(self, token: str) -> str:
        self._waiting += "" if self._over else token
        return self._read(final=False)

    def finish(self) -> str:
        shown = self._read(final=True)
        if self._json:
            shown += _from_json(self._waiting)
        else:
            shown += self._waiting
        return _CLOSED[self._closing].sub("", shown) if self._closing else shown

    def _read(self, *, final: bool) -> str:
        shown = ""
        while self._waiting and not self._json:
            if self._line_start:
                if not self._begin_line(final):
                    break
                continue
            feed = self._waiting.find("\n") + 1
            piece = self._waiting[: feed or None]
            held = _CLOSED[self._closing].search(piece) if self._closing else None
            if held and not final:
                if feed:  # it closes nothing, or what follows is behind the wrapping
                    held = None
                else:
                    piece = piece[: held.start()]
            shown += piece
            self._waiting = self._waiting[len(piece) :]
            self._line_start = bool(feed)
            if held and not final:
                break
        if len(self._waiting) > LONGEST and self._json:
            self._json = self._line_start = False
        return shown

    def _begin_line(self, final: bool) -> bool:
        """What a line begins with; False where that cannot be told yet."""
        text = self._waiting
        if _JSON.match(text):
            self._json = True
            return True
        if fence := (_FENCE if final else _FENCE_LINE).match(text):
            self._waiting = text[fence.end() :]
            return True
        if not final and (_MAYBE_FENCE.fullmatch(text) or _MAYBE_JSON.fullmatch(text)):
            return False
        if not self._first and not final and _MAYBE_TURN.fullmatch(text) and "\n" not in text:
            return False
        if not self._first and _TURN.match(text):
            self._waiting, self._over = "", True
            return True
        if self._first and not self._begin_reply(final):
            return False
        if self._waiting == text:  # nothing was taken off
            self._line_start = self._first = False
        return True

    def _begin_reply(self, final: bool) -> bool:
        """Labels, quotation marks and boxes around the whole; False where that cannot be told yet."""
        text = self._waiting
        if label := _LABEL.match(text):
            self._waiting = text[label.end() :]
            return True
        if not final and (_MAYBE_LABEL.fullmatch(text) or _MAYBE_BOXED.fullmatch(text)):
            return False
        if boxed := _BOXED.match(text):
            self._waiting, self._closing = text[boxed.end() :], "}"
            return True
        opening = text.lstrip()[:1]
        if opening not in _QUOTES:
            return True
        inner, closed, _ = text.lstrip()[1:].partition(_QUOTES[opening])
        if cited(inner):
            self._waiting, self._closing = text.lstrip()[1:], _QUOTES[opening]
            return True
        return bool(closed) or final


def _from_json(text: str) -> str:
    """The answer in a document, and what stands behind it; the text itself where no answer is found."""
    text = text.lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        value, end = _otherwise(text), len(text)
    answer = _answer(value)
    if answer is None:
        return text
    behind = "".join(unwrapped([re.sub(r"^\s*(?:`{3,}|~{3,})", "", text[end:])])).strip()
    return f"{answer}\n{behind}" if behind else answer


def _otherwise(text: str) -> Any:
    """What is no JSON: a dictionary of Python's, or a document that was cut off."""
    try:
        return ast.literal_eval(re.sub(r"\s*(?:`{3,}|~{3,})\s*$", "", text))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = {match["key"]: match["value"] for match in _STRING.finditer(text)}
    for key in _ANSWERS:
        if key in found:
            try:
                return json.loads(f'"{found[key]}"', strict=False)
            except ValueError:
                return found[key]
    return None


def _answer(value: Any, depth: int = 0) -> str | None:
    """The answer in a value of a document."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return None
    if isinstance(value, list):
        parts = [part for part in (_answer(item, depth + 1) for item in value) if part]
        return " ".join(parts) or None
    if not isinstance(value, dict):
        return None
    by_key = {str(key).strip().lower(): item for key, item in value.items()}
    texts = [item for item in by_key.values() if isinstance(item, str)]
    keys = [key for key in (*_ANSWERS, "sentence", "claim", "statement") if key in by_key]
    found = (_answer(by_key[key], depth + 1) for key in keys)
    answer = next(filter(None, found), texts[0] if len(texts) == 1 else None)
    numbers = dict.fromkeys(n for key in _SOURCES for n in re.findall(r"\d{1,3}", str(by_key.get(key, ""))))
    if answer and numbers and not cited(answer):
        answer = _ENDS.sub(rf" [{', '.join(numbers)}]\g<0>", answer, count=1)
    return answer
