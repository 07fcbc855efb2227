"""How a text says that a name is its own: "We propose NAME, …", "… introduce a long description (NAME)"."""

from __future__ import annotations

import re
from functools import lru_cache

_INTRODUCES = (
    r"\b(?:propos|introduc|present|develop|releas|describ|call|name|term|dubb)\w*,?\s+"
    r"(?:(?!\b(?:that|which|who|us(?:es?|ing)|by|with|based|of|on|in|for|to|than|and)\b)[\w-]+,?\s+){0,3}?"
)
"""What stands before a name that a text gives to something of its own."""
_SPELLED_OUT = (
    r"\b(?:propos|introduc|present|develop)\w*\s(?:(?!\b(?:that|which|who|us(?:es?|ing)|by|with|based|of|on|to|than)\b)"
    r"[^.;()]){3,120}\("
)
"""The same where the name follows in brackets what it is short for."""


@lru_cache(maxsize=512)
def introduction_of(name: str) -> re.Pattern[str]:
    """The pattern of sentences that introduce a name, written exactly so."""
    return re.compile(f"(?:{_INTRODUCES}|{_SPELLED_OUT})(?<![\\w-]){re.escape(name)}(?![\\w-])")
