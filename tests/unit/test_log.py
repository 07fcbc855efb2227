"""The page's log: one line a record, the request's id on it, and nothing that may not be written."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.testclient import TestClient

from rag.config import Config, LLMConfig, LogConfig
from ui.telemetry.logs import Discreet, formatter, secrets_of
from ui.telemetry.request import new_id, working_for
from ui.telemetry.requests import Requests
from ui.telemetry.routes import route_of
from ui.telemetry.watch import Watch
from ui.web.base.address import LONE, NAMED
from ui.web.drawn.actions import Actions

QUESTION = "Does my unpublished idea of folded retrieval exist already?"
SECRET = "tok-5f4dcc3b5aa765d6"


@contextmanager
def written(log: LogConfig, secrets: tuple[str, ...] = ()) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    out = io.StringIO()
    discreet = Discreet(secrets, log.questions)
    handler = logging.StreamHandler(out)
    handler.addFilter(discreet)
    handler.setFormatter(formatter(log, discreet))
    logger = logging.getLogger("ui.test")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield logger, out
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


def fails(logger: logging.Logger) -> None:
    try:
        raise ValueError(f"cannot read {QUESTION!r} with {SECRET}")
    except ValueError:
        logger.exception("a question failed: %s\x1b[2J", QUESTION)


def test_a_json_line_holds_request_facts_and_the_traceback() -> None:
    with written(LogConfig(format="json")) as (logger, out), working_for("0123456789abcdef"):
        logger.warning("request", extra={"facts": {"route": "/paper/…", "status": 200}})
        fails(logger)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "WARNING",
        "logger": "ui.test",
        "message": "request",
        "request": "0123456789abcdef",
        "route": "/paper/…",
        "status": 200,
    }
    assert second["request"] == "0123456789abcdef"
    assert second["exception"].startswith("Traceback")
    assert "ValueError" in second["exception"]


def test_a_plain_line_says_the_same_to_people_without_steering_their_terminal() -> None:
    with written(LogConfig()) as (logger, out), working_for("0123456789abcdef"):
        logger.warning("one\ntwo", extra={"facts": {"status": 200}})
        fails(logger)
    first, *rest = out.getvalue().splitlines()
    assert first.endswith("WARNING 0123456789abcdef ui.test: one two status=200")
    assert rest[1].startswith("Traceback")
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("form", ["plain", "json"])
def test_neither_secrets_nor_questions_are_written(form: str) -> None:
    config = Config(
        llm=LLMConfig(api_key_env="MY_KEY", headers=("X-Token: MY_TOKEN",)),
        log=LogConfig.model_validate({"format": form}),
    )
    environ = {
        "MY_KEY": SECRET,
        "MY_TOKEN": "another-secret",
        "PAPERCHAT_USERS": "ann:$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA",
    }
    with written(config.log, tuple(secrets_of(config, environ))) as (logger, out):
        with working_for("0123456789abcdef", QUESTION):
            fails(logger)
            logger.error("Authorization: Bearer abcdefghij, http://bob:hunter2@proxy:8080, another-secret, aGFzaA")
        logger.error("users: %s", environ["PAPERCHAT_USERS"])
    said = out.getvalue()
    for hidden in (SECRET, "another-secret", "hunter2", "abcdefghij", "$scrypt$", "unpublished"):
        assert hidden not in said, hidden
    assert "proxy:8080" in said


def test_every_variable_that_a_configuration_names_is_secret() -> None:
    def walk(section: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, field in section.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield from walk(field.annotation, (*path, name))
            elif name.endswith(("_env", "headers")):
                yield (*path, name)

    fields = list(walk(Config))
    assert {("library", "password_env"), ("index", "chroma_headers"), ("llm", "api_key_env")} <= set(fields)
    values: dict[str, dict[str, object]] = {}
    for number, (section, name) in enumerate(fields):
        variable = f"VARIABLE_{number}"
        values.setdefault(section, {})[name] = [f"X-Name: {variable}"] if name.endswith("headers") else variable
    environ = {f"VARIABLE_{number}": f"value-{number}" for number in range(len(fields))}
    environ["PAPERCHAT_SESSION_KEY"] = "key-of-sessions"
    assert set(environ.values()) <= set(secrets_of(Config.model_validate(values), environ))
    assert "pg-password" in secrets_of(Config(), {"PGPASSWORD": "pg-password"}), "by default"


@pytest.mark.parametrize("form", ["plain", "json"])
@pytest.mark.parametrize(
    "words", ['What of "folded" retrieval, then?', "Was heißt überfaltete Suche?", "First of all,\nfold it."]
)
def test_words_that_json_or_python_spell_otherwise_are_not_written(form: str, words: str) -> None:
    secret = f"secret-{words[:14]}"
    log = LogConfig.model_validate({"format": form})
    with written(log, (secret,)) as (logger, out), working_for("0123456789abcdef", words):
        try:
            raise ValueError(f"cannot read {words!r} of {secret!r}")
        except ValueError:
            logger.exception("failed: %s, %s", words, json.dumps(words), extra={"facts": {"asked": [words, secret]}})
    for hidden in ("folded", "fold it", "faltete", "secret-"):
        assert hidden not in out.getvalue(), hidden


def test_questions_are_written_where_that_is_configured() -> None:
    with written(LogConfig(questions=True)) as (logger, out), working_for("0123456789abcdef", QUESTION):
        fails(logger)
    assert QUESTION in out.getvalue()


def test_a_proxys_id_is_taken_over_unless_it_could_be_something_else() -> None:
    assert new_id("req-2026.11_29") == "req-2026.11_29"
    for strange in ("", "short", "a b c d e f", "x" * 65, "line\nbreak-in-it", "<script>alert(1)</script>"):
        assert new_id(strange) != strange
        assert len(new_id(strange)) == 16


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/paper/2504.05309", "/paper/…"),
        ("/topic/my secret topic", "/topic/…"),
        ("/act/star", "/act/star"),
        ("/act/my-own-word", "/act/…"),
        ("/gradio_api/queue/join", "/gradio_api/queue"),
        ("/gradio_api/file=/tmp/notes.md", "/gradio_api/…"),
        ("/wp-login.php", "other"),
        ("/today", "/today"),
    ],
)
def test_a_route_holds_no_word_that_somebody_chose(path: str, route: str) -> None:
    assert route_of(path) == route


def test_every_page_and_action_has_a_route_of_its_own() -> None:
    actions = Actions(Mock(), Mock(), Mock())._acts
    assert len(actions) > 15
    for path in (*LONE, *(f"act/{name}" for name in actions)):
        assert route_of(f"/{path}") == f"/{path}"
    for name in NAMED:
        assert route_of(f"/{name}/2504.05309") == f"/{name}/…"


@pytest.mark.parametrize("way", ["address", "body"])
def test_a_request_that_fails_is_logged_without_what_was_sent(way: str) -> None:
    def fetch(category: str) -> str:
        raise KeyError(category)

    async def chosen(request: Request) -> None:
        raise KeyError(request.query_params["query"])

    app = FastAPI()
    Actions(cast(Any, SimpleNamespace()), lambda _: "", fetch).serve(app)
    app.get("/best")(chosen)
    client = TestClient(Requests(app, Watch()))
    out, logger = io.StringIO(), logging.getLogger("ui.telemetry.requests")
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter(LogConfig(format="json"), Discreet((), False)))
    logger.addHandler(handler)
    try:
        if way == "address":
            reply = client.get("/best", params={"query": QUESTION})
        else:
            reply = client.post("/act/fetch", json={"category": QUESTION})
    finally:
        logger.removeHandler(handler)
    assert reply.status_code == 500
    assert "KeyError" in out.getvalue()
    assert "unpublished" not in out.getvalue()
