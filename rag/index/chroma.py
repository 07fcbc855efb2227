"""Connections to Chroma, embedded or behind a URL; the only place that knows how its clients are made.

A server may be `chroma run`, a distributed Chroma or a hosted one: they differ in what each request must carry (a
tenant, a database, a token in a header) and in how much one request may hold, all of which is configured.
"""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx

from rag.config import IndexConfig, public_address
from rag.errors import ConfigError, VectorStoreError
from rag.models.headers import header_values

if TYPE_CHECKING:
    from chromadb.api.client import Client

_CONNECT_SECONDS = 5.0
_REQUEST_SECONDS = 60.0
_TURNS = threading.Lock()
"""Chroma lists a store as open before it has started it, and stops it for whoever was the last to have counted himself:
two threads that open or close the same folder at once get one that does not work."""
_ADVICE = "Start one with `chroma run --path DIR --port N`, or set index.chroma_url to its http(s)://host:port."


def embedded(folder: Path) -> Client:
    """Open a store in a folder, without telemetry."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    with _TURNS:
        try:
            return cast("Client", chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False)))
        except BaseException:
            # Chroma keeps what failed to start, and would give it to whoever opens the folder when it is well again.
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            raise


def server(url: str, config: IndexConfig) -> Client:
    """Connect, after finding out in a few seconds whether Chroma is at the address at all, and lets us in.

    Raises:
        ConfigError: a header's variable is not set, or the certificates cannot be read.
        VectorStoreError: nothing answers there, or something else, or it refuses; or the database is not there.
    """
    headers = header_values("index.chroma_headers", config.chroma_headers)
    trusted = _trusted(config.chroma_ca_file)
    _probe(url, config, headers, trusted)
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if trusted:  # handed to httpx as it is; Chroma's own type for it names a file, which httpx no longer takes
        cast(Any, settings).chroma_server_ssl_verify = trusted
    # A full URL as host makes Chroma ignore its port argument.
    client = chromadb.HttpClient(
        url, settings=settings, headers=headers, tenant=config.chroma_tenant, database=config.chroma_database
    )
    # Chroma's own session waits for ever, and its settings have no key for that.
    for session in sessions(cast("Client", client)):
        session.timeout = httpx.Timeout(_REQUEST_SECONDS, connect=_CONNECT_SECONDS)
    return cast("Client", client)


def close(client: Client) -> None:
    """Let go of a client's store: its files and threads where it is embedded, its connections where it is a server."""
    with _TURNS:
        client.close()
    for session in sessions(client):
        session.close()  # Chroma leaves its connections open


def sessions(client: Client) -> list[httpx.Client]:
    """The HTTP sessions inside a server's client (it holds two; an embedded one none), which Chroma itself hides."""
    inner = cast(Any, client)
    return [server._session for server in (inner._server, inner._admin_client._server) if hasattr(server, "_session")]


def _trusted(ca_file: Path | None) -> ssl.SSLContext | None:
    if ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file.expanduser())
    except OSError as error:  # ssl.SSLError, of a file that holds no certificate, is one
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"index.chroma_ca_file {ca_file} cannot be used: {why}.", "Name a PEM file.") from None


def _probe(url: str, config: IndexConfig, headers: dict[str, str], trusted: ssl.SSLContext | None) -> None:
    """Find out whether Chroma is there, lets us in, and knows the database."""
    at = public_address(url)
    if not url.startswith(("http://", "https://")):
        raise VectorStoreError(f"{at!r} is no http(s) address.", _ADVICE)
    root = f"{url.rstrip('/')}/api/v2"
    where = f"tenants/{config.chroma_tenant}/databases/{config.chroma_database}"
    try:
        with httpx.Client(headers=headers, verify=trusted or True, timeout=_CONNECT_SECONDS) as session:
            answer = session.get(f"{root}/heartbeat")
            _check_heartbeat(answer, at, bool(headers))
            answer = session.get(f"{root}/{where}")
    except httpx.TimeoutException:
        raise VectorStoreError(f"Nothing answered at {at} within {_CONNECT_SECONDS:.0f} seconds.", _ADVICE) from None
    except httpx.InvalidURL:  # its message may quote the password
        raise VectorStoreError(f"{at!r} is no http(s) address.", _ADVICE) from None
    except httpx.HTTPError as error:
        advice = _ADVICE
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            advice = "Name the certificates to trust in index.chroma_ca_file, or correct the server's."
        raise VectorStoreError(f"No Chroma server can be reached at {at}: {error}.", advice) from None
    _check_allowed(answer, at, bool(headers))
    if answer.status_code == 404:
        raise VectorStoreError(
            f"The Chroma server at {at} has no database {config.chroma_database!r} of tenant {config.chroma_tenant!r}.",
            "Make it there, or name another in index.chroma_database and index.chroma_tenant.",
        )


def _check_heartbeat(answer: httpx.Response, at: str, sent: bool) -> None:
    _check_allowed(answer, at, sent)
    if "nanosecond heartbeat" not in answer.text:
        raise VectorStoreError(f"What answers at {at} is not Chroma (HTTP {answer.status_code}).", _ADVICE)


def _check_allowed(answer: httpx.Response, at: str, sent: bool) -> None:
    if answer.status_code in (401, 403):
        advice = (
            "Check the values behind index.chroma_headers, and what they may do."
            if sent
            else "No credentials are configured: name the header that it wants in index.chroma_headers."
        )
        raise VectorStoreError(f"The server at {at} refuses us (HTTP {answer.status_code}).", advice)
    if answer.status_code >= 500:
        raise VectorStoreError(f"The server at {at} is failing (HTTP {answer.status_code}).", _ADVICE)
