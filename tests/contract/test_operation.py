"""A page that is run for others, as a process of its own: log, probes, figures, traces, and its end in good order."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from eval.bench.load import Person, event_of
from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.types.filters import FIELDS
from tests.support import roles
from tests.support.chat_server import Asked, ChatServer, Stream, chat_server
from tests.support.chroma_server import ChromaServer
from tests.support.collector import Collector, collector
from tests.support.page_server import sample_library, served, users
from tests.support.papers import make_paper

COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]
QUESTION = "How does IterQR rewrite queries in e-commerce search?"
UNUSUAL = "zymurgical"
"""A word of a question that may be found nowhere but in its answer."""
KEY = "sk-of-the-operation-test"
START_S, END_S = 120.0, 40.0
"""Seconds for a page to be there, and for an ordered end, on a busy machine."""


@dataclass(frozen=True)
class Page:
    process: subprocess.Popen[str]
    address: str
    log: Path

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    sample_library(made)
    return made


@contextmanager
def running(folder: Path, log: Path, **keys: object) -> Iterator[Page]:
    environ = {f"PAPERCHAT__{name.upper()}": str(value) for name, value in keys.items()}
    with log.open("w", encoding="utf-8") as err:
        process = subprocess.Popen(
            [*COMMAND, "--data-dir", str(folder), "ui", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env=os.environ | environ | {"OPERATION_KEY": KEY},
        )
        with process:
            try:
                assert process.stdout
                line = process.stdout.readline()
                address = line.split()[3]
                httpx.get(f"{address}/ready", timeout=START_S).raise_for_status()
                yield Page(process, address, log)
            finally:
                process.kill()


def asked(address: str, question: str, **more: object) -> httpx.Response:
    """A question over the API."""
    data: list[object] = [question, [], *([None] * len(FIELDS))]
    return httpx.post(f"{address}/gradio_api/run/ask", json={"data": data}, timeout=START_S, **more)  # type: ignore[arg-type]


def slowly(asked: Asked) -> Stream:
    """An honest model that takes its time."""
    reply = roles.honest(asked)
    assert isinstance(reply, str)
    return Stream(re.findall(r"\S+\s*", reply), delay=0.05)


@contextmanager
def watched(folder: Path, log: Path, **more: object) -> Iterator[tuple[Page, Collector, ChatServer]]:
    """A page with everything switched on, in front of a slow model and a collector."""
    with ExitStack() as stack:
        spans = stack.enter_context(collector())
        model = stack.enter_context(chat_server(slowly))
        keys: dict[str, object] = {
            "ui__api": True,
            "log__format": "json",
            "log__level": "info",
            "telemetry__metrics": True,
            "telemetry__traces": True,
            "telemetry__traces_url": spans.url,
            "llm__provider": "openai-compatible",
            "llm__model": "slow",
            "llm__base_url": model.base_url,
            "llm__api_key_env": "OPERATION_KEY",
            "answer__mode": "llm",
        }
        yield stack.enter_context(running(folder, log, **(keys | more))), spans, model


def test_what_is_asked_can_be_followed_in_log_figures_and_traces(folder: Path, tmp_path: Path) -> None:
    with watched(folder, tmp_path / "log") as (page, spans, _):
        reply = asked(page.address, f"{QUESTION} {UNUSUAL}", headers={"X-Request-ID": "from-the-proxy-1"})
        assert reply.headers["X-Request-ID"] == "from-the-proxy-1"
        answer = json.loads(reply.json()["data"][0])
        assert answer["mode"] == "llm"
        assert httpx.get(f"{page.address}/nowhere").headers["X-Request-ID"] != reply.headers["X-Request-ID"]
        figures = httpx.get(f"{page.address}/metrics").text
        spans.wait_for("paperchat.ask", "POST /gradio_api/run")
        page.process.send_signal(signal.SIGTERM)
        assert page.process.wait(END_S) == 0
        lines = page.lines()
    told = [line for line in lines if line.get("request") == "from-the-proxy-1"]
    by_message = {str(line["message"]): line for line in told}
    assert by_message["request"]["status"] == 200
    assert by_message["answer"]["outcome"] == ("answered" if not answer["abstained"] else answer["reason"])
    assert "paperchat_questions_total{outcome=" in figures
    for stage in ("ask", "read", "retrieve", "write"):
        assert f'paperchat_stage_seconds_count{{stage="{stage}"}}' in figures, stage
    assert re.search(r'paperchat_requests_total\{method="POST",route="/gradio_api/run",status="200"\} 1', figures)
    assert re.search(r"^paperchat_library_papers [1-9]", figures, re.MULTILINE)
    assert "paperchat_answers_running 0.0" in figures
    assert "process_resident_memory_bytes" in figures
    assert spans.services == {"paperchat"}
    assert_below(spans, "paperchat.ask", "POST /gradio_api/run")
    for stage in ("read", "retrieve", "write"):
        assert_below(spans, f"paperchat.{stage}", "paperchat.ask")
    names = {span.name for span in spans.spans}
    assert any("chat" in name for name in names), ("LlamaIndex's own", names)
    for written in (page.log.read_bytes(), bytes(spans.received), figures.encode()):
        assert UNUSUAL.encode() not in written
        assert KEY.encode() not in written


def assert_below(spans: Collector, name: str, above: str) -> None:
    """That a span was made in the midst of another of the same trace."""
    for span in spans.named(name):
        if any((one.span_id, one.trace_id) == (span.parent_span_id, span.trace_id) for one in spans.named(above)):
            return
    raise AssertionError((name, above, [one.name for one in spans.spans]))


def test_an_answer_under_way_is_finished_and_nothing_new_begins(folder: Path, tmp_path: Path) -> None:
    with watched(folder, tmp_path / "log", telemetry__traces=False) as (page, _, model):
        with httpx.Client(base_url=f"{page.address}/gradio_api", timeout=START_S) as client:
            person, ends = Person(client, event_of(page.address)), []
            asking = threading.Thread(target=lambda: ends.append(person.ask(QUESTION)))
            asking.start()
            wait_until(lambda: bool(model.asked))
            assert "paperchat_answers_running 1.0" in httpx.get(f"{page.address}/metrics").text
            page.process.send_signal(signal.SIGTERM)
            wait_until(lambda: httpx.get(f"{page.address}/readyz").status_code == 503)
            assert httpx.get(f"{page.address}/readyz").json()["checks"]["page"] == "ending"
            assert httpx.get(f"{page.address}/healthz").status_code == 200
            refused = asked(page.address, "Which papers are about recommendation?")
            assert refused.status_code != 200
            assert "being stopped and takes nothing new" in refused.text
            assert page.process.wait(END_S) == 0
            asking.join(END_S)
        assert ends == [None], "the answer came whole, on the page that had asked for it"
        messages = [(line["message"], line.get("under_way", line.get("unfinished"))) for line in page.lines()]
    assert ("ending", 1) in messages
    assert messages[-1] == ("ended", 0)


def hesitant(asked: Asked) -> Stream:
    """An honest beginning, and then no end."""
    reply = roles.honest(asked)
    assert isinstance(reply, str)
    return Stream([*re.findall(r"\S+\s*", reply), *["and "] * 1000], delay=0.1)


@pytest.mark.parametrize(("finish_s", "signals"), [(1.5, 1), (600.0, 2)])
def test_it_ends_though_an_answer_takes_too_long(tmp_path: Path, finish_s: float, signals: int) -> None:
    folder = tmp_path / "library"
    sample_library(folder)
    more: dict[str, object] = {"telemetry__traces": False, "ui__finish_s": finish_s, "ui__shared": True}
    with watched(folder, tmp_path / "log", **more) as (page, _, model):
        model.script = roles.honest  # the first reply of a model is shown only when it is whole
        assert asked(page.address, QUESTION).status_code == 200, (tmp_path / "log").read_text()
        model.script = hesitant
        with httpx.Client(base_url=f"{page.address}/gradio_api", timeout=END_S) as client:
            person = Person(client, event_of(page.address))
            asking = threading.Thread(target=lambda: person.ask(QUESTION), daemon=True)
            asking.start()
            posted = folder / "running"
            wait_until(lambda: any('"said":""' not in one.read_text() for one in posted.glob("*.json")))
            begin = time.monotonic()
            for _ in range(signals):
                page.process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
            assert page.process.wait(END_S) == 0
            assert time.monotonic() - begin < 15
            asking.join(END_S)
        assert (page.lines()[-1]["message"], page.lines()[-1]["level"]) == ("ended", "WARNING")
    assert not list((folder / "running").glob("*.json")), "no other server shows it any more"
    with closing(Conversations(folder / FILE_NAME)) as store:
        (found,) = store.find("")
        (kept,) = store.exchanges("", found.conversation_id)
    assert kept.question == QUESTION
    assert kept.said, "what had been said by then"


def wait_until(condition: object, seconds: float = START_S) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_probes_need_no_user_and_say_nothing_private(folder: Path) -> None:
    with served(folder, known=users(ann="correct horse"), sections={"telemetry": {"metrics": True}}) as address:
        elsewhere = {"Host": "somewhere.example"}
        assert httpx.get(f"{address}/healthz", headers=elsewhere).text == "alive\n"
        ready = httpx.get(f"{address}/readyz", headers=elsewhere)
        assert ready.status_code == 200
        assert ready.json() == {
            "status": "ready",
            "checks": {"page": "ok", "library": "ok", "index": "ok"},
            "generation": ready.json()["generation"],
        }
        assert ready.json()["generation"] > 0
        assert httpx.get(f"{address}/metrics").status_code == 401
        assert httpx.post(f"{address}/healthz").status_code != 200


@pytest.mark.embedded_only
def test_a_library_that_cannot_be_read_is_not_ready_and_lives(tmp_path: Path) -> None:
    with served(tmp_path / "none") as address:
        assert httpx.get(f"{address}/readyz").json()["checks"]["index"] == "empty"
    tmp_path = sample_library(tmp_path / "some")  # not where a page ended just now: its files may not be closed yet
    for damaged in (tmp_path / "chroma").rglob("chroma.sqlite3"):
        damaged.write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    with served(tmp_path) as address:
        found = httpx.get(f"{address}/readyz")
        assert (found.status_code, found.json()["status"]) == (503, "not ready")
        assert found.json()["checks"]["index"] == "IndexDamaged"
        assert str(tmp_path) not in found.text
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert httpx.get(f"{address}/metrics", headers={"Accept": "text/plain"}).status_code == 404, "off by default"


def test_a_page_whose_chroma_server_went_away_is_not_ready_until_it_is_back(tmp_path: Path) -> None:
    with ChromaServer(tmp_path / "server") as server:
        sections = {"index": {"chroma_url": server.url}}
        with Library(Config.model_validate({"data_dir": tmp_path / "library", **sections})) as library:
            library.ingest([make_paper()])
        with served(tmp_path / "library", sections=sections) as address:

            def ready() -> httpx.Response:
                return httpx.get(f"{address}/readyz", timeout=START_S)

            assert ready().json()["checks"]["index"] == "ok"
            server.stop()
            wait_until(lambda: ready().status_code == 503)
            assert ready().json()["checks"] == {"page": "ok", "library": "ok", "index": "VectorStoreError"}
            assert server.url not in ready().text
            assert httpx.get(f"{address}/healthz").status_code == 200
            with server:
                wait_until(lambda: ready().status_code == 200)
