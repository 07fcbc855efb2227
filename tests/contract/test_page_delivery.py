"""The page as it is delivered: its first script, and Gradio's files from memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import gradio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rag.config import Config
from rag.index.library import Library
from tests.support.page_server import served
from ui.web.host.assets import Assets

FILES = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("library")
    Library(Config(data_dir=folder)).close()
    with served(folder) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize("accepted", ["gzip, br", "identity"])
def test_the_theme_is_chosen_before_anything_else_runs(page: httpx.Client, accepted: str) -> None:
    answer = page.get("/chat", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == ("gzip" if "gzip" in accepted else None)
    head = answer.text.partition("<head>")[2]
    assert head.startswith("<script data-ours>// Light, dark")
    assert "</gradio-app>" in head
    assert answer.text.rstrip().endswith("</html>")
    assert answer.headers["content-type"].startswith("text/html")


def test_scripts_and_styles_come_packed_and_are_kept_for_good(page: httpx.Client) -> None:
    script = next(FILES.glob("index-*.js"))
    answer = page.get(f"/assets/{script.name}", headers={"Accept-Encoding": "gzip"})
    assert answer.content == script.read_bytes()
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert "content-security-policy" in answer.headers
    plain = page.get(f"/assets/{script.name}", headers={"Accept-Encoding": "identity"})
    assert plain.content == script.read_bytes()
    assert "content-encoding" not in plain.headers


def test_nothing_but_the_folders_own_files_is_delivered(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "below").mkdir(parents=True)
    for path in (folder / "known.js", folder / "below" / "hidden.js", folder / "text.txt", tmp_path / "secret.js"):
        path.write_text(path.name)
    other = Starlette(routes=[Route("/{rest:path}", lambda request: PlainTextResponse("the app"))])
    client = TestClient(Assets(other, folder))
    assert client.get("/assets/known.js").text == "known.js"
    for name in ("below/hidden.js", "..%2Fsecret.js", "%2e%2e/secret.js", "text.txt", "unknown.js", "known.js/"):
        assert client.get(f"/assets/{name}").text == "the app"
    raw = client.get("/assets/known.js", headers={"Accept-Encoding": "gzip"})
    assert raw.headers["content-length"] == str(len(gzip.compress(b"known.js", mtime=0)))
