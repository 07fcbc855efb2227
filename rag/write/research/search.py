"""Think → search → read, up to `MAX_SEARCHES` times: a question → the passages that answer it (docs/adr/0010)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.models.llm import chat_message, chat_messages, count_tokens
from rag.prompts import load_prompt
from rag.query import Question
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.text.untrusted import as_data, as_passages, unheld
from rag.types import Passage, Step
from rag.write.research.ranking import united
from rag.write.research.tags import Action, Finish, Invalid, Search, read_action
from rag.write.withheld import shown_search

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

PROMPT = "research"
MAX_SEARCHES = 4
SHOWN = 5
"""Passages of one search that the model reads."""
SHOWN_WORDS = 120
"""Words of each."""
REPLY_TOKENS = 400
"""Longest turn of the model."""
_TITLES = 3


@dataclass(slots=True)
class _Trail:
    """What was searched for and found; passages are numbered through all searches.

    Attributes:
        corrected: The model's one corrective turn is used up.
    """

    rankings: list[Sequence[Passage]]
    blocks: list[str] = field(default_factory=list)
    numbered: list[Passage] = field(default_factory=list)
    corrected: bool = False

    def show(self, query: str, passages: Sequence[Passage]) -> list[Passage]:
        """Add what a search found to what the model reads; returns the passages that are new to it."""
        seen = {passage.chunk_id for passage in self.numbered}
        new = [passage for passage in unheld(passages) if passage.chunk_id not in seen]
        shown = as_passages(new, SHOWN_WORDS, len(self.numbered) + 1) or "Nothing new."
        self.blocks.append(f"<search>{as_data(query)}</search>\n<information>\n{shown}\n</information>")
        self.numbered += new
        return new


class SearchLoop:
    """Lets a model search; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever

    def events(
        self, llm: LLM, asked: Question, passages: Sequence[Passage]
    ) -> Generator[Step, None, tuple[Passage, ...]]:
        """Search until the model has what it needs; yields every search and what it found.

        Args:
            llm: The model.
            asked: The question as it was read; its filters hold for every search.
            passages: What the question itself finds, best first; the model reads the first of them.

        Returns:
            All that was found, the passages that the model named first.

        Raises:
            LLMError: the model failed.
        """
        trail = _Trail([passages])
        trail.show(shown_search(asked, self.retriever.library.shelf), unheld(passages)[:SHOWN])
        for left in range(MAX_SEARCHES, -1, -1):
            messages = self._messages(asked, trail, left)
            if count_tokens(messages) + REPLY_TOKENS > llm.metadata.context_window:
                yield Step("ended", "The search ended: the model's context is full.")
                break
            action = yield from self._turn(llm, messages, trail)
            if isinstance(action, Finish):
                named = (trail.numbered[n - 1].chunk_id for n in action.numbers if 0 < n <= len(trail.numbered))
                return united(trail.rankings, list(named))
            if isinstance(action, Invalid) or not left:
                reason = action.reason if isinstance(action, Invalid) else "it searched where it had to finish"
                yield Step("ended", f"The search ended: {reason}.")
                break
            found = self._search(action, asked)
            trail.rankings.append(found)
            yield Step("search", action.query)
            yield Step("found", described(trail.show(action.query, found)))
        return united(trail.rankings)

    def _messages(self, asked: Question, trail: _Trail, left: int) -> list[ChatMessage]:
        found = "\n\n".join(trail.blocks)
        values = {"question": as_data(asked.standalone), "found": found, "left": str(left)}
        return chat_messages(load_prompt(PROMPT), values)

    def _turn(self, llm: LLM, messages: Sequence[ChatMessage], trail: _Trail) -> Generator[Step, None, Action]:
        """One turn of the model; of all its turns, one that cannot be read is asked for again."""
        reply = self._ask(llm, messages)
        action = read_action(reply)
        if not isinstance(action, Invalid) or trail.corrected:
            return action
        trail.corrected = True
        yield Step("correction", f"The model's turn could not be read: {action.reason}.")
        again = load_prompt(PROMPT).correction(action.reason)
        turns = [("assistant", reply), (again["role"], again["content"])]
        return read_action(self._ask(llm, [*messages, *(chat_message(role, said) for role, said in turns)]))

    def _ask(self, llm: LLM, messages: Sequence[ChatMessage]) -> str:
        return llm.chat(messages, max_tokens=REPLY_TOKENS).message.content or ""

    def _search(self, action: Search, asked: Question) -> list[Passage]:
        found = self.retriever.search(action.query, asked.filters, SHOWN + len(asked.left_out), papers=asked.papers)
        return [passage for passage in found if passage.paper_id not in asked.left_out][:SHOWN]


def described(passages: Sequence[Passage]) -> str:
    """What was found, in words: the number of papers and the first titles."""
    papers = distinct_papers(passages)
    if not papers:
        return "nothing new"
    titles = "; ".join(readable(paper.title) for paper in papers[:_TITLES])
    more = f"; and {len(papers) - _TITLES} more" if len(papers) > _TITLES else ""
    return f"{plural(len(papers), 'paper')}: {titles}{more}"
