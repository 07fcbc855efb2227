"""Lists and topics over all reports: what is shown belongs, and what belongs is shown, as readers judged."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eval.training.membership import Judged, fit, measured, quality
from rag.answer.select import BELONGS
from rag.assistant import Assistant
from rag.models.membership import load_membership

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
HALVES = ("fit", "judge")


@pytest.fixture(scope="session")
def judged(reports_assistant: Assistant) -> Sequence[Judged]:
    return list(measured(reports_assistant))


@pytest.mark.parametrize(("fitted", "unseen"), [HALVES, HALVES[::-1]])
def test_a_fit_on_one_half_of_the_questions_tells_members_of_the_other(
    judged: Sequence[Judged], fitted: str, unseen: str
) -> None:
    model = fit([one for one in judged if one.half == fitted])
    _, precision, recall, first = quality(model, [one for one in judged if one.half == unseen], BELONGS)
    assert precision >= 0.81
    assert recall >= 0.63
    assert first >= 0.76


def test_the_shipped_weights_are_the_fit_on_all_of_them(judged: Sequence[Judged]) -> None:
    model, shipped = fit(judged), load_membership()
    assert model.weights == pytest.approx(shipped.weights, abs=0.05)
    assert model.intercept == pytest.approx(shipped.intercept, abs=0.05)
