"""Asking the judge: an OpenAI-compatible server through the `openai` client, with every reply kept.

Replies are appended to a file as they come, keyed by everything that was sent, so that a judgement that was killed
goes on without paying twice, and what the judge said can be read afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, Field, ValidationError

from eval.datasets import read_json_lines
from eval.files import append_json_line
from eval.judge.config import JudgeConfig
from eval.judge.parsing import Unusable
from rag.config import public_address
from rag.errors import JudgeError
from rag.prompts import Prompt

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")
PARSE_RETRIES = 3
"""Times a judge is asked again for a reply that can be read."""
LOCAL_KEY = "none"
"""Sent where no key is set: servers on one's own machine want any."""


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

    def __init__(
        self, config: JudgeConfig, replies: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        """Make a client; the server is not contacted yet.

        Args:
            config: The judge's settings.
            replies: File of replies to continue; None keeps none.
            environ: Environment variables, of which the key's is read; None takes the process's.
        """
        self.config = config
        self.ledger = Ledger()
        self._replies = replies
        self._known = _read_replies(replies) if replies and replies.exists() else {}
        self._key = (os.environ if environ is None else environ).get(config.api_key_env) or LOCAL_KEY
        self._client: OpenAI | None = None

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
            with mapped_errors(self.config):
                reply = self._send(messages)
            self._known[key] = reply
            if self._replies:
                append_json_line(self._replies, {"key": key, **{name: getattr(reply, name) for name in _FIELDS}})
        self.ledger.note(reply)
        return reply

    def close(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()

    def __enter__(self) -> JudgeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _identity(self, messages: list[dict[str, str]]) -> str:
        config = self.config
        sent = json.dumps([config.base_url, config.model, config.revision, messages], ensure_ascii=True)
        return hashlib.sha256(sent.encode()).hexdigest()

    def _send(self, messages: list[dict[str, str]]) -> Reply:
        # Raw, because the client does not check what it parses: a server may answer 200 with anything.
        raw = self._connected().chat.completions.with_raw_response.create(
            model=self.config.model,
            messages=messages,  # type: ignore[arg-type]
            temperature=0,
        )
        try:
            answer = _Completion.model_validate_json(raw.text)
        except ValidationError:
            raise JudgeError(
                f"{_server(self.config)} answered something that is no chat completion.",
                "Check that base_url is the address of an OpenAI-compatible server, up to and with /v1.",
            ) from None
        usage = answer.usage or _Usage()
        return Reply(
            text=answer.choices[0].message.content or "",
            model=answer.model,
            fingerprint=answer.system_fingerprint,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
        )

    def _connected(self) -> OpenAI:
        if self._client is None:
            from openai import OpenAI  # takes half a second

            config = self.config
            self._client = OpenAI(
                api_key=self._key, base_url=config.base_url, timeout=config.timeout_s, max_retries=config.max_retries
            )
        return self._client


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(BaseModel):
    """The parts of a chat completion that are used."""

    model: str = ""
    system_fingerprint: str | None = None
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def _server(config: JudgeConfig) -> str:
    """The server in a message; user and password of its address are hidden."""
    return f"The judge's server {public_address(config.base_url)}"


_FIELDS = tuple(Reply.__dataclass_fields__)


def _read_replies(path: Path) -> dict[str, Reply]:
    """Replies by key; a torn line, as a kill leaves it, is left out and that call made again."""
    known = {}
    for _, row in read_json_lines(path):
        if isinstance(row, dict) and row.keys() == {"key", *_FIELDS}:
            known[row["key"]] = Reply(**{name: row[name] for name in _FIELDS})
    return known


@contextmanager
def mapped_errors(config: JudgeConfig) -> Iterator[None]:
    """Turn every error of the `openai` client into a `JudgeError` that says what to do."""
    import openai

    at = _server(config)
    key = config.api_key_env
    try:
        yield
    except openai.AuthenticationError as error:
        raise JudgeError(f"{at} refused the key in {key}.", f"Set {key} to a key of that server.") from error
    except openai.PermissionDeniedError as error:
        raise JudgeError(f"{at} does not let this key use {config.model}.", f"Check {key} and model.") from error
    except openai.NotFoundError as error:
        raise JudgeError(
            f"{at} does not know {config.model}, or is no such server.", "Check base_url and model."
        ) from error
    except openai.RateLimitError as error:
        advice = "Run the command again later: what has been judged is kept."
        raise JudgeError(f"{at} refuses for too many requests, or the quota is used up.", advice) from error
    except openai.InternalServerError as error:
        raise JudgeError(f"{at} failed ({error.status_code}).", "Run the command again later.") from error
    except openai.APIStatusError as error:  # 400, 409, 422: the request itself
        advice = "The model must take chat messages, a temperature of 0 and prompts of a few thousand tokens."
        raise JudgeError(f"{at} refused the request ({error.status_code}).", advice) from error
    except openai.APITimeoutError as error:
        raise JudgeError(f"{at} did not answer within {config.timeout_s:g} s.", "Raise timeout_s.") from error
    except openai.APIConnectionError as error:
        raise JudgeError(f"{at} cannot be reached.", "Start it, or correct base_url.") from error
    except openai.OpenAIError as error:
        advice = "Check that base_url is the address of an OpenAI-compatible server, up to and with /v1."
        raise JudgeError(f"{at} answered something that cannot be read ({type(error).__name__}).", advice) from error
