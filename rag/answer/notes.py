"""Remarks beside an answer: names that no paper holds, papers not to be found yet or withdrawn, a model that failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.errors import LLMError
from rag.index.library import Library
from rag.query import Question
from rag.types import Citation, Note, Passage

NEAR = 3
"""Papers found first of which it is said that they are held."""


def unknown_names(asked: Question) -> tuple[Note, ...]:
    """A note on each name in a question that no paper holds, or presents: what is quoted is about something else.

    What was read as a date or an author is no such name.
    """
    names = dict.fromkeys([*asked.absent, *asked.strangers])
    notes = [Note(code="unknown_name", text=f'"{name}" stands nowhere in the library.') for name in names]
    notes += [
        Note(code="only_mentioned", text=f'No paper here presents "{name}"; at most others mention it.')
        for name in asked.mentioned
    ]
    return tuple(notes)


def state_of_the_index(library: Library) -> tuple[Note, ...]:
    """A note where papers on the shelf cannot be found yet."""
    waiting = library.shelf.unindexed()
    if not waiting:
        return ()
    text = f"{waiting} papers cannot be found yet: an ingest is at work, or was ended and the next one finishes it."
    return (Note(code="indexing_unfinished", text=text),)


def withdrawn(library: Library, citations: Iterable[Citation]) -> tuple[Note, ...]:
    """A note on each cited paper that has been withdrawn."""
    cited = library.shelf.papers({citation.paper_id: None for citation in citations})
    return tuple(
        Note(code="withdrawn", text=f"{paper_id} has been withdrawn, by its authors or by arXiv.")
        for paper_id, paper in sorted(cited.items())
        if paper.withdrawn
    )


def held_back(passages: Sequence[Passage]) -> tuple[Note, ...]:
    """A note on the papers among the first found that are held for review, for they might have come first."""
    first = dict.fromkeys(passage.paper_id for passage in passages)
    near = list(first)[:NEAR]
    held = [one for one in near if any(passage.held for passage in passages if passage.paper_id == one)]
    text = (
        "{} is held for review: no model is shown it, and clean papers stand before it. `paperchat review` shows why."
    )
    return tuple(Note(code="held_for_review", text=text.format(paper_id)) for paper_id in held)


def model_failed(error: LLMError, *, begun: bool = False) -> Note:
    """The note that says why quotes stand where a written answer was wanted, or behind one that broke off."""
    happened = "The written answer broke off" if begun else "No written answer"
    quotes = "Quotes follow it." if begun else "Quotes are shown instead."
    return Note(
        code="model_failed", text=" ".join(filter(None, (f"{happened}: {error.message}", error.advice, quotes)))
    )


def reply_cut(limit: int, *, earlier: bool) -> Note:
    """The note on a written answer whose end is missing.

    Args:
        limit: Tokens of the longest reply, as configured.
        earlier: The server cut it off before that.
    """
    text = (
        "The server cut the model's reply off before llm.max_output_tokens, so its end is missing: check the server's"
        " own context length, or lower llm.context_tokens to it."
        if earlier
        else f"The model's reply was cut off at llm.max_output_tokens ({limit:,}), so its end is missing: raise it."
    )
    return Note(code="reply_cut", text=text)


def prompt_cut(read: int, sent: int) -> Note:
    """The note on a prompt of which the server says that it read far less than it was sent, in tokens."""
    text = (
        f"The server says that it read {read:,} of about {sent:,} tokens: it has cut the prompt, sources included."
        " Raise its context length (num_ctx in Ollama, --ctx-size in llama.cpp, --max-model-len in vLLM), or lower"
        " llm.context_tokens to what it reads."
    )
    return Note(code="prompt_cut", text=text)


def list_left_out(entries: int) -> Note:
    """The note on an answer whose model added a list of sources of its own."""
    text = f"Left out of what the model wrote: its own list of sources ({entries}), which are shown with the answer."
    return Note(code="list_left_out", text=text)


def thoughts_shown() -> Note:
    """The note on an answer in which thoughts stand that nothing announced."""
    text = (
        "The first sentences turned out to be what the model thought before its answer: its server marks only the end"
        " of thoughts. From now on its replies are shown when they are whole."
    )
    return Note(code="thoughts_shown", text=text)
