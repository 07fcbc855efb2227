"""Every rule that reads a question proves itself on its own examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.query import rules
from rag.query.rules import Rule, load_rules

ALL = [rule for name in rules.names() for rule in load_rules(name).rules.values()]


def named(value: Rule | str) -> str:
    return value.name if isinstance(value, Rule) else value


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in ALL for text in rule.yes], ids=named)
def test_a_rule_applies_to_its_examples(rule: Rule, text: str) -> None:
    assert rule(text), f"{rule.name} does not apply to {text!r}"


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in ALL for text in rule.no], ids=named)
def test_a_rule_leaves_its_counterexamples_alone(rule: Rule, text: str) -> None:
    assert not rule(text), f"{rule.name} applies to {text!r}"


def test_no_fragment_is_declared_twice() -> None:
    common = rules._read(rules.COMMON)
    for name in rules.names():
        file = rules._read(name)
        assert not set(file.fragments) & set(file.tables), name
        if name != rules.COMMON:
            assert not {*common.fragments, *common.tables} & {*file.fragments, *file.tables}, name


def test_a_table_tells_what_a_text_means() -> None:
    found = load_rules("dates")
    assert (found.meaning("weekdays", "Sunday"), found.meaning("operators", "no later than")) == ("6", "until")
    assert [found.number(text) for text in ("12", "Seven", "a couple of", "an")] == [12, 7, 2, 1]


def test_a_rule_without_examples_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text("fragments: {a: b}")
    (tmp_path / "bare.yaml").write_text("rules: {x: {meaning: an example rule, pattern: x, yes: [x, xx], no: []}}")
    (tmp_path / "lost.yaml").write_text(
        "rules: {x: {meaning: an example rule, pattern: '(?&z)', yes: [x, xx], no: [y, z]}}"
    )
    monkeypatch.setattr(rules, "files", lambda _: tmp_path)
    rules._read.cache_clear()
    load_rules.cache_clear()
    try:
        for name, said in (("bare", "cannot be used"), ("lost", "fragment z"), ("none", "no rules called none")):
            with pytest.raises(ConfigError, match=re.escape(said)):
                load_rules(name)
    finally:
        rules._read.cache_clear()
        load_rules.cache_clear()
