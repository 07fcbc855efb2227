"""What model calls use up: counted before they are made, held within the limits of an answer and of a day.

A call reserves its prompt and the longest reply it may get, and settles for what it really took. A process that is
killed in between leaves its reservation standing: the limit errs on the safe side.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag.config import BudgetConfig, LLMConfig
from rag.errors import BudgetExceeded, ConfigError
from rag.papers.database import Database
from rag.papers.usage import STEPS
from rag.types import Usage
from rag.types.places import Place

_ADD = (
    "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE"
    " SET calls = usage.calls + excluded.calls,"
    " prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,"
    " completion_tokens = usage.completion_tokens + excluded.completion_tokens, usd = usage.usd + excluded.usd"
)
_SUM = "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0), coalesce(sum(usd), 0) FROM usage WHERE day = ?"


@dataclass(slots=True)
class Call:
    """What one call took; nothing where the server sent nothing."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Prices:
    """USD for a million tokens; None where unknown."""

    prompt: float | None
    completion: float | None

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Cost in USD, None where a price is unknown."""
        if self.prompt is None or self.completion is None:
            return None
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


class DayLedger:
    """The tokens of each day (UTC), shared by all processes that use one file."""

    def __init__(self, place: Place, model: str, prices: Prices) -> None:
        self._database = Database.at(place)
        self._model, self._prices = model, prices
        self._ready = False

    def reserve(self, prompt_tokens: int, completion_tokens: int, limits: BudgetConfig) -> str:
        """Add a call if it keeps within the day's limits, in one transaction; returns its day.

        Raises:
            BudgetExceeded: it does not; nothing was added.
        """
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        cost = self._prices.cost(prompt_tokens, completion_tokens) or 0.0
        if not self._ready:
            self._make()
            self._ready = True
        with self._database.transaction() as db:
            tokens, usd = db.execute(_SUM, (day,)).fetchone()
            check_limit("day_tokens", limits.day_tokens, tokens, prompt_tokens + completion_tokens)
            check_limit("day_usd", limits.day_usd, usd, cost)
            db.execute(_ADD, (day, self._model, 1, prompt_tokens, completion_tokens, cost))
        return day

    def settle(self, day: str, prompt_tokens: int, completion_tokens: int) -> None:
        """Correct a day by what a call took more or, negative, less than it had reserved."""
        cost = self._prices.cost(prompt_tokens, completion_tokens) or 0.0
        with self._database.transaction() as db:
            db.execute(_ADD, (day, self._model, 0, prompt_tokens, completion_tokens, cost))

    def spent(self, day: str) -> tuple[int, float]:
        """Tokens and USD of a day."""
        self._make()
        ((tokens, usd),) = self._database.all(_SUM, (day,))
        return int(tokens), float(usd)

    def _make(self) -> None:
        if not self._database.is_server:  # which has all tables
            for step in STEPS:
                self._database.all(step)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


SENT_LEAST = 400
"""Tokens of a prompt from which it is compared with what a server says it read."""
READ_SHARE = 0.5
"""Share that it must have read: vocabularies differ by a fifth, and a prompt that was cut loses most."""


class Meter:
    """What one answer uses up: tokens, cost and time. Safe to share between threads."""

    def __init__(self, config: LLMConfig, ledger: DayLedger | None, *, limited: bool = True) -> None:
        """Start to count.

        Args:
            config: Limits, prices and the time of an answer.
            ledger: Holds the day's sums; None counts no days.
            limited: Hold the limits and the time of one answer; calls outside an answer have none.
        """
        self.prices = prices_of(config)
        self._limits = config.budget
        self._ledger = ledger
        self._ends = time.monotonic() + config.answer_timeout_s if limited else None
        self._limited = limited
        self._guard = threading.Lock()
        self._prompt = self._completion = self._calls = 0
        self.shortfall: tuple[int, int] | None = None
        """What a server says it read of a prompt, where that was far less, and what was sent."""

    def read(self, sent: int, read: int) -> None:
        """Take note of how many tokens of a prompt a server says it read."""
        if sent >= SENT_LEAST and read < READ_SHARE * sent:
            self.shortfall = (read, sent)

    @contextmanager
    def call(self, prompt_tokens: int, longest_reply: int) -> Iterator[Call]:
        """Reserve for a call, and settle when the block ends for what the yielded `Call` then says.

        Raises:
            BudgetExceeded: it would go over a limit.
        """
        reserved = prompt_tokens + longest_reply
        with self._guard:
            if self._limited:
                self._check_answer(prompt_tokens, longest_reply)
            day = self._ledger.reserve(prompt_tokens, longest_reply, self._limits) if self._ledger else ""
            self._calls += 1
            self._prompt += prompt_tokens
            self._completion += longest_reply
        taken = Call()
        try:
            yield taken
        finally:
            more = (taken.prompt_tokens - prompt_tokens, taken.completion_tokens - longest_reply)
            with self._guard:
                self._prompt += more[0]
                self._completion += more[1]
            if self._ledger and taken.prompt_tokens + taken.completion_tokens != reserved:
                self._ledger.settle(day, *more)

    def affords(self, prompt_tokens: int, longest_reply: int) -> bool:
        """Whether a further call keeps within the answer's limits."""
        try:
            with self._guard:
                self._check_answer(prompt_tokens, longest_reply)
        except BudgetExceeded:
            return False
        return True

    def seconds_left(self) -> float:
        """Seconds until the answer's time is up; infinite outside an answer."""
        return float("inf") if self._ends is None else self._ends - time.monotonic()

    def usage(self) -> Usage | None:
        """What was used so far; None before the first call."""
        with self._guard:
            if not self._calls:
                return None
            cost = self.prices.cost(self._prompt, self._completion)
            return Usage(prompt_tokens=self._prompt, completion_tokens=self._completion, cost_usd=cost)

    def _check_answer(self, prompt_tokens: int, longest_reply: int) -> None:
        used = self._prompt + self._completion
        check_limit("answer_tokens", self._limits.answer_tokens, used, prompt_tokens + longest_reply)
        spent = self.prices.cost(self._prompt, self._completion) or 0.0
        check_limit("answer_usd", self._limits.answer_usd, spent, self.prices.cost(prompt_tokens, longest_reply) or 0.0)


def prices_of(config: LLMConfig) -> Prices:
    """The model's prices.

    Raises:
        ConfigError: a limit in USD is set and a price is not.
    """
    prices = Prices(config.usd_per_million_in, config.usd_per_million_out)
    limited = [key for key in ("answer_usd", "day_usd") if getattr(config.budget, key) is not None]
    if limited and prices.cost(0, 0) is None:
        raise ConfigError(
            f"llm.budget.{limited[0]} is set, and the model's price is not.",
            "Set llm.usd_per_million_in and llm.usd_per_million_out.",
        )
    return prices


def check_limit(key: str, limit: float | None, used: float, more: float) -> None:
    """Refuse what would go over a limit.

    Raises:
        BudgetExceeded: `used + more` is above it.
    """
    if limit is not None and used + more > limit:
        raise BudgetExceeded(
            f"The call may take {more:,.6g}, {used:,.6g} are used, and llm.budget.{key} is {limit:,.6g}.",
            f"Raise llm.budget.{key}, or lower llm.max_output_tokens.",
        )
