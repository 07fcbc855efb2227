"""What the files around the code promise one another."""

from __future__ import annotations

import ast
import configparser
import gzip
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import typer.main
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperCommand, TyperGroup

from ui.cli import app

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("rag", "ui", "eval")
TRAINING = REPOSITORY / "eval" / "training"
BULK = REPOSITORY / "rag" / "index" / "bulk"
FOR_BULK = {"pyarrow", "ray"}
GROWTH = REPOSITORY / "eval" / "bench" / "growth"
FOR_GROWTH = {"onnxruntime"}
"""What the extra `ray` brings; nothing else of the product may import it."""
WITH_SERVERS = REPOSITORY / "rag" / "papers" / "postgres"
"""What the extra `postgres` brings may be imported here alone."""
FOR_TRAINING = {"onnx", "safetensors", "torch"}
"""What training the answer scorer needs (eval/training/README.md); the product does without."""

# Bracketed letters keep these patterns from matching their own source.
OUT_OF_PLACE = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:[h]ome/\w|[r]oot\b|[U]sers/\w|[w]ork/|[t]mp/dev\b|[o]pt/\w)"),
    "where packages are fetched from": re.compile(r"\b(?:[f]ind-links|(?:[e]xtra-)?[i]ndex-url|[f]ile:///\w)"),
    "work left for later": re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX)\b"),
}
WRITTEN_BY_STRANGERS = (
    "rag/sample/",
    "tests/fuzz/cases/",
    "rag/models/vocab.txt",
    "eval/training/data/instructions.tsv",
    "LICENSE",
)


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def requirements() -> list[Requirement]:
    project = pyproject()["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in project["dependencies"] + extras]


def pins() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = dict(line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in found.items()}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((REPOSITORY / package).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    """The top-level names of everything a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def tracked_files() -> list[str]:
    """What git holds or would take; outside a git checkout there is nothing to judge."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name and (REPOSITORY / name).is_file()]


def test_the_newest_changelog_heading_is_the_version() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[?(\d[^\]\s]*)", changelog, flags=re.MULTILINE)
    assert headings[0] == pyproject()["project"]["version"]


def test_the_constraints_are_plain_pins_without_torch() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    odd = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line)]
    assert odd == []
    assert not [name for name in pins() if name == "torch" or name.startswith("nvidia-")]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_each_dependency_is_bounded_and_pinned_within_its_bounds(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators in ({">=", "<"}, {"=="})
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_everything_imported_is_a_declared_dependency() -> None:
    providers = packages_distributions()
    declared: set[str] = {canonicalize_name(Requirement(line).name) for line in pyproject()["project"]["dependencies"]}
    # `llama-index` is what its users install; it pins the packages that share its name space.
    declared |= {name for name in pins() if name.startswith("llama-index-")}
    optional = pyproject()["project"]["optional-dependencies"]
    servers = {canonicalize_name(Requirement(line).name) for line in optional["postgres"]}
    undeclared = {
        f"{path.relative_to(REPOSITORY)}: {name}"
        for path in modules()
        for name in imported(path)
        if name not in sys.stdlib_module_names
        and name not in PACKAGES
        and not (name in FOR_TRAINING and path.is_relative_to(TRAINING))
        and not (name in FOR_BULK and path.is_relative_to(BULK))
        and not (name in FOR_GROWTH and path.is_relative_to(GROWTH))
        and not (declared | (servers if path.is_relative_to(WITH_SERVERS) else set()))
        & {canonicalize_name(provider) for provider in providers.get(name, [])}
    }
    assert undeclared == set()


def test_the_import_rules_name_every_package() -> None:
    rules = configparser.ConfigParser()
    rules.read(REPOSITORY / ".importlinter", encoding="utf-8")
    assert rules["importlinter"]["root_packages"].split() == list(PACKAGES)
    assert rules["importlinter:contract:packages"]["layers"].split() == ["ui", "eval", "rag"]
    assert rules["importlinter:contract:path"].getboolean("exhaustive")
    assert rules["importlinter:contract:evaluation"].getboolean("exhaustive")
    assert rules["importlinter:contract:circles"]["ancestors"].split() == ["eval"]
    assert list(PACKAGES) == pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_the_folders_of_eval_are_small_and_no_module_name_stands_twice() -> None:
    names = [path.relative_to(REPOSITORY / "eval") for path in (REPOSITORY / "eval").rglob("*.py")]
    modules = [name for name in names if not name.stem.startswith("__")]
    assert [name.stem for name in modules if len(name.parts) == 1] == ["files"]
    assert max(Counter(name.parent for name in modules).values()) <= 11
    assert [name for name, count in Counter(name.stem for name in modules).items() if count > 1] == []


def content(path: Path) -> str:
    """A file's text, unpacked where it is packed."""
    held = path.read_bytes()
    return (gzip.decompress(held) if path.suffix == ".gz" else held).decode()


def test_no_file_holds_what_belongs_to_one_machine() -> None:
    found = []
    for name in tracked_files():
        if name.startswith(WRITTEN_BY_STRANGERS) or name.endswith((".onnx", ".png", ".npz", ".pdf", ".tar.gz")):
            continue
        for number, line in enumerate(content(REPOSITORY / name).splitlines(), start=1):
            found += [f"{name}:{number}: {what}" for what, pattern in OUT_OF_PLACE.items() if pattern.search(line)]
    assert found == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("cache = '/" + "home/someone/.cache'", "a path of one machine"),
        ("see /" + "work/notes", "a path of one machine"),
        ("--extra-ind" + "ex-url https://mirror.example", "where packages are fetched from"),
        ("# TO" + "DO: later", "work left for later"),
    ],
)
def test_what_is_out_of_place_is_seen(line: str, what: str) -> None:
    assert [name for name, pattern in OUT_OF_PLACE.items() if pattern.search(line)] == [what]


