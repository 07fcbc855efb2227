"""A real Chroma server on a free loopback port, ended by its process id."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

_START_SECONDS = 60


def free_port() -> int:
    """A port nobody listens on; that somebody else takes it before we do has to be lived with."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ChromaServer:
    """`chroma run` on a folder, from entering to leaving the context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder.with_name(f"{folder.name}.log")

    def __enter__(self) -> ChromaServer:
        command = [sys.executable, "-c", "from chromadb.cli.cli import app; app()", "run"]
        command += ["--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder.parent)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/api/v2/heartbeat", timeout=2).is_success:
                    return self
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"chroma run did not start: {self._log.read_text(errors='replace')}")

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server; a second call does nothing."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
