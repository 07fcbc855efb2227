"""Questions that a paper answers: those of a fixed few whose answer stands in its text, as the answer scorer has it."""

from __future__ import annotations

from rag.index.library import Library
from rag.models.cache import Recent
from rag.retrieve.answer_scores import AnswerScores
from rag.types import Paper

MOST = 3
ASKED = {
    "What problem does this paper address?": 0.3,
    "What method does it propose?": 0.3,
    "How does the method work?": 0.3,
    "What data was it tested on?": 0.3,
    "What results does it report?": 0.3,
    "What does it compare with?": 0.3,
    "Is the code available?": 2.0,
}
"""By role, with the log-odds from which on a sentence is taken to answer. Where code lies is said outright or not at
all, and any sentence on what was built comes near; what a paper says of limits is mostly others'."""


class Asked:
    """Chooses questions; safe from many threads."""

    def __init__(self, library: Library) -> None:
        """Choose for papers of this library."""
        self._scores = AnswerScores(library)
        self._library = library
        self._kept: Recent[tuple[int, str, int], tuple[str, ...]] = Recent(200)

    def of(self, paper: Paper) -> tuple[str, ...]:
        """At most `MOST` questions that a paper answers, surest first, no two with the same sentence."""
        key = (self._library.shelf.generation(), paper.paper_id, paper.version)
        found = self._kept.known([key])
        if not found:
            found = {key: self._chosen(paper)}
            self._kept.keep(found)
        return found[key]

    def _chosen(self, paper: Paper) -> tuple[str, ...]:
        scored: list[tuple[float, str, int]] = []
        for question, sure in ASKED.items():
            judged = self._scores.of([question], [paper.paper_id]).get(paper.paper_id)
            if judged is None or not len(judged.odds):
                continue
            best = int(judged.odds.argmax())
            if judged.best >= sure and judged.answered >= sure:
                scored.append((judged.best, question, judged.sentences[best].start))
        chosen: dict[int, str] = {}
        for _, question, sentence in sorted(scored, key=lambda one: (-one[0], one[1])):
            chosen.setdefault(sentence, question)
        return tuple(chosen.values())[:MOST]
