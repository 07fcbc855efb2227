"""The cells of a topic's table: what an abstract says of its method, its data and its result, quoted.

A sentence is chosen by cues of how abstracts say these things; where none says it, the cell stays empty. "Experiments
on three datasets show that X wins" is cut at "show that": its beginning is the data, its end the result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer.draft import Quote, quote_text
from rag.text.sentences import sentences
from rag.types import Passage

OPENING = 0.34
"""Share of an abstract in which data and results are only its own where it says "we", "our" or "this paper"."""

_OWN = re.compile(r"\b(?:we|our|this (?:paper|work|study|article|survey)|in this)\b", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"^\W*(?:however|recent|although|despite|while|existing|previous|traditional|current|conventional|most|many|yet"
    r"|nevertheless|prior|though)\b|\b(?:has|have) (?:become|emerged|gained|shown|been)\b|\bremains?\b|\bchalleng\w+"
    r"|\btypically\b|\bcrucial\b|\black(?:s|ing)? (?:of|a)\b|\bexisting (?:data|bench|method|approach|work)",
    re.IGNORECASE,
)
_PROPOSES = re.compile(
    r"\b(?:we|this (?:paper|work|study|article|survey)|the (?:paper|authors?))\b[^.;]{0,50}?"
    r"\b(?:propos|introduc|present|develop|design|devis|build|construct|describ|formulat|creat)\w*"
    r"|\b(?:is|are) (?:proposed|introduced|presented)\b",
    re.IGNORECASE,
)
_EXAMINES = re.compile(
    r"\b(?:we|this (?:paper|work|study|article|survey|review))\b[^.;]{0,50}?\b(?:investigat|examin|stud(?:y|ies)|explor"
    r"|review|survey|evaluat|analy[sz]|compar|reproduc|benchmark|audit|argue|conduct|provid|offer)\w*",
    re.IGNORECASE,
)
_MECHANISM = re.compile(
    r"\b(?:by|via|through|using|leverag\w+|based on|consist\w+|which|that|combin\w+|train\w*)\b", re.I
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
_OUTCOME = re.compile(
    r"(?<!to )(?<!further )\b(?:outperforms?|outperformed|outperforming|surpass(?:es|ed|ing)?|exceed(?:s|ed|ing)?"
    r"|achiev(?:es?|ed|ing)|improv(?:es|ed|ements?) |reduc(?:es|ed|tions?) |increas(?:es|ed) |gains? of"
    r"|(?:we|results?|experiments?|findings?|analys[ie]s|evaluations?|study)\b[^.;]{0,40}"
    r"\b(?:find|found|shows?|demonstrat\w+|reveal\w*|indicat\w+|suggest\w*|confirm\w*|validat\w*|highlight\w*)"
    r"|up to)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?<![\w@.,-])\d+(?:[.,]\d+)*\s*\\?%|(?<![\w@.,-])\d+\.\d+|\bby \d+|\b\d+(?:\.\d+)?(?:x|×|-fold| times)"
)
_COUNT = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d[\d,]*)\b", re.IGNORECASE)
_SHOWS = re.compile(
    r"(?:,?\s+and(?:\s+our\s+results)?)?(?:\s+(?:clearly|consistently|further|also))?\s+"
    r"(?P<verb>shows?|showed|demonstrates?|demonstrated|reveals?|revealed|indicates?|indicated|confirms?|confirmed"
    r"|validates?|verify|verifies)(?P<that>\s+(?:that|how))?\s+",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[\s.;,]+$")


@dataclass(frozen=True, slots=True)
class Row:
    """Quotes for the cells of one paper; None where the abstract does not say."""

    method: Quote | None
    data: Quote | None
    result: Quote | None


def row(passages: Sequence[Passage], abstract_start: int) -> Row:
    """Choose the cells of one paper.

    Args:
        passages: All of its passages, in reading order.
        abstract_start: Where its abstract begins; titles say none of this in a sentence.
    """
    said = [
        Quote(passage, passage.start + start, passage.start + end)
        for passage in passages
        for start, end in sentences(passage.text)
        if passage.start + start >= abstract_start
    ]
    method = _best([(_method(quote_text(quote)), quote) for quote in said])
    data: list[tuple[float, Quote]] = []
    results: list[tuple[float, Quote]] = []
    for n, quote in enumerate(said):
        position = n / max(len(said) - 1, 1)
        if position < OPENING and not _OWN.search(quote_text(quote)):
            continue  # an abstract begins with what others did
        halves = _cut(quote)
        where, what = halves or (quote, quote)
        data.append((_data(quote_text(quote)), where))
        results.append((_result(quote_text(quote), quote_text(what), position), what))
    used = _best([(points, quote) for points, quote in data if quote != method])
    result = _best([(points, quote) for points, quote in results if quote not in (method, used)])
    return Row(method, used, result)


def _best(scored: Sequence[tuple[float, Quote]]) -> Quote | None:
    """The quote with the most points, the first of equals; None where none has any."""
    points, quote = max(scored, key=lambda one: one[0], default=(0.0, None))
    return quote if points > 0 else None


def _method(text: str) -> float:
    if _PROPOSES.search(text):
        return 2.0 + 0.2 * min(len(_MECHANISM.findall(text)), 3)
    return 1.0 if _EXAMINES.search(text) and not _BACKGROUND.search(text) else 0.0


def _data(text: str) -> float:
    if not _DATA.search(text) or not _TRIED.search(text) or _BACKGROUND.search(text) or _HEDGED.search(text):
        return 0.0
    return 1.0 + 0.2 * min(len(_DATA.findall(text)) + bool(_COUNT.search(text)), 4)


def _result(sentence: str, said: str, position: float) -> float:
    """Points of what a sentence says of a result; later ones and figures count more."""
    if not _OUTCOME.search(sentence) or _BACKGROUND.search(sentence):
        return 0.0
    return 1.0 + 0.7 * min(len(_FIGURE.findall(said)), 2) + 0.5 * position


def _cut(sentence: Quote) -> tuple[Quote, Quote] | None:
    """Both sides of "show that", where the first names data; None for any other sentence."""
    text = quote_text(sentence)
    cut = _SHOWS.search(text)
    if not cut or not _DATA.search(text, 0, cut.start()):
        return None
    tail = _ENDS.search(text)
    end = sentence.end - (len(tail[0]) if tail else 0)
    before = Quote(sentence.passage, sentence.start, sentence.start + cut.start())
    after = Quote(sentence.passage, sentence.start + (cut.end() if cut["that"] else cut.start("verb")), end)
    return (before, after) if after.start < after.end else None
