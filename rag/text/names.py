"""Names: an author's folded to words, so that one person's spellings match; a system's, told by how it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.folding import plain
from rag.text.readable import readable

_SUFFIX = re.compile(r"(?:Jr|Sr|Ph\.?D|M\.?D)\.?|I{2,3}|IV", re.IGNORECASE)
_NOBODY = frozenset("jr sr phd ph md ii iii iv et al and others the collaboration".split())
"""Words among authors that tell nobody: suffixes, and what stands for those who are not named."""
_NOT_A_LETTER = re.compile(r"[\W\d_]+")
_KIND = re.compile(
    r"-(?:[a-z]*[aeiouy][a-z]+(?:(?<!emb)(?<!cas)ed|(?<!embedd)ing)|aware|free|driven|like|style|wise|level|only"
    r"|specific|centric|agnostic|dominant|compatible|dependent|independent|native|optimal|type|built|fed|led|run)$"
    r"|-(?:a|as|by|for|in|of|to|with)-",
    re.IGNORECASE,
)
"""What makes a kind of things of a compound: a participle at its end, though neither "NV-Embed" nor "BERT-uncased", one
of the words that make an adjective of any noun, or a small word within."""


def name_words(name: str) -> tuple[str, ...]:
    """Fold a name to lower-case words without accents or punctuation: ``"É. A . Poe"`` → ``("e", "a", "poe")``.

    A name that is written family name first, ``"Poe, É. A."``, has the same words in the same order.
    """
    family, comma, given = name.partition(",")
    if comma and given.strip() and "," not in given and not _SUFFIX.fullmatch(given.strip()):
        name = f"{given} {family}"
    return tuple(word for word in _NOT_A_LETTER.split(plain(name)) if word)


def name_matches(query: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Tell whether the query's words stand in the name, in order; a single letter matches as an initial.

    ``("charles", "clarke")`` and ``("c", "clarke")`` both match ``("charles", "l", "a", "clarke")``. A full word of the
    query never matches a mere initial of the name: "Jimmy Lin" is not "J. Lin", who may be someone else.
    """
    rest = iter(name)
    return bool(query) and all(
        any(word == part or (len(word) == 1 and part[0] == word) for part in rest) for word in query
    )


def is_name(word: str) -> bool:
    """Whether a word looks like a system's name: inner capitals, all capitals, or a digit beside a capital."""
    return bool(re.search(r"[^\W_].*[A-Z]|[A-Z].*[\d²³]|\d.*[A-Z]", word)) and len(word) > 1


def is_kind(word: str) -> bool:
    """Whether a compound is a kind of things and no name: "LLM-based", and not "BERT-base" or "GPT-4o-mini"."""
    return bool(_KIND.search(word))


def may_share_author(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two lists of authors can be one paper's: they share a word of a name, or one of them tells no author."""
    told = telling_words(some), telling_words(others)
    return not all(told) or bool(told[0] & told[1])


def telling_words(names: Sequence[str]) -> set[str]:
    """The words of authors' names that tell who they are: which of them is the family's, lists write in many ways."""
    words = {word for name in names for word in name_words(readable(name))}
    return {word for word in words if len(word) > 1} - _NOBODY
