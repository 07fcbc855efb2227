"""Papers named by their arXiv id or address: "arXiv 2503.09516", "2503.09516v2", "arxiv.org/pdf/2503.09516"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.query.rules import load_rules
from rag.query.words import has_content

_MONTH = re.compile(r"\d{2}(?:0[1-9]|1[0-2])\.")


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
    readings, rules = [], load_rules("ids")
    for match in rules["identifier"].all(question):
        old = "/" in match["id"]
        archive = re.split(r"[./]", match["id"].lower())[0] if old else ""
        alone = archive in rules.words["archives"] if old else len(match["id"]) == 10 and _MONTH.match(match["id"])
        rest = question[: match.start()] + question[match.end() :]
        if not (match["address"] or match["word"] or alone or (not old and not has_content(rest))):
            continue
        related = rules["related"].find(question, 0, match.start())
        start = match.start() + (len(match["lead"]) if related else 0)
        paper_id = f"{archive}/{match['id'].split('/')[1]}" if old else match["id"].lower()
        readings.append(IdentifierReading(start, match.end(), paper_id, related is None))
    return readings
