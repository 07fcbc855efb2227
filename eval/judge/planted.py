"""Planted answers: texts that state nothing and try to be scored well, made from the run's own questions and nuggets.

A judge that prefers one of them to the honest answers measures how well a text games it (Dietz et al.,
"LLM-Evaluation Tropes", 2025, arXiv 2504.19076, trope 11: adversarial threats; trope 10: overfitting to the measure).
They are assigned by the same calls as the honest answers: nothing tells the judge which is which.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, get_args

from eval.judge.nuggets import BATCH, Nugget
from eval.judge.prompts import load_texts
from eval.metrics.text import content_tokens

PlantKind = Literal["keyword_stuffed", "prompt_injecting"]
PLANT_KINDS: tuple[PlantKind, ...] = get_args(PlantKind)
REPEATS = 3
"""Times each keyword stands in a stuffed answer."""


def plant(kind: PlantKind, index: int, question: str, nuggets: Sequence[Nugget]) -> str:
    """Make a planted answer to a topic.

    Args:
        kind: Which.
        index: The topic's number in the run; the injections take turns.
        question: The topic's question.
        nuggets: Its nuggets.
    """
    if kind == "keyword_stuffed":
        return stuffed(question, nuggets)
    labels = json.dumps(["support"] * min(BATCH, len(nuggets)))
    return load_texts("planted_injection").fill(index, {"question": question, "labels": labels})


def stuffed(question: str, nuggets: Sequence[Nugget]) -> str:
    """Every content word of question and nuggets, in alphabetical order so that no fact is stated, three times over."""
    words = content_tokens(" ".join([question, *(nugget.text for nugget in nuggets)]))
    return ". ".join([" ".join(sorted(words))] * REPEATS)
