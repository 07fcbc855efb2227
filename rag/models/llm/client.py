"""A LlamaIndex `LLM` behind our rules: every error is one of ours, every call is bounded in time, tokens and number."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Sequence
from typing import Any

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
    LLMEmptyError,
    LLMError,
    LLMRequestError,
    LLMTimeoutError,
    LLMUnavailableError,
)
from rag.models import endpoint
from rag.models.info import count_cl100k
from rag.models.llm import count_tokens
from rag.models.llm.failures import failure
from rag.models.llm.usage import Call, DayLedger, Meter
from rag.types import Usage

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
        return model

    def for_answer(self) -> GuardedLLM:
        """The same model, whose calls count towards one new answer: its tokens, cost and time."""
        model = GuardedLLM.around(self._inner, self._config, self._ledger, self._secrets)
        model._slots = self._slots
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
            _settle(call, response, prompt, response.message.content or "")
        if not (response.message.content or "").strip():
            raise self._empty()
        return response

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Send messages and yield the reply as it comes (arguments and errors as of `chat`).

        An error is raised where it happens, after what had come before it. A reply that ends without the server's word
        that it is complete is an error as well. Closing the generator ends the call.
        """
        prompt, longest, options = self._prepared(messages, kwargs)
        inbox: queue.SimpleQueue[ChatResponse | LLMError | None] = queue.SimpleQueue()
        seconds = self._seconds()
        with self._meter.call(prompt, longest) as call:
            text = ""
            future = endpoint.submit(self._pump(messages, options, seconds, inbox))
            try:
                while (item := inbox.get()) is not None:
                    if isinstance(item, LLMError):
                        raise item
                    text += item.delta or ""
                    _settle(call, item, prompt, None)
                    yield item
            finally:
                future.cancel()
                call.completion_tokens = call.completion_tokens or sum(count_cl100k([text]))

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
                response: ChatResponse = await self._retrying(seconds)(self._inner.achat, messages, **options)
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
        try:
            async with asyncio.timeout(seconds), self._slots:
                opened: _Opened = await self._retrying(seconds)(self._opened, messages, options)
                part, rest = opened
                while part is not None:
                    complete, said = complete or _is_last(part), said or bool(part.delta)
                    inbox.put(part)
                    part = await anext(rest, None)
            if not said:
                raise self._empty()
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
        stream = await self._inner.astream_chat(messages, **options)
        return await anext(stream), stream

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

    def _empty(self) -> LLMEmptyError:
        return LLMEmptyError(f"{self._who} sent an empty reply.", "Raise llm.max_output_tokens, or ask again.")

    def _mapped(self, error: Exception, seconds: float) -> LLMError:
        return failure(error, self._who, self._config, seconds, self._secrets)


def _is_last(part: ChatResponse) -> bool:
    """Whether the server says with this part that the reply is complete; a model of another vendor need not say it."""
    choices = getattr(part.raw, "choices", None)
    return choices is None or any(choice.finish_reason for choice in choices)


def _settle(call: Call, response: ChatResponse, prompt_tokens: int, text: str | None) -> None:
    """Take the server's counts where it gives them, else our own; a reply that is not whole yet has no `text`."""
    usage = getattr(response.raw, "usage", None)
    if usage is not None:
        call.prompt_tokens = usage.prompt_tokens or prompt_tokens
        call.completion_tokens = usage.completion_tokens or 0
    else:
        call.prompt_tokens = call.prompt_tokens or prompt_tokens
        if text is not None:
            call.completion_tokens = sum(count_cl100k([text]))
