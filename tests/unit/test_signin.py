"""Tries at once: right passwords all pass, wrong ones are counted one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from ui.web.door.sessions import Sessions
from ui.web.door.signin import SignIn
from ui.web.door.users import Users, user_line

AT_ONCE = 25
REQUEST = Request({"type": "http", "client": ("10.0.0.1", 1), "headers": [], "method": "GET", "path": "/"})


class Counted(Users):
    """Users that count the comparisons."""

    compared = 0

    def accepts(self, name: str, password: str) -> bool:
        """Compare as always."""
        self.compared += 1
        return super().accepts(name, password)


@pytest.fixture
def users() -> Counted:
    return Counted({"ada": user_line("ada", "secret")})


def tried(users: Counted, password: str) -> list[bool]:
    sign_in = SignIn(users, Sessions(users, b"k" * 32))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda _: sign_in.check(REQUEST, "ada", password), range(AT_ONCE)))


def test_right_passwords_at_once_are_all_accepted(users: Counted) -> None:
    assert tried(users, "secret") == [True] * AT_ONCE


def test_wrong_passwords_at_once_are_compared_five_times(users: Counted) -> None:
    assert tried(users, "wrong") == [False] * AT_ONCE
    assert users.compared == 5
