"""Whether a written sentence says only what its sources say (docs/adr/0012-support.md)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.errors import PaperNotFound
from rag.index.library import Library
from rag.models import embed_texts
from rag.types import Passage
from rag.write.grounding import contradictions, entities
from rag.write.grounding.attachment import detached
from rag.write.grounding.figures import Figure, figures, missing
from rag.write.grounding.lexicon import stem
from rag.write.grounding.markers import cited, without_markers
from rag.write.grounding.placement import misplaced
from rag.write.grounding.support import Evidence, Said, best_sentences, covered, evidence, folded
from rag.write.grounding.words import Word, plain, words

COVERAGE_WEIGHT, SIMILARITY_WEIGHT, RIVALRY_WEIGHT, INTERCEPT = 7.5, 7.7, -11.3, -6.9
"""Logistic weights of `Support` and of the similarity; `eval support` prints those that it would fit."""
LEAST_SUPPORT = 0.3
"""Probability from which a sentence may be shown."""
LEAST_SHARE = 0.2
"""Share of a sentence's idf mass that each of several cited sources must hold."""
HEADING_WORDS, LEADING_TERMS = 10, 6
"""Most words of a heading, and content words of an announcement ("The papers take two ways:"), without a marker."""

_LISTED = re.compile(r"^\s*(?:(?:[-*+\u2022]|\d{1,3}[.)]|>)\s+)+|^\s*#{1,6}\s+")
_SOURCES = r"(?:sources?|passages?|papers?|abstracts?|excerpts?)"
_ABSENT = re.compile(
    r"^(?:(?:however|unfortunately|but),?\s+)?(?:(?:the|these|those|given|provided|available|numbered)\s+)*"
    rf"(?:(?:no|none\s+of(?:\s+the(?:se)?)?)\s+{_SOURCES}\s+(?:mentions?|gives?|states?|says?|reports?)"
    rf"|{_SOURCES}\s+(?:(?:do(?:es)?\s?(?:n['\u2019]t|not)|never)\s+(?:mention|give|state|say|report)"
    r"|(?:say|mention|give|state|report)s?\s+(?:nothing|no)))\b"
    r"(?!.*(?:[,;:\u2014\u2013]|\b(?:but|although|though|while|whereas|because|since|and)\b))",
    re.IGNORECASE,
)
"""A sentence that says of the sources only what they leave out; a second clause could say anything."""
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|do|did|can|cannot|will|not|never|no)\b|n['\u2019]t\b", re.IGNORECASE
)
"""What makes a sentence of a heading."""
_LEADING = frozenset(
    stem(word)
    for word in "short sum summary brief detail overall answer following source paper work approach method way finding "
    "result example difference comparison similarity contrast addition conclusion point key main several take".split()
)
"""Words of an announcement that the sources need not have."""
_ORDER = re.compile(
    r"(?:^\W*(?:(?:now|then|so|but|and|again|please)\W+)*|,\s+)(?:do\s+not|don['\u2019]t|ignore|forget|disregard|pretend)\s"
    r"|![\"'\u201d\u2019 )]*$",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"(?<![\w'\u2019-])(?:I|I['\u2019](?:m|ve|ll|d)|[Mm]e|[Mm]y|[Mm]yself|[Yy]ou|[Yy]ours?|[Yy]ourself)(?![\w-])(?!\.)"
)

_CUTOFF = re.compile(r"\b[^\W\d_]+@(?P<at>\d+)\b")
"""A measure with its cutoff, which is part of its name: nDCG@10."""
_SIZE = re.compile(r"\d+(?:\.\d+)?[kKMB]")
"""A figure that may be part of a name: "the 4B model" of a source that names Qwen-4B."""


