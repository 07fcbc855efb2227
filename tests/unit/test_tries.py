"""Wrong passwords: counted for a name and an address together and each alone."""

from __future__ import annotations

import pytest

from ui.web.door.tries import OF_ADDRESS, OF_BOTH, OF_NAME, PAUSE_S, Tries


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def tries(clock: list[float]) -> Tries:
    return Tries(lambda: clock[0])


def test_a_name_and_an_address_together(tries: Tries, clock: list[float]) -> None:
    for _ in range(OF_BOTH):
        assert tries.may_try("a", "ada")
        tries.failed("a", "ada")
    assert not tries.may_try("a", "ada")
    assert tries.may_try("b", "ada")
    assert tries.may_try("a", "bob")
    clock[0] += PAUSE_S + 1
    assert tries.may_try("a", "ada")


def test_one_address_may_not_go_through_the_names(tries: Tries) -> None:
    for n in range(OF_ADDRESS):
        tries.failed("a", f"user{n}")
    assert not tries.may_try("a", "ada")
    assert tries.may_try("b", "ada")


def test_many_addresses_may_not_go_for_one_name(tries: Tries) -> None:
    for n in range(OF_NAME):
        tries.failed(f"10.0.{n}.1", "ada")
    assert not tries.may_try("b", "ada")
    assert tries.may_try("b", "bob")


def test_nobody_is_locked_out_of_where_they_were_before(tries: Tries) -> None:
    tries.succeeded("home", "ada")
    for n in range(OF_NAME):
        tries.failed(f"10.0.{n}.1", "ada")
        tries.failed("home", f"user{n}")  # somebody behind the same proxy
    assert tries.may_try("home", "ada")
    for _ in range(OF_BOTH):
        tries.failed("home", "ada")
    assert not tries.may_try("home", "ada")


def test_a_flood_of_names_makes_nobody_forget(tries: Tries) -> None:
    for _ in range(OF_BOTH):
        tries.failed("a", "ada")
    for n in range(3000):
        tries.failed("b", f"user{n}")
    assert not tries.may_try("a", "ada")


def test_a_right_password_ends_the_count(tries: Tries) -> None:
    for _ in range(OF_BOTH - 1):
        tries.failed("a", "ada")
    tries.succeeded("a", "ada")
    for _ in range(OF_BOTH - 1):
        tries.failed("a", "ada")
    assert tries.may_try("a", "ada")
