"""The door of the web server: who and what gets through it, over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.config import UIConfig
from rag.errors import ConfigError
from rag.types.filters import FIELDS
from tests.support.page_server import sample_library, served, users
from ui.web.base.address import LONE
from ui.web.door.access import check_binding
from ui.web.door.users import Users

PASSWORD = "correct horse battery"
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    sample_library(made)
    return made


@pytest.fixture(scope="module")
def open_page(folder: Path) -> Iterator[str]:
    with served(folder, {"api": True, "max_upload_mb": 1}) as address:
        yield address


@pytest.fixture(scope="module")
def closed_page(folder: Path) -> Iterator[str]:
    with served(folder, {"api": True, "mcp": True}, users(ada=PASSWORD, bob="another one")) as address:
        yield address


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


# --- what anybody may ask for ---------------------------------------------------------------------------------------


def test_the_page_is_served_under_the_names_of_this_machine(open_page: str) -> None:
    port = httpx.URL(open_page).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert httpx.get(open_page, headers={"host": host}).status_code == 200, host


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "localhost.evil.example", "", "[", "127.0.0.1.nip.io"]
)
def test_a_name_that_somebody_pointed_at_this_machine_is_refused(open_page: str, host: str) -> None:
    reply = httpx.get(f"{open_page}/config", headers={"host": host})
    assert reply.status_code in (400, 421)
    assert "components" not in reply.text


def test_every_page_is_served_to_browsers_and_to_programs(open_page: str) -> None:
    for headers in ({}, HTML):
        asked = {name: httpx.get(f"{open_page}/{name}", headers=headers).status_code for name in LONE}
        assert asked == dict.fromkeys(LONE, 200)


def test_a_name_in_the_configuration_is_served(folder: Path) -> None:
    with served(folder, {"hosts": ["papers.example"]}) as address:
        assert httpx.get(address, headers={"host": "papers.example"}).status_code == 200
        assert httpx.get(address, headers={"host": "other.example"}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_cannot_call(open_page: str, headers: dict[str, str]) -> None:
    body = {"data": ["retrieval", *[None] * len(FIELDS), 1, 0]}
    assert httpx.post(f"{open_page}/gradio_api/run/papers", json=body).status_code == 200
    assert httpx.post(f"{open_page}/gradio_api/run/papers", json=body, headers=headers).status_code == 403


def test_our_own_page_can_call(open_page: str) -> None:
    body = {"data": ["retrieval", *[None] * len(FIELDS), 1, 0]}
    headers = {"origin": open_page, "sec-fetch-site": "same-origin"}
    assert httpx.post(f"{open_page}/gradio_api/run/papers", json=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://127.0.0.1:1/secret",
        "/gradio_api/file=HTTPS://example.org/",
        "/gradio_api/proxy=https://example.hf.space/x",
        "/gradio_api/vibe-code",
        "/gradio_api/runs",
        "/gradio_api/token",
        "/gradio_api/deep_link",
        "/monitoring",
        "/docs",
        "/openapi.json",
        "/gradio_api/mcp/",
    ],
)
def test_routes_that_the_page_does_not_need_are_not_served(open_page: str, path: str) -> None:
    assert httpx.get(open_page + path).status_code == 404


@pytest.mark.parametrize("path", ["/etc/passwd", "shelf.sqlite", "../../etc/passwd"])
def test_no_file_of_the_machine_is_served(open_page: str, folder: Path, path: str) -> None:
    wanted = folder / path if path == "shelf.sqlite" else Path(path)
    assert httpx.get(f"{open_page}/gradio_api/file={wanted}").status_code in (403, 404)


def test_every_response_forbids_what_is_not_ours(open_page: str) -> None:
    for path in ("/", "/theme.css", "/gradio_api/nothing"):
        headers = httpx.get(open_page + path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def upload(page: str, name: str, content: bytes) -> httpx.Response:
    return httpx.post(f"{page}/gradio_api/upload", files={"files": (name, content)})


def test_an_upload_comes_back_as_a_download_never_as_a_page(open_page: str) -> None:
    stored = upload(open_page, "report.html", b"<script>alert(1)</script>")
    assert stored.status_code == 200
    reply = httpx.get(f"{open_page}/gradio_api/file={stored.json()[0]}")
    assert reply.status_code == 200
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["content-type"] != "text/html"
    assert reply.headers["content-security-policy"].startswith("sandbox")


def test_too_large_an_upload_is_refused(open_page: str) -> None:
    assert upload(open_page, "small.jsonl", b"x" * 999_000).status_code == 200
    assert upload(open_page, "large.jsonl", b"x" * 1_001_000).status_code == 413


# --- users ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/config", "/theme.css", "/gradio_api/info", "/gradio_api/mcp/", "/gradio_api/app_id", "/gradio_api/file=/x"],
)
def test_nothing_is_told_to_who_has_not_signed_in(closed_page: str, path: str) -> None:
    reply = httpx.get(closed_page + path)
    assert (reply.status_code, reply.text) == (401, "Sign in first.")


@pytest.mark.parametrize(
    ("sent", "is_program"),
    [
        ({}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"referer": "http://elsewhere.example/chat"}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"referer": "{page}/chat"}, False),
    ],
)
def test_only_programs_are_told_of_the_password(closed_page: str, sent: dict[str, str], is_program: bool) -> None:
    """A browser that a script's request tells of it asks for the password itself, and the script waits for ever."""
    headers = {name: value.format(page=closed_page) for name, value in sent.items()}
    reply = httpx.get(f"{closed_page}/gradio_api/app_id", headers=headers)
    assert (reply.status_code, "www-authenticate" in reply.headers) == (401, is_program)


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(closed_page: str) -> None:
    replies = [
        httpx.post(f"{closed_page}/login", data={"username": name, "password": "no"}) for name in ("ada", "nobody")
    ]
    assert [reply.status_code for reply in replies] == [401, 401]
    assert replies[0].text == replies[1].text
    assert not replies[0].cookies


