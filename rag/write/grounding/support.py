"""What a cited passage says: its sentences with their words and figures, and how far they cover a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.text.sentences import sentences
from rag.types import Passage
from rag.write.grounding.entities import known_names
from rag.write.grounding.figures import Figure, figures
from rag.write.grounding.instructions import spoiled
from rag.write.grounding.lexicon import alike
from rag.write.grounding.words import Word, initials, plain, words

MOST_SENTENCES = 3
"""Sentences of one passage that may support a sentence together."""
GAIN = 0.06
"""Share of the weight that a further sentence must add to be worth quoting."""
PARAPHRASE, DERIVED = 0.8, 0.8
"""What a paraphrased word, and one with the same beginning, count for of one that is the same."""
_BEGINNING, _LONGEST = 5, 50
"""Letters that two stems must share to be derived from one another, and most that are compared."""
_RUN_ON = re.compile(r"(?<=[a-z:\u00df-\u00ff])\s+(?=(?:We|Our|This|These|However|While|Although|Recent|Existing)\b)")
"""A new sentence behind words without a stop: a heading, or what somebody put before an abstract."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Stems by which other stems are looked up."""

    keys: frozenset[str]
    beginnings: Mapping[str, int]
    abbreviations: frozenset[str]

    @classmethod
    def of(cls, read: Sequence[Word]) -> Vocabulary:
        """The vocabulary of some words."""
        keys = frozenset(word.key for word in read)
        beginnings: dict[str, int] = {}
        for key in keys:
            for n in range(_BEGINNING, min(len(key), _LONGEST) + 1):
                beginnings[key[:n]] = min(beginnings.get(key[:n], 99), len(key))
        return cls(keys, beginnings, frozenset(initials(read)))

    def likeness(self, key: str) -> float:
        """How far the vocabulary holds a stem, 0...1: itself, a paraphrase, a derivation, an abbreviation."""
        if key in self.keys or (1 < len(key) < 7 and key in self.abbreviations):
            return 1.0
        if not alike().get(key, frozenset()).isdisjoint(self.keys):
            return PARAPHRASE
        common = key[: max(_BEGINNING, math.ceil(0.6 * len(key)))]
        shortest = self.beginnings.get(common)
        return DERIVED if shortest and len(common) >= 0.6 * shortest else 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of a source; offsets count into the paper's stored text."""

    start: int
    end: int
    text: str
    words: tuple[Word, ...]
    vocabulary: Vocabulary
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage as the check reads it.

    Attributes:
        said: Its sentences in order, without those that are no evidence (`rag.write.grounding.instructions`).
        title: Words of the paper's title, which holds for every sentence.
        everything: Vocabulary of title and passage.
        figures: All figures of title and passage.
        names: Forms of all its words (`known_names`), those of the title, authors, ids and date included.
        raw: Everything that may be copied: title, text, address, id, in one case.
    """

    said: tuple[Said, ...]
    title: Vocabulary
    everything: Vocabulary
    figures: tuple[Figure, ...]
    names: frozenset[str]
    raw: str


def evidence(passage: Passage, paper: str = "") -> Evidence:
    """Read a passage; what was read before is remembered.

    Args:
        passage: The source.
        paper: The stored text of its paper: a name that the paper uses elsewhere is not foreign.
    """
    about = f"{passage.url} {passage.paper_id} {passage.told}"
    rest = " ".join((*passage.authors, paper or passage.text))
    return _read(passage.text, passage.title, passage.start, about, passage.told[:4], rest)


@lru_cache(maxsize=512)
def _read(text: str, title: str, start: int, about: str, year: str, rest: str) -> Evidence:
    spans = [part for a, b in sentences(text) for part in _parted(text, a, b)]
    shown = [plain(text[a:b]) for a, b in spans]
    read = [words(sentence) for sentence in shown]
    heading = plain(title)
    no_evidence = spoiled(shown, read, words(heading))
    said = tuple(
        Said(start + a, start + b, sentence, found, Vocabulary.of(found), figures(sentence))
        for (a, b), sentence, found, left_out in zip(spans, shown, read, no_evidence, strict=True)
        if not left_out
    )
    everything = Vocabulary.of([*words(heading), *(word for one in said for word in one.words)])
    numbers = (*figures(heading), *(figure for one in said for figure in one.figures), *figures(year))
    as_written = (text[one.start - start : one.end - start] for one in said)
    raw = " ".join((heading, *(one.text for one in said), *as_written, about))
    forms = known_names(f"{heading} {plain(rest)} {about}")
    return Evidence(said, Vocabulary.of(words(heading)), everything, numbers, forms, raw.casefold())


def _parted(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence, in parts where another begins in it."""
    cuts = [match.span() for match in _RUN_ON.finditer(text, start, end)]
    return list(zip([start, *(b for _, b in cuts)], [*(a for a, _ in cuts), end], strict=True))


def covered(weights: Mapping[str, float], vocabularies: Sequence[Vocabulary]) -> float:
    """Share of the weight of stems that one of the vocabularies holds, 0...1."""
    total = math.fsum(weights.values())
    if not total:
        return 0.0
    return (
        math.fsum(w * max((v.likeness(key) for v in vocabularies), default=0.0) for key, w in weights.items()) / total
    )


def best_sentences(weights: Mapping[str, float], source: Evidence, numbers: Sequence[Figure] = ()) -> list[Said]:
    """The one to three sentences that cover a sentence best, in reading order.

    Each further one must add `GAIN` of the weight, or a figure that none has yet.
    """
    rows = [{key: said.vocabulary.likeness(key) for key in weights} for said in source.said]
    total = math.fsum(weights.values()) or 1.0
    chosen: list[int] = []
    have = dict.fromkeys(weights, 0.0)
    while len(chosen) < min(MOST_SENTENCES, len(rows)):
        open_figures = [f for f in numbers if not any(f.same(o) for i in chosen for o in source.said[i].figures)]
        gains = []
        for i, row in enumerate(rows):
            gain = math.fsum(w * max(0.0, row[key] - have[key]) for key, w in weights.items()) / total
            gain += GAIN * sum(any(f.same(o) for o in source.said[i].figures) for f in open_figures)
            gains.append(-1.0 if i in chosen else gain)
        best = max(range(len(rows)), key=lambda i: (gains[i], -i))
        if chosen and gains[best] < GAIN:
            break
        chosen.append(best)
        have = {key: max(have[key], rows[best][key]) for key in weights}
    return [source.said[i] for i in sorted(chosen)]


_FOLDED = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Words only, in lower case: what a quotation is compared by."""
    return " ".join(_FOLDED.sub(" ", text.casefold()).split())
