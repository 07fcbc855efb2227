"""A sentence cut down to the clause that says it: what only leads in or comments is left out.

Where clauses begin and end is closed: marks and a few words of scientific prose. Which sentence is meant is not decided
here (`rag.models.sentence_roles`).
"""

from __future__ import annotations

import re

from rag.text.sentences import Span, stripped

LONG, SHORT = 28, 8
"""Words over which a sentence is cut, and that are left at least."""
_LEAST_REST, _LEAST_GOAL = 6, 4
"""Words that are left at least behind what leads in, and behind an offer."""
_WORD = re.compile(r"\S+")
_OFFER = re.compile(
    r"(?:we|this (?:paper|work|study|article|thesis))\b[^.;:]{0,40}?\b(?:propos|introduc|present|develop|design)\w*\b"
    r"[^.;:]{8,160}?\s"
    r"(?:(?:designed|intended|developed|built|aimed|able|aiming|created|used) )?"
    r"(?:(?:that|which) aims? to|to|for)\s",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"(?:in (?:this|the present|our) (?:paper|work|study|thesis|article|survey|report)"
    r"|however|therefore|thus|hence|moreover|furthermore|additionally|specifically|finally|consequently|accordingly|"
    r"to (?:this|that) end|to (?:address|tackle|overcome|solve|remedy|bridge|mitigate|alleviate|fill) "
    r"(?:this|these|that|those|the above|such)[^,]{0,60}|motivated by [^,]{1,60}|"
    r"inspired by [^,]{1,60}|building on [^,]{1,60}|"
    r"as a result|in summary|overall|"
    r"in particular|in response(?: to [^,]{1,40})?)(?:,\s*(?:therefore,\s*)?|\s+(?=we\b))",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"(?:(?:extensive|comprehensive|experimental|empirical|our|the|these|further|additional|rigorous|thorough|offline|online|"
    r"and|both|quantitative|qualitative|detailed|ablation|simulation|large-scale|systematic|we)\s+)*"
    r"(?:experiments?|evaluations?|results?|findings?|analys[ei]s|stud(?:y|ies)|tests?|ablations?|investigations?|find|show|"
    r"demonstrate|observe)\b[^.;]{0,160}?\b(?:show(?:s|ed|n)?|demonstrat\w+|reveal\w*|indicat\w+|suggest\w*|confirm\w*|"
    r"validat\w+|verif\w+|find|found|observe[ds]?|prove[sd]?|highlight\w*|show) that\s+",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r";\s|\s[-–—]{1,3}\s|:\s(?=\(?[1i]\)|first)|,\s(?=which\b|where\b|while\b|whereas\b|thereby\b|thus\b|with\b|and\b|but\b|"
    r"allowing\b|[a-z]+ing\b)|\s(?=by (?:[a-z-]+ly )?[a-z]+ing\b)|\s(?=(?:through|using|via)\b)"
)
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:\\?%|x\b|×|\$?\\times|points?\b|percent)|\b0\.\d+|\+\d")


def clause(text: str, span: Span, field: str) -> Span:
    """The part of a sentence that states a field, as short as it still makes sense.

    Args:
        text: In which the sentence stands.
        span: Of the sentence.
        field: ``task``, ``method`` or ``result``; of a result its figure is kept.
    """
    start, end = span
    start = _after(_LEADS, text, start, end)
    if field == "result":
        start = _after(_REPORTS, text, start, end)
    if _words(text[start:end]) > LONG:
        end = _cut(text, start, end, field)
    return stripped(text, start, end) or span


def goal(text: str, span: Span) -> Span:
    """What something is made for, of a clause that offers it: "we present X, a framework *to …*", "… *for …*"."""
    offer = _OFFER.match(text, *span)
    if offer is None or _words(text[offer.end() : span[1]]) < _LEAST_GOAL or offer[0].count("(") != offer[0].count(")"):
        return span
    return offer.end(), span[1]


def _after(lead: re.Pattern[str], text: str, start: int, end: int) -> int:
    match = lead.match(text, start, end)
    return match.end() if match and _words(text[match.end() : end]) >= _LEAST_REST else start


def _cut(text: str, start: int, end: int, field: str) -> int:
    """Where the first of a long sentence's clauses ends that leaves enough, and of a result its figure."""
    for match in _BREAK.finditer(text, start, end):
        head, tail = text[start : match.start()], text[match.start() : end]
        if _words(head) < SHORT or head.count("(") > head.count(")"):
            continue
        if field == "result" and _FIGURE.search(tail) and not _FIGURE.search(head):
            continue
        return match.start()
    return end


def _words(text: str) -> int:
    return len(_WORD.findall(text))
