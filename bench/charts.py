"""Draws bench/results.json: how far each target is from what was measured, and sign-ups beside others'.

Runs in the peers' environment, for what it draws with is no dependency of Tenantry.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

HOME = Path(__file__).parent
REACHED, MISSED, OTHERS, LINE = "#2b7a4b", "#b3432f", "#9aa3ab", "#555555"
BAR_INCHES = 0.42
TICKS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
RATES = {
    "crowd": "Tenantry",
    "dbos": "DBOS",
    "ansible": "Ansible, 4 at once",
    "calls": "a plain script in threads, which keeps nothing",
    "empty": "empty workflows, which call nothing",
}
"""Figures in sign-ups a second, and whose they are."""

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "tenantry", "font.size": 9, "axes.spines.top": False})


def main(name: str) -> None:
    sections = json.loads((HOME / f"{name}.json").read_text())
    figures = {one["key"]: one for section in sections for one in section["figures"]}
    (HOME / "charts").mkdir(exist_ok=True)
    targets([one for one in figures.values() if one["target"]], HOME / "charts" / f"{name}-targets.svg")
    if figures.keys() >= RATES.keys():
        rates(figures, HOME / "charts" / f"{name}-rates.svg")


def targets(figures: list[dict[str, Any]], file: Path) -> None:
    """Left of the line is missed, right of it reached, whichever way the target points."""
    canvas, axes = pyplot.subplots(figsize=(8, 1 + BAR_INCHES * len(figures)))
    for row, figure in enumerate(reversed(figures)):
        margins = [_margin(figure, value) for value in figure["values"]]
        middle = _margin(figure, figure["median"])
        colour = REACHED if figure["verdict"] == "reached" else MISSED
        axes.barh(row, middle - 1, left=1, color=colour, height=0.6)
        axes.plot([min(margins), max(margins)], [row, row], color=LINE, linewidth=1)
    axes.axvline(1, color=LINE, linewidth=1)
    axes.set_xscale("log", base=2)
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.set_yticks(range(len(figures)), [_label(figure) for figure in reversed(figures)])
    axes.set_xlabel("times better than the target; the thin lines are the rounds")
    canvas.savefig(file, bbox_inches="tight", metadata={"Date": None})


def rates(figures: dict[str, dict[str, Any]], file: Path) -> None:
    canvas, axes = pyplot.subplots(figsize=(8, 1 + BAR_INCHES * len(RATES)))
    for row, key in enumerate(reversed(RATES)):
        figure = figures[key]
        axes.barh(row, figure["median"], color=REACHED if key == "crowd" else OTHERS, height=0.6)
        axes.plot([min(figure["values"]), max(figure["values"])], [row, row], color=LINE, linewidth=1)
        axes.annotate(f" {figure['median']:.2g}", (max(figure["values"]), row), va="center")
    axes.set_yticks(range(len(RATES)), list(reversed(RATES.values())))
    axes.set_xlabel("sign-ups a second, 40 at once, on one machine; the thin lines are the rounds")
    canvas.savefig(file, bbox_inches="tight", metadata={"Date": None})


def _margin(figure: dict[str, Any], value: float) -> float:
    """Above 1 is better than the target, below it worse."""
    limit = figure["limit"]
    least, most = TICKS[0], TICKS[-1]
    if figure["target"].startswith("≤"):
        return float(min(limit / value, most)) if value > 0 else most
    return float(max(value / limit, least))


def _label(figure: dict[str, Any]) -> str:
    beside = f" beside {figure['beside']}" if figure["beside"] else ""
    return f"{figure['what']}{beside}"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "results")