@pytest.mark.parametrize(
    "line", ["https://example.org/work/a", "base_url: http://127.0.0.1:8000/v1", "home/x", "rest/"]
)
def test_what_is_in_place_is_left_alone(line: str) -> None:
    assert not any(pattern.search(line) for pattern in OUT_OF_PLACE.values())


@pytest.mark.parametrize("folder", ["rag/sample", "rag/models"])
def test_data_made_by_others_carries_its_origin_and_licence(folder: str) -> None:
    name = re.compile(r"notice|origin|licen[cs]e|readme", flags=re.IGNORECASE)
    notes = [path for path in (REPOSITORY / folder).iterdir() if name.search(path.name)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in notes)
    assert re.search(r"CC0|Apache", text), f"{folder} needs a note that names origin and licence"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_or_module_is_too_long_to_be_read_at_once(package: str) -> None:
    for path in (REPOSITORY / package).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path}: {node.name}"


def test_every_verb_is_explained() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    verbs = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert verbs
    contributing = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for verb in verbs.group(1).split():
        assert re.search(rf"^{verb}:.* ## \w", makefile, flags=re.MULTILINE), f"make {verb} has no help text"
        assert f"`make {verb}`" in contributing


@pytest.mark.skipif(not which("make"), reason="there is no make here")
@pytest.mark.parametrize(
    "is_terminal",
    [False, pytest.param(True, marks=pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here"))],
)
def test_an_installation_says_that_it_begins_and_shows_what_it_does_to_a_terminal(
    tmp_path: Path, is_terminal: bool
) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "pip was called: $*"\n', encoding="utf-8")
    python.chmod(0o755)
    ours, theirs = os.openpty() if is_terminal else os.pipe()
    call = ["make", f"VENV={tmp_path}", f"{tmp_path}/.installed"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(call, cwd=REPOSITORY, env=outside, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    first, second = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    assert done.stdout == b"", "which is for what the verb prints"
    assert first.startswith(f"Installing paperchat into {tmp_path}: a few minutes the first time")
    assert second.startswith("pip was called: -m pip ")
    assert ("--quiet" in second) != is_terminal


def commands(command: TyperCommand | TyperGroup, name: str = "paperchat") -> Iterator[tuple[str, Any]]:
    """A command and all below it, by the words that call them."""
    yield name, command
    if isinstance(command, TyperGroup):
        for word, below in command.commands.items():
            assert isinstance(below, TyperCommand | TyperGroup)
            yield from commands(below, f"{name} {word}")


def root() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands(root())])
def test_each_command_and_each_of_its_parameters_is_explained(name: str, command: Any) -> None:
    assert re.fullmatch(r"[A-Z].*[.:]", (command.help or "").strip(), flags=re.DOTALL), f"{name} has no help text"
    unexplained = [parameter.name for parameter in command.params if not parameter.help]
    assert unexplained == [], f"{name}: these have no help text"


def test_the_map_names_files_that_are_there() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w./])(?:rag|ui|eval|tests|docs)/[\w./-]*[\w/]", text))
    assert len(named) > 30
    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []
