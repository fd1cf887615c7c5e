"""What a pod requests and is limited to, as quotas count it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from devstack.kubernetes.objects import Object, at
from devstack.kubernetes.quantity import parse, show

_COUNTED = ("cpu", "memory", "ephemeral-storage")


def pod_usage(spec: Object) -> dict[str, Decimal]:
    """Requests and limits of a pod: the sum of its containers, or the largest init container if more."""
    found = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for kind in ("requests", "limits"):
        for name in _COUNTED:
            running = sum((_amount(c, kind, name) for c in spec.get("containers") or ()), Decimal(0))
            starting = max(
                (_amount(c, kind, name) for c in spec.get("initContainers") or ()), default=Decimal(0)
            )
            found[f"{kind}.{name}"] = max(running, starting)
            if kind == "requests":
                found[name] = found[f"{kind}.{name}"]
    return found


def _amount(container: Any, kind: str, name: str) -> Decimal:
    value = at(container, "resources", kind, name)
    return Decimal(0) if value is None else parse(value)


def exceeded(
    quota: str,
    over: Iterable[str],
    asked: Mapping[str, Decimal],
    used: Mapping[str, Decimal],
    hard: Mapping[str, Any],
) -> str:
    """The words in which a quota refuses."""
    names = sorted(over)
    return (
        f"exceeded quota: {quota}, requested: {_pairs(names, asked)}, used: {_pairs(names, used)}, "
        f"limited: {','.join(f'{name}={hard[name]}' for name in names)}"
    )


def _pairs(names: list[str], amounts: Mapping[str, Decimal]) -> str:
    return ",".join(f"{name}={show(amounts[name])}" for name in names)
