"""A calibration as a page: the curve of thresholds, the figures, and the words for confidence."""

from __future__ import annotations

from pathlib import Path

from eval.calibration.calibrated import Calibrated
from eval.calibration.refusal import MOST_FALSE_REFUSALS
from eval.files import write_atomically
from eval.reports import page, plots
from rag.answer.abstention.calibration import FILE_NAME

PAGE = "abstention.html"


def save(calibrated: Calibrated, folder: Path) -> Path:
    """Write the calibration and its page into a library's folder; the next assistant that is opened uses it.

    Returns:
        The page.
    """
    write_atomically(folder / FILE_NAME, calibrated.calibration.model_dump_json(indent=1) + "\n")
    write_atomically(folder / PAGE, render(calibrated))
    return folder / PAGE


def render(calibrated: Calibrated) -> str:
    """The page, self-contained."""
    calibration = calibrated.calibration
    return page(
        "calibration.html.j2",
        calibration=calibration,
        chart=plots.thresholds([point.model_dump() for point in calibration.curve], calibration.threshold),
        figures={name: figure.as_json() for name, figure in calibrated.figures.items()},
        reliability=plots.reliability([(one.chance, one.right, one.n) for one in calibration.reliability]),
        calibration_error=calibrated.calibration_error,
        covered=calibrated.covered,
        left_out=calibrated.left_out,
        by_type={name: figure.as_json() for name, figure in calibrated.by_type.items()},
        points=calibrated.curve_shown(),
        limit=MOST_FALSE_REFUSALS,
    )
