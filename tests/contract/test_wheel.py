"""The built wheel, installed into a clean virtual environment, does the main job outside the checkout.

The wheel is built from the source distribution, so that one is proved complete too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
QUESTION = "How can large language models annotate documents for training retrievers?"
NOWHERE = "http://127.0.0.1:9"  # the discard port: a download through this proxy fails at once

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command to its end and return its standard output; a failure shows what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, REPOSITORY, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path) -> Iterator[Path]:
    """The folder of programs of a clean environment that holds the wheel and what it asks for, nothing else."""
    with tempfile.TemporaryDirectory(prefix="paperchat-clean-", ignore_cleanup_errors=True) as clean:  # 2 GB, on disk
        yield _installed(wheel, Path(clean) / "venv")


def _installed(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment; the folder of its programs."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    run(
        *(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        "--no-compile",  # few of the modules are ever imported here; Python compiles those when they are
        *("--constraint", REPOSITORY / "constraints.txt", wheel),
        cwd=folder,
    )
    return programs


@pytest.fixture(scope="module")
def paperchat(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`paperchat` of the clean environment on a new library, run outside the checkout with the way out closed."""
    folder = tmp_path_factory.mktemp("outside")

    def call(*arguments: str | Path) -> str:
        away = {"HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "ALL_PROXY": NOWHERE}
        return run(programs / "paperchat", "--data-dir", "library", *arguments, cwd=folder, **away)

    return call


def packaged(folder: str) -> set[str]:
    """The files of a package as the checkout holds them."""
    return {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_packages_whole_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == packaged("rag") | packaged("ui") | packaged("eval")


def test_the_wheel_holds_what_is_read_at_run_time(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    reports = {"2025-04-10.md", "2025-04-30.md", "2025-10-11.md", "2025-11-22.md"}
    assert reports <= {name.removeprefix("rag/sample/") for name in names}
    assert "rag/models/vocab.txt" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_clean_environment_is_consistent_and_holds_no_torch(programs: Path, tmp_path: Path) -> None:
    run(programs / "python", "-m", "pip", "check", cwd=tmp_path)
    installed = json.loads(run(programs / "python", "-m", "pip", "list", "--format=json", cwd=tmp_path))
    names = {package["name"].lower() for package in installed}
    assert "paperchat" in names
    assert not {"torch", "pytest", "mypy"} & names


def test_version_and_help(paperchat: Any, wheel: Path) -> None:
    assert wheel.name.split("-")[1] in paperchat("--version")
    shown = paperchat("--help")
    assert "ingest" in shown
    assert "ask" in shown


def test_sample_in_and_every_quote_is_an_exact_slice(paperchat: Any, programs: Path, tmp_path: Path) -> None:
    locate = "from importlib.resources import files; print(files('rag') / 'sample')"
    sample = Path(run(programs / "python", "-c", locate, cwd=tmp_path).strip())
    assert not sample.is_relative_to(REPOSITORY)

    report = json.loads(paperchat("ingest", sample, "--json"))
    assert report["papers_new"] > 0
    assert report["rejected"] == []

    answer = json.loads(paperchat("ask", QUESTION, "--json"))
    assert not answer["abstained"]
    assert answer["citations"]
    for citation in answer["citations"]:
        paper = json.loads(paperchat("show", citation["paper_id"], "--version", str(citation["version"]), "--json"))
        assert citation["quote"] == paper["text"][citation["start"] : citation["end"]]
        assert citation["quote"].strip()
