"""A preview, as a person reads it."""

import io
from typing import Any

from rich.console import Console

from cli.previews_shown import print_preview

SIZES = {"components": {}, "database": {"instance_class": "db.t4g.large", "storage_gib": 40}}
TARGET = {"plan": "team", "users": 150, "resources": {}}
ROOM = {"cpu_millis": 1500, "memory_mib": 512}
PREVIEW: Any = {
    "slug": "acme",
    "change": "scale",
    "now": {"phase": "active", "target": {**TARGET, "users": 1}, "sizes": None, "running": True},
    "then": {"phase": "active", "target": TARGET, "sizes": SIZES, "running": True},
    "remove_after": None,
    "takes_over": {"id": "op1", "kind": "scale"},
    "objects": [
        {
            "effect": "changed",
            "step": "auth",
            "kind": "apps/v1/Deployment",
            "name": "auth",
            "fields": [
                {"field": "spec.template.spec.containers[a].image", "now": "", "then": "[new]"},
                {"field": "spec.replicas", "now": "1", "then": "2"},
            ],
            "detail": "",
        },
        {
            "effect": "blocked",
            "step": "auth",
            "kind": "v1/Service",
            "name": "auth",
            "fields": [],
            "detail": "not ours",
        },
    ],
    "not_seen": [{"title": "Database", "step": "database", "error": {"code": "TimedOut", "message": "no"}}],
    "remarks": ["storage [stays]"],
    "capacity": {
        "cell": "use1",
        "allocatable": None,
        "others": None,
        "now": ROOM,
        "then": {**ROOM, "cpu_millis": 3000},
        "fits": False,
        "quota_now": {"pods": 12},
        "quota_then": {"pods": 13},
    },
    "price": None,
    "disruption": {
        "severity": "interrupted",
        "interruptions": [{"name": "auth", "why": "its only pod is replaced", "severity": "interrupted"}],
    },
    "duration": {"expected_seconds": 520, "longest_chain": ["database", "auth"], "steps": []},
}


def shown(**changes: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    print_preview(console, PREVIEW | changes)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_everything_is_said() -> None:
    """States, what gives way, what is noticed, how long, room, what was not seen, and each field."""
    no_room = "there is no room: pods would wait"
    assert shown() == [
        "scale of acme: nothing is changed by this preview",
        "now active, team for 1 user",
        "then active, team for 150 users, database db.t4g.large",
        "the open scale op1 gives way first",
        "disruption: interrupted",
        "auth: its only pod is replaced (interrupted)",
        "expected to take about 0:08:40 (database, then auth); no promise",
        f"capacity: 1.5 CPU, 512 MiB → 3 CPU, 512 MiB in cell use1: {no_room}; pods in its quota: 12 → 13",
        "not looked at: Database (TimedOut: no)",
        "storage [stays]",
        "",
        "WHAT STEP OBJECT FIELD NOW THEN",
        "changed auth Deployment auth spec.template.spec.containers[a].image [new]",
        "spec.replicas 1 2",
        "blocked auth Service auth not ours",
    ]


def test_nothing_is_said_too() -> None:
    """Where no object differs and no step takes time, that is the news."""
    duration = {"expected_seconds": 0, "longest_chain": [], "steps": []}
    lines = shown(objects=[], not_seen=[], duration=duration, remove_after="2026-04-01T12:00:00.5Z")
    assert "no object differs" in lines
    assert "expected to take no time" in lines
    assert "restorable until 2026-04-01 12:00:00 UTC, then removed" in lines