def test_the_form_leads_back_to_what_was_asked_for(closed_page: str) -> None:
    with httpx.Client(base_url=closed_page, headers=HTML) as browser:
        sent = browser.get("/?q=ranking")
        assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2F%3Fq%3Dranking")
        form = browser.get(sent.headers["location"])
        assert 'value="/?q=ranking"' in form.text
        fields = {"username": "ada", "password": PASSWORD, "next": "/?q=ranking"}
        signed = browser.post("/login", data=fields)
        assert (signed.status_code, signed.headers["location"]) == (303, "/?q=ranking")
        assert "httponly" in signed.headers["set-cookie"].lower()
        assert "samesite=lax" in signed.headers["set-cookie"].lower()
        assert browser.get("/").status_code == 200
        assert browser.get("/config").json()["username"] == "ada"
        browser.get("/logout")
        assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_form_leads_nowhere_else(closed_page: str, target: str) -> None:
    fields = {"username": "ada", "password": PASSWORD, "next": target}
    assert httpx.post(f"{closed_page}/login", data=fields, headers=HTML).headers["location"] == "/"


def test_what_is_typed_into_the_form_is_escaped(closed_page: str) -> None:
    fields = {"username": '"><script>alert(1)</script>', "password": "x"}
    reply = httpx.post(f"{closed_page}/login", data=fields, headers=HTML)
    assert reply.status_code == 401
    assert "<script>alert" not in reply.text
    assert "&lt;script&gt;alert" in reply.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [("x", "multipart/form-data"), ("a=1&b=2&c=3&d=4&e=5", "application/x-www-form-urlencoded")],
)
def test_a_form_that_cannot_be_read_is_refused(closed_page: str, content: str, kind: str) -> None:
    reply = httpx.post(f"{closed_page}/login", content=content, headers={**HTML, "Content-Type": kind})
    assert reply.status_code == 400


def test_programs_sign_in_with_every_request(closed_page: str) -> None:
    assert httpx.get(f"{closed_page}/config", headers=basic("ada", PASSWORD)).status_code == 200
    assert httpx.get(f"{closed_page}/config", headers=basic("ada", "wrong")).status_code == 401
    assert httpx.get(f"{closed_page}/config", headers={"authorization": "Basic !"}).status_code == 401


def test_a_forged_cookie_is_worth_nothing(closed_page: str) -> None:
    claim = base64.urlsafe_b64encode(b"9999999999:ada").decode().rstrip("=")
    for token in ("", "x", ".", f"{claim}.", f"{claim}.{claim}"):
        assert httpx.get(f"{closed_page}/config", cookies={"paperchat-session": token}).status_code == 401


def test_a_session_outlives_a_restart(folder: Path) -> None:
    known = users(ada=PASSWORD)
    with served(folder, known=known) as address:
        reply = httpx.post(f"{address}/login", data={"username": "ada", "password": PASSWORD})
        cookies = dict(reply.cookies)
    with served(folder, known=known) as address:
        assert httpx.get(f"{address}/config", cookies=cookies).status_code == 200
    with served(folder, known=users(ada=PASSWORD)) as address:  # the same password, stored anew
        assert httpx.get(f"{address}/config", cookies=cookies).status_code == 401
    assert (folder / "session.key").stat().st_mode & 0o077 == 0


def test_after_wrong_passwords_even_the_right_one_must_wait(folder: Path) -> None:
    with served(folder, known=users(ada=PASSWORD, bob="x")) as address:
        for _ in range(5):
            assert httpx.post(f"{address}/login", data={"username": "ada", "password": "no"}).status_code == 401
        reply = httpx.post(f"{address}/login", data={"username": "ada", "password": PASSWORD})
        assert (reply.status_code, "wait" in reply.text) == (401, True)
        assert httpx.get(f"{address}/config", headers=basic("ada", PASSWORD)).status_code == 401
        assert httpx.post(f"{address}/login", data={"username": "bob", "password": "x"}).status_code == 200


# --- binding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_this_machine_needs_no_users(host: str) -> None:
    check_binding(UIConfig(host=host), Users({}))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "papers.example"])
def test_another_address_needs_users_or_an_explicit_word(host: str) -> None:
    with pytest.raises(ConfigError, match="there are no users") as caught:
        check_binding(UIConfig(host=host), Users({}))
    assert "ui.auth_file" in caught.value.advice
    check_binding(UIConfig(host=host), users(ada="x"))
    check_binding(UIConfig(host=host, allow_open=True), Users({}))
