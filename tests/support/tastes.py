"""Papers of two tastes that nobody would mix up, older and newer ones of each, among others on anything else."""

from __future__ import annotations

from rag.types import Paper
from tests.support.papers import make_paper

KEPT = ("2504.00001", "2504.00002")
"""Older papers on query rewriting."""
QUERIES = ("2505.00001", "2505.00002")
"""Newer ones."""
BREAD = ("2505.00003", "2505.00004")
"""Newer ones on bread."""
_ROWS = (
    (
        KEPT[0],
        "Rewriting search queries",
        "A small language model rewrites search queries of online shops by feedback.",
    ),
    (KEPT[1], "Query rewriting by feedback", "Online shops let a small language model rewrite their search queries."),
    ("2504.00003", "Baking sourdough bread", "We bake sourdough bread from rye flour in a wood oven."),
    (
        QUERIES[0],
        "Learning to rewrite search queries",
        "Search queries of online shops are rewritten by a small language model.",
    ),
    (
        QUERIES[1],
        "Rewritten search queries for shops",
        "A small language model learns to rewrite the search queries of shops.",
    ),
    (BREAD[0], "Rye bread in ovens", "We bake rye bread from sourdough in a hot oven."),
    (BREAD[1], "Kneading bread dough", "Bread dough of rye flour is kneaded by hand and baked in an oven."),
)
_OTHERS = (
    "volcanoes violins beetles glaciers tides meteors bridges orchids whales kites clocks vaccines tariffs deserts "
    "opera owls magnets rivers carpets fossils lasers horses maps satellites teeth bees dunes ballads comets harbours"
)


def tastes() -> list[Paper]:
    """The papers; the newer ones came in on one later day."""
    others = (
        (f"2504.{n:05d}", f"On {what}", f"We count {what} by eye.") for n, what in enumerate(_OTHERS.split(), 100)
    )
    return [
        make_paper(key, title, abstract, day="2025-04-10" if key.startswith("2504") else "2025-05-05")
        for key, title, abstract in (*_ROWS, *others)
    ]
