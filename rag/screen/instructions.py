"""Passages of papers that speak to whoever reads them: the learnt detector, over titles and abstracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from rag.models import minilm
from rag.models.instruction_detector import Window, load_detector
from rag.papers.flags import Flag
from rag.text.readable import readable
from rag.types import Paper


def instructed(papers: Sequence[Paper]) -> dict[str, list[Flag]]:
    """The passages that speak to their reader, by paper; papers without one are left out."""
    detector = load_detector()
    suspects: list[tuple[Paper, int, Window, bool]] = []
    for paper in papers:
        suspects += [(paper, 0, one, True) for one in detector.suspects(paper.title)]
        suspects += [(paper, paper.abstract_start, one, False) for one in detector.suspects(paper.abstract)]
    if not suspects:
        return {}
    written = [readable(paper.text[at + one.start : at + one.end]) for paper, at, one, _ in suspects]
    vectors = np.array(minilm.installed().get_text_embedding_batch(written), dtype=np.float32)
    odds = detector.judged(vectors, [one.score for _, _, one, _ in suspects])
    found: dict[str, list[Flag]] = defaultdict(list)
    for (paper, at, one, titled), told in zip(suspects, odds.tolist(), strict=True):
        if told > (detector.titled if titled else 0.0):
            found[paper.paper_id].append(Flag("instruction", at + one.start, at + one.end))
    return dict(found)
