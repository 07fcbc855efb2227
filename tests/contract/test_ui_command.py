"""`paperchat ui` and what belongs to it, as a process of its own; and a page that stays open while others write."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from rag.types.filters import FIELDS
from tests.support.page_server import sample_library, served
from ui.web.door.users import USERS_VARIABLE, Users

COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]
SOON_S = 2.0
"""How soon the page must know what another process has written."""


def paperchat(*arguments: object, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environ,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    sample_library(made)
    return made


@contextmanager
def running(folder: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The page as a reader starts it: the process and what it announces."""
    process = subprocess.Popen(
        [*COMMAND, "--data-dir", str(folder), "ui", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environ,
    )
    with process:
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            process.kill()


def test_it_says_where_it_is_answers_and_ends_in_silence(folder: Path) -> None:
    with running(folder) as (process, line):
        assert line.startswith("paperchat is at http://127.0.0.1:")
        address = line.split()[3]
        page = httpx.get(address, timeout=60)  # asked before it is ready, it waits
        assert page.status_code == 200
        assert "gradio" in page.text
        with httpx.stream("GET", f"{address}/gradio_api/heartbeat/tab") as tab:  # a tab that stays open
            assert tab.status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        assert process.stdout
        assert process.stderr
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


@pytest.mark.parametrize("variable", ["", "ada:secret"])
def test_it_is_not_opened_to_others_without_users(folder: Path, variable: str) -> None:
    ended = paperchat("--data-dir", folder, "ui", "--host", "0.0.0.0", "--port", "0", **{USERS_VARIABLE: variable})
    assert ended.returncode == 2
    said = ended.stderr.splitlines()
    assert len(said) == 2
    assert ("is not a user" in said[0]) if variable else ("there are no users" in said[0])
    assert "secret" not in ended.stderr


def test_a_port_in_use_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = paperchat("--data-dir", folder, "ui", "--port", taken.getsockname()[1])
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 2)
    assert "cannot be bound to 127.0.0.1 port" in ended.stderr


def test_a_password_becomes_a_line_to_store() -> None:
    ended = paperchat("config", "password", "ada", typed="correct horse\n")
    assert ended.returncode == 0
    users = Users({"ada": ended.stdout.strip()})
    assert users.accepts("ada", "correct horse")
    assert not users.accepts("ada", "correct horse\n")


def test_an_empty_password_is_wrong_usage() -> None:
    ended = paperchat("config", "password", "ada")
    assert (ended.returncode, ended.stdout) == (2, "")


def test_what_another_process_writes_is_on_the_page_at_once(folder: Path, tmp_path: Path) -> None:
    row = {
        "arxiv_id": "2403.00077",
        "title": "Zeppelin Moorings for Retrieval",
        "abstract": "We moor zeppelins to masts.",
        "authors": ["Ada Lovelace"],
        "date": "2024-03-01",
    }
    source = tmp_path / "cron.jsonl"
    source.write_text(json.dumps(row))
    with served(folder, {"api": True}) as address:

        def found(endpoint: str) -> bool:
            every = [None] * len(FIELDS)
            data = {"search": ["moored zeppelins", 3, *every], "papers": ["zeppelin", *every, 3, 0]}[endpoint]
            reply = httpx.post(f"{address}/gradio_api/run/{endpoint}", json={"data": data}, timeout=60).json()
            return "2403.00077" in reply["data"][0]

        assert not found("search")
        assert paperchat("--data-dir", folder, "ingest", source).returncode == 0
        assert within(SOON_S, lambda: found("search") and found("papers"))
        assert paperchat("--data-dir", folder, "remove", "2403.00077").returncode == 0
        assert within(SOON_S, lambda: not found("search") and not found("papers"))


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether a condition is met by then."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return met and time.monotonic() < end
