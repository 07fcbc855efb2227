"""Reports: what was measured as self-contained HTML pages."""

from eval.reports import plots
from eval.reports.pages import page, render_comparison, render_run, save_comparison, save_reformulations, save_run

__all__ = [
    "page",
    "plots",
    "render_comparison",
    "render_run",
    "save_comparison",
    "save_reformulations",
    "save_run",
]
