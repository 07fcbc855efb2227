"""Users of the page: what is stored, what is accepted, and which lines are refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.config import UIConfig
from rag.errors import ConfigError
from ui.web.door.sessions import KEY_VARIABLE, LIFETIME_S, Sessions, session_key
from ui.web.door.users import USERS_VARIABLE, Users, read_users, user_line

LINE = user_line("ada", "correct horse")


def test_a_line_holds_no_password_and_never_the_same_hash() -> None:
    assert re.fullmatch(r"ada:\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", LINE)
    assert user_line("ada", "correct horse") != LINE


def test_only_the_right_password_is_accepted() -> None:
    users = Users({"ada": LINE})
    assert users.accepts("ada", "correct horse")
    assert users.accepts("ada", "correct horse")  # the second time from memory
    assert not users.accepts("ada", "correct hors")
    assert not users.accepts("ada", "")
    assert not users.accepts("bob", "correct horse")
    assert not users.accepts("ada", "x" * 2000)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a$b", "x" * 65])
def test_a_name_that_would_break_the_line_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        user_line(name, "password")


def test_an_empty_password_is_refused() -> None:
    with pytest.raises(ConfigError):
        user_line("ada", "")


def test_users_come_from_the_file_or_else_from_the_variable(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"# the group\n\n{LINE}\n")
    other = LINE.replace("ada", "bob")
    assert read_users(UIConfig(auth_file=path), {USERS_VARIABLE: other}).line("ada") == LINE
    assert read_users(UIConfig(auth_file=path), {USERS_VARIABLE: other}).line("bob") is None
    both = read_users(UIConfig(), {USERS_VARIABLE: f"{LINE} {other}"})
    assert len(both) == 2
    assert not read_users(UIConfig(), {})


@pytest.mark.parametrize(
    "content",
    [
        "ada:secret",
        LINE.replace("ln=15", "ln=31"),  # would take 256 GB
        LINE.replace("r=8", "r=99"),
        LINE.replace("ln=15", "ln=1"),
        LINE[:-20],
        f"{LINE}\n{LINE}",
        "",
        "# nobody",
    ],
    ids=["plain", "costly", "other-r", "cheap", "cut", "twice", "empty", "comment"],  # a salt is new in every process
)
def test_a_line_that_is_no_user_is_named_but_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "users"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_users(UIConfig(auth_file=path), {})
    assert str(path) in caught.value.message
    assert "secret" not in str(caught.value)
    assert "$scrypt" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_users(UIConfig(auth_file=tmp_path / "none"), {})


def test_a_token_ends_with_its_time_its_key_and_its_password() -> None:
    clock = [1000.0]
    users = Users({"ada": LINE})
    sessions = Sessions(users, b"k" * 32, lambda: clock[0])
    token = sessions.token("ada")
    assert sessions.user(token) == "ada"
    assert Sessions(users, b"x" * 32, lambda: clock[0]).user(token) is None
    assert Sessions(Users({"ada": user_line("ada", "new")}), b"k" * 32, lambda: clock[0]).user(token) is None
    assert Sessions(Users({}), b"k" * 32, lambda: clock[0]).user(token) is None
    clock[0] += LIFETIME_S - 1
    assert sessions.user(token) == "ada"
    clock[0] += 1
    assert sessions.user(token) is None


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "YQ.YQ", "é.é", "MTox.YQ"])
def test_what_is_no_token_is_nobody(token: str) -> None:
    assert Sessions(Users({"ada": LINE}), b"k" * 32).user(token) is None


def test_the_librarys_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    key = session_key(tmp_path)
    assert session_key(tmp_path) == key
    assert len(key) == 32
    assert (tmp_path / "session.key").stat().st_mode & 0o077 == 0


def test_an_unknown_name_costs_what_a_known_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work is done, with the same parameters, also where users' lines are dearer than today's."""
    import hashlib

    asked: list[tuple[object, ...]] = []
    real = hashlib.scrypt

    def counted(password: bytes, **given: object) -> bytes:
        asked.append((given["n"], given["r"], given["p"]))
        return real(password, **given)  # type: ignore[arg-type]  # as they came

    cheaper = LINE.replace("ln=15", "ln=14")  # its hash fits no password any more
    users = Users({"ada": cheaper})
    monkeypatch.setattr(hashlib, "scrypt", counted)
    assert not users.accepts("ada", "wrong")
    assert not users.accepts("nobody", "wrong")
    assert asked[0] == asked[1]
    assert len(asked) == 2


def test_servers_share_the_key_of_the_environment(tmp_path: Path) -> None:
    shared = {KEY_VARIABLE: "a secret of many servers that is long"}
    assert session_key(tmp_path / "missing", shared) == session_key(tmp_path, shared) != session_key(tmp_path, {})
    with pytest.raises(ConfigError, match="shorter than 32") as error:
        session_key(tmp_path, {KEY_VARIABLE: "s3cret"})
    assert "s3cret" not in str(error.value)


def test_servers_that_start_at_once_take_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: session_key(tmp_path, {}), range(32)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["session.key"]
