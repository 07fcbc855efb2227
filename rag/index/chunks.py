"""Papers into chunks: exact spans on sentence borders, sized with the embedder's own tokenizer."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.errors import ConfigError
from rag.models import EmbeddingInfo
from rag.text.hyperparameters import spelt_out
from rag.text.readable import readable
from rag.text.sentences import Span, sentences, stripped
from rag.types import Chunk, Paper


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece that is not split further, and how many tokens it adds to a chunk."""

    start: int
    end: int
    tokens: int


class Chunker:
    """Splits papers so that no chunk is longer than its embedder reads."""

    def __init__(self, info: EmbeddingInfo, max_tokens: int | None = None) -> None:
        """Set the limit.

        Args:
            info: The embedder that will read the chunks.
            max_tokens: Longest chunk with its title, in the embedder's tokens; None: the embedder's own limit.

        Raises:
            ConfigError: The embedder reads less than `max_tokens`.
        """
        if max_tokens and max_tokens > info.max_tokens:
            raise ConfigError(
                f"chunking.max_tokens is {max_tokens}, and the embedder reads {info.max_tokens} tokens.",
                f"Set chunking.max_tokens to {info.max_tokens} or less, or remove it.",
            )
        self._count = info.count_tokens
        self._limit = max_tokens or info.max_tokens
        (self._special,) = self._count([""])

    @property
    def identity(self) -> str:
        """What decides the chunks besides the paper: the algorithm's revision and the limit."""
        return f"sentences-1/{self._limit}"

    def split(self, paper: Paper) -> list[Chunk]:
        """Split a paper's abstract and body; its title stands before each chunk's `embedded_text`.

        Every character of abstract and body but white space is in exactly one chunk, and none reaches from one section
        into another. A paper that has neither gives its title instead. A chunk holds whole sentences; one that does not
        fit is cut at white space, or between characters where it has none. A title so long that it would leave the text
        less than half of the limit is shortened in `embedded_text` alone.
        """
        text = paper.text
        parts = [part for part in paper.parts if text[slice(*part)].strip()]
        head = self._head(paper.title) if parts else ""
        return [
            Chunk(
                chunk_id=_chunk_id(paper.paper_id, text, *span),
                paper_id=paper.paper_id,
                version=paper.version,
                start=span[0],
                end=span[1],
                text=text[slice(*span)],
                embedded_text=head + _found_by(paper, span),
            )
            for part in parts or [(0, len(paper.title))]
            for span in self._spans(text, head, *part)
        ]

    def _head(self, title: str) -> str:
        """Return the readable title with its line end, shortened to half of the limit."""
        words = readable(title).split(" ")
        if self._count([" ".join(words)])[0] > self._limit // 2:
            words = self._shortened(words)
        return f"{' '.join(words)}\n" if words[0] else ""

    def _shortened(self, words: list[str]) -> list[str]:
        """Return as many words as half of the limit holds; of a single word, as many characters."""
        pieces, glue = (words, " ") if len(words) > 1 else (list(words[0]), "")
        low, high = 0, len(pieces)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._count([glue.join(pieces[:middle])])[0] <= self._limit // 2
            low, high = (middle, high) if fits else (low, middle - 1)
        if low == 0 and len(words) > 1:
            return self._shortened(words[:1])
        return [glue.join(pieces[:low])]

    def _spans(self, text: str, head: str, start: int, end: int) -> list[Span]:
        whole = stripped(text, start, end)
        if whole is None:
            return []
        if self._fits(text, head, whole):
            return [whole]
        budget = self._limit - self._count([head])[0]
        sentence_spans = [(start + a, start + b) for a, b in sentences(text[start:end])]
        units = [unit for span in self._measured(text, sentence_spans) for unit in self._cut(text, span, budget)]
        return [span for group in _balanced(units, budget) for span in self._checked(text, head, group)]

    def _fits(self, text: str, head: str, span: Span) -> bool:
        return self._count([head + readable(text[slice(*span)])])[0] <= self._limit

    def _measured(self, text: str, spans: Sequence[Span]) -> list[_Unit]:
        counts = self._count([readable(text[slice(*span)]) for span in spans])
        return [_Unit(*span, count - self._special) for span, count in zip(spans, counts, strict=True)]

    def _cut(self, text: str, unit: _Unit, budget: int) -> Iterator[_Unit]:
        """Cut a unit into equal parts that fit."""
        if unit.tokens <= budget or unit.end - unit.start == 1:
            yield unit
            return
        for part in self._measured(text, _parts(text, (unit.start, unit.end), math.ceil(unit.tokens / budget))):
            yield from self._cut(text, part, budget)

    def _checked(self, text: str, head: str, group: Sequence[_Unit]) -> Iterator[Span]:
        """Yield the group's span, or those of its halves where joining its units made the text too long."""
        span = (group[0].start, group[-1].end)
        if self._fits(text, head, span) or span[1] - span[0] == 1:
            yield span
        elif len(group) > 1:
            middle = len(group) // 2
            yield from self._checked(text, head, group[:middle])
            yield from self._checked(text, head, group[middle:])
        else:
            for part in self._measured(text, _parts(text, span, 2)):
                yield from self._checked(text, head, [part])


def _found_by(paper: Paper, span: Span) -> str:
    """What a passage is found by: its readable form, in a body with the short names of settings spelt out."""
    told = readable(paper.text[slice(*span)])
    return spelt_out(told) if paper.body and span[0] >= paper.body_start else told


def _parts(text: str, span: Span, number: int) -> list[Span]:
    """Cut a span into about equal parts at white space, or between characters where it has none; 2 parts or more."""
    start, end = span
    gaps = [start + match.start() for match in re.finditer(r"\s", text[start:end])]
    even = [start + (end - start) * i // number for i in range(1, number)]
    cuts = {min(gaps, key=lambda gap: abs(gap - place)) for place in even} if gaps else set(even) - {start}
    return [part for a, b in pairwise([start, *sorted(cuts), end]) if (part := stripped(text, a, b))]


def _balanced(units: Sequence[_Unit], budget: int) -> list[list[_Unit]]:
    """Group neighbours into as few groups as the budget allows, the largest as small as that number allows."""
    fewest = len(_packed(units, budget))
    low, high = max(unit.tokens for unit in units), budget
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_packed(units, middle)) <= fewest else (middle + 1, high)
    return _packed(units, high)


def _packed(units: Sequence[_Unit], budget: int) -> list[list[_Unit]]:
    """Fill groups in order, each up to the budget."""
    groups: list[list[_Unit]] = []
    room = 0
    for unit in units:
        if not groups or unit.tokens > room:
            groups.append([])
            room = budget
        groups[-1].append(unit)
        room -= unit.tokens
    return groups


def _chunk_id(paper_id: str, text: str, start: int, end: int) -> str:
    """Hash what the chunk is: 32 hex digits that no renumbering of versions or chunks changes."""
    return hashlib.sha256(json.dumps([paper_id, text, start, end]).encode()).hexdigest()[:32]
