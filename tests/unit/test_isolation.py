"""The test run's own guards."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.support import isolation


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "::1", "::1%lo", "localhost", "0.0.0.0", b"localhost", None]
)
def test_this_machine_may_be_reached(host: object) -> None:
    assert not isolation.is_outside(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org", "localhost.example.org", b"example.org"])
def test_other_machines_may_not(host: object) -> None:
    assert isolation.is_outside(host)


def test_a_lookup_is_refused_and_remembered() -> None:
    with pytest.raises(isolation.NetworkRefused, match=r"paperchat\.invalid"):
        socket.getaddrinfo("paperchat.invalid", 443)
    assert isolation.attempts == ["paperchat.invalid"]
    isolation.attempts.clear()


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_home_is_empty_and_keys_are_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PAPERCHAT__DATA_DIR", "OPENAI_API_KEY", "XDG_DATA_HOME", "HOME", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "the user's")
    isolation.isolate_environment(tmp_path)
    assert Path.home() == tmp_path
    assert not {"PAPERCHAT__DATA_DIR", "OPENAI_API_KEY", "XDG_DATA_HOME"} & set(os.environ)
