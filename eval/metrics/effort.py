"""Measures of what an answer costs its reader and its payer. Failed questions have no length and no bill."""

from __future__ import annotations

from eval.metrics.base import QA_FORMAT, Case, cited_papers, measure
from eval.metrics.text import without_markers, word_count
from rag.types import Answer


@measure("words_per_paper", source=QA_FORMAT, default=None, higher_is_better=False, unit="words")
def words_per_paper(case: Case, answer: Answer) -> float | None:
    """Words a cited paper: the longer of the answer's words and its quotes' words, over the number of cited papers."""
    cited = cited_papers(answer)
    quoted = sum(word_count(citation.quote) for citation in answer.citations)
    return max(word_count(without_markers(answer.answer)), quoted) / len(cited) if cited else None


@measure("prompt_tokens", source="the model's server", default=None, higher_is_better=False, unit="tokens")
def prompt_tokens(case: Case, answer: Answer) -> float | None:
    """Tokens sent to the language model."""
    return answer.usage.prompt_tokens if answer.usage else None


@measure("completion_tokens", source="the model's server", default=None, higher_is_better=False, unit="tokens")
def completion_tokens(case: Case, answer: Answer) -> float | None:
    """Tokens the language model wrote."""
    return answer.usage.completion_tokens if answer.usage else None


@measure("cost_usd", source="configured prices", default=None, higher_is_better=False, unit="usd")
def cost_usd(case: Case, answer: Answer) -> float | None:
    """Price of an answer in US dollars, where the model's price is configured."""
    return answer.usage.cost_usd if answer.usage else None
