"""What the commands of `eval` print for a person: measures in tables, with their intervals."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ui.cli.base.terminal import console

if TYPE_CHECKING:
    from eval.runs import RunReport
    from eval.runs.comparison import Comparison

LINES_SHOWN = 10
"""Rows named of a kind; the files have all."""
_TYPE_COLUMNS = ("recall@5", "nuggets_vital", "figure_accuracy", "citation_precision", "false_refusals")


def print_metrics(report: RunReport) -> None:
    """A run's measures, overall and by type of question."""
    metrics = report.metrics
    measured = {name: figure for name, figure in metrics["overall"].items() if figure["n"]}
    print_table(
        ("measure", "mean", "interval", "n"),
        [(name, number(figure["mean"]), interval(figure), str(figure["n"])) for name, figure in measured.items()],
    )
    if len(metrics["by_type"]) > 1:
        columns = [name for name in _TYPE_COLUMNS if name in measured]
        print_table(
            ("type", *columns),
            [(kind, *(number(f[name]["mean"]) for name in columns)) for kind, f in metrics["by_type"].items()],
        )
    total = metrics["timings"]["total_ms"]
    print(
        f"{metrics['questions']} questions ({report.asked} asked now) in {report.info['seconds']:.1f} s; "
        f"an answer took {number(total['p50'], 0)} ms (median), {number(total['p95'], 0)} ms (p95)."
    )


def print_reformulations(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line a method, the plain queries first; differences with their intervals."""
    measures = ("ndcg@10", "recall@100", "mrr@10")
    print_table(
        ("queries", *measures, "Δ ndcg@10", "interval", "p", "failed", "calls", "tokens", "ms/query"),
        [
            (
                row["name"],
                *(number(row["measures"][measure]["mean"]) for measure in measures),
                number(row["difference"]["mean"]) if row["difference"] else "",
                interval(row["difference"]) if row["difference"] else "",
                number(row["difference"]["p"]) if row["difference"] else "",
                str(row["failed"]),
                str(row["calls"]),
                str(row["tokens"]) if row["tokens"] is not None else "-",
                number(row["ms/query"], 0),
            )
            for row in rows
        ],
    )
    for row in rows:
        prompts = ", ".join(f"{one['id']} v{one['version']}" for one in row["prompts"])
        if prompts:
            print(f"{row['name']}: {prompts}; model {row['model']}")


def print_comparison(comparison: Comparison) -> None:
    """Two runs measure by measure, and the questions that moved most."""
    for name, (a, b) in comparison.settings.items():
        print(f"{name}: {a} in A, {b} in B")
    if comparison.only_a or comparison.only_b:
        print(f"Not compared: {len(comparison.only_a)} questions only in A, {len(comparison.only_b)} only in B.")
    rows = []
    for name, compared in comparison.overall.items():
        moved = compared.difference
        if moved.n:
            means = (number(compared.a.mean), number(compared.b.mean), number(moved.mean))
            rows.append((name, *means, interval(moved.as_json()), number(moved.p), str(moved.n)))
    print_table(("measure", "A", "B", "B - A", "interval", "p", "n"), rows)
    most = "; the most changed:" if comparison.changed else "."
    print(f"{comparison.moved} of {len(comparison.paired)} answers are better or worse{most}")
    for row in comparison.changed[:LINES_SHOWN]:
        print(f"  {row.quality:+.2f}  {row.id}  {row.question}")


def number(value: float | None, places: int = 3) -> str:
    """A figure as a cell; a dash where there is none."""
    return "-" if value is None else f"{value:.{places}f}"


def interval(figure: Mapping[str, Any], least: int = 1) -> str:
    """A figure's interval as a cell; a dash where fewer than `least` were measured, which tell of none."""
    if figure["n"] < least:
        return number(None)
    return f"{number(figure['low'])} to {number(figure['high'])}"


def print_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout; cells are data and not markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(heading):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console(highlight=True, file=sys.stdout, width=None if sys.stdout.isatty() else 200).print(table)
