"""Asking the judge, through the client that writes answers, with every reply kept.

Replies are appended to a file as they come, keyed by everything that was sent, so that a judgement that was killed
goes on without paying twice, and what the judge said can be read afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from eval.files import append_json_line, read_json_lines
from eval.judge.config import JudgeConfig
from eval.judge.replies import Unusable
from rag.errors import JudgeError, LLMEmptyError, LLMError
from rag.models.llm import build_llm
from rag.prompts import Prompt

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

T = TypeVar("T")
PARSE_RETRIES = 3
"""Times a judge is asked again for a reply that can be read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said, and as whom.

    Attributes:
        model: The model's name as the server gives it.
        fingerprint: `system_fingerprint`, which changes with the server's set-up; None where the server has none.
    """

    text: str
    model: str
    fingerprint: str | None
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """A call whose reply could not be read, also after the retries."""

    stage: str
    subject: str
    reason: str


@dataclass(slots=True)
class Ledger:
    """What was asked and what came back, for the report and the gates."""

    calls: int = 0
    parse_retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    models: set[str] = field(default_factory=set)
    fingerprints: set[str] = field(default_factory=set)
    failures: list[ParseFailure] = field(default_factory=list)

    def note(self, reply: Reply) -> None:
        """Count a reply."""
        self.calls += 1
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        self.models.add(reply.model)
        if reply.fingerprint is not None:
            self.fingerprints.add(reply.fingerprint)


class JudgeClient:
    """Asks one model, at temperature 0."""

    def __init__(self, config: JudgeConfig, replies: Path | None = None, llm: LLM | None = None) -> None:
        """Make a client; the server is not contacted yet.

        Args:
            config: The judge's settings.
            replies: File of replies to continue; None keeps none.
            llm: Any LlamaIndex model; None builds the one that the settings name when it is first needed.
        """
        self.config = config
        self.ledger = Ledger()
        self._replies = replies
        self._known = _read_replies(replies) if replies and replies.exists() else {}
        self._llm = llm

    def ask(
        self, stage: str, subject: str, prompt: Prompt, values: Mapping[str, str], read: Callable[[str], T]
    ) -> T | None:
        """Ask until the reply can be read, at most `PARSE_RETRIES` times more, saying each time what was wrong.

        Args:
            stage: Step of the method, for the report.
            subject: What is judged, for the report.
            prompt: What to ask.
            values: The prompt's variables.
            read: Turns a reply's text into the result, or raises `Unusable`.

        Returns:
            The result, or None when no reply could be read; that is on the ledger then.

        Raises:
            JudgeError: the server failed.
        """
        messages = prompt.messages(values)
        reason = ""
        for attempt in range(PARSE_RETRIES + 1):
            if attempt:
                self.ledger.parse_retries += 1
            text = self.complete(messages).text
            try:
                return read(text)
            except Unusable as error:
                reason = str(error)
            messages = [*messages, {"role": "assistant", "content": text or "(empty)"}, prompt.correction(reason)]
        self.ledger.failures.append(ParseFailure(stage, subject, reason))
        return None

    def complete(self, messages: list[dict[str, str]]) -> Reply:
        """Send messages and return the reply, from the file where it is known.

        Raises:
            JudgeError: the server failed, also after the retries.
        """
        key = self._identity(messages)
        reply = self._known.get(key)
        if reply is None:
            reply = self._send(messages)
            self._known[key] = reply
            if self._replies:
                append_json_line(self._replies, {"key": key, **{name: getattr(reply, name) for name in _FIELDS}})
        self.ledger.note(reply)
        return reply

    def _identity(self, messages: list[dict[str, str]]) -> str:
        config = self.config
        sent = json.dumps([config.base_url, config.model, config.revision, messages], ensure_ascii=True)
        return hashlib.sha256(sent.encode()).hexdigest()

    def _send(self, messages: Sequence[dict[str, str]]) -> Reply:
        from llama_index.core.base.llms.types import ChatMessage  # takes a second

        sent = [ChatMessage(role=message["role"], content=message["content"]) for message in messages]
        try:
            self._llm = self._llm or build_llm(self.config.llm)
            answer = self._llm.chat(sent)
        except LLMEmptyError:
            return Reply("", self.config.model, None, 0, 0)  # one that cannot be read, for which it is asked again
        except LLMError as error:
            advice = f"{error.advice.replace('llm.', '')} What has been judged is kept."
            raise JudgeError(error.message.replace("The language model", "The judge", 1), advice) from None
        usage = getattr(answer.raw, "usage", None)
        return Reply(
            text=answer.message.content or "",
            model=getattr(answer.raw, "model", None) or self.config.model,
            fingerprint=getattr(answer.raw, "system_fingerprint", None),
            prompt_tokens=getattr(usage, "prompt_tokens", None) or 0,
            completion_tokens=getattr(usage, "completion_tokens", None) or 0,
        )


_FIELDS = tuple(Reply.__dataclass_fields__)


def _read_replies(path: Path) -> dict[str, Reply]:
    """Replies by key; a torn line, as a kill leaves it, is left out and that call made again."""
    known = {}
    for _, row in read_json_lines(path):
        if isinstance(row, dict) and row.keys() == {"key", *_FIELDS}:
            known[row["key"]] = Reply(**{name: row[name] for name in _FIELDS})
    return known
