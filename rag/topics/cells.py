"""The cells of a table of papers, quoted: what an abstract says of its task, its method, its data and its result.

Task, method and result are those of the paper's card (`rag.cards`), which a model found that also tells where a paper
states none. Data is a sentence, not a name alone: the one in which most of the names on the card stand, those of
background counting half, else one that says by its words that something was tried on data. "Experiments on three
datasets show that X wins" is cut at "show that". Where nothing says it, a cell stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from rag.answer.draft import Quote, quote_text
from rag.text.sentences import sentences
from rag.types import Cell, Passage
from rag.types.card import Card, Span

Stated = Literal["task", "method", "result"]
STATED: tuple[Stated, ...] = get_args(Stated)
"""What a card states in one span."""
FROM_CARD = (*STATED, "data")
"""Whose cells are not known to be empty before there is a card."""
NO_CARD = "no card yet"
MAKE_CARDS = "run `paperchat cards`"
"""What makes cards for a library of an earlier version."""
OPENING = 0.34
"""Share of an abstract in which data are its own only where it says "we" or "this paper", or its card names them."""
REPEATED, OTHERS = 0.9, 0.5
"""What a name counts where it stands again, since a card has its first place alone, and where it is background."""

_OWN = re.compile(r"\b(?:we|our|this (?:paper|work|study|article|survey)|in this)\b", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"^\W*(?:however|recent|although|despite|while|existing|previous|traditional|current|conventional|most|many|yet"
    r"|nevertheless|prior|though)\b|\b(?:has|have) (?:become|emerged|gained|shown|been)\b|\bremains?\b|\bchalleng\w+"
    r"|\btypically\b|\bcrucial\b|\black(?:s|ing)? (?:of|a)\b|\bexisting (?:data|bench|method|approach|work)",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"\b(?:data ?sets?|benchmarks?|corpus|corpora|(?:test )?collections?|queries|(?:user|search|click) logs?"
    r"|interactions|participants|A/B tests?|TREC[\w-]*|BEIR|BRIGHT|MS ?MARCO|MovieLens\w*|Amazon|Yelp|HotpotQA"
    r"|Natural Questions|NQ|Wikipedia)\b"
)
_TRIED = re.compile(
    r"\b(?:experiments?|evaluat(?:e|ed|ion|ions)|tested|tests?|trained|validated|conducted?|deployed|comprising"
    r"|containing|consisting of|contains|comprises|spanning|collected|curated)\b"
    r"|\b(?:on|across) (?:[\w,/-]+ ){0,5}(?:data ?sets?|benchmarks?|corpora|collections)\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(r"\b(?:may|might|could|can|suggests?|whether|taxonomy|overview)\b", re.IGNORECASE)
_COUNT = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d[\d,]*)\b", re.IGNORECASE)
_SHOWS = re.compile(
    r"(?:,?\s+(?:and|we|our\s+results)){0,2}(?:\s+(?:clearly|consistently|further|also))?\s+"
    r"(?:shows?|showed|demonstrates?|demonstrated|reveals?|revealed|indicates?|indicated|confirms?|confirmed"
    r"|validates?|verify|verifies)(?:\s+(?:that|how))?\s+",
    re.IGNORECASE,
)


def stated(card: Card | None, field: Stated) -> Cell | None:
    """What a card holds in a field; None where the paper does not state it, or its card is not known."""
    span = getattr(card, field) if card else None
    return Cell(quote=span.text, start=span.start, end=span.end) if span else None


def data(passages: Sequence[Passage], abstract_start: int, card: Card | None) -> Quote | None:
    """The sentence that says on what data a paper works; None where none does.

    Args:
        passages: All of its passages, in reading order.
        abstract_start: Where its abstract begins; a title says none of this in a sentence.
        card: Names its data, if known.
    """
    scored = list(_scored(passages, abstract_start, card.data if card else ()))
    points, quote = max(scored, key=lambda one: one[0], default=(0.0, None))
    return quote if points > 0 else None


def _scored(passages: Sequence[Passage], abstract_start: int, names: Sequence[Span]) -> Iterator[tuple[float, Quote]]:
    """Each sentence, or what of it speaks of data, with its points: one for a cue, one for each name."""
    said = [
        Quote(passage, passage.start + start, passage.start + end)
        for passage in passages
        for start, end in sentences(passage.text)
        if passage.start + start >= abstract_start
    ]
    for n, quote in enumerate(said):
        text = quote_text(quote)
        named = _named(quote, names)
        if not named and n < OPENING * max(len(said) - 1, 1) and not _OWN.search(text):
            continue  # an abstract begins with what others did
        where = _before_outcome(quote) or quote
        is_background = _BACKGROUND.search(text) and not _OWN.search(text)
        points = named * (OTHERS if is_background else 1) + _data(text)
        yield points, where if _named(where, names) == named else quote


def _named(quote: Quote, names: Sequence[Span]) -> float:
    """How many names stand in a quote, by their places; part of another name is none."""
    return sum(1 if quote.start <= span.start < quote.end else _again(span.text, quote) for span in names)


def _again(name: str, quote: Quote) -> float:
    return REPEATED if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", quote_text(quote)) else 0.0


def _data(text: str) -> float:
    if not _DATA.search(text) or not _TRIED.search(text) or _BACKGROUND.search(text) or _HEDGED.search(text):
        return 0.0
    return 1.0 + 0.2 * min(len(_DATA.findall(text)) + bool(_COUNT.search(text)), 4)


def _before_outcome(sentence: Quote) -> Quote | None:
    """What of a sentence stands before "show that", where that names data; None for any other sentence."""
    text = quote_text(sentence)
    cut = _SHOWS.search(text)
    if not cut or not _DATA.search(text, 0, cut.start()):
        return None
    return Quote(sentence.passage, sentence.start, sentence.start + cut.start())
