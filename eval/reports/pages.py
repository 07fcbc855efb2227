"""Pages: what was measured as one self-contained HTML file each.

Everything shown was written by strangers (questions, titles, quotes, a model's words): Jinja2 escapes it all, nothing
is loaded from anywhere, and a content security policy says so to the browser.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from eval.datasets import BeirSet
from eval.files import write_atomically
from eval.metrics import MEASURES
from eval.reports import plots
from eval.reports.rows import STATES, changed_rows, question_rows
from eval.runs.comparison import Comparison
from eval.runs.record import REPORT, RunReport
from eval.runs.reformulation import COMPARED

CHARTED = ("recall@5", "nuggets_vital", "figure_accuracy", "citation_precision", "abstention_recall", "false_refusals")
"""The measures drawn by question type."""
_UNITS = {"share": "{:.3f}", "words": "{:.1f}", "tokens": "{:.0f}", "usd": "{:.4f}"}


def save_run(report: RunReport, folder: Path) -> None:
    """Write the page of `eval run` into the run's folder."""
    write_atomically(folder / REPORT, render_run(report))


def save_comparison(comparison: Comparison, folder: Path) -> None:
    """Write the page of `eval compare` into the comparison's folder."""
    write_atomically(folder / REPORT, render_comparison(comparison))


def save_reformulations(rows: Sequence[Mapping[str, Any]], data: BeirSet, folder: Path) -> None:
    """Write the page of `eval retrieval --reformulate`: plain and rewritten queries in one table."""
    info = {"dataset": data.folder.name, "split": data.split, "queries": len(data.queries)}
    write_atomically(folder / REPORT, page("reformulate.html.j2", rows=rows, info=info, compared=COMPARED))


def render_run(report: RunReport) -> str:
    """The page of `eval run`: figures with intervals, types, latencies, and every question, failures first."""
    metrics = report.metrics
    measured = [m for m in MEASURES if metrics["overall"][m.name]["n"]]
    charts = [
        plots.bars(
            m.name, [(kind, figures[m.name]) for kind, figures in metrics["by_type"].items() if m.name in figures]
        )
        for m in measured
        if m.name in CHARTED and len(metrics["by_type"]) > 1
    ]
    latencies = [row.result.answer.timings.total_ms for row in report.scored if row.result.answer]
    return page(
        "run.html.j2",
        metrics=metrics,
        info=report.info,
        measures=measured,
        unmeasured=[m for m in MEASURES if m not in measured],
        charts=charts,
        latency=plots.latency(latencies) if latencies else None,
        rows=question_rows(report.scored, report.titles),
        left_out=report.left_out,
    )


def render_comparison(comparison: Comparison) -> str:
    """The page of `eval compare`: paired differences, what else differs, and the questions that changed most."""
    content = comparison.as_json()
    shares = [m.name for m in MEASURES if m.unit == "share" and comparison.overall[m.name].difference.mean is not None]
    return page(
        "compare.html.j2",
        content=content,
        info=(comparison.a.info, comparison.b.info),
        measures=[m for m in MEASURES if comparison.overall[m.name].difference.n],
        chart=plots.differences([(name, comparison.overall[name].difference.as_json()) for name in shares]),
        rows=changed_rows(comparison.changed),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("eval.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    environment.filters["better"] = better
    environment.filters["state_names"] = lambda states: [
        (name, text) for name, text in STATES.items() if name in states
    ]
    return environment


def page(template: str, **values: Any) -> str:
    """Fill a template; style and script are inlined and named in the page's security policy by their hashes."""
    loader = _environment().loader
    assert loader is not None
    style, script = (loader.get_source(_environment(), name)[0] for name in ("report.css", "report.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sources = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    policy = f"{sources}; base-uri 'none'; form-action 'none'"
    # Our own files, not a reader's words: the only text of a page that is not escaped, besides the plots.
    return (
        _environment()
        .get_template(template)
        .render(style=Markup(style), script=Markup(script), policy=policy, **values)
    )


def figure(value: float | None, unit: str, signed: bool = False) -> str:
    """A number as a report shows it: three places for shares, a dash for nothing measured."""
    if value is None:
        return "–"
    text = _UNITS[unit].format(value)
    return f"+{text}" if signed and value > 0 else text.replace("-", "−")


def better(difference: Mapping[str, Any], higher_is_better: bool | None) -> str:
    """Which run a difference speaks for: `a`, `b`, or nothing where its interval holds zero."""
    low, high = difference["low"], difference["high"]
    if low is None or high is None or higher_is_better is None or low <= 0 <= high:
        return ""
    return "b" if (low > 0) == higher_is_better else "a"