@dataclass(frozen=True, slots=True)
class SupportSpan:
    """The words of a source that support a sentence: ``paper.text[start:end]`` of the version that source `n` is of."""

    n: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found.

    Attributes:
        ok: Whether the sentence may be shown.
        reason: Why not, for a person; empty when it may.
        spans: At least one for each marker of a sentence that may be shown; none for one that states nothing.
        kind: Which test failed, for counting; empty when none did.
        support: Share of the idf mass of its words that the spans and their titles hold, 0…1; 1 for a sentence that
            states nothing.
    """

    ok: bool
    reason: str = ""
    spans: tuple[SupportSpan, ...] = ()
    kind: str = ""
    support: float = 0.0


@dataclass(frozen=True, slots=True)
class Support:
    """How far the words of cited sources carry a sentence.

    Attributes:
        coverage: Share of the idf mass of its stems in the best sentences of the cited sources, their titles included.
        rivalry: By how much the best of the other sources covers more of it than the cited ones do, whole passages
            compared; 0 where none does.
    """

    coverage: float
    rivalry: float

    def probability(self, similarity: float) -> float:
        """Probability that the sources carry the sentence, 0…1, given its cosine to their best sentences."""
        odds = COVERAGE_WEIGHT * self.coverage + SIMILARITY_WEIGHT * similarity + RIVALRY_WEIGHT * self.rivalry
        return 1 / (1 + math.exp(-(odds + INTERCEPT)))


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement with what it rests on: the idf of the sentence's stems, and the best sentences of each source."""

    support: Support
    weights: Mapping[str, float]
    best: Mapping[int, Sequence[Said]]

    @property
    def said(self) -> list[Said]:
        """The best sentences of all sources."""
        return [one for found in self.best.values() for one in found]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence without markers and list marks, read once.

    Attributes:
        raw: With its Markdown.
        text: Plain.
        heading: Whether it is a heading, or all in bold.
    """

    raw: str
    text: str
    heading: bool
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]

    @classmethod
    def of(cls, sentence: str) -> Claim:
        """Read a sentence."""
        bare = _LISTED.sub("", without_markers(sentence)).strip()
        text = plain(re.sub(r"\*\*|__|`", "", bare))
        heading = sentence.lstrip().startswith("#") or bool(re.fullmatch(r"\*\*.+\*\*:?", bare))
        return cls(bare, text, heading, words(text), figures(text))

    @property
    def content(self) -> list[Word]:
        """Its content words."""
        return [word for word in self.words if word.content]


class SupportChecker:
    """Checks sentences against numbered sources; deterministic, and no model writes or judges anything."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def check(self, sentence: str, sources: Mapping[int, Passage]) -> Verdict:
        """Decide whether a sentence may be shown.

        Args:
            sentence: One piece of `split_stream`, with its markers.
            sources: All passages that its writer had, by the numbers they were given under.
        """
        numbers = cited(sentence)
        if not any(character.isalnum() for character in without_markers(sentence)):
            return _refused("empty", "It says nothing.") if numbers else Verdict(True, support=1.0)
        if unknown := [n for n in numbers if n not in sources]:
            return _refused("marker", f"There is no source [{unknown[0]}].")
        claim = Claim.of(sentence)
        everything = {n: self.evidence(passage) for n, passage in sources.items()}
        chosen = {n: everything[n] for n in numbers} or everything
        if problem := _form(claim, list(chosen.values())):
            return problem
        if not numbers:
            return _unmarked(claim, list(everything.values()))
        if len(claim.words) < 3 and len(claim.content) < 2:
            return _refused("empty", "It is no sentence.")
        if problem := _details(claim, list(chosen.values())):
            return problem
        return self._supported(claim, chosen, everything)

    def evidence(self, passage: Passage) -> Evidence:
        """Read a passage and its paper; reading sources early saves the first sentence the time."""
        try:
            return evidence(passage, self.library.paper(passage.paper_id, passage.version).text)
        except PaperNotFound:
            return evidence(passage)

    def measure(self, claim: Claim, chosen: Mapping[int, Evidence], everything: Mapping[int, Evidence]) -> Measured:
        """Measure by words how well cited sources carry a claim, and where; `similarity` is left at 0.

        Args:
            claim: The sentence.
            chosen: The sources that it cites.
            everything: All sources that its writer had.
        """
        keys = sorted({word.key for word in claim.content})
        with self.library.indexes() as indexes:
            weights = indexes.lexical.idf(keys)
        best = {n: best_sentences(weights, source, claim.figures) for n, source in chosen.items()}
        vocabularies = [v for n, said in best.items() for v in (chosen[n].title, *(one.vocabulary for one in said))]
        whole = covered(weights, [source.everything for source in chosen.values()])
        others = [covered(weights, [source.everything]) for n, source in everything.items() if n not in chosen]
        rivalry = max(0.0, max(others, default=0.0) - whole)
        return Measured(Support(covered(weights, vocabularies), rivalry), weights, best)

    def similarity(self, claim: Claim, measured: Measured) -> float:
        """Cosine between a claim and its best sentences together."""
        vectors = embed_texts(self.library.embedding, [claim.text, " ".join(one.text for one in measured.said)])
        return float(np.dot(vectors[0], vectors[1]))

    def _supported(self, claim: Claim, chosen: Mapping[int, Evidence], everything: Mapping[int, Evidence]) -> Verdict:
        measured = self.measure(claim, chosen, everything)
        support = measured.support
        if problem := self._content(claim, chosen, measured):
            return _refused("support", problem, support.coverage)
        turned = contradictions.find(claim.words, [one.words for one in measured.said], measured.weights)
        if turned:
            reason = f'"{turned.said}" is not what the source says ("{turned.stated}").'
            return _refused(turned.kind, reason, support.coverage)
        everywhere = [one for source in chosen.values() for one in source.said]
        if problem := misplaced(claim.text, claim.words, claim.figures, everywhere, measured.weights):
            return _refused("placing", problem, support.coverage)
        if problem := detached(claim.text, claim.figures, everywhere, measured.said, measured.weights):
            return _refused("attachment", problem, support.coverage)
        spans = tuple(SupportSpan(n, a, b) for n, found in measured.best.items() for a, b in _joined(found))
        return Verdict(True, spans=spans, support=support.coverage)

    def _content(self, claim: Claim, chosen: Mapping[int, Evidence], measured: Measured) -> str | None:
        """Why the sources do not carry the content, or None; embeds only where words alone decide nothing."""
        support = measured.support
        if not any(measured.best.values()):
            return "Its sources say nothing."
        if support.probability(0.0) < LEAST_SUPPORT:
            hopeless = support.probability(1.0) < LEAST_SUPPORT
            if hopeless or support.probability(self.similarity(claim, measured)) < LEAST_SUPPORT:
                rival = support.rivalry > support.coverage
                return (
                    "Another source says this, not the one that it cites." if rival else "Its sources do not say this."
                )
        idle = [n for n, source in chosen.items() if len(chosen) > 1 and not self._carries(source, measured)]
        return f"Source [{idle[0]}] says nothing of this." if idle else None

    def _carries(self, source: Evidence, measured: Measured) -> bool:
        """Whether one of several cited sources carries a part of the sentence worth its marker."""
        return covered(measured.weights, [source.title, source.everything]) >= LEAST_SHARE


