"""The development sets through `eval run`, over the library of all reports: no figure below its floor (floors.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.datasets import read_questions
from eval.metrics import MEASURES
from eval.runs import run
from rag.assistant import Assistant
from tests.support.data import shared_data

OVERALL = "all"
FLOORS: Mapping[str, Mapping[str, Mapping[str, float]]] = yaml.safe_load(
    Path(__file__).with_name("floors.yaml").read_text(encoding="utf-8")
)
HIGHER_IS_BETTER = {measure.name: measure.higher_is_better for measure in MEASURES}

needs_reports = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="session")
def figures(reports_assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The content of each set's metrics.json, by the set's name."""
    found = {}
    for name in FLOORS:
        questions = read_questions(shared_data() / "qa" / name)
        out = tmp_path_factory.mktemp("runs") / name
        found[name] = run(reports_assistant, reports_assistant.library.config, questions, out).metrics
    return found


def shortfalls(measured: Mapping[str, Mapping[str, Any]], floors: Mapping[str, float]) -> list[str]:
    """What is worse than its floor, or was not measured: the figure beside the floor."""
    found = []
    for name, floor in floors.items():
        figure = measured.get(name, {"mean": None, "n": 0})
        mean = figure["mean"]
        sign = 1 if HIGHER_IS_BETTER[name] else -1
        if mean is None or sign * (mean - floor) < -1e-9:
            bound = "at least" if sign > 0 else "at most"
            found.append(f"{name} is {mean} over {figure['n']} questions and must be {bound} {floor}")
    return found


@pytest.mark.parametrize(
    ("name", "group"),
    [pytest.param(name, group, marks=needs_reports) for name, groups in FLOORS.items() for group in groups],
)
def test_no_figure_is_below_its_floor(figures: Mapping[str, Mapping[str, Any]], name: str, group: str) -> None:
    metrics = figures[name]
    measured = metrics["overall"] if group == OVERALL else metrics["by_type"][group]
    below = shortfalls(measured, FLOORS[name][group])
    assert not below, f"{name}, {group}: {'; '.join(below)}"


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_reports) for name in FLOORS])
def test_every_question_is_asked_and_answered(figures: Mapping[str, Mapping[str, Any]], name: str) -> None:
    assert figures[name]["failed"] == []
    assert figures[name]["questions"] == len(read_questions(shared_data() / "qa" / name).questions)


def test_a_floor_is_a_share_of_a_measure_with_a_direction() -> None:
    for groups in FLOORS.values():
        assert OVERALL in groups
        for floors in groups.values():
            assert all(HIGHER_IS_BETTER[name] is not None and 0 <= floor <= 1 for name, floor in floors.items())


def test_what_is_below_a_floor_is_said_with_the_figure() -> None:
    measured: dict[str, dict[str, Any]] = {
        "recall@5": {"mean": 0.9, "n": 10},
        "false_refusals": {"mean": 0.2, "n": 10},
        "figure_accuracy": {"mean": None, "n": 0},
    }
    assert shortfalls(measured, {"recall@5": 0.9, "false_refusals": 0.2}) == []
    assert shortfalls(measured, {"recall@5": 0.91, "false_refusals": 0.19, "figure_accuracy": 0.5}) == [
        "recall@5 is 0.9 over 10 questions and must be at least 0.91",
        "false_refusals is 0.2 over 10 questions and must be at most 0.19",
        "figure_accuracy is None over 0 questions and must be at least 0.5",
    ]
