"""What the fields of a bibliography cannot say of a paper, so that reading it again loses nothing."""

from __future__ import annotations

from dataclasses import replace

from rag.sources.bibliography.entry import Entry, marked, quoted, row
from rag.sources.identifiers import title_id
from rag.types import Paper


def mark_of(paper: Paper, entry: Entry) -> str:
    """What whoever reads an entry would else read wrongly, as a mark; empty where the fields say all.

    Args:
        paper: As it is stored.
        entry: What the fields of its entry say.
    """
    read = row(replace(entry, title=entry.title if title_id(entry.title) else "A", abstract=""), "", paper.date)
    assert isinstance(read, Paper), "an entry with a title is a paper"
    said: dict[str, str] = {}
    if read.paper_id != paper.paper_id:
        said["id"] = quoted(paper.paper_id)
    if read.date != paper.date:
        said["listed"] = paper.date.isoformat()
    for name, key in (("authors", "author"), ("categories", "category")):
        if getattr(read, name) != getattr(paper, name):
            said[key] = "|".join(map(quoted, getattr(paper, name)))
    for name in ("doi", "comment", "licence"):
        if getattr(read, name) != getattr(paper, name):
            said[name] = quoted(getattr(paper, name))
    if read.arxiv_version != paper.arxiv_version:
        said["version"] = str(paper.arxiv_version)
    if read.key != paper.key and paper.key:
        said["key"] = quoted(paper.key)
    return marked(said) if said else ""
