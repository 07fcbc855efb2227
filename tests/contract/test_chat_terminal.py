"""The conversation at a real terminal: a prompt, an answer, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import roles
from tests.support.chat_server import Asked, Stream, chat_server
from tests.support.samples import sample_library

QUESTION = "How does IterQR rewrite queries?"
SECONDS = 90.0
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_library(tmp_path_factory.mktemp("library"))


class Terminal:
    """A `paperchat chat` and the terminal that it runs in."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self.master, self.process, self.shown = master, process, ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait_for(self, text: str) -> str:
        """What was shown up to a text, from the last one that was waited for on."""
        ends = time.monotonic() + SECONDS
        while text not in self.shown:
            assert time.monotonic() < ends, f"no {text!r} in {self.shown!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.shown += _ESCAPES.sub("", os.read(self.master, 65536).decode(errors="replace"))
                except OSError:  # how Linux tells that the other side has gone
                    pytest.fail(f"no {text!r} in {self.shown!r}")
        before, _, self.shown = self.shown.partition(text)
        return before

    def wait_until_idle(self) -> None:
        """Until the process sleeps: readline sees a Ctrl-C between its echo and its wait with the next key only."""
        ends, asleep = time.monotonic() + SECONDS, 0
        while asleep < 5:
            assert time.monotonic() < ends, "it never waited for a key"
            state = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            asleep = asleep + 1 if state == "S" else 0
            time.sleep(0.05)


@contextmanager
def terminal(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """Run the command in a terminal of its own."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--data-dir", str(folder), "chat", *words]
    settings = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **(env or {})}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=settings, start_new_session=True, preexec_fn=_own_terminal
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _own_terminal() -> None:
    """Make standard input the controlling terminal, so that Ctrl-C is a signal, even where our parent ignores it."""
    import fcntl
    import signal
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_question_is_answered_and_ctrl_d_leaves(folder: Path) -> None:
    with terminal(folder) as shell:
        assert " papers, 2025-" in shell.wait_for("\n> ")
        shell.type("half a question")
        shell.wait_for("half a question")  # what is echoed is being read, and only reading is interrupted at once
        shell.wait_until_idle()
        shell.type("\x03")
        shell.wait_for("> ")
        shell.type(f"{QUESTION}\n")
        answer = shell.wait_for("\n> ")
        assert "Confidence:" in answer
        assert answer.count("IterQR: An Iterative Framework") == 2, "in the answer and among the references"
        shell.type("And on what data was it tested?\n")
        answer = shell.wait_for("\n> ")
        assert answer.count("Read as a follow-up") == 1
        assert answer.index("Read as a follow-up") < answer.index("(2025-"), "before the answer"
        shell.type("\x04")
        assert shell.process.wait(SECONDS) == 0


def test_ctrl_c_stops_an_answer_and_not_the_conversation(folder: Path) -> None:
    def slow(asked: Asked) -> Stream:
        first, *rest = roles.quoted(asked)
        return Stream([f"{first} ", *[" and so on"] * 600, *rest], delay=0.1)

    with chat_server(slow) as server:
        env = {
            "PAPERCHAT__LLM__PROVIDER": "openai-compatible",
            "PAPERCHAT__LLM__MODEL": "scripted",
            "PAPERCHAT__LLM__BASE_URL": server.base_url,
            "PAPERCHAT__LLM__THINKS": "false",
        }
        with terminal(folder, "--mode", "llm", env=env) as shell:
            shell.wait_for("> ")
            shell.type(f"{QUESTION}\n")
            shell.wait_for("[1]")
            shell.type("\x03")
            shell.wait_for("Stopped.")
            shell.wait_for("> ")
            shell.type("/papers\n")
            assert "No paper has been cited yet." in shell.wait_for("\n> ")
            shell.type("/quit\n")
            assert shell.process.wait(SECONDS) == 0
