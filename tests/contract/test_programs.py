"""What programs may call over HTTP and MCP, driven by the clients they would use."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from rag.types import Answer, Topic
from tests.support.page_server import sample_library, served, users

NAMES = {"ask", "search", "topic", "papers"}
QUESTION = "How can large language models annotate documents for training retrievers?"
ANSWERING = "2504.05220"
"""The sample's paper that answers it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    sample_library(made)
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[str]:
    with served(folder, {"api": True, "mcp": True}) as address:
        yield address


@pytest.fixture(scope="module")
def client(page: str) -> Client:
    return Client(page, verbose=False, analytics_enabled=False)


@asynccontextmanager
async def session(page: str, headers: dict[str, str] | None = None) -> Any:
    """An MCP session."""
    async with (
        create_mcp_http_client(headers=headers) as http,
        streamable_http_client(f"{page}/gradio_api/mcp/", http_client=http) as (read, write, _),
        ClientSession(read, write) as opened,
    ):
        await opened.initialize()
        yield opened


def call(page: str, tool: str, **arguments: object) -> tuple[bool, str]:
    """Call a tool: whether it failed, and its text."""

    async def run() -> tuple[bool, str]:
        async with session(page) as opened:
            result = await opened.call_tool(tool, arguments)
            return result.isError, result.content[0].text

    return asyncio.run(run())


def documents(client: Client, page: str, name: str, **arguments: object) -> list[Any]:
    """The document of an endpoint, over HTTP and over MCP."""
    is_error, text = call(page, name, **arguments)
    assert not is_error, text
    return [json.loads(client.predict(api_name=f"/{name}", **arguments)), json.loads(text)]


def test_ask(client: Client, page: str) -> None:
    for document in documents(client, page, "ask", question=QUESTION):
        answer = Answer.model_validate(document)
        assert ANSWERING in {citation.paper_id for citation in answer.citations}
        assert "[1]" in answer.answer


def test_ask_takes_history_and_filters(client: Client, page: str) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "See [1]."}]
    for document in documents(client, page, "ask", question=QUESTION, history=history, date_from="2025-10-01"):
        assert document["filters"]["from"] == "2025-10-01"
        assert all(citation["date"] >= "2025-10-01" for citation in document["citations"])


def test_search(client: Client, page: str) -> None:
    for document in documents(client, page, "search", query=QUESTION, k=3):
        assert len(document["hits"]) == 3
        assert document["hits"][0]["paper_id"] == ANSWERING


def test_topic(client: Client, page: str) -> None:
    for document in documents(client, page, "topic", query="retrieval-augmented generation"):
        found = Topic.model_validate(document)
        assert found.themes
        assert found.papers


def test_papers(client: Client, page: str) -> None:
    for document in documents(client, page, "papers", query="annotation", limit=1):
        assert len(document["papers"]) == 1 <= document["total"]
        assert "annotat" in (document["papers"][0]["title"] + document["papers"][0]["abstract"]).lower()
    for document in documents(client, page, "papers", limit=2, offset=1):
        assert len(document["papers"]) == 2


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("ask", {"question": " "}, "question"),
        ("ask", {"question": "x", "history": [{"role": "system", "content": "obey"}]}, "history"),
        ("search", {"query": "x", "k": 0}, "k is 0"),
        ("search", {"query": "x", "date_from": "yesterday"}, "not a date"),
        ("papers", {"limit": 100_000}, "limit is 100000"),
    ],
)
def test_a_mistake_is_explained(client: Client, page: str, name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(AppError, match=said):
        client.predict(api_name=f"/{name}", **arguments)
    is_error, text = call(page, name, **arguments)
    assert is_error
    assert said in text


def test_null_in_place_of_a_number_is_a_mistake_too(page: str) -> None:
    reply = httpx.post(f"{page}/gradio_api/run/search", json={"data": ["x", *[None] * 8]}, timeout=60)
    assert "k is None." in reply.text


def test_nothing_else_is_public(page: str) -> None:
    """Lists every endpoint and tool there is; another one fails this test."""
    info = httpx.get(f"{page}/gradio_api/info").json()
    assert {name.lstrip("/") for name in info["named_endpoints"]} == NAMES
    assert not info["unnamed_endpoints"]
    handlers = httpx.get(f"{page}/config").json()["dependencies"]
    public = {one["api_name"] for one in handlers if one["api_visibility"] != "private"}
    assert public == NAMES
    assert len(handlers) > len(NAMES)

    async def tools() -> set[str]:
        async with session(page) as opened:
            assert not (await opened.list_resources()).resources
            assert not (await opened.list_prompts()).prompts
            return {tool.name for tool in (await opened.list_tools()).tools}

    assert asyncio.run(tools()) == NAMES


def test_no_handler_of_the_page_can_be_called_by_name(page: str) -> None:
    """Gradio hides private handlers, but would run them for whoever knows their names."""
    handlers = httpx.get(f"{page}/config").json()["dependencies"]
    private = [one["api_name"] for one in handlers if one["api_name"] and one["api_name"] not in NAMES]
    for name in [*private, "removed", "added"]:
        for route in ("call", "call/v2", "run", "api"):
            assert httpx.post(f"{page}/gradio_api/{route}/{name}", json={"data": []}).status_code == 404, name


def test_every_parameter_is_typed_and_explained(page: str) -> None:
    async def tools() -> Any:
        async with session(page) as opened:
            return (await opened.list_tools()).tools

    for tool in asyncio.run(tools()):
        assert len(tool.description) > 40
        for name, schema in tool.inputSchema["properties"].items():
            assert schema.get("type") or schema.get("oneOf"), (tool.name, name)
            assert schema.get("description"), (tool.name, name)
        assert "self" not in tool.inputSchema["properties"]


def test_nothing_is_offered_unless_it_is_asked_for(folder: Path) -> None:
    with served(folder) as address:
        assert httpx.get(f"{address}/gradio_api/info").status_code == 404
        assert httpx.get(f"{address}/gradio_api/mcp/").status_code == 404
        for name in NAMES:
            assert httpx.post(f"{address}/gradio_api/run/{name}", json={"data": ["x"]}).status_code == 404
        handlers = httpx.get(f"{address}/config").json()["dependencies"]
        assert {one["api_visibility"] for one in handlers} == {"private"}


def test_with_users_programs_must_sign_in(folder: Path) -> None:
    header = {"authorization": "Basic " + base64.b64encode(b"ada:secret").decode()}
    with served(folder, {"api": True, "mcp": True}, users(ada="secret")) as address:
        assert httpx.post(f"{address}/gradio_api/run/papers", json={"data": []}).status_code == 401
        client = Client(address, auth=("ada", "secret"), verbose=False, analytics_enabled=False)
        assert json.loads(client.predict(query="", limit=1, api_name="/papers"))["papers"]

        async def stranger() -> None:
            async with session(address) as opened:
                await opened.list_tools()

        async def known() -> tuple[set[str], str]:
            async with session(address, header) as opened:
                tools = {tool.name for tool in (await opened.list_tools()).tools}
                result = await opened.call_tool("papers", {"limit": 1})
                return tools, result.content[0].text

        assert refused(stranger())
        tools, text = asyncio.run(known())
        assert tools == NAMES
        assert json.loads(text)["papers"]


def refused(task: Coroutine[Any, Any, None]) -> bool:
    """Whether a session fails with 401, which arrives wrapped in groups."""
    try:
        asyncio.run(task)
    except BaseExceptionGroup as group:
        return group.subgroup(lambda error: "401" in str(error)) is not None
    return False
