"""`eval readers`: simulated readers hold conversations with the assistant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, progress_bar, say, with_library
from ui.cli.evaluation.measures import interval, number, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_READERS, MOST_WORKERS = 100_000, 64


def readers(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")],
    many: Annotated[
        int, typer.Option("--readers", min=1, max=MOST_READERS, metavar="N", help="How many readers.")
    ] = 98,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="S", help="Decides what they want and say: the same seed, the same readers."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=MOST_WORKERS, metavar="N", help="Conversations at once.")
    ] = 1,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Let simulated readers talk with the assistant: how many get what they want, and where conversations fail."""
    settings = with_library(context, config, data_dir)
    from eval.readers.simulation import REPORT, SEED, simulate
    from rag import open_assistant
    from rag.errors import UsageError

    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder.", "Give --out the name of a folder.")
    with open_assistant(settings) as assistant, progress_bar(as_json) as bar:
        done = simulate(assistant, settings, out, many, SEED if seed is None else seed, workers, bar)
    print_json(done.metrics) if as_json else _print(done.metrics)
    for kind, missing in done.not_drawn.items():
        say(f"The library has nothing for {plural(missing, 'reader')} with the goal {kind}.")
    say(f"Report: {out / REPORT}")
    if done.metrics["why"].get("error", {}).get("turns") == done.metrics["readers"]:
        raise typer.Exit(1)


def _print(metrics: Mapping[str, Any]) -> None:
    from eval.readers.simulation import FEWEST
    from eval.readers.verdicts import WHY

    rates = [("all", metrics["goal_rate"]), *metrics["by_goal"].items(), *metrics["by_persona"].items()]
    rows = [(name, number(rate["mean"]), interval(rate, FEWEST), str(rate["n"])) for name, rate in rates if rate["n"]]
    print_table(("goal rate", "mean", "interval", "n"), rows)
    print()
    print_table(
        ("why turns missed", "turns", "readers who gave up for it"),
        [(WHY[why], str(count["turns"]), str(count["failed"])) for why, count in metrics["why"].items()],
    )
