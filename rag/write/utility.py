"""Useful, not only relevant: a model picks, out of what was found, the passages that an answer needs.

After Zhang et al. (arXiv 2504.05220): a relevance pick, a draft answer from it, and a listwise utility pick in sight of
the draft. Whatever cannot be read or done leaves the retriever's order as it is.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

from rag.errors import LLMError
from rag.models.llm import chat_messages
from rag.models.llm.structured import ask_for
from rag.prompts import load_prompt
from rag.text.readable import readable
from rag.text.untrusted import as_data, as_passages, unheld
from rag.types import Passage, Step

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

RELEVANCE, DRAFT, UTILITY = "relevance", "utility_draft", "utility"
LISTED = 10
"""Passages that are chosen from."""
LISTED_WORDS = 150
"""Words shown of each."""
PICK_TOKENS, DRAFT_TOKENS = 100, 200


class Picked(BaseModel):
    """Numbers of passages, as a model gives them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    numbers: tuple[int, ...]

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, content: Any) -> Any:
        return {"numbers": content} if isinstance(content, list) else content


@dataclass(frozen=True, slots=True)
class Selected:
    """What the writer is given.

    Attributes:
        passages: The useful ones, the most useful first; all, as they were found, where none was picked.
        prompts: Digests of the prompts used, by name.
    """

    passages: tuple[Passage, ...]
    prompts: Mapping[str, str] = field(default_factory=dict)


def select_useful(llm: LLM, question: str, passages: Sequence[Passage]) -> Generator[Step, None, Selected]:
    """Pick the passages that an answer needs out of the first `LISTED`; yields what each step kept.

    Args:
        llm: The model.
        question: The standalone question.
        passages: What was found, best first.
    """
    listed = unheld(passages)[:LISTED]
    prompts = {name: load_prompt(name).digest for name in (RELEVANCE, DRAFT, UTILITY)}
    if len(listed) < 2:
        return Selected(tuple(passages))
    try:
        relevant = _pick(llm, RELEVANCE, question, listed)
        yield Step("relevant", f"{len(relevant)} of {len(listed)} passages are about the question")
        if len(relevant) > 1:
            values = {"question": as_data(question), "passages": as_passages(relevant, LISTED_WORDS)}
            draft = llm.chat(chat_messages(load_prompt(DRAFT), values), max_tokens=DRAFT_TOKENS).message.content or ""
            useful = _pick(llm, UTILITY, question, relevant, draft=as_data(draft))
        else:
            useful = relevant
    except LLMError as error:
        yield Step("useful", f"The passages stay as they were found: {error.message}")
        return Selected(tuple(passages), prompts)
    if not useful:
        yield Step("useful", "The passages stay as they were found: none was picked.")
        return Selected(tuple(passages), prompts)
    titles = "; ".join(dict.fromkeys(readable(passage.title) for passage in useful))
    yield Step("useful", f"{len(useful)} of {len(relevant)} kept: {titles}")
    return Selected(tuple(useful), prompts)


def _pick(llm: LLM, name: str, question: str, passages: Sequence[Passage], **values: str) -> list[Passage]:
    """The passages that the model names, in its order; numbers that there are not are passed over."""
    shown = {"question": as_data(question), "passages": as_passages(passages, LISTED_WORDS), **values}
    picked = ask_for(llm, load_prompt(name), shown, Picked, max_tokens=PICK_TOKENS)
    return [passages[n - 1] for n in dict.fromkeys(picked.numbers) if 0 < n <= len(passages)]
