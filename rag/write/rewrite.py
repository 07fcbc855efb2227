"""Follow-ups: a question and its conversation → a question that stands alone, with a model's help.

The model's wording is used only where it stays within what was said: a name that stands neither in the question nor in
the conversation is invented, and the question is read by rule then. History is data; it is never a template.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer.outcome import Reading
from rag.errors import LLMError
from rag.models.info import count_cl100k
from rag.models.llm import chat_messages
from rag.prompts import load_prompt
from rag.query import Reader
from rag.query.lexicon.vocabulary import fold
from rag.text.untrusted import as_data
from rag.types import Event, Filters, Note, Step, Turn
from rag.write.withheld import shown_turns

if TYPE_CHECKING:
    from rag.index.library import Library
    from rag.models.llm.client import GuardedLLM

CONDENSE, SUMMARISE = "condense", "summarise"
LONGEST_QUESTION = 120
"""Tokens of a rewritten question, and of a summary of old turns twice as many."""
_REMEMBERED = 256
"""Summaries of conversations' beginnings that are kept, so that each is made once."""
_LOG = logging.getLogger(__name__)
_LABEL = re.compile(r"^\W*(?:(?:the\s+)?(?:rewritten|standalone|last)\s+question\W*:\s*)", re.IGNORECASE)
_NAME = re.compile(r"(?<!\w)(?:\d[\w.-]*|[A-Za-z][\w-]*(?:[A-Z]|\d)[\w-]*)")
"""A figure, or a word with a capital or a digit inside."""
_WORD = re.compile(r"\w+")
_NEW_WORDS = 4
"""Words, at most, that a rewritten question may add to those of question and conversation."""


class Condenser:
    """Condenses follow-ups; safe to share between threads."""

    def __init__(self, reader: Reader, library: Library) -> None:
        self._reader = reader
        self._library = library
        self._guard = threading.Lock()
        self._summaries: OrderedDict[str, str] = OrderedDict()

    def read(
        self, llm: GuardedLLM, question: str, history: Sequence[Turn], filters: Filters
    ) -> Generator[Event, None, Reading]:
        """Read a question in its conversation.

        Args:
            llm: The model, with the limits of this answer.
            question: As it was asked.
            history: Earlier turns, oldest first; at least one.
            filters: Restrictions given beside the question.
        """
        by_rule = self._reader.understand(question, history, filters)
        prompt = load_prompt(CONDENSE)
        prompts = {prompt.name: prompt.digest}
        shown = shown_turns(history, self._library.shelf)
        try:
            conversation, summarised = self._conversation(llm, shown)
            values = {"conversation": conversation, "question": as_data(question)}
            reply = llm.chat(chat_messages(prompt, values), max_tokens=LONGEST_QUESTION).message.content or ""
        except LLMError as error:
            _LOG.warning("the follow-up was read by rule: %s", error.message)
            return Reading(by_rule, (_by_rule(error),), prompts)
        if summarised:
            prompts[SUMMARISE] = load_prompt(SUMMARISE).digest
        condensed = one_line(reply)
        if fold(condensed) == fold(question) or not stays_within(condensed, question, shown):
            return Reading(by_rule, (), prompts)
        yield Step("condense", condensed)
        alone = self._reader.understand(condensed, (), filters)
        note = Note(code="follow_up", text=f"Read as: {condensed}")
        understood = replace(
            alone,
            # What holds by rule ("which of these", the month of the last question) holds for the model's words as well.
            filters=alone.filters.completed(by_rule.filters),
            left_out=alone.left_out | by_rule.left_out,
            papers=by_rule.papers if alone.papers is None else alone.papers,
            focus=by_rule.focus,
            notes=(*alone.notes, note),
        )
        return Reading(understood, (), prompts)

    def _conversation(self, llm: GuardedLLM, history: Sequence[Turn]) -> tuple[str, bool]:
        """The conversation within the budget of its tokens, the oldest turns summarised; and whether some were."""
        old, recent = split(history, llm.config.memory_tokens)
        if not old:
            return as_turns(recent), False
        beginning = as_turns(old)
        key = hashlib.sha256(beginning.encode()).hexdigest()
        with self._guard:
            summary = self._summaries.get(key)
        if summary is None:
            messages = chat_messages(load_prompt(SUMMARISE), {"conversation": clipped(beginning, llm)})
            summary = llm.chat(messages, max_tokens=2 * LONGEST_QUESTION).message.content or ""
            with self._guard:
                self._summaries[key] = summary
                while len(self._summaries) > _REMEMBERED:
                    self._summaries.popitem(last=False)
        return f"<earlier>\n{as_data(summary.strip())}\n</earlier>\n{as_turns(recent)}", True


def split(history: Sequence[Turn], tokens: int) -> tuple[Sequence[Turn], Sequence[Turn]]:
    """The turns that are to be summarised, and the latest ones that fit into a number of tokens; at least the last."""
    sizes = count_cl100k([turn.content for turn in history])
    first = len(history)
    while first > 0 and (first == len(history) or sum(sizes[first - 1 :]) <= tokens):
        first -= 1
    return history[:first], history[first:]


def as_turns(history: Sequence[Turn]) -> str:
    """Turns as a prompt shows them: delimited by tags that their text cannot forge."""
    return "\n".join(f"<{turn.role}>\n{as_data(turn.content)}\n</{turn.role}>" for turn in history)


def clipped(text: str, llm: GuardedLLM) -> str:
    """The end of a text that is too long for the model, cut at a rough count of its characters."""
    room = llm.config.context_tokens // 2
    (tokens,) = count_cl100k([text])
    return text if tokens <= room else text[-int(len(text) * room / tokens) :]


def one_line(reply: str) -> str:
    """The question in a reply: its first line, without a label and quotation marks."""
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    return _LABEL.sub("", lines[0]).strip(" \"'“”*") if lines else ""


def stays_within(condensed: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a rewritten question is one, and names nothing that was not said."""
    said = " ".join([question, *(turn.content for turn in history)]).casefold()
    spoken = set(_WORD.findall(said))
    new = {word.casefold() for word in _WORD.findall(condensed)} - spoken
    invented = [name for name in _NAME.findall(condensed) if name.casefold().rstrip(".") not in said]
    return bool(condensed) and not invented and len(new) <= _NEW_WORDS


def _by_rule(error: LLMError) -> Note:
    return Note(code="model_failed", text=f"The follow-up was read without the model: {error.message}")
