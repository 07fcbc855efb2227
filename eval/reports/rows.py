"""Results → what a report says about each question: its state, its evidence and what was missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eval.metrics import quality
from eval.metrics.base import cited_papers, distinct
from eval.metrics.coverage import is_covered, judgeable, missing_figures, quotes_of
from eval.runs.comparison import Changed
from eval.runs.scores import Scored
from rag.text.readable import readable
from rag.types import Answer, Citation

STATES = {"error": "failed", "wrong": "missed", "partly": "partly", "right": "right", "unjudged": "not judged"}
"""States of a question, worst first, as a page names them."""


def question_rows(scored: Sequence[Scored], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a question: failures first, then by quality, then in the order of the QA set."""
    rows = [_question_row(row, titles) for row in scored]
    return sorted(rows, key=lambda row: (list(STATES).index(row["state"]), row["quality"] or 0))


def _question_row(scored: Scored, titles: Mapping[str, str]) -> dict[str, Any]:
    question, answer = scored.result.question, scored.result.answer
    value = quality(scored.scores)
    state = "error" if answer is None else state_of(value)
    scores = {name: n / d for name, (n, d) in scored.scores.items() if d and name != "abstention_f1"}
    return {
        "question": question,
        "answer": answer,
        "error": scored.result.error,
        "quality": value,
        "state": state,
        "state_text": STATES[state],
        "scores": scores,
        "citations": [
            _citation_row(c, question.gold_papers or (), question.related_papers) for c in _citations(answer)
        ],
        "gold": [_gold_row(paper, answer, titles) for paper in question.gold_papers or ()],
        "nuggets": [
            {
                "text": n.text,
                "importance": n.importance,
                "covered": answer is not None and is_covered(n, quotes_of(answer)),
            }
            for n in judgeable(question, "vital", "okay")
        ],
        "figures": [_shown(figure) for figure in missing_figures(question, answer)] if answer else [],
        "refused": answer is not None and question.answerable is True and answer.abstained,
        "answered": answer is not None and question.answerable is False and not answer.abstained,
        "invalid_quotes": bool(answer and answer.citations and scores.get("quote_validity", 1) < 1),
    }


def state_of(value: float | None) -> str:
    """The state of an answered question by its quality."""
    if value is None:
        return "unjudged"
    return "right" if value >= 1 - 1e-9 else "partly" if value >= 0.5 else "wrong"


def _citations(answer: Answer | None) -> tuple[Citation, ...]:
    return answer.citations if answer else ()


def _citation_row(citation: Citation, gold: Sequence[str], related: Sequence[str]) -> dict[str, Any]:
    judged = bool(gold or related)
    kind = "gold" if citation.paper_id in gold else "related" if citation.paper_id in related else "off"
    return {
        "n": citation.n,
        "paper_id": citation.paper_id,
        "title": readable(citation.title),
        "quote": readable(citation.quote),
        "kind": kind if judged else "",
        "url": citation.url if citation.url.startswith("https://") else "",
    }


def _gold_row(paper_id: str, answer: Answer | None, titles: Mapping[str, str]) -> dict[str, Any]:
    ranked = distinct(passage.paper_id for passage in answer.retrieved) if answer else []
    return {
        "paper_id": paper_id,
        "title": readable(titles.get(paper_id, "")),
        "rank": ranked.index(paper_id) + 1 if paper_id in ranked else None,
        "cited": answer is not None and paper_id in cited_papers(answer),
    }


def _shown(figure: Iterable[Any]) -> str:
    return f"{min(figure):f}"


def changed_rows(changed: Sequence[Changed]) -> list[dict[str, Any]]:
    """One row for each question that changed, with both sides."""
    return [
        {"changed": row, "sides": [_side(name, answer) for name, answer in (("A", row.a), ("B", row.b))]}
        for row in changed
    ]


def _side(name: str, answer: Answer | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"name": name, "error": answer, "answer": None, "citations": []}
    citations = [_citation_row(citation, (), ()) for citation in answer.citations]
    return {"name": name, "error": None, "answer": answer, "citations": citations}
