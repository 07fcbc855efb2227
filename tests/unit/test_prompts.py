"""Prompts: declared variables, told by name where they do not agree, and values that are never templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.prompts import PACKAGED, load_prompt

PACKAGED_CHATS = [path.stem for path in sorted(PACKAGED.glob("*.yaml"))]


def written(folder: Path, text: str) -> Path:
    (folder / "p.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", PACKAGED_CHATS)
def test_every_packaged_prompt_loads_and_names_its_variables(name: str) -> None:
    prompt = load_prompt(name)
    messages = prompt.messages({variable: f"<{variable}>" for variable in prompt.variables})
    assert [message["role"] for message in messages] == ["system", "user"]
    assert all(f"<{variable}>" in messages[1]["content"] for variable in prompt.variables)
    assert len(prompt.digest) == 16


def test_a_value_is_never_a_template(tmp_path: Path) -> None:
    prompt = load_prompt("p", written(tmp_path, "variables: [a, b]\nsystem: s\nuser: $a then $b\n"))
    assert prompt.messages({"a": "$b ${b} $$", "b": "x"})[1]["content"] == "$b ${b} $$ then x"


@pytest.mark.parametrize(("values", "says"), [({}, "misses a"), ({"a": "1", "c": "2"}, "does not know c")])
def test_missing_and_unknown_values_are_named(tmp_path: Path, values: dict[str, str], says: str) -> None:
    prompt = load_prompt("p", written(tmp_path, "variables: [a]\nsystem: s\nuser: $a\n"))
    with pytest.raises(ConfigError, match=says):
        prompt.messages(values)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("variables: [a]\nsystem: s\nuser: $a $b\n", "does not know a|misses b|does not know b"),
        ("variables: [a, b]\nsystem: s\nuser: $a\n", "b"),
        ("variables: []\nsystem: s\nuser: costs $ 5\n", "stray"),
        ("variables: []\nsystem: s\nuser: u\ncolour: red\n", "colour"),
        ("variables: []\nuser: u\n", "system"),
        ("variables: []\nsystem: s\nuser: u\nretry: again\n", "reason"),
        ("variables: [\n", "not valid YAML"),
    ],
)
def test_a_broken_file_is_refused_by_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_prompt("p", written(tmp_path, text))


def test_a_missing_prompt_names_its_neighbours(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_prompt("q", written(tmp_path, "variables: []\nsystem: s\nuser: u\n"))
    assert "p.yaml" in caught.value.advice


def test_the_digest_follows_the_content_and_not_the_layout(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        return load_prompt("p", written(tmp_path, text)).digest

    plain = digest("variables: []\nsystem: s\nuser: u\n")
    assert digest("# a comment\nuser: 'u'\nsystem: s\nvariables: []\n") == plain
    assert digest("variables: []\nsystem: s\nuser: v\n") != plain
    assert digest("variables: []\nsystem: s\nuser: u\nretry: $reason\n") != plain


def test_asking_again_needs_a_retry_text(tmp_path: Path) -> None:
    silent = load_prompt("p", written(tmp_path, "variables: []\nsystem: s\nuser: u\n"))
    with pytest.raises(ConfigError, match="no retry text"):
        silent.correction("bad")
    asking = load_prompt("p", written(tmp_path, "variables: []\nsystem: s\nuser: u\nretry: 'no: $reason'\n"))
    assert asking.correction("$x")["content"] == "no: $x"