def _unmarked(claim: Claim, sources: Sequence[Evidence]) -> Verdict:
    """A sentence without a marker: headings, announcements and what the sources do not say need none."""
    foreign = {word.key for word in claim.content if not any(s.everything.likeness(word.key) for s in sources)}
    heading = claim.heading and len(claim.words) <= HEADING_WORDS and len(foreign) <= 1 and not _states(claim)
    odd = sum(word.key in foreign and word.key not in _LEADING for word in claim.content)
    leading = claim.text.rstrip("* ").endswith(":") and len(claim.content) <= LEADING_TERMS and not odd
    if (heading or leading or not claim.content or _ABSENT.match(claim.text)) and not _details(claim, sources):
        return Verdict(True, support=1.0)
    return _refused("unmarked", "It carries no marker.")


def _states(claim: Claim) -> bool:
    """Whether what looks like a heading is a sentence, and so needs its marker."""
    ended = claim.text.rstrip("* ").endswith((".", "!", "?"))
    return ended or bool(_FINITE.search(claim.text)) or any(contradictions.moves(word.key) for word in claim.content)


def _refused(kind: str, reason: str, support: float = 0.0) -> Verdict:
    return Verdict(False, reason, kind=kind, support=support)


def _form(claim: Claim, sources: Sequence[Evidence]) -> Verdict | None:
    """Markup, addresses, ids and talk that no source may cause."""
    if piece := entities.markup(claim.raw):
        return _refused("markup", f"It holds a link, a picture or HTML ({piece}).")
    raws = [source.raw for source in sources]
    for identifier in entities.identifiers(claim.raw):
        if not any(identifier.casefold() in raw for raw in raws):
            return _refused("identifier", f"{identifier} stands in no cited source.")
    if match := _SELF.search(claim.text):
        return _refused("address", f'It speaks of its writer or to its reader ("{match.group()}").')
    if _ORDER.search(claim.text):
        return _refused("address", "It commands or exclaims.")
    return None


def _details(claim: Claim, sources: Sequence[Evidence]) -> Verdict | None:
    """Quoted words, names and figures that stand in none of the sources."""
    for quoted in entities.quotations(claim.raw):
        if not any(folded(plain(quoted)) in folded(source.raw) for source in sources):
            return _refused("title", f'"{quoted}" stands in no cited source.')
    forms = frozenset().union(*(source.names for source in sources))
    abbreviations = frozenset().union(*(source.everything.abbreviations for source in sources))
    if name := entities.unknown_name(claim.text, forms, abbreviations):
        return _refused("name", f"{name} stands in no cited source.")
    there = [figure for source in sources for figure in source.figures]
    for cutoff in _CUTOFF.finditer(claim.text):
        if entities.squeezed(cutoff.group()) not in forms and not any(cutoff["at"] == figure.text for figure in there):
            return _refused("name", f"{cutoff.group()} stands in no cited source.")
    for figure in missing(claim.figures, there):
        if not (_SIZE.fullmatch(figure.text) and entities.is_known(figure.text, forms, frozenset())):
            return _refused("figure", f"{figure.text} stands in no cited source.")
    return None


def _joined(said: Sequence[Said]) -> list[tuple[int, int]]:
    """Spans of sentences, neighbours as one."""
    spans: list[tuple[int, int]] = []
    for one in said:
        if spans and one.start - spans[-1][1] <= 2:
            spans[-1] = (spans[-1][0], one.end)
        else:
            spans.append((one.start, one.end))
    return spans
