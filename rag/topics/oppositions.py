"""Pairs of papers that state opposite effects of the same thing on the same outcome.

A clause counts as a finding only when it is built plainly: a subject, a word that says which way it goes ("improves",
"does not help"), and what is moved. Two findings oppose each other when their subjects are the same words, something
that they move is the same, and they go opposite ways. That misses most ways of saying so and is meant to: looser tests
showed pairs that merely differ (docs/adr/0008-themes.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise

from rag.answer.draft import Quote, quote_text
from rag.text.sentences import sentences
from rag.types import Passage
from rag.write.grounding.lexicon import FAILING, stem
from rag.write.grounding.words import Word, plain, words

MOST = 3
"""Pairs shown of a topic."""
SUBJECT_WORDS = 6
"""Longest subject, in content words; longer ones are whole clauses that were not told apart."""
OBJECT_WORDS = 5
"""Content words behind the effect that may name what is moved."""


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, text.split()))


_UP = _stems("improve increase enhance boost benefit help raise strengthen amplify")
_DOWN = _stems("reduce decrease degrade hurt harm impair worsen lower weaken diminish hinder deteriorate")
_GOOD = _stems("effective beneficial helpful")
_BAD = _stems("ineffective detrimental harmful")
_WINS = _stems("outperform surpass exceed beat better superior")
_LOSES = _stems("underperform worse inferior")
_OUTCOME = stem("performance")
_OUTCOMES = _stems("performance effectiveness accuracy quality result results metric metrics")
"""Words for the one outcome that every comparison has; who outperforms moves it without naming it."""
_HARMS = _stems(
    "loss error cost drop drops degradation decline gap risk harm bias latency time delay noise hallucination failure "
    "variance overhead mistake forgetting collapse toxicity redundancy"
)
"""What it is good to have less of: less of it is no opposite of more of what stands beside it ("accuracy loss")."""
_VAGUE = _stems(
    "method approach model framework system technique strategy setting based task result performance accuracy "
    "experiment evaluation extensive large language llm llms neural network deep learning human participant user ai "
    "agent data"
)
"""Words that name no subject by themselves."""
_DEGREES = _stems(
    "significant substantial consistent often always can may might could also even still further do deliver achieve "
    "demonstrate show yield provide exhibit maintain match lead face prove tend"
)
"""Words around an effect that belong neither to its subject nor to what it moves."""
_NOT_SAID = re.compile(
    r"\b(?:our|ours|we|us|i|propos\w+|this|these|those|it|its|they|their|such|existing|traditional|current|conventional"
    r"|previous|prior|recent|novel|new|whether|how|why|if|unless|aim\w*|seek\w*|expect\w*|challenge\w*|not only|thereby"
    r"|therefore|thus|hence|consequently|further|(?<!fail )(?<!fails )(?<!failed )to)\b",
    re.IGNORECASE,
)
"""What before an effect makes it the paper's own method, an aim, a question, background, or one that leans back."""
_BELIEVED = re.compile(
    r"\b(?:assum\w*|belie\w*|wisdom|hypothes\w*|expectation\w*|intuition\w*)\b|\?\s*$", re.IGNORECASE
)
"""Sentences that report what is believed, or ask."""
_NOUN = re.compile(r"(?:ments?|ness|ations?)$", re.IGNORECASE)
"""Endings of what is named and not stated: "the improvement"."""
_IS = frozenset("is are was were be been being remain remains prove proves proved".split())
_CLAUSE = re.compile(
    r"\b(?:that|while|whereas|but|although|though|yet|which|however|because|and|when|where|by|compared|than|due"
    r"|in our \w+|(?:we|results?|findings?|experiments?|stud(?:y|ies)|analys[ie]s) (?:find|found|shows?|showed"
    r"|observed?|reveals?|report(?:s|ed)?|confirms?|suggests?|indicates?|see|saw))\b"
    r"|[;:,()—–]|\.\s",
    re.IGNORECASE,
)
"""Where a clause ends, or what is said only introduces the next: "our results show"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A plain statement of an effect.

    Attributes:
        quote: The sentence.
        up: Whether the effect is a gain.
        subject: Stems of what has the effect.
        moved: Stems of what is moved.
        compares: Whether it is said in comparison with something.
    """

    quote: Quote
    up: bool
    subject: frozenset[str]
    moved: frozenset[str]
    compares: bool


