"""A deletion certificate for people."""

from collections import defaultdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.output import short_time, table

Json = dict[str, Any]


def print_certificate(console: Console, certificate: Json) -> None:
    """Who and when, then per kind how many things were proven gone and how; the JSON has every single one."""
    console.print(
        f"[bold]Deletion certificate[/] of {escape(certificate['slug'])} "
        f"(tenant {certificate['tenant_id']}), "
        f"issued {short_time(certificate['issued_at'])} UTC"
    )
    kinds: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for entry in certificate["entries"]:
        kinds[entry["provider"], entry["kind"]].append(entry)
    rows = (
        [
            provider,
            escape(kind),
            len(entries),
            sum(entry["made_at"] is None for entry in entries) or None,
            escape(entries[0]["proof"]),
        ]
        for (provider, kind), entries in sorted(kinds.items())
    )
    columns = ["PROVIDER", "KIND", "GONE", "NEVER MADE", "PROOF (OF THE FIRST)"]
    console.print(table(columns, rows))
    console.print(f"{len(certificate['entries'])} things, each looked for and not found")
