"""Proxies of the environment: this machine needs none, and one that cannot be used is told where it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from rag.config import LLMConfig
from rag.errors import ConfigError
from rag.models.llm import build_llm
from rag.sources import proxy
from tests.support.chat_server import chat_server

HTTP = "http://user:secret@127.0.0.1:9"
SOCKS = "socks5://user:secret@127.0.0.1:9"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(proxy, "find_spec", lambda name: None)
    yield
    proxy._SET_ASIDE.clear()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "models.localhost", "0.0.0.0"])
def test_this_machine_needs_no_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", HTTP)
    monkeypatch.setenv("ALL_PROXY", SOCKS)
    assert proxy.proxy_for(f"http://{host}:11434/v1") is None


def test_another_goes_through_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "127.0.0.1:9")
    assert proxy.proxy_for("http://model.example/v1") == "http://127.0.0.1:9"
    assert proxy.proxy_for("https://model.example/v1") is None
    monkeypatch.setenv("NO_PROXY", "model.example")
    assert proxy.proxy_for("http://model.example/v1") is None


@pytest.mark.parametrize("aside", [False, True])
def test_a_socks_proxy_without_its_package_is_told_where_it_is_needed(
    aside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", SOCKS)
    if aside:
        proxy.set_aside()
        assert "ALL_PROXY" not in os.environ
    with pytest.raises(ConfigError, match=r"speaks SOCKS") as caught:
        proxy.proxy_for("https://model.example/v1")
    assert "paperchat[socks]" in caught.value.advice
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["http://user:secret@[", "127.0.0.1:x", "socks5://user:secret@[", "http://a:99999"])
def test_what_is_no_address_is_told_where_it_is_needed(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    proxy.set_aside()
    assert "HTTPS_PROXY" not in os.environ
    assert proxy.proxy_for("http://127.0.0.1:8000") is None
    with pytest.raises(ConfigError, match="is no address") as caught:
        proxy.proxy_for("https://model.example/v1")
    assert "secret" not in str(caught.value)


def test_what_can_be_used_stays_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", HTTP)
    proxy.set_aside()
    assert os.environ["HTTPS_PROXY"] == HTTP


def test_a_model_on_this_machine_is_asked_past_all_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", SOCKS)
    monkeypatch.setenv("HTTP_PROXY", HTTP)
    with chat_server(lambda asked: "Hello.") as server:
        config = LLMConfig(provider="openai-compatible", model="m", base_url=server.base_url, api_key_env="NO_SUCH_KEY")
        assert build_llm(config).complete("hi").text == "Hello."
