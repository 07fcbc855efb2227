"""Plots as inline SVG, drawn by matplotlib; colours are the page's own, so that light and dark both fit."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Colours that stand for the page's variables: matplotlib knows no CSS.
_COLOURS = {"#010101": "var(--text)", "#020202": "var(--muted)", "#030303": "var(--line)", "#040404": "var(--accent)",
            "#050505": "var(--soft)", "#060606": "var(--bad)"}  # fmt: skip
TEXT, MUTED, LINE, ACCENT, SOFT, BAD = _COLOURS
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none", "text.parse_math": False, "font.size": 8, "text.color": TEXT, "axes.labelcolor": MUTED,
    "xtick.color": MUTED, "ytick.color": TEXT, "axes.edgecolor": LINE, "grid.color": LINE, "axes.spines.top": False,
    "axes.spines.right": False, "axes.spines.left": False, "ytick.major.size": 0, "xtick.major.size": 0,
    "xtick.labelsize": 7, "axes.axisbelow": True, "axes.grid": True, "axes.grid.axis": "x",
}  # fmt: skip
_NAMES = ("--text", "--muted", "--line", "--accent", "--soft", "--bad")
_THEMES = (
    ("#1c1b19", "#6a665e", "#e3dfd7", "#1f5f8b", "#c9dcea", "#a8321f"),
    ("#e8e6e1", "#a19d95", "#35373b", "#7db8e2", "#2b4254", "#f0978a"),
)
"""The page's colours (templates/report.css), light and dark, for a plot that stands by itself."""
_WIDTH = 3.7
"""Inches; a plot fills a phone's width at about the page's own text size."""

Drawn = Mapping[str, Any]
"""A figure as JSON: mean, low, high, n."""


