"""A paper as the shelf's tables hold it, read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from rag.papers import bodies, metadata
from rag.papers.flags import HELD
from rag.types import Paper

PAPER_COLUMNS = f"""p.paper_id, v.version, v.title, v.abstract, p.authors, p.date, p.url,
    (SELECT group_concat(day) FROM
        (SELECT DISTINCT day FROM listings l WHERE l.paper_id = p.paper_id ORDER BY day) days),
    {metadata.COLUMN}, v.arxiv, {HELD}, {bodies.COLUMNS}"""
LATEST = f"""SELECT {PAPER_COLUMNS} FROM papers p
    JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest {bodies.JOIN}"""


def paper_of(row: Sequence[Any]) -> Paper:
    """The paper of a row of `PAPER_COLUMNS`."""
    paper_id, version, title, abstract, authors, day, url, listed, said, arxiv, held, *body = row
    return Paper(
        paper_id=str(paper_id),
        title=str(title),
        abstract=str(abstract),
        authors=tuple(json.loads(str(authors))),
        date=date.fromisoformat(str(day)),
        url=str(url),
        version=int(str(version)),
        listed=tuple(date.fromisoformat(item) for item in str(listed).split(",")),
        arxiv_version=int(arxiv),
        held=bool(held),
        **metadata.attributes(said),
        **bodies.attributes(title, abstract, *body),
    )
