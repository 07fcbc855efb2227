"""A LlamaIndex `LLM` behind our rules: every error is one of ours, every call is bounded in time, tokens and number."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import openai
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM
from llama_index.core.llms.custom import CustomLLM
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay

from rag.config import LLMConfig, public_address
from rag.errors import (
    LLMError,
    LLMRequestError,
    LLMTimeoutError,
    LLMUnavailableError,
)
from rag.models import endpoint
from rag.models.info import count_cl100k
from rag.models.llm import CUT, EXPOSED, count_tokens
from rag.models.llm.failures import Instead, broken_off, failure
from rag.models.llm.habits import Habits, asked_without, habits_of
from rag.models.llm.thoughts import ReplyText
from rag.models.llm.usage import Call, DayLedger, Meter
from rag.types import Usage

T = TypeVar("T")
_Opened = tuple[ChatResponse | None, AsyncGenerator[ChatResponse, None]]
"""A reply's first part, and the rest."""


class GuardedLLM(CustomLLM):
    """A model that is asked through another `LLM`; safe to call from many threads.

    `for_answer` gives the same model with an answer's limits of its own: take one for each question.
    """

    _inner: LLM = PrivateAttr()
    _config: LLMConfig = PrivateAttr()
    _meter: Meter = PrivateAttr()
    _ledger: DayLedger | None = PrivateAttr()
    _slots: asyncio.Semaphore = PrivateAttr()
    _secrets: tuple[str, ...] = PrivateAttr()
    _habits: Habits = PrivateAttr()

    @classmethod
    def around(
        cls, inner: LLM, config: LLMConfig, ledger: DayLedger | None = None, secrets: tuple[str, ...] = ()
    ) -> GuardedLLM:
        """Guard any LlamaIndex model.

        Args:
            inner: Asks the server; it must not retry by itself.
            config: Time-outs, limits and prices.
            ledger: Sums of the days; None keeps none.
            secrets: What must not stand in a message: key and header values.
        """
        model = cls()
        model._inner, model._config, model._ledger, model._secrets = inner, config, ledger, secrets
        model._slots = asyncio.Semaphore(config.max_concurrency)
        model._meter = Meter(config, ledger, limited=False)
        model._habits = habits_of(config.base_url, config.model) if config.provider else Habits()
        return model

    def for_answer(self) -> GuardedLLM:
        """The same model, whose calls count towards one new answer: its tokens, cost and time."""
        model = GuardedLLM.around(self._inner, self._config, self._ledger, self._secrets)
        model._slots, model._habits = self._slots, self._habits
        model._meter = Meter(self._config, self._ledger)
        return model

    @classmethod
    def class_name(cls) -> str:
        """Name LlamaIndex uses for this class."""
        return "GuardedLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """The model as LlamaIndex describes one."""
        config = self._config
        return LLMMetadata(
            context_window=config.context_tokens,
            num_output=config.max_output_tokens,
            is_chat_model=True,
            model_name=config.model or self._inner.metadata.model_name,
        )

    @property
    def config(self) -> LLMConfig:
        """The settings it was built from."""
        return self._config

    def used(self) -> Usage | None:
        """What this answer's calls took so far; None before the first."""
        return self._meter.usage()

    def shortfall(self) -> tuple[int, int] | None:
        """Tokens that the server says it read of this answer's prompts, where they were far fewer, and those sent."""
        return self._meter.shortfall

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Cost in USD, None where the model's price is unknown."""
        return self._meter.prices.cost(prompt_tokens, completion_tokens)

    def seconds_left(self) -> float:
        """Seconds until the answer's time is up; infinite where this is no answer's model."""
        return self._meter.seconds_left()

    def affords(self, messages: Sequence[ChatMessage], longest_reply: int | None = None) -> bool:
        """Whether a further call keeps within the answer's limits of tokens and cost."""
        return self._meter.affords(count_tokens(messages), longest_reply or self._config.max_output_tokens)

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Send messages and wait for the whole reply.

        Args:
            messages: The conversation.
            **kwargs: Sent along; `max_tokens` shortens the reply.

        Raises:
            LLMError: the most specific kind of what went wrong, also after the retries.
        """
        prompt, longest, options = self._prepared(messages, kwargs)
        seconds = self._seconds()
        with self._meter.call(prompt, longest) as call:
            response = endpoint.wait_for(self._chat(messages, options, seconds))
            said = response.message.content or ""
            self._settle(call, response, prompt, said)
        reason = _reason(response)
        if error := broken_off(reason, self._who):
            raise error
        reply, instead = ReplyText(tags=True), Instead()
        text = reply.feed(said) + reply.finish()
        if not text.strip():
            instead.saw(response.raw)
            raise self._empty(reply, instead, reason)
        message = ChatMessage(role=response.message.role, content=text)
        return ChatResponse(message=message, raw=response.raw, additional_kwargs=response.additional_kwargs)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Send messages and yield the reply as it comes, without thoughts (arguments and errors as of `chat`).

        An error is raised where it happens, after what had come before it. A reply that ends without the server's word
        that it is complete is an error as well. Closing the generator ends the call. The reply of a model that is not
        known to answer at once comes at its end (`thoughts`).
        """
        prompt, longest, options = self._prepared(messages, kwargs)
        inbox: queue.SimpleQueue[ChatResponse | LLMError | None] = queue.SimpleQueue()
        seconds = self._seconds()
        hosted = self._config.provider == "openai"  # its thoughts never come with the reply
        known = hosted or self._habits.at_once
        certain = known if self._config.thinks is None else not self._config.thinks
        reply, instead, reason, shown = ReplyText(certain=certain), Instead(), "", ""
        with self._meter.call(prompt, longest) as call:
            text = ""
            future = endpoint.submit(self._pump(messages, options, seconds, inbox))
            try:
                while isinstance(item := inbox.get(), ChatResponse):
                    text += item.delta or ""
                    self._settle(call, item, prompt, None)
                    reason = _reason(item) or reason
                    instead.saw(item.raw)
                    delta = reply.feed(item.delta or "")
                    shown += delta
                    yield _part(shown, delta, item.raw, exposed=reply.exposed)
            finally:
                future.cancel()
                call.completion_tokens = call.completion_tokens or sum(count_cl100k([text]))
        delta = reply.finish(broken=item is not None or reason in CUT)
        if delta:
            yield _part(shown + delta, delta, None, exposed=reply.exposed)
        if item is not None:
            raise item
        if not (shown + delta).strip():
            raise self._empty(reply, instead, reason)
        self._habits.saw(thought=reply.thought, unannounced=reply.unannounced)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Ask with one message (`chat`)."""
        response = self.chat([ChatMessage(role=MessageRole.USER, content=prompt)], **kwargs)
        return CompletionResponse(text=response.message.content or "", raw=response.raw)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Ask with one message and yield the reply as it comes (`stream_chat`)."""
        for part in self.stream_chat([ChatMessage(role=MessageRole.USER, content=prompt)], **kwargs):
            yield CompletionResponse(text=part.message.content or "", delta=part.delta, raw=part.raw)

    async def _chat(self, messages: Sequence[ChatMessage], options: dict[str, Any], seconds: float) -> ChatResponse:
        try:
            async with asyncio.timeout(seconds), self._slots:
                response: ChatResponse = await self._retrying(seconds)(self._whole, messages, options)
                return response
        except Exception as error:  # a vendor's client raises what it likes; `_mapped` has a word for each
            raise self._mapped(error, seconds) from None  # the cause would carry what the server echoed

    async def _pump(
        self,
        messages: Sequence[ChatMessage],
        options: dict[str, Any],
        seconds: float,
        inbox: queue.SimpleQueue[ChatResponse | LLMError | None],
    ) -> None:
        """Put the parts of a reply into a queue, then None or the error that ended them."""
        complete = said = False
        reason, instead = "", Instead()
        try:
            async with asyncio.timeout(seconds), self._slots:
                opened: _Opened = await self._retrying(seconds)(self._opened, messages, options)
                part, rest = opened
                while part is not None:
                    complete, said = complete or _is_last(part), said or bool(part.delta)
                    reason = _reason(part) or reason
                    instead.saw(part.raw)
                    inbox.put(part)
                    part = await anext(rest, None)
            if error := broken_off(reason, self._who):
                raise error
            if not said:
                raise instead.error(self._who, cut=reason in CUT)
            if not complete:
                raise LLMUnavailableError(f"{self._who} stopped in the middle of its reply.", "Ask again.")
        except asyncio.CancelledError:
            inbox.put(None)
            raise
        except Exception as error:  # a vendor's client raises what it likes; `_mapped` has a word for each
            inbox.put(self._mapped(error, seconds))
        else:
            inbox.put(None)

    async def _opened(self, messages: Sequence[ChatMessage], options: dict[str, Any]) -> _Opened:
        """Start a reply and wait for its first part: until then, trying again repeats nothing."""

        async def open_stream(messages: Sequence[ChatMessage], options: dict[str, Any]) -> _Opened:
            if "stream" in self._refused:
                options.pop("stream_options", None)
                whole = await self._inner.achat(messages, **options)
                return _part(whole.message.content or "", whole.message.content or "", whole.raw), _nothing()
            stream = await self._inner.astream_chat(messages, **options)
            return await anext(stream), stream

        usage = {"stream_options": {"include_usage": True}} if self._config.provider else {}
        return await self._understood(open_stream, messages, {**usage, **options}, streamed=True)

    async def _whole(self, messages: Sequence[ChatMessage], options: dict[str, Any]) -> ChatResponse:
        async def ask(messages: Sequence[ChatMessage], options: dict[str, Any]) -> ChatResponse:
            return await self._inner.achat(messages, **options)

        return await self._understood(ask, messages, options)

    async def _understood(
        self,
        send: Callable[[Sequence[ChatMessage], dict[str, Any]], Awaitable[T]],
        messages: Sequence[ChatMessage],
        options: dict[str, Any],
        *,
        streamed: bool = False,
    ) -> T:
        """Send a request in the form that the server takes; what it refuses is left out from then on."""
        while True:
            refused = self._refused
            kept, taken = asked_without(refused, messages, options)
            sent = {*taken, *(message.role.value for message in kept), "temperature", "stream" * streamed} - refused
            try:
                return await send(kept, taken)
            except openai.APIError as error:
                if self._config.provider and self._habits.learn(error, sent):
                    continue
                if isinstance(error, openai.BadRequestError) and "response_format" not in options:
                    self._habits.forget()
                raise

    @property
    def _refused(self) -> frozenset[str]:
        return self._habits.refused | frozenset(self._config.leave_out)

    def _retrying(self, seconds: float) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self._config.max_retries + 1) | stop_before_delay(seconds),
            wait=endpoint.pause,
            retry=retry_if_exception(endpoint.worth_retrying),
            reraise=True,
        )

    def _prepared(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> tuple[int, int, dict[str, Any]]:
        """Prompt tokens, tokens of the longest reply, and what is sent along."""
        prompt = count_tokens(messages)
        longest = min(kwargs.pop("max_tokens", None) or self._config.max_output_tokens, self._config.max_output_tokens)
        if prompt + longest > self._config.context_tokens:
            raise LLMRequestError(
                f"The prompt has about {prompt:,} tokens and the reply may have {longest:,}; llm.context_tokens is"
                f" {self._config.context_tokens:,}.",
                "Raise llm.context_tokens if the model reads more, or ask a shorter question.",
            )
        # OpenAI's newer models refuse the old name, and few other servers know the new one.
        name = "max_completion_tokens" if self._config.provider == "openai" else "max_tokens"
        return prompt, longest, {name: longest, **kwargs}

    def _seconds(self) -> float:
        seconds = min(self._config.timeout_s, self._meter.seconds_left())
        if seconds <= 0:
            raise LLMTimeoutError(
                f"The answer's {self._config.answer_timeout_s:g} s are used up.", "Raise llm.answer_timeout_s."
            )
        return seconds

    @property
    def _who(self) -> str:
        config = self._config
        at = f" {public_address(config.base_url or endpoint.OPENAI_URL)}" if config.provider else ""
        return f"The language model's server{at} (model {self.metadata.model_name})"

    def _empty(self, reply: ReplyText, instead: Instead, reason: str) -> LLMError:
        """The error of a reply of which no answer is left."""
        instead.thought, instead.called = instead.thought or reply.thought, instead.called or reply.called
        return instead.error(self._who, cut=reason in CUT)

    def _settle(self, call: Call, response: ChatResponse, prompt_tokens: int, text: str | None) -> None:
        """Take the server's counts where it gives them, else our own; an unfinished reply has no `text`."""
        usage = getattr(response.raw, "usage", None)
        if usage is not None:
            call.prompt_tokens = usage.prompt_tokens or prompt_tokens
            call.completion_tokens = usage.completion_tokens or 0
            details = getattr(usage, "prompt_tokens_details", None)
            self._meter.read(prompt_tokens, call.prompt_tokens + (getattr(details, "cached_tokens", None) or 0))
        else:
            call.prompt_tokens = call.prompt_tokens or prompt_tokens
            if text is not None:
                call.completion_tokens = sum(count_cl100k([text]))

    def _mapped(self, error: Exception, seconds: float) -> LLMError:
        return failure(error, self._who, self._config, seconds, self._secrets)


def _is_last(part: ChatResponse) -> bool:
    """Whether the server says with this part that the reply is complete; a model of another vendor need not say it."""
    choices = getattr(part.raw, "choices", None)
    return choices is None or any(choice.finish_reason for choice in choices)


def _reason(part: ChatResponse) -> str:
    """Why a reply ends, in the server's word; empty as long as it does not say."""
    choices = getattr(part.raw, "choices", None) or ()
    return next((str(choice.finish_reason).lower() for choice in choices if choice.finish_reason), "")


def _part(text: str, delta: str, raw: Any, *, exposed: bool = False) -> ChatResponse:
    """A part of a reply: all of its text so far, and what is new."""
    message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
    return ChatResponse(message=message, delta=delta, raw=raw, additional_kwargs={EXPOSED: True} if exposed else {})


async def _nothing() -> AsyncGenerator[ChatResponse, None]:
    """The rest of a reply that came whole."""
    none: tuple[ChatResponse, ...] = ()
    for part in none:
        yield part
