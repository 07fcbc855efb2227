"""Runs: every question of a set through the one path, scored; compared, ablated, replayed."""

from eval.runs.runner import (
    METRICS,
    REPORT,
    RESULTS,
    RUN,
    SCORES,
    RunReport,
    Selection,
    run,
)

__all__ = ["METRICS", "REPORT", "RESULTS", "RUN", "SCORES", "RunReport", "Selection", "run"]
