"""What came of a course: a Markdown table, two figures side by side, and a plot of how each grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.bench.growth.parts import ingested
from eval.bench.growth.side import OURS, THEIRS
from eval.reports.plots import growth, standalone

COMMAND = "make bench"
Sides = Mapping[str, float]
_PANELS = (
    ("ingest, s of processors", "ingest_cpu_s"),
    ("search, median ms", "search_ms"),
    ("the same, ms of processors", "search_cpu_ms"),
    ("answer, median ms", "answer_ms"),
    ("first answer, s of processors", "start_cpu_s"),
    ("memory after searching and answering, MB", "memory_mb"),
    ("disk, MB", "disk_mb"),
)
"""What of the table is drawn; the processors' own time where others' work on the machine would show most."""


def markdown(figures: Mapping[str, Any]) -> str:
    """The table of all sizes, with the machine, how busy it was, and what was reckoned."""
    sizes = sorted(map(int, figures["sizes"]))
    rows = [
        ("| papers: paperchat / reference (ratio) | " + " | ".join(f"{size:,}" for size in sizes) + " |"),
        "| --- |" + " ---: |" * len(sizes),
    ]
    columns = [_column(figures, size) for size in sizes]
    rows += [f"| {name} | {' | '.join(column[name] for column in columns)} |" for name in columns[0]]
    return "\n".join(rows) + f"\n\n{_note(figures, sizes)}"


def plot(figures: Mapping[str, Any]) -> str:
    """An SVG file of how each figure grows."""
    sizes = sorted(map(int, figures["sizes"]))
    values = [_values(figures, size) for size in sizes]
    panels = [(title, {side: [one[key][side] for one in values] for side in (OURS, THEIRS)}) for title, key in _PANELS]
    return standalone(growth("How cost grows with the number of papers", sizes, panels))


def _values(figures: Mapping[str, Any], size: int) -> dict[str, Sides]:
    found, took = figures["sizes"][str(size)], ingested(figures["parts"], size)
    return {
        "ingest_s": {side: took[side]["seconds"] for side in took},
        "ingest_cpu_s": {side: took[side]["cpu_s"] for side in took},
        "last": {side: took[side]["last_papers_per_second"] for side in took},
        "to_embedding": {side: took[side]["to_embedding"] for side in took},
        "search_ms": {side: row["p50"] for side, row in found["search_ms"].items()},
        "search_p95_ms": {side: row["p95"] for side, row in found["search_ms"].items()},
        "search_cpu_ms": {side: row["p50"] for side, row in found["search_cpu_ms"].items()},
        "answer_ms": {side: row["p50"] for side, row in found["answer_ms"].items()},
        "memory_mb": {side: row["own"] + row["files"] for side, row in found["memory_mb"].items()},
        "disk_mb": found["disk_mb"],
        "start_s": found["start"]["s"],
        "start_cpu_s": found["start"]["cpu_s"],
    }


def _column(figures: Mapping[str, Any], size: int) -> dict[str, str]:
    found, values = figures["sizes"][str(size)], _values(figures, size)
    again, page = found["again"], found["page_mb"]
    whole = values["ingest_cpu_s"][OURS]
    reckoned = ingested(figures["parts"], size)[OURS]["reckoned_papers"]
    mark = "°" if reckoned else ""
    return {
        "ingest, s": _pair(values["ingest_s"]) + mark,
        "ingest, s of the processors": _pair(values["ingest_cpu_s"]) + mark,
        "ingest / embedding alone": _pair(values["to_embedding"], ratio=False),
        "ingest again, unchanged, s of the processors": f"{again['cpu_s']:.2f} (1/{whole / again['cpu_s']:.0f}) / –",
        "search p50, ms": _pair(values["search_ms"]),
        "search p95, ms": _pair(values["search_p95_ms"]),
        "search p50, ms of the processors": _pair(values["search_cpu_ms"]),
        "answer p50, ms": _pair(values["answer_ms"]),
        "first answer from nothing, s": _pair(values["start_s"]),
        "the same, s of the processors": _pair(values["start_cpu_s"]),
        "memory while searching, MB": _pair(values["memory_mb"]),
        "memory of the page, MB": f"{page['own'] + page['files']:,} / –",
        "disk, MB": _pair(values["disk_mb"]),
    }


def _pair(sides: Sides, ratio: bool = True) -> str:
    both = f"{_shown(sides[OURS])} / {_shown(sides[THEIRS])}"
    return f"{both} ({sides[OURS] / sides[THEIRS]:.2f})" if ratio else both


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _note(figures: Mapping[str, Any], sizes: Sequence[int]) -> str:
    loads = [load for size in sizes for load in (figures["sizes"][str(size)][f"load_{when}"][0] for when in _WHEN)]
    run = " in one run" if len(figures["code_hashes"]) == 1 else ", put together from runs of several states of it"
    said = [
        f"By `{COMMAND}`, side by side{run}, on {figures['machine']}, with a load of {min(loads):.0f} to "
        f"{max(loads):.0f} at the questions (above the number of processors, their own seconds tell more)."
    ]
    taken = ingested(figures["parts"], sizes[-1])[OURS]
    if taken["reckoned_papers"]:
        said.append(
            f"° Vectors of {taken['reckoned_papers']:,} papers were replayed to both; their embedding is reckoned "
            "at the mean of the papers that both embedded here, all else was measured."
        )
    return " ".join(said)


_WHEN = ("before", "after")
