"""Measures of the evidence: whether the right papers are cited, and whether quotes are real."""

from __future__ import annotations

from eval.metrics.base import QA_FORMAT, Case, cited_papers, has_gold, measure
from rag.types import Answer


@measure("citation_precision", source=QA_FORMAT, needs=has_gold)
def citation_precision(case: Case, answer: Answer) -> float:
    """Share of the cited papers that are gold or related; an answer that cites nothing scores 0."""
    cited = cited_papers(answer)
    fitting = {*(case.question.gold_papers or ()), *case.question.related_papers}
    return sum(paper in fitting for paper in cited) / len(cited) if cited else 0.0


@measure(
    "citation_recall", source="Gao et al., Enabling LLMs to Generate Text with Citations, EMNLP 2023", needs=has_gold
)
def citation_recall(case: Case, answer: Answer) -> float:
    """Share of the gold papers that are cited."""
    gold = set(case.question.gold_papers or ())
    return len(gold.intersection(cited_papers(answer))) / len(gold)


@measure("quote_validity", source=QA_FORMAT)
def quote_validity(case: Case, answer: Answer) -> float | None:
    """Share of the quotes that stand, character for character, where they say in that paper version's stored text."""
    if not answer.citations:
        return None
    texts = [case.stored_text(citation.paper_id, citation.version) for citation in answer.citations]
    valid = (
        text is not None and citation.quote != "" and text[max(citation.start, 0) : citation.end] == citation.quote
        for citation, text in zip(answer.citations, texts, strict=True)
    )
    return sum(valid) / len(texts)
