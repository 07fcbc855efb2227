"""Passages → numbered sources in a prompt: as many as the model can read, delimited as data."""

from __future__ import annotations

from collections.abc import Sequence

from rag.config import LLMConfig
from rag.models.info import count_cl100k
from rag.text.readable import readable
from rag.text.untrusted import as_data
from rag.types import Passage

FOREIGN = 1.2
"""Tokens of another vocabulary for one of cl100k, at most."""
_SEPARATOR = 2
"""Tokens between two sources."""


def as_source(n: int, passage: Passage) -> str:
    """A passage as the model reads it: numbered, readable, and between tags that its text cannot forge."""
    title, text = as_data(readable(passage.title)), as_data(readable(passage.text))
    body = text if passage.start == 0 else f"{title}\n{text}"
    return f'<source n="{n}">\n{body}\n</source>'


def pack(passages: Sequence[Passage], tokens: int) -> tuple[list[Passage], tuple[Passage, ...]]:
    """Choose the passages that fit into a number of tokens, the most useful first, and those left out.

    A passage that does not fit is passed over for a shorter one behind it.
    """
    sizes = count_cl100k([as_source(n, passage) for n, passage in enumerate(passages, 1)])
    packed: list[Passage] = []
    left_out: list[Passage] = []
    for passage, size in zip(passages, sizes, strict=True):
        if size + _SEPARATOR <= tokens:
            packed.append(passage)
            tokens -= size + _SEPARATOR
        else:
            left_out.append(passage)
    return packed, tuple(left_out)


def room(config: LLMConfig, prompt_tokens: int) -> int:
    """Tokens, by cl100k, that sources may take beside the rest of a prompt and the longest reply."""
    left = config.context_tokens - config.max_output_tokens - prompt_tokens
    return left if config.provider == "openai" else int(left / FOREIGN)
