"""Papers on a topic → themes with names: by clustering, or by a model whose names and numbers are checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel

from rag.errors import LLMResponseError
from rag.index.library import Library
from rag.models.llm import chat_messages, count_tokens
from rag.prompts import load_prompt
from rag.text.readable import readable
from rag.text.untrusted import as_data, as_passages
from rag.themes.clusters import MOST, group
from rag.themes.labels import name_themes
from rag.themes.words import CLAIMS
from rag.types import Paper, Passage

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM

PLAN_PROMPT = "topic_plan"
OTHERS = "Other papers"
"""What papers are called that belong to no theme."""
SHOWN_WORDS = (45, 0)
"""Words of each abstract that the model is shown, and where they do not fit; the title is always shown."""
REPLY_TOKENS = 600
PLACED = 0.5
"""Least share of the papers that a model's themes must hold."""
_NAME = re.compile(r"[^\W_][\w\s,&/()'’+.-]{2,70}")
NAME_WORDS = 8
NEIGHBOURS = 40
"""Papers near a topic against which its themes' names are told apart."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A theme before it is written: its name and its papers' ids, best first."""

    name: str
    papers: tuple[str, ...]


class _PlannedTheme(BaseModel):
    name: str
    papers: list[int]


class _Planned(BaseModel):
    themes: list[_PlannedTheme]


class Planner:
    """Groups papers into themes; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def by_similarity(self, topic: str, best: Sequence[Paper], near: Sequence[Paper]) -> list[Plan]:
        """Cluster the papers and name the clusters: the largest first, of equals the one with the newest paper.

        Args:
            topic: What they are about; empty when only filters chose them.
            best: The papers, best first; at least one.
            near: Papers near the topic and not on it, against which names are told apart.
        """
        members, loose = group(self._vectors([paper.paper_id for paper in best]))
        themes = [[best[i] for i in positions] for positions in members]
        themes.sort(key=lambda theme: (len(theme), max(paper.date for paper in theme)), reverse=True)
        return self._named(topic, themes, near) + others(best[i] for i in loose)

    def by_model(
        self, llm: GuardedLLM, topic: str, best: Sequence[Paper], first: Mapping[str, Passage], near: Sequence[Paper]
    ) -> list[Plan]:
        """Let a model group the papers; a name that the papers do not bear out is replaced by one of ours.

        Args:
            llm: The model, with the limits of this answer.
            topic: What the papers are about.
            best: The papers, best first.
            first: A passage of each by which the model knows it.
            near: As for `by_similarity`.

        Raises:
            LLMResponseError: the reply is no grouping, or leaves out most papers.
            LLMError: the model failed.
        """
        from rag.models.llm.structured import ask_for  # LlamaIndex's models are slow to import

        prompt, every = load_prompt(PLAN_PROMPT), best
        best = [paper for paper in best if not paper.held]
        if not best:
            raise LLMResponseError(
                "All of these papers are held for review, and no model is shown those.",
                "`paperchat review` shows why, and releases them.",
            )
        shown = [first[paper.paper_id] for paper in best]
        for words in SHOWN_WORDS:
            papers = as_passages(shown, words)
            values = {"topic": as_data(topic), "papers": papers, "most": str(MOST)}
            if count_tokens(chat_messages(prompt, values)) + REPLY_TOKENS <= llm.config.context_tokens:
                break
        planned = ask_for(llm, prompt, values, _Planned, max_tokens=REPLY_TOKENS)
        themes, names = placed(planned, best)
        if not themes or sum(map(len, themes)) < PLACED * len(best):
            raise LLMResponseError(
                "The model's themes leave out most of the papers.", "Ask again, or use a larger model."
            )
        own = self._named(topic, themes, near)
        plans = [
            Plan(name if self._borne_out(name, topic, theme) else plan.name, plan.papers)
            for name, theme, plan in zip(names, themes, own, strict=True)
        ]
        known = {paper.paper_id for theme in themes for paper in theme}
        return distinct(plans, own) + others(paper for paper in every if paper.paper_id not in known)

    def _named(self, topic: str, themes: Sequence[Sequence[Paper]], near: Sequence[Paper]) -> list[Plan]:
        with self.library.indexes() as indexes:
            names = name_themes(themes, near, topic, indexes.lexical.analyze, indexes.lexical.idf)
        return [
            Plan(name or f"Papers like “{readable(theme[0].title)}”", tuple(paper.paper_id for paper in theme))
            for name, theme in zip(names, themes, strict=True)
        ]

    def _borne_out(self, name: str, topic: str, papers: Sequence[Paper]) -> bool:
        """Whether a model's name names a subject in words of its papers, and neither claims nor links anything."""
        words = name.lower().split()
        if not _NAME.fullmatch(name) or len(words) > NAME_WORDS or CLAIMS & set(words):
            return False
        with self.library.indexes() as indexes:
            analyze = indexes.lexical.analyze
            said = set(analyze(topic)).union(*(analyze(readable(paper.lead)) for paper in papers))
            terms = set(analyze(name))
        return bool(terms) and terms <= said

    def _vectors(self, paper_ids: Sequence[str]) -> np.ndarray:
        """One vector a paper [papers, d], normalised: the mean of its passages'."""
        rows = sorted(self.library.shelf.chunks(paper_ids), key=lambda row: row.chunk_id)
        with self.library.indexes() as indexes:
            vectors = indexes.vectors.vectors([row.chunk_id for row in rows])
        of = {paper_id: [n for n, row in enumerate(rows) if row.paper_id == paper_id] for paper_id in paper_ids}
        means = np.stack([vectors[of[paper_id]].mean(axis=0) for paper_id in paper_ids])
        return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9))


def placed(planned: _Planned, papers: Sequence[Paper]) -> tuple[list[list[Paper]], list[str]]:
    """The papers of each planned theme, best first, and the themes' names.

    A number that no paper has is passed over; a paper that stands in two themes belongs to the first.
    """
    themes: list[list[Paper]] = []
    names: list[str] = []
    taken: set[int] = set()
    for theme in planned.themes[:MOST]:
        numbers = sorted({n for n in theme.papers if 1 <= n <= len(papers)} - taken)
        taken |= set(numbers)
        if numbers:
            themes.append([papers[n - 1] for n in numbers])
            names.append(" ".join(theme.name.split()).strip(" .:\"'“”*#"))
    return themes, names


def distinct(plans: Sequence[Plan], own: Sequence[Plan]) -> list[Plan]:
    """Plans in which no name stands twice: a later one gets our own, or is counted."""
    used: set[str] = set()
    result = []
    for plan, ours in zip(plans, own, strict=True):
        options = [plan.name, ours.name, *(f"{ours.name} ({n})" for n in range(2, len(plans) + 2))]
        name = next(option for option in options if option.casefold() not in used)
        used.add(name.casefold())
        result.append(Plan(name, plan.papers))
    return result


def others(papers: Iterable[Paper]) -> list[Plan]:
    """The plan of papers that belong to no theme, if there are any."""
    ids = tuple(paper.paper_id for paper in papers)
    return [Plan(OTHERS, ids)] if ids else []
