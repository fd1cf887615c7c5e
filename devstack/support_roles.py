"""The roles of support access, made from `deploy/aws/` as an installation makes them by hand."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).resolve().parent.parent / "deploy" / "aws"
MODES = ("read", "write")
_PLACE = re.compile(r"<([a-z-]+)>")


def support_roles(install: str, cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As the AWS front takes them. `cells` are the entries of cells.yaml."""
    trust = _filled(TEMPLATES / "trust" / "support.json", install, cells)
    return [
        {
            "name": f"{install}-support-{mode}",
            "trust": trust,
            "policy": _filled(TEMPLATES / f"support-{mode}.json", install, cells),
        }
        for mode in MODES
    ]


def _filled(template: Path, install: str, cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    text = template.read_text()
    filled = []
    for cell in cells:
        values = {
            "install": install,
            "partition": cell.get("partition", "aws"),
            "account": cell["account_id"],
            "region": cell["region"],
        }
        filled.append(json.loads(_PLACE.sub(lambda place: values[place[1]], text)))  # noqa: B023 - used at once
    merged: dict[str, Any] = _merged(filled)
    return merged


def _merged(nodes: list[Any]) -> Any:
    """One document; a text that differs between cells becomes a list."""
    first = nodes[0]
    if isinstance(first, dict):
        return {key: _merged([node[key] for node in nodes]) for key in first}
    if isinstance(first, list):
        return [_merged(list(parts)) for parts in zip(*nodes, strict=True)]
    texts = list(dict.fromkeys(nodes))
    return texts[0] if len(texts) == 1 else texts
