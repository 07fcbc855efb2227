"""An answer that quotes many papers → the same answer, theme by theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.answer.draft import Draft
from rag.retrieve.hybrid import distinct_papers
from rag.themes.clusters import FEWEST_PAPERS
from rag.themes.plan import NEIGHBOURS, OTHERS, Planner
from rag.types import Passage


def arranged(draft: Draft, topic: str, passages: Sequence[Passage], planner: Planner) -> Draft:
    """Put a draft's papers in order of their themes: the best paper's first, those in no theme last.

    Args:
        draft: Quotes of papers, the best first.
        topic: What the papers are about.
        passages: What was retrieved, best first; the papers near the topic tell the themes' names apart.
        planner: Groups papers.

    Returns:
        The draft with its themes; unchanged where all papers make one.
    """
    quotes = {group[0].passage.paper_id: group for group in draft.quotes if group}
    near = [paper.paper_id for paper in distinct_papers(passages) if paper.paper_id not in quotes][:NEIGHBOURS]
    held = planner.library.shelf.papers([*quotes, *near])
    best = [held[paper_id] for paper_id in quotes if paper_id in held]
    if len(best) < max(FEWEST_PAPERS, len(quotes)):
        return draft
    plans = planner.by_similarity(topic, best, [held[paper_id] for paper_id in near if paper_id in held])
    if len(plans) < 2:
        return draft
    rank = {paper_id: n for n, paper_id in enumerate(quotes)}
    plans.sort(key=lambda plan: (plan.name == OTHERS, min(rank[paper_id] for paper_id in plan.papers)))
    themes = {paper_id: plan.name for plan in plans for paper_id in plan.papers}
    return replace(draft, quotes=tuple(quotes[paper_id] for paper_id in themes), themes=themes)
