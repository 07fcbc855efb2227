"""`make bench`: our own figures, as a Markdown table beside published ones.

SciFact's test split through `eval retrieval`, and the development questions over the daily reports through `eval run`,
both with the packaged configuration.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.datasets import read_beir, read_questions
from eval.reports import save_run
from eval.runs import RUN, run
from eval.runs.retrieval import evaluate_retrieval
from rag.config import Config
from rag.errors import PaperchatError, UsageError
from rag.types import Row

COMMAND = "make bench"
PUBLISHED = (
    ("BM25 (Anserini, flat)", 0.679),
    ("all-MiniLM-L6-v2", 0.645),
    ("e5-small-v2", 0.689),
    ("bge-small-en-v1.5", 0.713),
    ("bge-base-en-v1.5 (110M parameters)", 0.744),
)
"""Published nDCG@10 on SciFact's test split: the BEIR and MTEB leader boards and Anserini's regressions."""
COLUMNS = (
    ("recall@5", "recall@5"),
    ("nuggets_vital", "vital nuggets"),
    ("figure_accuracy", "figures"),
    ("citation_precision", "citation precision"),
    ("false_refusals", "false refusals"),
    ("words_per_paper", "words a paper"),
)
FEWEST = 5
"""A mean over fewer questions is not shown."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, print the table, and write it into README where asked."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description="Measure paperchat on its own data.")
    default = os.environ.get("PAPERCHAT_SHARED_DATA")
    parser.add_argument("--data", type=Path, default=default, help="folder with scifact/, qa/ and reports/")
    parser.add_argument("--out", type=Path, default=Path(".bench"), help="folder of the runs (default: .bench)")
    parser.add_argument("--readme", type=Path, help="file whose block between the bench markers is rewritten")
    options = parser.parse_args(arguments)
    try:
        if options.data is None:
            raise UsageError("Nobody said where the data lies.", "Give --data DIR, or set PAPERCHAT_SHARED_DATA.")
        table = bench(options.data, options.out)
        print(table)
        if options.readme:
            rewrite_block(options.readme, table)
    except PaperchatError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def bench(data: Path, out: Path) -> str:
    """Measure both and give the table; the runs stay in `out`.

    Raises:
        DatasetError: a data set is missing.
    """
    scifact = evaluate_retrieval(read_beir(data / "scifact", "test"), Config(), out / "scifact", progress=_say)
    return markdown(scifact, development(data, out))


def development(data: Path, out: Path) -> dict[str, Any]:
    """Answer the development questions over the daily reports; the library is kept, the answers are made anew."""
    from rag import open_assistant  # LlamaIndex and Chroma take seconds

    qa = read_questions(data / "qa" / "dev.jsonl")
    config = Config(data_dir=out / "library")
    answers = out / "dev"
    if (answers / RUN).is_file():
        shutil.rmtree(answers)
    with open_assistant(config) as assistant:
        assistant.library.ingest(_papers([data / "reports"]), _say)
        report = run(assistant, config, qa, answers, progress=lambda done, total, _: _say("asking", done, total))
    save_run(report, answers)
    return report.metrics


def _papers(paths: Sequence[Path]) -> Iterator[Row]:
    from rag.sources import discover, read_source

    for file in discover(paths).files:
        yield from read_source(file)


def _say(stage: str, done: int, total: int) -> None:
    if total and (done == total or done % 50 == 0):
        print(f"{stage} {done}/{total}", file=sys.stderr)


def markdown(scifact: Mapping[str, Any], dev: Mapping[str, Any]) -> str:
    """Both tables, with the command that made them."""
    interval = scifact["intervals"]["ndcg@10"]
    ours = f"**paperchat, offline** | **{scifact['ndcg@10']:.3f}** ({interval['low']:.3f}–{interval['high']:.3f})"
    ranking = _table(
        ("SciFact test", "nDCG@10"),
        [(name, f"{value:.3f}") for name, value in PUBLISHED] + [tuple(ours.split(" | "))],
    )
    rows = [_row("**all**", dev["overall"]), *(_row(kind, figures) for kind, figures in dev["by_type"].items())]
    answers = _table(("development questions", "n", *(title for _, title in COLUMNS)), rows)
    abstention = dev["overall"]["abstention_f1"]
    note = (
        f"Extractive answers without a language model; abstention F1 {_shown(abstention['mean'])} "
        f"({_shown(abstention['low'])}–{_shown(abstention['high'])}). Intervals: 95%, bootstrap over questions; "
        f"a dash where fewer than {FEWEST} questions hold what is measured. "
        f"Made by `{COMMAND}`; published figures by others."
    )
    return f"{ranking}\n\n{answers}\n\n{note}"


def _row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    counted = max(figure["n"] for figure in figures.values())
    means = (figures[key]["mean"] if figures[key]["n"] >= FEWEST else None for key, _ in COLUMNS)
    return (name, str(counted), *map(_shown, means))


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}" if value > 1 else f"{value:.2f}"


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, ("---", *("---:" for _ in heading[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rewrite_block(path: Path, content: str, name: str = "bench") -> None:
    """Replace what stands between the markers of a Markdown file, ``<!-- name:begin -->`` and its end.

    Raises:
        UsageError: the file lacks the markers.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise UsageError(f"{path} has no single block {begin} … {end}.", "Put both markers where the table belongs.")
    path.write_text(pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text), encoding="utf-8")
