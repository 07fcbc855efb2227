"""Papers named by their arXiv id or address: "arXiv 2503.09516", "2503.09516v2", "arxiv.org/pdf/2503.09516"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.query.words import has_content

_NEW = r"\d{4}\.\d{4,5}"
_MONTH = re.compile(r"\d{2}(?:0[1-9]|1[0-2])\.")
_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ARCHIVES = frozenset(
    "astro-ph cmp-lg cond-mat cs gr-qc hep-ex hep-lat hep-ph hep-th math math-ph nlin nucl-ex nucl-th physics q-bio"
    " q-fin quant-ph stat".split()
)
_ADDRESS = r"(?:https?://)?(?:\w+\.)?arxiv\.org/(?:abs|pdf|html|format)/"
_IDENTIFIER = re.compile(
    rf"(?P<lead>(?:\b(?:the\s+)?(?:paper|preprint|article|work)\s+)?(?:\(\s*)?)"
    rf"(?:(?P<address>{_ADDRESS})|(?P<word>\barxiv(?:\.org)?(?:\s+(?:id|no\.?|number|paper|preprint))?\s*[:#]?\s*)"
    rf"|(?<![\w./]))"
    rf"(?P<id>{_NEW}|{_OLD})(?:v\d{{1,2}})?(?:\.pdf)?(?![\d])(?!\.\d)(?:\s*\))?",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"\b(?:like|similar|related|alternatives?|other\s+than|besides|apart\s+from|unlike|cit(?:e|es|ing)"
    r"|buil(?:d|ds|t|ding)\s+(?:up)?on|extend(?:s|ing)?|follow(?:s|ing)?(?:\s+up)?|except|not)"
    r"(?:\s+(?:to|on|for|in|the|that|those|than|what|as|is|of|idea|approach|method))*\s*(?:\()?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class IdentifierReading:
    """An id read from `question[start:end]`; `restricts` is False in "papers similar to 2503.09516"."""

    start: int
    end: int
    paper_id: str
    restricts: bool


def read_identifiers(question: str) -> list[IdentifierReading]:
    """Find the arXiv ids in a question.

    The old form (``cs.IR/0112017``, which is the paper ``cs/0112017``) counts after "arXiv" or its address, or where it
    begins with one of arXiv's archives; the new form also alone: its first four digits are a year and a month, which
    hardly any other number with five decimals has. Where they are not, no paper can have the id, and still it is meant
    as one if "arXiv" stands before it or the question says nothing else: "summarize 9999.99999".
    """
    readings = []
    for match in _IDENTIFIER.finditer(question):
        old = "/" in match["id"]
        archive = re.split(r"[./]", match["id"].lower())[0] if old else ""
        alone = archive in _ARCHIVES if old else len(match["id"]) == 10 and _MONTH.match(match["id"])
        rest = question[: match.start()] + question[match.end() :]
        if not (match["address"] or match["word"] or alone or (not old and not has_content(rest))):
            continue
        related = _RELATED.search(question, 0, match.start())
        start = match.start() + (len(match["lead"]) if related else 0)
        paper_id = f"{archive}/{match['id'].split('/')[1]}" if old else match["id"].lower()
        readings.append(IdentifierReading(start, match.end(), paper_id, related is None))
    return readings
