"""Cohen's κ and Kendall's τ against values computed by hand, and the sheet of labels that people fill in."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from eval.judge.nuggets import Support
from eval.judge.validity.agreement import LabelKey, agreement, cohen_kappa, kendall_tau, read_hand_labels
from rag.errors import DatasetError

S: Final = "support"
P: Final = "partial_support"
N: Final = "not_support"
THREE: list[tuple[Support, Support]] = [
    (S, S), (S, S), (S, S), (P, P), (P, S), (S, P), (N, N), (N, N), (N, N), (N, N),
]  # fmt: skip
"""(judge, hand): 8 of 10 agree; both give 4 S, 2 P and 4 N."""


def test_kappa_of_two_labels_by_hand() -> None:
    # p_o = 7/10; judge 5 S 5 N, hand 6 S 4 N: p_e = (5·6 + 5·4) / 100 = 0.5
    pairs = [(S, S)] * 4 + [(S, N)] + [(N, N)] * 3 + [(N, S)] * 2
    assert cohen_kappa(pairs) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_kappa_of_three_labels_by_hand() -> None:
    assert cohen_kappa(THREE) == pytest.approx((0.8 - 0.36) / (1 - 0.36))  # p_e = (16 + 4 + 16) / 100


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([(S, S), (N, N)], 1.0),
        ([(S, N), (N, S)], -1.0),
        ([(S, S), (S, N), (N, S), (N, N)], 0.0),
        ([(S, S), (S, S)], None),
        ([], None),
    ],
)
def test_kappa_at_its_limits(pairs: list[tuple[str, str]], kappa: float | None) -> None:
    assert cohen_kappa(pairs) == kappa


def test_tau_by_hand() -> None:
    assert kendall_tau([(1, 1), (2, 3), (3, 2), (4, 4)]) == pytest.approx(4 / 6)  # 5 concordant, 1 discordant
    assert kendall_tau([(1, 1), (1, 2), (2, 3)]) == pytest.approx(2 / math.sqrt(2 * 3))  # τ-b: one tie on one side
    assert kendall_tau([(1, 2), (2, 1)]) == pytest.approx(-1)


@pytest.mark.parametrize("pairs", [[], [(1.0, 1.0)], [(1.0, 1.0), (1.0, 2.0)], [(1.0, 2.0), (3.0, 2.0)]])
def test_tau_that_does_not_exist(pairs: list[tuple[float, float]]) -> None:
    assert kendall_tau(pairs) is None


def labelled(
    pairs: Sequence[tuple[Support | None, Support]], run: str
) -> tuple[dict[LabelKey, Support | None], dict[LabelKey, Support]]:
    keys = [("q1", run, f"nugget {n}") for n in range(len(pairs))]
    judged = {key: pair[0] for key, pair in zip(keys, pairs, strict=True)}
    return judged, {key: pair[1] for key, pair in zip(keys, pairs, strict=True)}


def test_agreement_is_shown_by_label_and_over_systems() -> None:
    judged, hand = labelled(THREE, "a")
    other_judged, other_hand = labelled([(N, N), (N, N)], "b")
    only_a = agreement(judged, hand)
    assert only_a.by_label[S] == pytest.approx((0.8 - 0.52) / 0.48)  # both 4 of 10: p_e = (16 + 36) / 100
    assert only_a.by_label[P] == pytest.approx((0.8 - 0.68) / 0.32)  # both 2 of 10: p_e = (4 + 64) / 100
    assert only_a.by_label[N] == 1
    assert only_a.tau is None
    both = agreement(judged | other_judged, hand | other_hand)
    assert both.systems == {"a": (0.5, 0.5), "b": (0.0, 0.0)}  # (4 · 1 + 2 · 0.5) / 10 on both sides
    assert both.tau == 1
    assert both.n == 12


def test_a_failed_parse_agrees_with_nothing() -> None:
    judged, hand = labelled([(S, S), (N, N), (None, N)], "a")
    # p_o = 2/3; judge 1 S 1 N 1 failed, hand 1 S 2 N: p_e = (1·1 + 1·2) / 9 = 1/3
    assert agreement(judged, hand).kappa == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))


def test_labels_of_something_else_are_counted_and_left_out() -> None:
    judged, hand = labelled([(S, S), (N, N)], "a")
    found = agreement(judged, hand | {("q9", "a", "other"): "support"})
    assert (found.n, found.unknown, found.kappa) == (2, 1, 1)


def row(**changes: object) -> str:
    return json.dumps({"id": "q1", "run": "a", "nugget": "fact", "label": S, "question": "?", "answer": "!"} | changes)


def test_a_sheet_is_read_and_unlabelled_lines_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "sheet.jsonl"
    path.write_text("\n".join([row(), row(nugget="other", label=None), row()]))
    assert read_hand_labels(path) == {("q1", "a", "fact"): S}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (row(label="maybe"), "line 2"),
        (row(label=N), "another label above"),
        (row(colour="red"), "line 2"),
        ("{", "line 2: not JSON"),
    ],
)
def test_a_broken_sheet_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "sheet.jsonl"
    path.write_text(f"{row()}\n{line}\n")
    with pytest.raises(DatasetError, match=says):
        read_hand_labels(path)
