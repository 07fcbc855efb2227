"""Child process of `doctor`: reads an order on stdin, queries stored vectors back from Chroma, prints what it found."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rag.config import IndexConfig
from rag.errors import PaperchatError
from rag.index import VectorStore

SAME = 0.999
"""A vector queried back must be found at this cosine similarity (the index may store it in less precision)."""
_DEPTH = 10
_BATCH = 500


def lost(store: VectorStore, chunk_ids: Sequence[str]) -> list[str]:
    """Chunks whose own vector does not find them.

    Papers with the same text share a vector, so a hit anywhere among the best at full similarity counts.
    """
    missing = []
    for begin in range(0, len(chunk_ids), _BATCH):
        batch = chunk_ids[begin : begin + _BATCH]
        for chunk_id, vector in zip(batch, store.vectors(batch), strict=True):
            best = [found for found, similarity in store.query(vector, _DEPTH) if similarity >= SAME]
            if chunk_id not in best and len(best) < _DEPTH:
                missing.append(chunk_id)
    return missing


def found(order: Mapping[str, Any]) -> dict[str, Any]:
    """A store's ids, the chunks that are lost in it, and the vectors of some; or an `error` that means damage."""
    location = Path(order["location"]) if order["embedded"] else order["location"]
    try:
        with closing(VectorStore(location, order["collection"], IndexConfig(**order["settings"]))) as store:
            ids = store.ids()
            shown = [i for i in order["shown"] if i in ids]
            return {
                "ids": ids,
                "lost": lost(store, [i for i in order["sample"] if i in ids]),
                "vectors": dict(zip(shown, store.vectors(shown).tolist(), strict=True)) if shown else {},
            }
    except PaperchatError as error:
        return {"error": error.message, "advice": error.advice, "kind": type(error).__name__}


def main() -> None:
    """Carry out the order."""
    print(json.dumps(found(json.load(sys.stdin))))


if __name__ == "__main__":
    main()
