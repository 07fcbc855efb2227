"""Model families: which models may share blind spots because one maker trained them, or one was made from the other.

A name is compared, in lower case, with the marks below; it may belong to several families
("deepseek-r1-distill-qwen-7b" is of both), and two models count as related when they share one. A name without a mark
has no known family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EXTRACTIVE = "extractive"
"""Name of the writer that quotes sentences: no language model, so it has no family and needs none."""

_MARKS = {
    "ai21": r"ai21|jamba",
    "alibaba": r"alibaba|qwen|qwq",
    "anthropic": r"anthropic|claude",
    "baai": r"baai|\bbge\b",
    "cohere": r"cohere|\bcommand\b|\baya\b|\brerank-(?:english|multilingual|v\d)",
    "deepseek": r"deepseek",
    "google": r"google|gemini|gemma|\bpalm\b|\bflan\b|\bt5\b",
    "huggingface": r"hugging-?face|smollm|zephyr",
    "ibm": r"\bibm\b|granite",
    "meta": r"\bmeta\b|llama|vicuna|alpaca",
    "microsoft": r"microsoft|\bphi\b|minilm",
    "mistral": r"mistral|mixtral|ministral|magistral|codestral",
    "moonshot": r"moonshot|kimi",
    "nvidia": r"nvidia|nemotron",
    "openai": r"openai|gpt|\bo[1345]\b|davinci",
    "tii": r"\btii\b|falcon",
    "xai": r"\bxai\b|grok",
    "zhipu": r"zhipu|\bglm\b|chatglm",
}


def families(*names: str | None) -> frozenset[str]:
    """The families that the names show; empty when none is known.

    A file's name shows the family too ("/models/qwen2.5-7b.gguf"). "ollama", "vllm" and "llama.cpp" are programs.
    """
    found: set[str] = set()
    for name in names:
        # Digits and underscores end a word here: "phi3" and "phi_3" are both phi.
        text = re.sub(r"\bollama\b|\bvllm\b|llama[.-]?cpp|gpt4all", " ", (name or "").casefold())
        words = re.sub(r"[^a-z0-9]+|(?<=[a-z]{3})(?=\d)", "-", text)
        found.update(family for family, mark in _MARKS.items() if re.search(mark, words))
    return frozenset(found)


def stated(names: Iterable[str]) -> frozenset[str]:
    """Families that a person names: known ones under their usual name, others as written, in lower case."""
    return frozenset(family for name in names for family in families(name) or {name.strip().casefold()} if family)
