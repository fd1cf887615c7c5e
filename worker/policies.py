"""The IAM policies of the worker roles: `deploy/aws/` filled in for an installation."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.errors import InvalidSpec
from domain.plans import Cell
from runtime.settings import ROOT, Role

TEMPLATES = ROOT / "deploy" / "aws"
LIMIT = 6144
"""Characters of a managed policy, blanks not counted."""
_PLACE = re.compile(r"<([a-z-]+)>")
_BLANKS = re.compile(r"\s")

Policy = dict[str, Any]


def policies_of(role: Role, install: str, cells: Collection[Cell]) -> dict[str, Policy]:
    """By the name of the template. Raises InvalidSpec if one is longer than IAM takes."""
    policies: dict[str, Policy] = {
        template.stem: filled(json.loads(template.read_text()), install, cells)
        for template in sorted([*TEMPLATES.glob(f"{role}.json"), *TEMPLATES.glob(f"{role}-*.json")])
    }
    for name, policy in policies.items():
        if (size := size_of(policy)) > LIMIT:
            raise InvalidSpec(
                f"policy {name} has {size} characters for {len(cells)} cells, and IAM takes {LIMIT}: "
                "give the cells to several installations"
            )
    return policies


def support_policies(install: str, cells: Collection[Cell]) -> dict[str, Policy]:
    """Of the roles that workers of `aws` take for support access, and whom these trust."""
    templates = [*sorted(TEMPLATES.glob("support-*.json")), TEMPLATES / "trust" / "support.json"]
    names = [template.stem for template in templates[:-1]] + ["support-trust"]
    return {
        name: filled(json.loads(template.read_text()), install, cells)
        for name, template in zip(names, templates, strict=True)
    }


def filled(template: Any, install: str, cells: Collection[Cell]) -> Any:
    """A text that names something of a cell becomes one text for each cell."""
    return _filled(template, [_values(install, cell) for cell in cells])


def size_of(policy: Mapping[str, Any]) -> int:
    """As IAM counts."""
    return len(_BLANKS.sub("", json.dumps(policy)))


def write_policies(
    folder: Path, roles: Collection[Role], install: str, cells: Collection[Cell]
) -> list[Path]:
    """One file for each policy; the files' names are good names of policies."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    policies = [one for role in roles for one in policies_of(role, install, cells).items()]
    if "aws" in roles:
        policies += support_policies(install, cells).items()
    for name, policy in policies:
        written.append(folder / f"{install}-{name}.json")
        written[-1].write_text(json.dumps(policy, indent=2) + "\n")
    return written


def _values(install: str, cell: Cell) -> dict[str, str]:
    return {
        "install": install,
        "partition": cell.partition,
        "account": cell.account_id,
        "region": cell.region,
        "cluster": cell.cluster,
        "subnet-group": cell.database.subnet_group,
        "zone": cell.hosted_zone_id,
        "domain": cell.domain,
    }


def _filled(node: Any, cells: list[dict[str, str]]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, cells) for key, value in node.items()}
    if isinstance(node, list) and not all(isinstance(value, str) for value in node):
        return [_filled(value, cells) for value in node]
    texts = node if isinstance(node, list) else [node]
    filled = list(dict.fromkeys(text for one in texts for text in _texts(one, cells)))
    return filled[0] if len(filled) == 1 and isinstance(node, str) else filled


def _texts(text: str, cells: list[dict[str, str]]) -> Iterator[str]:
    for values in cells:
        yield _PLACE.sub(lambda place: values[place[1]], text)  # noqa: B023 - used at once
