"""Papers made for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from rag.types import Paper


def make_paper(
    paper_id: str = "2504.00001",
    title: str = "A Title",
    abstract: str = "We do things. They work well.",
    authors: tuple[str, ...] = ("Ada Lovelace",),
    day: str = "2025-04-10",
    url: str | None = None,
    **more: Any,
) -> Paper:
    """A paper as a source would yield it; `more` are further attributes of it."""
    address = f"https://arxiv.org/abs/{paper_id}" if url is None else url
    return Paper(paper_id, title, abstract, authors, date.fromisoformat(day), address, **more)
