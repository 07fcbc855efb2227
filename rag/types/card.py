"""What is said of a paper in short: its card, in spans of its own text, and its tags, subjects of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CARD_FIELDS = ("task", "method", "data", "result", "code")
"""What a card says of a paper, in the order in which it is shown."""
_SEVERAL = ("data", "code")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a paper's text: ``paper.text[start:end] == text``."""

    start: int
    end: int
    text: str

    def as_json(self) -> dict[str, Any]:
        """The span as it is printed."""
        return {"text": self.text, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Card:
    """What a version of a paper says of itself, in spans of its title and abstract; empty where it doesn't say it.

    Attributes:
        paper_id: Of the paper.
        version: Of its text, in which the spans lie.
        task: What it sets out to do.
        method: What it does for that.
        data: Data sets and collections that it names, in order.
        result: What came out.
        code: Addresses of its code, data or models, in order.
    """

    paper_id: str
    version: int
    task: Span | None = None
    method: Span | None = None
    data: tuple[Span, ...] = ()
    result: Span | None = None
    code: tuple[Span, ...] = ()

    def fields(self) -> Iterator[tuple[str, tuple[Span, ...]]]:
        """The fields by name, each with its spans, in the order in which they are shown."""
        for name in CARD_FIELDS:
            held = getattr(self, name)
            yield name, held if isinstance(held, tuple) else (held,) if held else ()

    def as_json(self) -> dict[str, Any]:
        """The fields as they are printed: null, or none, where the paper doesn't say it."""
        shown = {name: [span.as_json() for span in spans] for name, spans in self.fields()}
        return {name: spans if name in _SEVERAL else next(iter(spans), None) for name, spans in shown.items()}


@dataclass(frozen=True, slots=True)
class Tag:
    """A subject that a paper is about: what filters call it, and what readers do."""

    tag: str
    label: str

    def as_json(self) -> dict[str, str]:
        """The tag as it is printed."""
        return {"tag": self.tag, "label": self.label}
