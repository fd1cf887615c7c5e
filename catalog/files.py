"""Reading the YAML files of an installation and its blueprints; problems are collected, not raised."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from catalog.blueprint import LoadedBlueprint
from catalog.checks import BLUEPRINT_FILE, blueprint_problems
from catalog.strict_yaml import YamlError, parse_all
from catalog.wrong_fields import within
from domain.billing.offers import Offer
from domain.blueprint import Blueprint
from domain.metering.meters import Meter
from domain.plans import Cell, Plan

Entry = TypeVar("Entry", Plan, Cell, Meter, Offer)


def read_entries(file: Path, model: type[Entry], problems: list[str]) -> dict[str, Entry]:
    """The entries of a file that maps names to them; one with a problem is left out."""
    entries: dict[str, Entry] = {}
    for name, fields in (_mapping(file, file.name, problems) or {}).items():
        if not isinstance(fields, dict):
            problems.append(f"{file.name}: {name}: expected a mapping of fields")
        elif "name" in fields:
            problems.append(f"{file.name}: {name}.name: the key above is the name; leave this out")
        else:
            try:
                entries[name] = model.model_validate({"name": name} | fields)
            except ValidationError as error:
                problems += [f"{file.name}: {name}.{line}" for line in in_words(error)]
    return entries


def read_blueprints(folder: Path, problems: list[str]) -> dict[str, LoadedBlueprint]:
    """Every subfolder with a blueprint.yaml; one with a problem is left out."""
    if not folder.is_dir():
        problems.append(f"{folder.name}: no such folder")
        return {}
    blueprints: dict[str, LoadedBlueprint] = {}
    for file in sorted(folder.glob(f"*/{BLUEPRINT_FILE}")):
        label = f"{file.parent.name}/{BLUEPRINT_FILE}"
        fields = _mapping(file, label, problems)
        if fields is None:
            continue
        try:
            model = Blueprint.model_validate(fields)
        except ValidationError as error:
            problems += [f"{label}: {line}" for line in in_words(error)]
            continue
        loaded = LoadedBlueprint(model, file.parent)
        found = blueprint_problems(loaded)
        problems += [f"{label}: {problem}" for problem in found]
        if not found:
            blueprints[model.name] = loaded
    return blueprints


def in_words(error: ValidationError) -> list[str]:
    """Pydantic's findings as `key.key: message`."""
    lines = []
    for finding in error.errors(include_url=False):
        place = ".".join(str(part) for part in (*finding["loc"], *within(finding)))
        message = finding["msg"].removeprefix("Value error, ")
        lines.append(f"{place}: {message}" if place else message)
    return lines


def _mapping(file: Path, label: str, problems: list[str]) -> dict[str, Any] | None:
    try:
        documents = parse_all(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{label}: cannot be read: {error.strerror if isinstance(error, OSError) else error}")
        return None
    except YamlError as error:
        problems += [f"{label}:{problem.line}: {problem.message}" for problem in error.problems]
        return None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        problems.append(f"{label}: expected one mapping")
        return None
    return {str(key): value for key, value in documents[0].items()}
