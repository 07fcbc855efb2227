"""Runs: every question of a set through the one path, scored; compared, ablated, replayed."""

from eval.runs.record import METRICS, REPORT, RESULTS, RUN, SCORES, RunRecord, RunReport, load_run
from eval.runs.runner import Selection, run

__all__ = [
    "METRICS",
    "REPORT",
    "RESULTS",
    "RUN",
    "SCORES",
    "RunRecord",
    "RunReport",
    "Selection",
    "load_run",
    "run",
]
