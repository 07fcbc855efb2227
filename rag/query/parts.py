"""Whether a question has several parts: one answer, or one search, does not do."""

from __future__ import annotations

import re

_ASKS = r"(?:how\s+(?:many|much|do|does|did|is|are|was|were|often)|which|what|who|whose|when|where|why)"
_FIRST = re.compile(rf"\b{_ASKS}\b", re.IGNORECASE)
_SECOND = re.compile(
    rf"(?:[?;]|,?\s(?:and|or|but)(?:\s+(?:also|then|if\s+so))?,?|,)\s+(?:in\s+|by\s+|of\s+|for\s+|to\s+|with\s+)?{_ASKS}\b\s+\S",
    re.IGNORECASE,
)
"""A further question in the same sentence, or after it."""
_ORDERS = re.compile(
    r"^\W*(?:list|find|count|collect|name|show)\b.*?(?:,|\band\b|\bthen\b)\s+(?:then\s+)?(?:compare|summari[sz]e|count|say|tell"
    r"|explain|list|name|rank|group)\b",
    re.IGNORECASE | re.DOTALL,
)
"""An order and what is to be done with its result."""
_OVER_TIME = re.compile(
    r"\bhow\s+(?:has|have|did)\b.*\b(?:chang\w+|evolv\w+|develop\w+|shift\w+)\b.*\b(?:since|between|from|over)\b"
    r"|\b(?:before|after|earlier|later)\b.*\bcompared?\s+(?:with|to)\b",
    re.IGNORECASE | re.DOTALL,
)


def has_parts(question: str) -> bool:
    """Whether a question asks several things, orders several, or sets two times against each other."""
    asked = question.strip().rstrip("?! ")
    first = _FIRST.search(asked)
    several = first is not None and _SECOND.search(asked, first.end())
    return bool(several or _ORDERS.search(asked) or _OVER_TIME.search(asked))
