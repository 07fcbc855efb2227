"""The AutoNuggetizer method: facts a good answer states, made, weighed and looked for by a language model.

Source: Pradeep et al., "The Great Nugget Recall: Automating Fact Extraction and RAG Evaluation with Large Language
Models", SIGIR 2025 (arXiv 2504.15068): sections 4.1.1 (creation, importance), 4.2.1 (assignment) and 4.4 (strict
scores); the scores with partial credit are those of Pradeep et al., "Initial Nugget Evaluation Results for the TREC
2024 RAG Track", 2024 (arXiv 2411.09607).

Apart from the paper: all nuggets are kept, where it keeps the 20 most important; and a reply that cannot be read is
asked for again with the reason, at most three times, and counted then. It is never taken for a label.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar, cast, get_args

from eval.judge.client import JudgeClient
from eval.judge.prompts import load_prompt
from eval.judge.replies import Unusable, parse_labels, parse_list
from rag.prompts import Prompt

T = TypeVar("T")
WINDOW = 10
"""Passages a call of creation."""
BATCH = 10
"""Nuggets a call of labelling and of assignment."""
MOST_NUGGETS = 30
LONGEST_NUGGET = 12
"""Words."""
PROMPTS = ("nuggets_create", "nuggets_label", "nuggets_assign")

Importance = Literal["vital", "okay"]
Support = Literal["support", "partial_support", "not_support"]
IMPORTANCES: tuple[Importance, ...] = get_args(Importance)
SUPPORTS: tuple[Support, ...] = get_args(Support)
CREDIT = {"support": 1.0, "partial_support": 0.5, "not_support": 0.0}


@dataclass(frozen=True, slots=True)
class Nugget:
    """An atomic fact in 1 to 12 words, and whether a good answer must state it."""

    text: str
    importance: Importance


@dataclass(frozen=True, slots=True)
class Nuggets:
    """The nuggets of one topic, vital ones first.

    Attributes:
        unlabelled: Nuggets whose importance no reply gave; they take part in no score.
        dropped: Proposals of more than 12 words, or beyond the thirtieth.
    """

    nuggets: tuple[Nugget, ...]
    unlabelled: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NuggetScores:
    """How much of a topic's nuggets an answer states; None where the topic has no such nugget.

    With c = 1 for `support`, 0.5 for `partial_support`, 0 for `not_support`; s = 1 for `support`, 0 for the others:

    Attributes:
        vital_strict: Σ s over vital nuggets / their number; the primary measure (section 4.4, V_strict).
        vital: Σ c over vital nuggets / their number (arXiv 2411.09607, V).
        all_strict: Σ s over all nuggets / their number (section 4.4, A_strict).
        all: Σ c over all nuggets / their number (arXiv 2411.09607, A).
    """

    vital_strict: float | None
    vital: float | None
    all_strict: float | None
    all: float | None

    @classmethod
    def of(cls, nuggets: Sequence[Nugget], labels: Sequence[Support | None]) -> NuggetScores:
        """Score labels, one a nugget; None, a failed parse, earns nothing and stays in the number of nuggets."""
        credit = [CREDIT[label] if label else 0.0 for label in labels]
        strict = [float(label == "support") for label in labels]
        is_vital = [nugget.importance == "vital" for nugget in nuggets]
        vital_credit = [c for c, vital in zip(credit, is_vital, strict=True) if vital]
        vital_strict = [s for s, vital in zip(strict, is_vital, strict=True) if vital]
        return cls(_mean(vital_strict), _mean(vital_credit), _mean(strict), _mean(credit))


SCORES = tuple(NuggetScores.__dataclass_fields__)
"""Names of the scores, the primary one first."""


class Nuggetizer:
    """Creates, labels and assigns nuggets with one judge and one set of prompts."""

    def __init__(self, client: JudgeClient, folder: Path | None = None) -> None:
        """Read the prompts.

        Args:
            client: Asks the judge.
            folder: Where the prompts lie; None takes the packaged ones.

        Raises:
            ConfigError: a prompt is missing or broken.
        """
        self.client = client
        self.prompts: dict[str, Prompt] = {name: load_prompt(name, folder) for name in PROMPTS}

    def create(self, topic: str, question: str, passages: Sequence[str]) -> Nuggets:
        """Make the nuggets of a question from passages, window by window, and label them.

        A window whose reply cannot be read leaves the list as it was.

        Args:
            topic: The question's id, for the report.
            question: Its text.
            passages: Texts, most useful first.
        """
        texts: list[str] = []
        dropped: list[str] = []
        for number, window in enumerate(batches(passages, WINDOW), 1):
            values = {
                "question": question,
                "passages": _json(window),
                "nuggets": _json(texts),
                "count": str(len(texts)),
                "limit": str(MOST_NUGGETS),
            }
            read = partial(read_nuggets, may_be_empty=not texts)
            subject = f"{topic}, window {number}"
            update = self.client.ask("create", subject, self.prompts["nuggets_create"], values, read)
            if update is not None:
                texts, unfit = update
                dropped += unfit
        return self._labelled(topic, question, texts, dropped)

    def _labelled(self, topic: str, question: str, texts: Sequence[str], dropped: Sequence[str]) -> Nuggets:
        labels = self._labels("label", topic, question, texts, IMPORTANCES, {})
        pairs = list(zip(texts, cast("list[Importance | None]", labels), strict=True))
        ordered = [Nugget(text, wanted) for wanted in IMPORTANCES for text, label in pairs if label == wanted]
        return Nuggets(
            nuggets=tuple(ordered),
            unlabelled=tuple(text for text, label in pairs if label is None),
            dropped=tuple(dict.fromkeys(dropped)),
        )

    def assign(self, topic: str, question: str, nuggets: Sequence[Nugget], answer: str) -> tuple[Support | None, ...]:
        """Say of each nugget whether the answer states it; None where no reply could be read.

        The judge sees the question, the nuggets and the answer's text, and not who wrote it. An empty answer states
        nothing and is not sent.
        """
        if not answer.strip():
            return tuple[Support, ...](["not_support"] * len(nuggets))
        texts = [nugget.text for nugget in nuggets]
        labels = self._labels("assign", topic, question, texts, SUPPORTS, {"answer": _json(answer)})
        return tuple(cast("list[Support | None]", labels))

    def _labels(
        self,
        stage: str,
        topic: str,
        question: str,
        nuggets: Sequence[str],
        allowed: Sequence[str],
        more: Mapping[str, str],
    ) -> list[str | None]:
        """One label a nugget, ten nuggets a call."""
        labels: list[str | None] = []
        for number, batch in enumerate(batches(nuggets, BATCH), 1):
            values = {"question": question, "nuggets": _json(batch), "count": str(len(batch)), **more}
            read = partial(parse_labels, allowed=allowed, count=len(batch))
            found = self.client.ask(stage, f"{topic}, batch {number}", self.prompts[f"nuggets_{stage}"], values, read)
            labels += found if found is not None else [None] * len(batch)
        return labels


def read_nuggets(reply: str, may_be_empty: bool) -> tuple[list[str], list[str]]:
    """Read a list of nuggets, repeats left out.

    Returns:
        The nuggets that fit, at most 30, and those that don't: of more than 12 words, or after the thirtieth (the judge
        was asked to name the most important first).

    Raises:
        Unusable: not a list of strings, or an empty one that would throw away what earlier passages gave.
    """
    distinct: dict[str, str] = {}
    for text in parse_list(reply):
        folded = " ".join(text.split())
        distinct.setdefault(folded.casefold(), folded)
    texts = [text for text in distinct.values() if text]
    fitting = [text for text in texts if len(text.split()) <= LONGEST_NUGGET]
    if not fitting and not (may_be_empty and not texts):
        raise Unusable(f"the list holds no nugget of 1 to {LONGEST_NUGGET} words")
    kept = fitting[:MOST_NUGGETS]
    return kept, [text for text in texts if text not in kept]


def batches(items: Sequence[T], size: int) -> list[list[T]]:
    """Cut into runs of at most `size`."""
    iterator = iter(items)
    return list(iter(lambda: list(islice(iterator, size)), []))


def _json(value: object) -> str:
    """Data in a prompt: one JSON value, which no text within can end."""
    return json.dumps(value, ensure_ascii=False)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