def find_opposed(papers: Iterable[Sequence[Passage]]) -> list[tuple[Quote, Quote]]:
    """Pairs of sentences of two papers with opposite findings, in the papers' order, each paper in one pair at most.

    Args:
        papers: The passages of each, in reading order.
    """
    found = [finding for passages in papers for finding in findings(passages)]
    return list(islice(_pairs(found), MOST))


def _pairs(found: Sequence[Finding]) -> Iterator[tuple[Quote, Quote]]:
    taken: set[str] = set()
    for one, other in combinations(found, 2):
        ids = {one.quote.passage.paper_id, other.quote.passage.paper_id}
        if len(ids) == 2 and taken.isdisjoint(ids) and opposed(one, other):
            taken |= ids
            yield one.quote, other.quote


def findings(passages: Sequence[Passage]) -> Iterator[Finding]:
    """The findings that a paper's sentences state plainly, one a clause at most."""
    for passage in passages:
        for start, end in sentences(passage.text):
            quote = Quote(passage, passage.start + start, passage.start + end)
            text = plain(quote_text(quote))
            if _BELIEVED.search(text):
                continue
            cuts = [0, *(cut.end() for cut in _CLAUSE.finditer(text)), len(text)]
            clauses = (_effect(quote, text[a:b]) for a, b in pairwise(cuts))
            yield from (finding for finding in clauses if finding)


def _effect(quote: Quote, clause: str) -> Finding | None:
    """What a clause states about an effect."""
    read = words(clause)
    for i, word in enumerate(read):
        up, down, compares = word.key in _UP, word.key in _DOWN, word.key in _WINS or word.key in _LOSES
        judges = (word.key in _GOOD or word.key in _BAD) and _is_said(read[max(0, i - 3) : i])
        if _NOUN.search(word.text) or not (up or down or compares or judges):
            continue
        if _NOT_SAID.search(clause[: word.start]):
            return None
        subject, moved = frozenset(_content(read[:i])), _content(read[i + 1 :])[:OBJECT_WORDS]
        if not 1 < len(subject) <= SUBJECT_WORDS or _VAGUE.issuperset(subject):
            return None
        denied = any(other.key in FAILING for other in read[:i])
        outcomes = {_OUTCOME if key in _OUTCOMES else key for key in moved} | (
            {_OUTCOME} if compares or judges else set()
        )
        gain = word.key in _UP | _WINS | _GOOD
        return Finding(quote, gain != denied, subject, frozenset(outcomes), compares)
    return None


def _is_said(before: Sequence[Word]) -> bool:
    """Whether an adjective is said of a subject ("is not helpful") and does not belong to a noun ("is a helpful …")."""
    near = {word.text.lower() for word in before}
    return not near.isdisjoint(_IS) and near.isdisjoint(("a", "an", "the"))


def _content(read: Sequence[Word]) -> list[str]:
    return [
        word.key
        for word in read
        if word.content and word.key not in _DEGREES | FAILING and not word.text.lower().endswith("ly")
    ]


def opposed(one: Finding, other: Finding) -> bool:
    """Whether two findings have the same subject and something moved in common, and go opposite ways.

    Two that compare performance say nothing against each other where they compare with different things, nor do two of
    which one moves a harm.
    """
    if one.up == other.up or not (_named(one) == _named(other) or one.subject == other.subject):
        return False
    if one.moved & _HARMS != other.moved & _HARMS:
        return False
    common = one.moved & other.moved
    rest, others = one.moved - {_OUTCOME}, other.moved - {_OUTCOME}
    return bool(common - {_OUTCOME}) or (bool(common) and not (one.compares and other.compares and rest and others))


def _named(finding: Finding) -> frozenset[str]:
    """A subject without vague words, where two others are left: "the generator model" is "the generator"."""
    named = finding.subject - _VAGUE
    return named if len(named) > 1 else finding.subject
