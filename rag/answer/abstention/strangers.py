"""Names that no paper of a library holds: what is asked of them has no answer, however near other papers are."""

from __future__ import annotations

import re

from rag.index import LexicalIndex

_NAME = re.compile(r"(?<![\w/.@-])[A-Za-z][\w-]*(?:[A-Z]|\d)[\w-]*(?<!-)")
"""A word that is written as systems are named: with a capital inside, or a digit."""
_PART = re.compile(r"[^\W_]+")
_ASKED_OF = r"\b(?:is|are|was|were|do|does|did|has|have|can|could|will|would|about|behind)\s+(?:the\s+)?{}(?![\w-])"
_CHAT_MODEL = re.compile(r"(?:chat)?gpt|llama|qwen|gemini|gemma|claude|deepseek|mistral", re.IGNORECASE)
"""Models of which there is always a newer one: papers about their kind may still answer."""


def strangers(lexical: LexicalIndex, text: str) -> list[str]:
    """The names in a text that stand nowhere in the library, told by their longest part: ``QueryForge`` of a -9B."""
    return [name for name in dict.fromkeys(_NAME.findall(text)) if not _is_held(lexical, name)]


def asks_of_a_stranger(lexical: LexicalIndex, question: str) -> bool:
    """Whether a question asks how or what such a name is or does: nothing else in it can be answered."""
    return any(
        re.search(_ASKED_OF.format(re.escape(name)), question, re.IGNORECASE)
        for name in strangers(lexical, question)
        if not _CHAT_MODEL.match(name)
    )


def _is_held(lexical: LexicalIndex, name: str) -> bool:
    terms = lexical.analyze(max(_PART.findall(name), key=len))
    return not terms or any(map(lexical.doc_freq, terms))
