"""`paperchat bench`: how fast this machine ingests, searches, answers and starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, configured, print_json, progress_bar, say

_TIMES = {
    "search_ms": "search",
    "search_dates_ms": "search within 30 days",
    "search_author_ms": "search one author",
    "answer_ms": "whole answer",
}


def bench(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")],
    papers: Annotated[
        Path | None, typer.Option("--papers", metavar="PATH", help="Papers to measure with (default: the sample).")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Measure speed with a throw-away library. Your own is not touched."""
    settings = configured(context, config, data_dir)
    if papers and not papers.exists():
        raise typer.BadParameter(f"--papers {papers} does not exist")
    from eval.bench.speed import measure

    with progress_bar(as_json, "measuring") as bar:
        metrics = measure(papers, settings, out, bar)
    print_json(metrics) if as_json else _print(metrics)
    say(f"Results: {out / 'metrics.json'}")


def _print(metrics: dict[str, Any]) -> None:
    ingest, start = metrics["ingest"], metrics["start"]
    print(f"{metrics['papers']} papers, {metrics['chunks']} passages, {metrics['rejected']} rows rejected")
    print(
        f"ingest                 {ingest['papers_per_second']:8.1f} papers/s, "
        f"{ingest['ratio_to_embedding']:.2f} × embedding alone; a second one takes {100 * ingest['again_share']:.1f} %"
    )
    for name, label in _TIMES.items():
        figure = metrics[name]
        print(f"{label:22} {figure['p50']:8.1f} ms median, {figure['p95']:.1f} ms p95, n {figure['n']}")
    print(f"paperchat --help       {start['help_seconds']:8.2f} s")
    print(f"paperchat ask, cold    {start['ask_seconds']:8.2f} s, {start['ask_ratio']:.2f} × its imports and model")
