"""The results as a table that people read and as a document that programs read."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from bench.figures import Figure, Section, Target, Verdict, amount
from devstack.postgres import SETTINGS
from devstack.temporal import DYNAMIC_CONFIG

HEAD = """\
| what | beside | median | rounds | least to most | target | |
| --- | --- | ---: | ---: | --- | ---: | --- |"""
OF_POSTGRES = ("fsync", "full_page_writes", "synchronous_commit", "shared_buffers")
"""Those of its settings on which speed hangs."""
PACKAGES = ("temporalio", "fastapi", "boto3", "kubernetes")


def write(folder: Path, name: str, sections: Sequence[Section], minutes: float | None) -> None:
    """NAME.md and NAME.json. `minutes` are those of one run, None where sections are of several."""
    (folder / f"{name}.json").write_text(json.dumps(document(sections), indent=2) + "\n")
    (folder / f"{name}.md").write_text(page(sections, minutes, _charts(name, sections)))


def read(folder: Path, name: str) -> list[Section]:
    """What was written; empty if nothing was."""
    file = folder / f"{name}.json"
    return [_section(one) for one in json.loads(file.read_text())] if file.exists() else []


def document(sections: Sequence[Section]) -> list[dict[str, Any]]:
    return [
        {
            "title": section.title,
            "figures": [_told(figure) for figure in section.figures],
            "notes": list(section.notes),
        }
        for section in sections
    ]


def page(sections: Sequence[Section], minutes: float | None, charts: Sequence[str]) -> str:
    parts = ["# Results of the bench", *_machine(minutes), _count(sections)]
    parts += [f"![{Path(chart).stem}]({chart})" for chart in charts]
    for section in sections:
        rows = "\n".join(_row(figure) for figure in section.figures)
        parts += [f"## {section.title}", f"{HEAD}\n{rows}"]
        if section.notes:
            parts.append("\n".join(f"- {note}" for note in section.notes))
    return "\n\n".join(parts) + "\n"


def _told(figure: Figure) -> dict[str, Any]:
    return asdict(figure) | {
        "median": figure.median,
        "target": str(figure.target) if figure.target else None,
        "limit": figure.target.limit if figure.target else None,
        "verdict": figure.verdict,
    }


def _section(told: dict[str, Any]) -> Section:
    figures = []
    for one in told["figures"]:
        target = Target(one["target"].split()[0], one["limit"]) if one["target"] else None
        figures.append(
            Figure(one["key"], one["what"], one["beside"], one["unit"], tuple(one["values"]), target)
        )
    return Section(told["title"], figures, told["notes"])


def _row(figure: Figure) -> str:
    unit = f" {figure.unit}" if figure.unit else ""
    return (
        f"| {figure.what} | {figure.beside} | {amount(figure.median)}{unit} | {len(figure.values)} "
        f"| {figure.spread} | {figure.target or ''} | {_shown(figure.verdict)} |"
    )


def _shown(verdict: Verdict) -> str:
    return f"**{verdict}**" if verdict is Verdict.MISSED else verdict


def _count(sections: Sequence[Section]) -> str:
    verdicts = [figure.verdict for section in sections for figure in section.figures]
    reached, missed = verdicts.count(Verdict.REACHED), verdicts.count(Verdict.MISSED)
    return f"{reached} of {reached + missed} targets reached."


def _machine(minutes: float | None) -> list[str]:
    runs = f"One run of {minutes:.0f} minutes" if minutes is not None else "Of several runs, the last"
    gib = psutil.virtual_memory().total / 2**30
    flags = ", ".join(f"`{name}={value}`" for name, value in DYNAMIC_CONFIG.items())
    settings = ", ".join(f"`{name}={SETTINGS[name]}`" for name in OF_POSTGRES)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = (
        f"{psutil.cpu_count()} processors, {gib:.0f} GiB, Python {platform.python_version()}, {versions}"
    )
    return [
        f"{runs} on {datetime.now(UTC):%Y-%m-%d}: {machine}.",
        "Machines differ, and this one is shared: ratios say more than seconds.",
        f"Every Temporal server, ours and the peers', is the same development server with {flags}.",
        f"Every PostgreSQL, too, is the same, with {settings}: nothing here waits for a disk.",
    ]


def _charts(name: str, sections: Sequence[Section]) -> list[str]:
    """What bench/charts.py will have drawn."""
    keys = {figure.key for section in sections for figure in section.figures}
    kinds = ["targets", *(["rates"] if "crowd" in keys else [])]
    return [f"charts/{name}-{kind}.svg" for kind in kinds]
