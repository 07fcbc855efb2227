"""Passages of papers that speak to whoever reads them: the learnt detector, over titles and abstracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.models import minilm
from rag.models.instruction_detector import Detector, Window, features, load_detector
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
    windows = embedded([readable(paper.text[at + one.start : at + one.end]) for paper, at, one, _ in suspects])
    scores = np.array([one.score for _, _, one, _ in suspects])
    borders = np.array([detector.titled if titled else 0.0 for *_, titled in suspects])
    left = np.flatnonzero(detector.at_most(windows, scores) > borders)
    rests = embedded([_rest(detector, suspects[n][0], suspects[n][2], titled=suspects[n][3]) for n in left])
    told = detector.judged(features(windows[left], rests, scores[left])) > borders[left]
    found: dict[str, list[Flag]] = defaultdict(list)
    for n in left[told]:
        paper, at, one, _ = suspects[n]
        found[paper.paper_id].append(Flag("instruction", at + one.start, at + one.end))
    return dict(found)


def _rest(detector: Detector, paper: Paper, window: Window, *, titled: bool) -> str:
    """What a window of a paper's title, or of its abstract, is compared with."""
    text, beside = (paper.title, paper.abstract) if titled else (paper.abstract, paper.title)
    return detector.rest(text, window, beside)


def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    """Sentence vectors by the shipped model [texts, dimensions]; zeros for an empty text."""
    vectors = np.zeros((len(texts), minilm.MiniLM.dimensions), dtype=np.float32)
    said = [n for n, text in enumerate(texts) if text]
    if said:
        vectors[said] = minilm.installed().get_text_embedding_batch([texts[n] for n in said])
    return vectors
