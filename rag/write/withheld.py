"""What of a conversation and of a reading a prompt may show: nothing that stands in a paper held for review.

Our own answers quote held papers, and become the conversation of the next question. There the id stands for the paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.papers.shelf import Shelf
from rag.query import Question
from rag.text.folding import fold
from rag.text.markdown import unescape
from rag.text.readable import readable
from rag.text.titles import label, title_key
from rag.types import Paper, Turn

SHORTEST = 12
"""Letters and digits that a line must have to be taken for a paper's."""
_MARKED = re.compile(r"\s\[\d+\]\s*$")


def shown_turns(history: Sequence[Turn], shelf: Shelf) -> list[Turn]:
    """Turns in which no answer shows a held paper's title or sentences; what a reader typed stays as it is.

    Args:
        history: Earlier turns, oldest first.
        shelf: Says which papers are held.
    """
    held = _held(shelf)
    return [
        turn.model_copy(update={"content": "\n".join(_shown(turn.content, held))}) if turn.role == "assistant" else turn
        for turn in history
    ]


def shown_search(asked: Question, shelf: Shelf) -> str:
    """What is searched for, or the question where that names a held paper as the reader didn't."""
    search, said = fold(asked.search_text), fold(asked.standalone)
    named = (fold(label(readable(paper.title))) for paper in _held(shelf).values())
    return asked.standalone if any(name in search and name not in said for name in named) else asked.search_text


def _held(shelf: Shelf) -> Mapping[str, Paper]:
    return shelf.papers(sorted(shelf.flags.held()))


def _shown(text: str, held: Mapping[str, Paper]) -> Iterator[str]:
    """The lines that no held paper stands in; the id of one is in place of the first line that names it."""
    said = fold(unescape(text))
    named = {i: one for i, one in held.items() if i in text or (title_key(one.title) and title_key(one.title) in said)}
    texts = {paper_id: fold(readable(one.text)) for paper_id, one in named.items()}
    beneath = False
    for line in text.splitlines():
        quotes = line.startswith(">")
        if beneath and quotes:
            continue
        words = fold(_MARKED.sub("", unescape(line)))
        titled = next((i for i, one in named.items() if title_key(one.title) and title_key(one.title) in words), None)
        beneath = titled is not None or (beneath and not line.strip())
        if titled is not None:
            yield f"{titled} (held for review: what was quoted of it is left out)"
        elif len(words) < SHORTEST or not any(words in own for own in texts.values()):
            yield line
