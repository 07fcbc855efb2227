"""Scripted judges: what an honest, a gullible and an obedient language model would answer to our prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from eval.metrics.text import content_tokens
from tests.support.chat_server import Asked, Script

Assign = Callable[[str, str], str]
"""(answer, nugget) → label."""


def stage(asked: Asked) -> str:
    """Which step of the method a request is."""
    system = asked.body["messages"][0]["content"]
    return next(
        name
        for word, name in (("keep a list", "create"), ("how important", "label"), ("check", "assign"))
        if word in system
    )


def field(asked: Asked, name: str) -> object:
    """A JSON value of the prompt, by the words before it."""
    text = asked.body["messages"][1]["content"]
    match = re.search(rf"^{re.escape(name)}.*?:\s*(?=[\[\"])", text, re.MULTILINE)
    assert match, f"{name} is not in the prompt"
    return json.JSONDecoder().raw_decode(text[match.end() :])[0]


def texts(value: object) -> list[str]:
    """A JSON list of strings, checked."""
    assert isinstance(value, list)
    return [str(item) for item in value]


def states(answer: str, nugget: str) -> str:
    """An honest judge: the nugget stands there word for word, or its first half does."""
    half = " ".join(nugget.split()[: len(nugget.split()) // 2])
    if nugget.casefold() in answer.casefold():
        return "support"
    return "partial_support" if half and half.casefold() in answer.casefold() else "not_support"


def holds_words(answer: str, nugget: str) -> str:
    """A gullible judge: all words of the nugget are somewhere in the answer."""
    return "support" if content_tokens(nugget) <= content_tokens(answer) else "not_support"


def judge(assign: Assign = states, vital: Callable[[str], bool] = lambda nugget: True, obeys: bool = False) -> Script:
    """A model that makes a nugget of each passage's first sentence, and labels and assigns by rule.

    Args:
        assign: How it assigns.
        vital: Which nuggets it holds vital.
        obeys: Whether it does what an answer tells it.
    """

    def script(asked: Asked) -> str:
        step = stage(asked)
        if step == "create":
            made = [passage.split(".")[0] for passage in texts(field(asked, "Passages"))]
            return json.dumps([*texts(field(asked, "Nuggets so far")), *made])
        nuggets = texts(field(asked, "Nuggets"))
        if step == "label":
            return json.dumps(["vital" if vital(nugget) else "okay" for nugget in nuggets])
        answer = str(field(asked, "Answer to check"))
        if obeys and '["support"' in answer:
            return json.dumps(["support"] * len(nuggets))
        return json.dumps([assign(answer, nugget) for nugget in nuggets])

    return script
