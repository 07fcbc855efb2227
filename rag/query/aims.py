"""What X is and how X works: questions that name a paper's system and nothing else, and the sentences that answer them.

Such a question has no words of its own that a sentence could match, so the cues decide by which abstracts announce what
they present (objective and method; Hirohata et al., "Identifying Sections in Scientific Abstracts using Conditional
Random Fields", IJCNLP 2008). Where nothing but a fact is asked for ("is it deployed?"), the sentence that states it is
worth most. All other questions are answered by the learnt score alone.
"""

from __future__ import annotations

import re
from typing import Literal

from rag.query.details import Fact, read_fact, states
from rag.query.kind import is_name
from rag.query.rules import load_rules

Aim = Literal["definition", "workings"] | Fact

_NAMED: tuple[tuple[Aim, tuple[str, ...]], ...] = (
    ("definition", ("definition_1", "definition_2")),
    ("workings", ("workings_1", "workings_2")),
    ("workings", ("comparison_1", "comparison_2", "comparison_3", "comparison_4", "comparison_5")),
)
"""Aims with the rules by which a question has them; of a comparison, what each thing is and does is asked."""


def read_aim(question: str) -> Aim | None:
    """What a question asks for and nothing else: a fact, what something is, or how it works; or how two things do."""
    if fact := read_fact(question):
        return fact
    rules = load_rules("aims")
    for aim, names in _NAMED:
        matches = (rules[name].find(question) for name in names)
        if any(match and all(map(_is_called, match.groupdict().values())) for match in matches):
            return aim
    return None


def fit_to(aim: Aim | None, sentence: str, name: str) -> float:
    """How a sentence fits: 1 if it says what is presented, or the fact; 0.5 if how that works; -1 if what came of it.

    Args:
        aim: What is asked; without one every sentence fits as well as any.
        sentence: In readable form.
        name: What the paper calls its own: "NAME is a …" defines it.
    """
    if aim is None:
        return 0.0
    if aim != "definition" and aim != "workings":
        return float(states(sentence, aim))
    rules = load_rules("aims")
    says_what = rf"(?<!\w){re.escape(name)}(?:\s*\([^)]*\))?(?:\s+(?:is|are)|,)\s+(?:an?|the)\b"
    if rules["presents"](sentence) or (name and re.search(says_what, sentence, re.IGNORECASE)):
        return 1.0
    if rules["aside"](sentence):
        return -1.0
    return 0.5 * (aim == "workings" and rules["method"](sentence))


def _is_called(words: str) -> bool:
    """Whether this can be what something is called: a single word, or words with a name among them."""
    return " " not in words.strip() or any(map(is_name, words.split()))