def bars(name: str, rows: Sequence[tuple[str, Drawn]]) -> Markup:
    """One measure by question type: a bar for the mean, a line for its interval, the number of questions beside."""
    rows = [(kind, figure) for kind, figure in rows if figure["mean"] is not None]
    with matplotlib.rc_context(_SETTINGS):
        canvas, axes = _axes(0.55 + 0.21 * len(rows))
        for place, (_, figure) in enumerate(rows):
            axes.barh(place, figure["mean"], color=SOFT, height=0.68)
            axes.plot(
                [figure["low"], figure["high"]], [place, place], color=ACCENT, linewidth=1.4, solid_capstyle="butt"
            )
            axes.plot(figure["mean"], place, "o", color=ACCENT, markersize=3.4)
            axes.text(1.045, place, f"{figure['mean']:.2f}", va="center", ha="left")
            axes.text(1.325, place, str(figure["n"]), va="center", ha="right", color=MUTED, fontsize=7)
        axes.text(1.325, -0.95, "n", va="center", ha="right", color=MUTED, fontsize=7)
        axes.set_yticks(range(len(rows)), [_label(kind) for kind, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", ".5", "", "1"])
        axes.set_title(name, loc="left", fontsize=9, fontweight="bold", x=-0.36)
        canvas.subplots_adjust(
            left=0.27, right=0.77, top=1 - 0.3 / canvas.get_figheight(), bottom=0.2 / canvas.get_figheight()
        )
        return _svg(canvas, f"{name} by question type", f"bars-{name}")


def latency(milliseconds: Sequence[float]) -> Markup:
    """How long answers took: a histogram with the median and the 95th percentile."""
    p50, p95 = np.quantile(milliseconds, [0.5, 0.95])
    with matplotlib.rc_context(_SETTINGS | {"axes.grid.axis": "y", "ytick.color": MUTED, "ytick.labelsize": 7}):
        canvas, axes = _axes(1.9, width=1.2 * _WIDTH)
        axes.hist(
            milliseconds, bins=min(40, max(8, len(milliseconds) // 4)), color=SOFT, edgecolor=ACCENT, linewidth=0.5
        )
        top = axes.get_ylim()[1]
        for value, label, height in ((p50, "median", 1.13), (p95, "p95", 1.02)):
            axes.axvline(value, color=ACCENT, linewidth=1)
            axes.text(value, top * height, f" {label} {value:,.0f} ms", ha="left", va="bottom", fontsize=7)
        axes.set_ylim(0, top)
        axes.set_xlim(left=0)
        axes.set_xlabel("milliseconds an answer", fontsize=7)
        axes.set_ylabel("questions", fontsize=7)
        canvas.subplots_adjust(left=0.11, right=0.84, top=0.8, bottom=0.2)
        return _svg(canvas, "Distribution of the milliseconds an answer took", "latency")


def differences(rows: Sequence[tuple[str, Drawn]]) -> Markup:
    """B minus A for each measure with its interval, around a line at zero."""
    with matplotlib.rc_context(_SETTINGS):
        canvas, axes = _axes(0.75 + 0.21 * len(rows), width=1.05 * _WIDTH)
        for place, (_, figure) in enumerate(rows):
            certain = figure["low"] > 0 or figure["high"] < 0
            colour = ACCENT if certain else MUTED
            axes.plot([figure["low"], figure["high"]], [place, place], color=colour, linewidth=1.6)
            axes.plot(figure["mean"], place, "o", color=colour, markersize=4)
        axes.axvline(0, color=TEXT, linewidth=0.8)
        reach = max([abs(figure[end]) for _, figure in rows for end in ("low", "high")] + [0.05]) * 1.08
        axes.set_xlim(-reach, reach)
        axes.set_yticks(range(len(rows)), [_label(name) for name, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("B minus A", fontsize=7)
        height = canvas.get_figheight()
        canvas.subplots_adjust(left=0.34, right=0.97, top=1 - 0.08 / height, bottom=0.42 / height)
        return _svg(canvas, "Difference of every measure, B minus A", "differences")


def thresholds(points: Sequence[Mapping[str, Any]], chosen: float) -> Markup:
    """What each threshold gives: recall, precision and false refusals, with the chosen one marked."""
    with matplotlib.rc_context(_SETTINGS | {"axes.grid.axis": "both", "ytick.color": MUTED, "ytick.labelsize": 7}):
        canvas, axes = _axes(2.2, width=1.2 * _WIDTH)
        for name, colour in (("recall", ACCENT), ("precision", MUTED), ("false_refusals", BAD)):
            drawn = [(point["threshold"], point[name]) for point in points if point[name] is not None]
            axes.plot(*zip(*drawn, strict=True), color=colour, linewidth=1.3, label=name.replace("_", " "))
        axes.axvline(chosen, color=TEXT, linewidth=0.8, linestyle="--")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        axes.set_xlabel("refused from this probability on", fontsize=7)
        axes.legend(loc="upper right", fontsize=7, frameon=False)
        canvas.subplots_adjust(left=0.08, right=0.98, top=0.97, bottom=0.18)
        return _svg(canvas, "Recall, precision and false refusals by threshold", "thresholds")


def reliability(bins: Sequence[tuple[float, float, int]]) -> Markup:
    """How far a chance is borne out: (mean chance, share right, how many), beside the line where both agree."""
    with matplotlib.rc_context(_SETTINGS | {"axes.grid.axis": "both", "ytick.color": MUTED, "ytick.labelsize": 7}):
        canvas, axes = _axes(2.2, width=0.8 * _WIDTH)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle="--")
        axes.plot(
            [one[0] for one in bins], [one[1] for one in bins], color=ACCENT, linewidth=1.3, marker="o", markersize=3
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        axes.set_xlabel("chance of being right", fontsize=7)
        axes.set_ylabel("share right", fontsize=7)
        canvas.subplots_adjust(left=0.14, right=0.96, top=0.97, bottom=0.18)
        return _svg(canvas, "Share of right answers by the chance given to them", "reliability")


def heat(title: str, cells: Mapping[str, Mapping[str, Drawn]]) -> Markup:
    """Means by row and column, the fuller the higher, each with its number of cases; what was not measured is empty."""
    columns = list(next(iter(cells.values())))
    quiet = {"axes.grid": False, "axes.spines.bottom": False}
    with matplotlib.rc_context(_SETTINGS | quiet):
        canvas, axes = _axes(0.75 + 0.3 * len(cells), width=1.3 * _WIDTH)
        for y, row in enumerate(cells.values()):
            for x, column in enumerate(columns):
                mean, n = row[column]["mean"], row[column]["n"]
                axes.barh(y, 0.94, left=x + 0.03, height=0.9, color=ACCENT, alpha=0.55 * mean if mean else 0)
                if mean is not None:
                    axes.text(x + 0.47, y, f"{mean:.2f}", va="center", ha="center")
                    axes.text(x + 0.93, y + 0.4, str(n), va="bottom", ha="right", color=MUTED, fontsize=5)
        axes.set_yticks(range(len(cells)), [_label(name) for name in cells])
        axes.set_xticks(
            [x + 0.5 for x in range(len(columns))], [_label(name).replace(" ", "\n", 1) for name in columns]
        )
        axes.xaxis.tick_top()
        axes.set_ylim(len(cells) - 0.4, -0.6)
        axes.set_xlim(0, len(columns))
        canvas.subplots_adjust(left=0.16, right=0.99, top=1 - 0.36 / canvas.get_figheight(), bottom=0.02)
        return _svg(canvas, title, "heat")


def lengths(title: str, reached: Mapping[str, int], missed: Mapping[str, int]) -> Markup:
    """How many took so many steps: those that reached their end, and those that did not on top of them."""
    with matplotlib.rc_context(_SETTINGS | {"axes.grid.axis": "y", "ytick.color": MUTED, "ytick.labelsize": 7}):
        canvas, axes = _axes(1.8)
        below = list(reached.values())
        axes.bar(range(len(below)), below, color=SOFT, edgecolor=ACCENT, linewidth=0.5, label="reached")
        axes.bar(
            range(len(below)), list(missed.values()), bottom=below, color=BAD, alpha=0.5, linewidth=0, label="given up"
        )
        axes.set_xticks(range(len(below)), list(reached))
        axes.set_xlabel(title.lower(), fontsize=7)
        axes.legend(loc="upper right", fontsize=7, frameon=False)
        canvas.subplots_adjust(left=0.1, right=0.99, top=0.97, bottom=0.24)
        return _svg(canvas, title, "lengths")


def growth(title: str, sizes: Sequence[int], panels: Sequence[tuple[str, Mapping[str, Sequence[float]]]]) -> Markup:
    """How figures grow with a number of papers, a panel each, both axes logarithmic; of two lines the first is ours."""
    rows = -(-len(panels) // 4)
    with matplotlib.rc_context(_SETTINGS):
        canvas = Figure(figsize=(2.4 * _WIDTH, 1.7 * rows + 0.35))
        for place, (name, lines) in enumerate(panels):
            axes = canvas.add_subplot(rows, 4, place + 1)
            for (side, values), colour in zip(lines.items(), (ACCENT, MUTED), strict=True):
                axes.plot(sizes, values, color=colour, linewidth=1.4, marker="o", markersize=3, label=side)
                for at in zip(sizes, values, strict=True):
                    said = f"{at[1]:,.0f}" if at[1] >= 100 else f"{at[1]:.3g}"
                    axes.annotate(said, at, (3, 3), textcoords="offset points", color=colour, fontsize=6.5)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xticks(sizes, [f"{one:,}" for one in sizes])
            axes.set_yticks([])
            axes.minorticks_off()
            axes.margins(0.1, 0.25)
            axes.set_title(name, loc="left", fontsize=8, fontweight="bold")
        handles, names = canvas.axes[0].get_legend_handles_labels()
        canvas.legend(handles, names, loc="lower center", ncols=2, fontsize=8, frameon=False)
        canvas.subplots_adjust(left=0.02, right=0.96, top=0.92, bottom=0.15, wspace=0.35, hspace=0.5)
        return _svg(canvas, title, "growth")


def standalone(drawing: Markup) -> str:
    """A plot as a file of its own, which follows the theme of whoever looks at it."""
    light, dark = (";".join(map("{}:{}".format, _NAMES, theme)) for theme in _THEMES)
    style = f"<style>svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    return re.sub(
        r"<svg ([^>]*)>",
        rf'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \1>{style}',
        str(drawing),
        count=1,
    )


def _axes(height: float, width: float = _WIDTH) -> tuple[Figure, Axes]:
    canvas = Figure(figsize=(width, height))
    axes = canvas.add_subplot()
    axes.tick_params(axis="y", pad=5)
    return canvas, axes


def _label(name: str, longest: int = 20) -> str:
    """A name in one short line; what no font can show would break the drawing or the page."""
    line = "".join(character if character.isprintable() else " " for character in name)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _svg(canvas: Figure, title: str, salt: str) -> Markup:
    """Draw: the same bytes for the same figures, without ids that would meet another plot's on the page."""
    buffer = io.StringIO()
    unknown = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with matplotlib.rc_context({"svg.hashsalt": salt}), warnings.catch_warnings():
        # The reader's browser draws the text; matplotlib's font only measures it.
        warnings.filterwarnings("ignore", r"Glyph \d+", UserWarning)
        canvas.savefig(buffer, format="svg", transparent=True, metadata=unknown)
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'<g id="[^"]*"', "<g", drawing)
    for colour, variable in _COLOURS.items():
        drawing = drawing.replace(colour, variable)
    label = Markup.escape(title)
    return Markup(
        re.sub(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>", rf'<svg \1 role="img" aria-label="{label}">', drawing, count=1)
    )
