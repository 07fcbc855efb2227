"""A small reverse proxy on a free loopback port, in a thread: what stands before several servers, or before one."""

from __future__ import annotations

import datetime
import ipaddress
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.support.chroma_server import free_port

_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
Check = Callable[[Request, bytes], Response | None]
Choose = Callable[[Request], str]


class Proxy:
    """Passes each request on to the server that `choose` names, unless `check` answers it."""

    def __init__(self, choose: Choose, check: Check | None = None, certificate: Path | None = None) -> None:
        """Take the rules.

        Args:
            choose: Address of the server for a request.
            check: Gives an answer of its own, or None.
            certificate: PEM file with certificate and key, for https.
        """
        self._choose = choose
        self._check = check
        app = Starlette(routes=[Route("/{path:path}", self._pass, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])])
        port = free_port()
        settings = uvicorn.Config(
            app,
            port=port,
            loop="asyncio",
            log_level="error",
            lifespan="off",
            ssl_certfile=certificate,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, name="proxy")
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline, "the proxy did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _pass(self, request: Request) -> Response:
        body = await request.body()
        if self._check and (answer := self._check(request, body)):
            return answer
        query = f"?{request.url.query}" if request.url.query else ""
        session = httpx.AsyncClient(timeout=None)
        headers = [(name, value) for name, value in request.headers.raw if name.decode() not in _HOP]
        path = request.scope["raw_path"].decode()
        sent = session.build_request(
            request.method, f"{self._choose(request)}{path}{query}", headers=headers, content=body
        )
        try:
            got = await session.send(sent, stream=True)
        except httpx.TransportError:
            await session.aclose()
            return Response("the server is away", 502)

        async def content() -> AsyncIterator[bytes]:
            try:
                async for part in got.aiter_raw():
                    yield part
            finally:
                await got.aclose()
                await session.aclose()

        answer = StreamingResponse(content(), got.status_code)
        kept = ((name.lower(), value) for name, value in got.headers.raw)
        answer.raw_headers = [(name, value) for name, value in kept if name.decode() not in _HOP]
        return answer


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return file
