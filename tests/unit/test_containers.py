"""The container files name what exists. No container is run here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.config import ENV_PREFIX, Config, UIConfig, leaf_keys
from ui.web.door.sessions import KEY_VARIABLE
from ui.web.door.users import USERS_VARIABLE
from ui.web.host.probes import LIVES

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
CADDYFILE = (REPOSITORY / "docs" / "deploy" / "Caddyfile").read_text(encoding="utf-8")


def pinned(name: str) -> str:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{name}=="))


def test_the_dockerfile_is_clean() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, str(REPOSITORY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_into_the_image_is_there_and_enough() -> None:
    kept = [line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in kept if not (REPOSITORY / name).exists()] == []
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    built = project["tool"]["hatch"]["build"]["targets"]
    needed = {*built["wheel"]["packages"], *(name.strip("/") for name in built["sdist"]["include"]), "pyproject.toml"}
    assert needed <= set(kept)
    extras = re.search(r"'\.\[([\w,]+)\]'", DOCKERFILE)
    assert extras
    assert set(extras[1].split(",")) <= project["project"]["optional-dependencies"].keys() | {"postgres"}


def test_settings_are_keys_of_the_configuration() -> None:
    named = set(re.findall(rf"{ENV_PREFIX}(\w+)=", DOCKERFILE))
    for service in COMPOSE["services"].values():
        named |= {key.removeprefix(ENV_PREFIX) for key in service.get("environment", {}) if key.startswith(ENV_PREFIX)}
    keys = {name.lower().replace("__", ".") for name in named}
    assert keys - set(leaf_keys(Config)) <= {"library.database_url"}
    assert {KEY_VARIABLE, USERS_VARIABLE} <= COMPOSE["services"]["page"]["environment"].keys()


def test_services_and_volumes_that_are_named_exist() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= services.keys(), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("./") and source != "./reports":
                assert (REPOSITORY / source).exists(), source
            elif not source.startswith("./"):
                assert source in volumes
        for value in map(str, service.get("environment", {}).values()):
            host = re.search(r"://(?:\w+@)?(\w+):\d+", value)
            assert host is None or host[1] in services, value
        assert "build" in service or ":" in service["image"] or service["image"] == "paperchat", "a pinned image"


def test_ports_and_versions_agree() -> None:
    port = UIConfig().port
    assert f"EXPOSE {port}" in DOCKERFILE
    assert f"127.0.0.1:{port}{LIVES}" in DOCKERFILE
    assert f"dynamic a page {port}" in CADDYFILE
    assert "lb_policy cookie" in CADDYFILE, "a tab's session lives in one process"
    assert COMPOSE["services"]["chroma"]["image"] == f"chromadb/chroma:{pinned('chromadb')}"
    assert COMPOSE["services"]["proxy"]["ports"] == ["8080:8080"], "the only door"
    assert ":8080 {" in CADDYFILE


def test_every_secret_is_shown_in_single_quotes() -> None:
    """Compose replaces `$` in other values of `.env`, and a user's line has some."""
    text = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    assert USERS_VARIABLE in asked
    assert asked == set(re.findall(r"^#   (\w+)='\.\.\.'", text, re.M))
