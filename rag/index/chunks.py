"""Papers into chunks: exact spans on sentence borders, sized with the embedder's own tokenizer.

Sentences are found by a short rule of our own. On 893 abstracts it and NLTK's punkt differ at 28 places, nearly all of
them punkt's mistakes (a border after "(e.g.", "w.r.t.", "etc.)", "Upadhyay et al."). pysbd, last released in 2021,
breaks sentences at "(i)" and takes 50 times as long.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.errors import ConfigError
from rag.models import EmbeddingInfo
from rag.text.readable import readable
from rag.types import Chunk, Paper

Span = tuple[int, int]

_STOP = re.compile(
    r"""(?<![.!?…])(?P<stop>[.!?…]+) ["'”’»)\]}$*_]* (?P<gap>\s+) (?P<next>\S+)   # perhaps a quote or bracket ends
      | [\u3002\uff01\uff1f]+ [\u300d\u300f\u201d\u2019\uff09]*   # Chinese and Japanese put no space after a stop
    """,
    re.VERBOSE,
)
_OPENERS = "\"'“‘«([{$*_`¿¡"
_BEFORE = 100
"""Characters before a stop that are looked at: no abbreviation and no list mark is longer."""
_LAST_WORD = re.compile(r"[^\s~(\[{]*$")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n|\n[^\S\n]+$")
_LIST_MARK = re.compile(r"[(\[]?(?:\d{1,2}|[ivx]{1,4}|[a-zA-Z])[.)\]]$")
_ROMAN = re.compile(r"[IVX]+\b")

_NEVER_LAST = frozenset("e.g eg i.e ie cf c.f vs viz approx resp ca w.r.t s.t a.k.a dr mr mrs prof".split())
"""Words whose full stop ends no sentence."""
_BEFORE_NUMBERS = frozenset(
    "fig figs eq eqs eqn eqns sec secs sect tab tabs ref refs def thm lem prop app ch chap vol no nos p pp art "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
"""Words whose full stop ends none before a number."""
_RARELY_LAST = frozenset("al inc ltd co corp u.s u.k u.s.a e.u ph.d a.m p.m jr sr st".split())
"""Words whose full stop, like that of an initial, ends one only before a word that begins sentences."""
_BEGINNERS = frozenset(
    "A After Although An And As At Because Both But By Code Despite Due Each Experiments Extensive Finally First For "
    "From Furthermore Given Hence How However If In Instead It Its Many Meanwhile More Moreover Most Nevertheless No "
    "On One Our Recent Recently Results Second Several Since Some Specifically Such That The Their Then There "
    "Therefore These They Third This Those Thus To Two Under Unlike Using We What When Where Whether Which While With "
    "Yet".split()
)


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
        """Split a paper's abstract; its title stands before each chunk's `embedded_text`.

        Every character of the abstract but white space is in exactly one chunk. A paper without an abstract gives its
        title instead. A chunk holds whole sentences; one that does not fit is cut at white space, or between characters
        where it has none. A title so long that it would leave the text less than half of the limit is shortened in
        `embedded_text` alone.
        """
        text = paper.text
        if paper.abstract.strip():
            head, start, end = self._head(paper.title), paper.abstract_start, len(text)
        else:
            head, start, end = "", 0, len(paper.title)
        return [
            Chunk(
                chunk_id=_chunk_id(paper.paper_id, text, *span),
                paper_id=paper.paper_id,
                version=paper.version,
                start=span[0],
                end=span[1],
                text=text[slice(*span)],
                embedded_text=head + readable(text[slice(*span)]),
            )
            for span in self._spans(text, head, start, end)
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
        whole = _stripped(text, start, end)
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


def sentences(text: str) -> list[Span]:
    """Find the sentences of a scientific text.

    Returns:
        Spans in order, without white space at their ends; together they hold every other character of the text.
    """
    borders = [0]
    position = 0
    while match := _STOP.search(text, position):
        # The next word may itself be a sentence, so the search goes on before it.
        position = match.end() if match["stop"] is None else match.start("gap")
        before = text[max(borders[-1], match.start() - _BEFORE) : match.start()]
        if match["stop"] is None or _ends_sentence(before, *match.group("stop", "gap", "next")):
            borders.append(position)
    return [span for a, b in pairwise([*borders, len(text)]) if (span := _stripped(text, a, b))]


@lru_cache(4096)
def _ends_sentence(before: str, stop: str, gap: str, word: str) -> bool:
    """Whether a stop that white space follows ends the sentence whose last characters stand before it.

    A text that streams in is read again with each word, so that its stops are remembered.
    """
    if _PARAGRAPH.search(gap):
        return True
    following = word.lstrip(_OPENERS)
    # "t-SNE", "mixtral-8x7b" and "(ii)" may begin a sentence, "and" may not.
    if not any(c.isalnum() for c in following):
        return False
    ordinary = following[:1].islower() and not any(c.isupper() or c.isdigit() for c in following)
    if ordinary and not _LIST_MARK.match(word):
        return False
    if stop != ".":
        return True
    last = _LAST_WORD.search(before)[0].lstrip(_OPENERS + "\\")  # type: ignore[index]  # it always matches
    if last.lower() in _NEVER_LAST or _LIST_MARK.match(before.strip() + "."):
        return False
    if last.lower() in _BEFORE_NUMBERS and (not following[:1].isalpha() or _ROMAN.match(following)):
        return False
    if last.lower() in _RARELY_LAST or (len(last) == 1 and last.isupper()):
        return following.rstrip(",:") in _BEGINNERS
    return True


def _stripped(text: str, start: int, end: int) -> Span | None:
    """Return the span without white space at its ends; None where nothing else is in it."""
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    return (start + left, start + len(inner.rstrip())) if left < len(inner) else None


def _parts(text: str, span: Span, number: int) -> list[Span]:
    """Cut a span into about equal parts at white space, or between characters where it has none; 2 parts or more."""
    start, end = span
    gaps = [start + match.start() for match in re.finditer(r"\s", text[start:end])]
    even = [start + (end - start) * i // number for i in range(1, number)]
    cuts = {min(gaps, key=lambda gap: abs(gap - place)) for place in even} if gaps else set(even) - {start}
    return [part for a, b in pairwise([start, *sorted(cuts), end]) if (part := _stripped(text, a, b))]


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
