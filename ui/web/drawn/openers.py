"""Questions that a paper answers, kept for as long as the library stays as it is."""

from __future__ import annotations

from rag.answer.suggestions import opening
from rag.index.library import Library
from rag.models.cache import Recent
from rag.retrieve.answer_scores import AnswerScores
from rag.types import Paper


class Asked:
    """Chooses questions; safe from many threads."""

    def __init__(self, library: Library) -> None:
        """Choose for papers of this library."""
        self._scores = AnswerScores(library)
        self._library = library
        self._kept: Recent[tuple[int, str, int], tuple[str, ...]] = Recent(200)

    def of(self, paper: Paper) -> tuple[str, ...]:
        """The questions to begin with (`rag.answer.suggestions.opening`)."""
        key = (self._library.shelf.generation(), paper.paper_id, paper.version)
        found = self._kept.known([key])
        if not found:
            found = {key: tuple(one.question for one in opening(self._scores, paper.paper_id))}
            self._kept.keep(found)
        return found[key]
