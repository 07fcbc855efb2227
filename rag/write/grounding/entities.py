"""Names a sentence may not invent: addresses, arXiv ids, DOIs, quoted titles, and the names of systems and data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|\bwww\.|\b(?:mailto|javascript|data|tel):)[^\s<>\"'\u201d)\]}|]+"
    r"|\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}(?:com|org|net|io|ai|dev|co|edu|gov|info|app|xyz|ru|cn|de|uk|me|ly|gg|sh)"
    r"(?:/[^\s<>\"')\]}|]*)?(?![\w-])"
    r"|(?<![\w.+-])[\w.+-]+@[\w-]+\.[a-z]{2,}\b",
    re.IGNORECASE,
)
"""A URL, a bare domain or an e-mail address."""
_MARKUP = re.compile(r"!\[|\]\(|\]\s?\[[^\]\d]|^\s*\[[^\]]+\]:\s")
"""A Markdown picture or link, or a reference definition."""
_TAG = re.compile(r"<\s*+/?+\s*+[a-zA-Z!][^>]*>")
"""An HTML tag."""
_ARXIV = re.compile(
    r"(?<![\d.])(?P<id>\d{4}\.\d{4,5})(?:v\d+)?(?![\d]|\.\d)|(?<![\w-])[a-z-]+(?:\.[A-Z]{2})?/(?P<old>\d{7})\b"
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>\])]+")
_QUOTED = re.compile(
    r"\"([^\"]{2,300})\"|\u201c([^\u201d]{2,300})\u201d|\u00ab([^\u00bb]{2,300})\u00bb|(?<!\w)\u2018([^\u2018\u2019]{8,300})\u2019(?!\w)"
    r"|(?<![\w*])\*(?!\*)([^*\n]{8,300})\*(?![\w*])|(?<!\w)_([^_\n]{8,300})_(?!\w)"
)
_TOKEN = re.compile(r"[^\W_]+(?:[-\u2010\u2011.@/+'\u2019&][^\W_]+)*\+*")
_NAMELIKE = re.compile(r"(?=\w+\Z)(?:\w*[a-z\d][A-Z]|[A-Z]{2}|[A-Z]\w*\d|\d+[A-Z]|[a-z]+\d)\w*")
_QUANTITY = re.compile(r"[$\u20ac\u00a3~]?[\d.,]+(?:[kKMBGTx]|[KMGT]i?B|ms|s|bn|pp)?(?:st|nd|rd|th)?|(?:10)?e\d+")
_PARTS = re.compile(r"[-\u2010\u2011/&]")
_SEPARATORS = re.compile(r"[\W_]+")
_EVERYDAY = frozenset("ai ml nlp it us uk eu pc ok id ids sota vs tv".split())
"""Abbreviations that name nothing in particular."""


def markup(text: str) -> str | None:
    """The first piece of markup that could load or lead anywhere, if there is one."""
    # Without what stands behind the last ">", so that what opens like a tag is one.
    match = _MARKUP.search(text) or _TAG.search(text, 0, text.rfind(">") + 1)
    return match.group().strip() if match else None


def identifiers(text: str) -> Iterator[str]:
    """Addresses, arXiv ids and DOIs in a text, as written but for the punctuation behind them."""
    for pattern in (ADDRESS, _ARXIV, _DOI):
        for match in pattern.finditer(text):
            yield (match.groupdict().get("id") or match.groupdict().get("old") or match.group()).rstrip(".,;:!?*_`")


def quotations(text: str) -> Iterator[str]:
    """Quoted or italic passages of two words or more."""
    for match in _QUOTED.finditer(text):
        quoted = next(filter(None, match.groups()))
        if len(quoted.split()) > 1:
            yield quoted


def unknown_name(text: str, forms: frozenset[str], abbreviations: frozenset[str]) -> str | None:
    """The first name in a text that another does not hold.

    A name is a word with capitals or digits inside, or all in capitals; in a compound its parts may be.

    Args:
        text: A plain text.
        forms: `known_names` of the other.
        abbreviations: What runs of the other's words abbreviate to.
    """
    tokens = [match.group() for match in _TOKEN.finditer(ADDRESS.sub(" ", text))]
    for place, token in enumerate(tokens):
        if squeezed(token).removesuffix("s") in forms:
            continue
        for part in _PARTS.split(token):
            if not _NAMELIKE.fullmatch(part.rstrip("+")) or _QUANTITY.fullmatch(part):
                continue
            joined = {squeezed("".join(tokens[i : i + 2])) for i in (place - 1, place) if i >= 0}
            if not is_known(part, forms, abbreviations) and joined.isdisjoint(forms):
                return part
    return None


@lru_cache(maxsize=65536)
def squeezed(text: str) -> str:
    """Letters and digits only, case and accents folded."""
    if text.isascii():
        return _SEPARATORS.sub("", text).lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def known_names(text: str) -> frozenset[str]:
    """Every form under which a text's words may be named again: words, their parts, and pairs of neighbours."""
    tokens = [match.group() for match in _TOKEN.finditer(text)]
    forms = {squeezed(part) for token in set(tokens) for part in (token, *_SEPARATORS.split(token))}
    forms |= {squeezed(one) + squeezed(other) for one, other in set(pairwise(tokens))}
    return frozenset(forms | {form.removesuffix("s") for form in forms})


def is_known(name: str, forms: frozenset[str], abbreviations: frozenset[str]) -> bool:
    """Whether a name stands among the forms of a text, or abbreviates its words."""
    form = squeezed(name)
    short = form.removesuffix("s") if name.endswith("s") else form
    return bool({form, short} & (forms | _EVERYDAY)) or short in abbreviations
