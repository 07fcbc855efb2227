"""What a hosted or distributed Chroma asks of its clients, before a real server: TLS, a token, a tenant, quotas."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.config import IndexConfig
from tests.support.chroma_server import ChromaServer
from tests.support.proxy import Proxy, make_certificate

TENANT, DATABASE, TOKEN, VARIABLE = "our-team", "papers", "t0ken-of-the-team", "CHROMA_TOKEN_OF_TESTS"
MOST = 300
"""Records of one request, as hosted servers limit them."""


@contextmanager
def gateway(folder: Path) -> Iterator[IndexConfig]:
    """A Chroma server behind such a gateway; yields the section of the configuration with which it is reached."""
    with ChromaServer(folder / "chroma") as server:
        api = f"{server.url}/api/v2/tenants"
        httpx.post(api, json={"name": TENANT}).raise_for_status()
        httpx.post(f"{api}/{TENANT}/databases", json={"name": DATABASE}).raise_for_status()
        certificate = make_certificate(folder)
        with (
            patch.dict(os.environ, {VARIABLE: TOKEN}),
            Proxy(lambda _: server.url, _refused, certificate) as front,
        ):
            yield IndexConfig(
                chroma_url=front.url,
                chroma_tenant=TENANT,
                chroma_database=DATABASE,
                chroma_headers=(f"X-Chroma-Token: {VARIABLE}",),
                chroma_ca_file=certificate,
                chroma_batch=MOST,
            )


def _refused(request: Request, body: bytes) -> Response | None:
    if request.headers.get("x-chroma-token") != TOKEN:
        return JSONResponse({"error": "Unauthorized"}, 401)
    asked = json.loads(body) if body else {}
    sizes = (len(asked.get("ids") or ()), asked.get("limit") or 0, asked.get("n_results") or 0)
    if max(sizes) > MOST:
        return JSONResponse({"error": "QuotaExceeded", "message": f"{max(sizes)} records, {MOST} are allowed"}, 422)
    return None
