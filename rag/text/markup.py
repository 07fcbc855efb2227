"""Marks of Markdown and HTML in the texts of a list, which belong to the list and not to the paper."""

from __future__ import annotations

import re
import unicodedata

_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^()\n]{0,600}\)|<img\b[^<>]{0,600}>", re.IGNORECASE)
_LINK = re.compile(
    r"\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)"
)
_BY_NAME = re.compile(r"\[([^\[\]\n]{1,300})\]\[([^\[\]\n]{0,60})\]")
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]{1,60})\]:[ \t]+<?(https?://[^\s<>]+)>?[^\n]*$", re.MULTILINE)
_ANCHOR = re.compile(
    r"<a\b[^<>]*?href\s*=\s*[\"']?([^\"'<>\s]+)[\"']?[^<>]*>(.{0,2000}?)</a\s*>", re.IGNORECASE | re.DOTALL
)
_BREAK = re.compile(r"<br\s*/?>|</p\s*>|</li\s*>", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary\b[^<>]*>.{0,60}?</summary\s*>", re.IGNORECASE | re.DOTALL)
_WRAPPER = re.compile(
    r"</?(?:details|summary|p|div|span|b|strong|em|i|u|a|center|font|small|code|kbd|ul|ol|li|blockquote|h[1-6]|sub|sup)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_STRONG = re.compile(r"(?<![\w\\*])(\*\*\*?|__)(?=\S)(.{1,400}?)(?<=\S)\1(?![\w*])", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![\w\\*])\*(?=[^\s*])([^*\n]{1,400})(?<=[^\s*])\*(?![\w*])")
_WHOLE_EMPHASIS = re.compile(r"\s*_(?=[^\s_])([^_]+)(?<=[^\s_])_\s*")
_WHOLE_DETAILS = re.compile(
    r"\s*<details\b[^<>]*>\s*(?:<summary\b[^<>]*>.*?</summary\s*>)?\s*(.*?)\s*(?:</details\s*>)\s*",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE = re.compile(
    r"\s*<(p|div|span|b|strong|em|i|small|font|center)\b[^<>]*>((?:(?!<\1\b).)*)</\1\s*>\s*", re.IGNORECASE | re.DOTALL
)
_WHOLE_STRONG = re.compile(r"\s*(\*\*\*?|__)(?=\S)((?:(?!\1).)+)(?<=\S)\1\s*", re.DOTALL)


_MARKS = ("<", "*", "](")
_TAG = re.compile(
    r"</?(?:b|i|em|strong|u|p|br|a|span|div|font|small|sub|sup|code|kbd|tt|details|center|ul|ol|li|blockquote|img)"
    r"(?:\s+[a-z-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+)|\s+open)*\s*/?>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(r"<(?:/?(?:p|div|details|center|ul|ol|li|blockquote)|br)\b", re.IGNORECASE)
_SCRIPT = re.compile(r"<(su[pb])>\s*([-+−]?\d{1,6})\s*</\1>", re.IGNORECASE)
_SPOKEN_STRONG = re.compile(r"(?:(?<=[\s(\"“'\[>])|^)(\*\*\*?)(?=[^\s*])(.{1,400}?)(?<=[^\s*\\])\1(?![\w*])", re.DOTALL)
_SPOKEN_EMPHASIS = re.compile(r"(?:(?<=[\s(\"“'\[>])|^)\*(?=[A-Za-z\"“])([^*\n$\\]{1,400})(?<=[^\s*])\*(?![\w*])")
_SPOKEN_LINK = re.compile(
    r"\[([^\[\]\n]{1,400})\]\(\s*<?https?://[^()\s<>]{1,500}(?:\([^()\s]{0,100}\)[^()\s<>]{0,200})?>?\s*\)"
)
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")


def unmarked(text: str) -> str:
    """A text or any slice of one without the marks of Markdown and HTML that lists put into it.

    Only what can hardly be anything else counts as a mark: HTML's own tags and not ``<answer>``, stars around words and
    not those of ``A*``, links to an address.
    """
    if not any(mark in text for mark in _MARKS):
        return text
    if "](" in text:
        text = _SPOKEN_LINK.sub(r"\1", _IMAGE.sub("", text))
    if "<" in text:
        text = _SCRIPT.sub(lambda m: m[2].translate(_RAISED if m[1].lower() == "sup" else _LOWERED), text)
        text = _TAG.sub(lambda m: " " if _BLOCK_TAG.match(m[0]) else "", _SUMMARY.sub(" ", text))
    if "*" in text:
        text = _SPOKEN_EMPHASIS.sub(r"\1", _SPOKEN_STRONG.sub(r"\2", text))
    return text


def inlined(text: str) -> str:
    """A text whose links say their address where they stand, and not below it by a name: ``[x][1]``."""
    addresses = {name.casefold(): address for name, address in _DEFINITION.findall(text)}
    if not addresses:
        return text

    def inline(link: re.Match[str]) -> str:
        address = addresses.get((link[2] or link[1]).casefold())
        return f"[{link[1]}]({address})" if address else link[0]

    return _BY_NAME.sub(inline, _DEFINITION.sub("", text))


def links_in(text: str) -> list[tuple[str, str]]:
    """The links of Markdown and HTML in a text: what is shown, and the address."""
    found = [(match.start(), match[1], match[2]) for match in _LINK.finditer(_IMAGE.sub("", text))]
    found += [(match.start(), match[2], match[1]) for match in _ANCHOR.finditer(text)]
    return [(plain(shown), address) for _, shown, address in sorted(found)]


def unwrapped(text: str) -> str:
    """A cell without the marks that lie around all of it: ``<details>``, ``<p>``, bold; what is inside stays."""
    before = ""
    while text != before:
        before = text
        for pattern, group in ((_WHOLE_DETAILS, 1), (_WHOLE, 2), (_WHOLE_STRONG, 2)):
            if match := pattern.fullmatch(text):
                text = match[group]
    return text.strip()


def plain(text: str) -> str:
    """A cell as text: links as what they show, without pictures, tags and emphasis; LaTeX and entities stay."""
    if not any(mark in text for mark in "<*_[!|`"):
        return text.strip()
    text = _SUMMARY.sub(" ", _IMAGE.sub("", text))
    for _ in range(3):  # a link in a link's text, bold in a link in bold
        text = _LINK.sub(r"\1", _ANCHOR.sub(r"\2", text))
    text = _WRAPPER.sub("", _BREAK.sub(" ", text))
    for _ in range(2):
        text = _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", text))
    if whole := _WHOLE_EMPHASIS.fullmatch(text):
        text = whole[1]
    return text.replace("\\|", "|").strip() if "$" not in text else text.strip()


def plain_title(text: str) -> str:
    """A title's cell as text, without emoji, numbers and marks of the list at its ends."""
    text = " ".join(plain(text).split())
    while text and (_is_picture(text[0]) or text[0].isspace()):
        text = text[1:]
    while text and (_is_picture(text[-1]) or text[-1].isspace()):
        text = text[:-1]
    return text


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) == "So" or char in "\ufe0f\u200d"
