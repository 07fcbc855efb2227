"""Connections to Chroma, embedded or behind a URL; the only place that knows how its clients are made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx

from rag.config import public_address
from rag.errors import VectorStoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client

_CONNECT_SECONDS = 5.0
_REQUEST_SECONDS = 60.0


def embedded(folder: Path) -> Client:
    """Open a store in a folder, without telemetry."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return cast("Client", chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False)))
    except BaseException:
        # Chroma keeps what failed to start, and would give it to whoever opens the folder when it is well again.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise


def server(url: str) -> Client:
    """Connect, after finding out in a few seconds whether Chroma is at the address at all."""
    _probe(url)
    import chromadb
    from chromadb.config import Settings

    # A full URL as host makes Chroma ignore its port argument.
    client = cast("Client", chromadb.HttpClient(url, settings=Settings(anonymized_telemetry=False)))
    # Chroma's own session waits for ever, and its settings have no key for that.
    for session in sessions(client):
        session.timeout = httpx.Timeout(_REQUEST_SECONDS, connect=_CONNECT_SECONDS)
    return client


def sessions(client: Client) -> list[httpx.Client]:
    """The HTTP sessions inside a server's client (it holds two), to which Chroma gives no other access."""
    inner = cast(Any, client)
    return [inner._server._session, inner._admin_client._server._session]


def _probe(url: str) -> None:
    advice = "Start one with `chroma run --path DIR --port N`, or set index.chroma_url to its http(s)://host:port."
    at = public_address(url)
    if not url.startswith(("http://", "https://")):
        raise VectorStoreError(f"{at!r} is no http(s) address.", advice)
    try:
        answer = httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=_CONNECT_SECONDS)
    except httpx.TimeoutException:
        raise VectorStoreError(f"Nothing answered at {at} within {_CONNECT_SECONDS:.0f} seconds.", advice) from None
    except httpx.InvalidURL:  # its message may quote the password
        raise VectorStoreError(f"{at!r} is no http(s) address.", advice) from None
    except httpx.HTTPError as error:
        raise VectorStoreError(f"No Chroma server can be reached at {at}: {error}.", advice) from None
    if answer.status_code in (401, 403):
        raise VectorStoreError(
            f"The server at {at} refuses us (HTTP {answer.status_code}).",
            "paperchat sends no credentials: let it through, or use a Chroma server without authentication.",
        )
    if answer.status_code >= 500:
        raise VectorStoreError(f"The server at {at} is failing (HTTP {answer.status_code}).", advice)
    if "nanosecond heartbeat" not in answer.text:
        raise VectorStoreError(f"What answers at {at} is not Chroma (HTTP {answer.status_code}).", advice)
