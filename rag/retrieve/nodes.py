"""Passages as LlamaIndex's nodes, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

from llama_index.core.schema import NodeWithScore, TextNode

from rag.types import Passage


def to_node(passage: Passage) -> NodeWithScore:
    """A passage as LlamaIndex knows it; ids and offsets are ours, so citations survive the round trip."""
    metadata: dict[str, Any] = {
        "paper_id": passage.paper_id,
        "version": passage.version,
        "title": passage.title,
        "authors": list(passage.authors),
        "date": passage.date.isoformat(),
        "undated": passage.undated,
        "held": passage.held,
        "set_back": passage.set_back,
        "url": passage.url,
        "ranks": dict(passage.ranks),
        "scores": dict(passage.scores),
        "matched": list(passage.matched),
        "boosts": dict(passage.boosts),
    }
    hidden = [key for key in metadata if key != "title"]
    node = TextNode(
        id_=passage.chunk_id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=passage.score)


def from_node(found: NodeWithScore) -> Passage:
    """Read a passage back from a node made by `to_node`."""
    node = found.node
    assert isinstance(node, TextNode)
    data = node.metadata
    return Passage(
        chunk_id=node.node_id,
        paper_id=data["paper_id"],
        version=data["version"],
        title=data["title"],
        authors=tuple(data["authors"]),
        date=date.fromisoformat(data["date"]),
        url=data["url"],
        start=int(node.start_char_idx or 0),
        end=int(node.end_char_idx or 0),
        text=node.text,
        score=found.score or 0.0,
        ranks=data["ranks"],
        scores=data["scores"],
        matched=tuple(data["matched"]),
        boosts=data["boosts"],
        undated=data.get("undated", False),
        held=data.get("held", False),
        set_back=data.get("set_back", False),
    )
