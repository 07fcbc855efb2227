"""The bounded memory: what it forgets, and that threads may share it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from rag.models.cache import Recent


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.keep({"a": 1, "b": 2})
    recent.keep(recent.known(["a"]))
    recent.keep({"c": 3})
    assert recent.known(["a", "b", "c"]) == {"a": 1, "c": 3}


def test_no_more_than_the_limit_is_kept() -> None:
    recent: Recent[int, int] = Recent(3)
    recent.keep({n: n for n in range(10)})
    assert recent.known(range(10)) == {7: 7, 8: 8, 9: 9}


def test_threads_may_share_one() -> None:
    recent: Recent[int, int] = Recent(5)

    def use(n: int) -> bool:
        recent.keep({n % 7: n % 7})
        return all(key == value for key, value in recent.known(range(7)).items())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(2000)))
    assert len(recent.known(range(7))) == 5
