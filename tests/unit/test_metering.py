"""What model calls use up, and the limits that hold them."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.config import BudgetConfig, LLMConfig
from rag.errors import BudgetExceeded, ConfigError
from rag.models.llm.usage import DayLedger, Meter, Prices, prices_of

PRICES = Prices(1.0, 2.0)


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def priced(**budget: float) -> LLMConfig:
    return LLMConfig(usd_per_million_in=1.0, usd_per_million_out=2.0, budget=BudgetConfig.model_validate(budget))


def test_a_call_settles_for_what_it_took() -> None:
    meter = Meter(priced(), None)
    with meter.call(100, 500) as call:
        call.prompt_tokens, call.completion_tokens = 90, 30
    usage = meter.usage()
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (90, 30)
    assert usage.cost_usd == pytest.approx((90 * 1 + 30 * 2) / 1e6)


def test_without_a_call_there_is_no_usage_and_without_a_price_no_cost() -> None:
    meter = Meter(LLMConfig(), None)
    assert meter.usage() is None
    with meter.call(10, 10) as call:
        call.prompt_tokens = 10
    usage = meter.usage()
    assert usage is not None
    assert usage.cost_usd is None


def test_an_answer_is_held_to_its_tokens() -> None:
    meter = Meter(priced(answer_tokens=1000), None)
    with meter.call(400, 300) as call:
        call.prompt_tokens, call.completion_tokens = 400, 50
    assert meter.affords(400, 150)
    assert not meter.affords(400, 151)
    with pytest.raises(BudgetExceeded, match=r"llm\.budget\.answer_tokens"), meter.call(400, 151):
        raise AssertionError("the call was made")
    usage = meter.usage()
    assert usage is not None
    assert usage.prompt_tokens + usage.completion_tokens == 450


def test_an_answer_is_held_to_its_cost() -> None:
    meter = Meter(priced(answer_usd=0.001), None)
    with pytest.raises(BudgetExceeded, match="answer_usd"), meter.call(1001, 0):
        raise AssertionError("the call was made")
    with meter.call(1000, 0):
        pass


def test_a_reservation_counts_while_the_call_is_under_way() -> None:
    meter = Meter(priced(answer_tokens=1000), None)
    with meter.call(400, 300):
        assert not meter.affords(400, 0)


def test_calls_outside_an_answer_know_no_answer_limits() -> None:
    meter = Meter(priced(answer_tokens=10), None, limited=False)
    with meter.call(400, 300):
        pass
    assert meter.seconds_left() == float("inf")


def test_the_day_is_shared_by_all_who_use_the_file(tmp_path: Path) -> None:
    limits = BudgetConfig(day_tokens=1000)
    first = DayLedger(tmp_path / "usage.sqlite", "m", PRICES)
    first.reserve(600, 300, limits)
    second = DayLedger(tmp_path / "usage.sqlite", "other", PRICES)
    with pytest.raises(BudgetExceeded, match="day_tokens"):
        second.reserve(101, 0, limits)
    first.settle(today(), -500, 0)
    second.reserve(101, 0, limits)
    assert second.spent(today())[0] == 501
    first.close()
    second.close()


def test_threads_cannot_overdraw_a_day(tmp_path: Path) -> None:
    ledger = DayLedger(tmp_path / "usage.sqlite", "m", PRICES)

    def spend(_: int) -> bool:
        try:
            ledger.reserve(100, 0, BudgetConfig(day_tokens=1000))
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(spend, range(30)))
    assert allowed == 10
    tokens, usd = ledger.spent(today())
    assert (tokens, round(usd, 6)) == (1000, 0.001)
    ledger.close()


def test_a_failed_call_costs_the_day_nothing(tmp_path: Path) -> None:
    ledger = DayLedger(tmp_path / "usage.sqlite", "m", PRICES)
    meter = Meter(priced(), ledger)
    with pytest.raises(RuntimeError), meter.call(100, 500):
        raise RuntimeError
    assert ledger.spent(today())[0] == 0
    ledger.close()


@pytest.mark.parametrize("key", ["answer_usd", "day_usd"])
def test_a_limit_in_dollars_needs_prices(key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        prices_of(LLMConfig(budget=BudgetConfig.model_validate({key: 1.0}), usd_per_million_in=1.0))
