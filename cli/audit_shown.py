"""Rows of the audit log for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from cli.output import out, print_json, short_time, table
from client import models

Row = models.Entry | models.TenantAuditView


def print_rows(rows: Sequence[Row], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    if not rows:
        out().print("nothing was changed")
        return
    columns = ["ROW", "WHEN", "WHO", "WHAT", "OBJECT", "CHANGED", "WHY"]
    out().print(table(columns, ([escape(cell) for cell in _cells(row)] for row in rows)))


def _cells(row: Row) -> list[str]:
    kind, thing, when = row["actor_kind"], f"{row['object_kind']} {row['object_id']}", short_time(row["at"])
    who = kind if kind == "system" else f"{kind} {row['actor'] or ''}".strip()
    return [str(row["seq"]), when, who, row["action"], thing, _changed(row), row["reason"]]


def _changed(row: Row) -> str:
    """What is so afterwards, and where it was otherwise how it was: `users 20 → 50`."""
    before, after = _flat(row["before"]), _flat(row["after"])
    differ = [name for name, value in after.items() if before.get(name) != value]
    return ", ".join(
        f"{name} {before[name]} → {after[name]}" if name in before else f"{name} {after[name]}"
        for name in differ
    )


def _flat(values: Mapping[str, Any] | None, prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in (values or {}).items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value if isinstance(value, str) else json.dumps(value)
    return flat
