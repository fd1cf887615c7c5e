"""Amounts of CPU, memory and counts as Kubernetes writes them."""

import re
from decimal import Decimal
from typing import Final

_FORM: Final = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(m|u|n|[kMGTPE]i?|Ki|[eE][+-]?\d+)?$")
_SCALE: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
PATTERN: Final = r"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def parse(value: object) -> Decimal:
    """The amount in base units (cores, bytes, pieces); ValueError if it is no quantity."""
    found = _FORM.match(str(value))
    if found is None or (found.group(2) or "") == "ki":
        raise ValueError(f"quantities must match the regular expression {PATTERN}")
    number, unit = Decimal(found.group(1)), found.group(2) or ""
    if unit not in _SCALE:
        return number * Decimal(10) ** int(unit[1:])
    return number * _SCALE[unit]


def show(amount: Decimal) -> str:
    """The amount as the server writes it: `2`, `500m`; byte counts in binary units where whole."""
    if amount == amount.to_integral_value():
        return _whole(int(amount))
    for unit in ("m", "u", "n"):
        scaled = amount / _SCALE[unit]
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{unit}"
    return format(amount.normalize(), "f")


def _whole(amount: int) -> str:
    for unit in ("Gi", "Mi", "Ki"):
        size = int(_SCALE[unit])
        if amount and amount % size == 0:
            return f"{amount // size}{unit}"
    return str(amount)
