"""Addresses at which a paper's code, data or models lie, as its text writes them."""

from __future__ import annotations

import re

from rag.text.sentences import Span

_ADDRESS = re.compile(
    r"(?:https?://|www\.|(?<![\w./@-])(?=(?:github|gitlab|huggingface|zenodo|bitbucket)\.(?:com|co|org)/))"
    r"[^\s<>\"{}|\\^`]*(?:\\[_#%&~][^\s<>\"{}|\\^`]*)*"
)
_END = ".,;:!?'\"’”*"
"""What ends a sentence or a quotation about an address, and not the address."""
_HOSTS = re.compile(
    r"(?:https?://)?(?:www\.)?"
    r"(?:(?:github|gitlab|bitbucket|codeberg|gitee|huggingface|kaggle|modelscope)\.(?:com|org|co|cn)/"
    r"|hf\.co/|git\.\S+?/|gitlab\.\S+?/|zenodo\.org/|figshare\.com/|osf\.io/|codeocean\.com/|colab\.research\.google\.com/"
    r"|anonymous\.4open\.science/|sourceforge\.net/|pypi\.org/|(?:doi\.org/)?10\.5281/zenodo"
    r"|[\w-]+\.(?:github|gitlab)\.io(?:/|$))",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"\b(?:code|codes|codebase|repository|repo|implementations?|data ?sets?|checkpoints?|open[- ]sourced?|leaderboard|"
    r"toolkit|software|benchmark|models?)\b",
    re.IGNORECASE,
)
_BEFORE = 160
"""Characters before an address that say what lies there."""


def code_links(text: str) -> list[Span]:
    """Spans of the addresses at which code, data or models lie, in order.

    One is told by its host (GitHub, Hugging Face, Zenodo …), or by the words of its sentence before it.
    """
    found = []
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        end = match.start() + len(address)
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        sentence = re.split(r"[.!?]\s", before)[-1]
        if _HOSTS.match(address) or (len(address) > len("https://") and _SHARED.search(sentence)):
            found.append((match.start(), end))
    return found


def _trimmed(address: str) -> str:
    """An address without the marks behind it, and without a bracket that it does not open."""
    while address and (address[-1] in _END or (address[-1] in ")]" and not _opens(address))):
        address = address[:-1]
    return address


def _opens(address: str) -> bool:
    last = address[-1]
    return address.count("(" if last == ")" else "[") >= address.count(last)
