"""What must hold between plans, blueprints and their files beyond the shape of each."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from catalog.blueprint import LoadedBlueprint
from domain.blueprint import Step, StepKind
from domain.naming import new_tenant_id, resource_name
from domain.plans import Plan
from domain.specs import (
    OUTPUTS,
    DatabaseSpec,
    DnsSpec,
    KubernetesSpec,
    PodIdentitySpec,
    RoleSpec,
    Spec,
    spec_of,
)

BLUEPRINT_FILE = "blueprint.yaml"
LONGEST_INSTALL = "i" * 8


def plan_problems(plan: Plan, blueprints: Mapping[str, LoadedBlueprint], blueprints_dir: Path) -> list[str]:
    """What keeps a plan from being sold, as `key: message`."""
    blueprint = blueprints.get(plan.blueprint)
    if blueprint is None:
        if (blueprints_dir / plan.blueprint / BLUEPRINT_FILE).is_file():
            return []  # it is there, and its own problems are reported
        known = ", ".join(sorted(blueprints)) or "none"
        return [f"blueprint: there is no blueprint '{plan.blueprint}' (known: {known})"]
    wanted, given = set(blueprint.model.components), set(plan.components)
    problems = [f"components.{name}: missing; {plan.blueprint} runs it" for name in sorted(wanted - given)]
    problems += [f"components.{name}: {plan.blueprint} runs no such thing" for name in sorted(given - wanted)]
    if blueprint.model.needs_database and plan.database is None:
        problems.append(f"database: missing; {plan.blueprint} needs one")
    if plan.database is not None and not blueprint.model.needs_database:
        problems.append(f"database: {plan.blueprint} has none")
    return problems


def blueprint_problems(blueprint: LoadedBlueprint) -> list[str]:
    """What is wrong with a blueprint's steps and the files that they name, as `steps.<name>: message`."""
    problems = []
    if blueprint.model.name != blueprint.folder.name:
        problems.append(f"name: must be that of its folder, {blueprint.folder.name}")
    if not blueprint.model.needs_database and _steps(blueprint, StepKind.DATABASE):
        problems.append("needs_database: must be true, since a step makes a database")
    for step in blueprint.model.steps:
        try:
            spec = spec_of(step)
        except ValidationError as error:
            problems += [
                f"steps.{step.name}.spec.{'.'.join(map(str, found['loc']))}: {found['msg']}"
                for found in error.errors(include_url=False)
            ]
            continue
        problems += [f"steps.{step.name}{problem}" for problem in _step_problems(blueprint, step, spec)]
    return problems


def _steps(blueprint: LoadedBlueprint, kind: StepKind) -> list[str]:
    return [step.name for step in blueprint.model.steps if step.kind is kind]


def _step_problems(blueprint: LoadedBlueprint, step: Step, spec: Spec) -> list[str]:
    problems = []
    try:
        resource_name(LONGEST_INSTALL, new_tenant_id(), step.name)
    except ValueError:
        problems.append(".name: too long for names in AWS")
    match spec:
        case RoleSpec():
            if not blueprint.files.exists(spec.policy):
                problems.append(f".spec.policy: no such file: {spec.policy}")
        case KubernetesSpec():
            problems += _folder_problems(blueprint, spec)
        case DatabaseSpec():
            problems += _reference(blueprint, step, "password", spec.password, StepKind.SECRET)
            problems += _reference(
                blueprint, step, "parameters", spec.parameters, StepKind.DATABASE_PARAMETERS
            )
            if spec.login is not None:
                problems += _reference(blueprint, step, "login", spec.login, StepKind.SECRET)
        case PodIdentitySpec():
            problems += _reference(blueprint, step, "role", spec.role, StepKind.ROLE)
        case DnsSpec():
            problems += [
                f".spec.target: {problem}" for problem in output_problems(blueprint, step, {spec.target})
            ]
        case _:
            pass
    return problems


def _folder_problems(blueprint: LoadedBlueprint, spec: KubernetesSpec) -> list[str]:
    if not (blueprint.folder / spec.folder).is_dir():
        return [f".spec.folder: no such folder: {spec.folder}"]
    if not blueprint.files.manifests_in(spec.folder):
        return [f".spec.folder: {spec.folder} holds no manifest (*.yaml or *.yaml.j2)"]
    return []


def _reference(blueprint: LoadedBlueprint, step: Step, key: str, name: str, kind: StepKind) -> list[str]:
    if name not in _steps(blueprint, kind):
        return [f".spec.{key}: no step of kind {kind} is called '{name}'"]
    if name not in blueprint.model.before(step.name):
        return [f".needs: must hold '{name}', which spec.{key} names"]
    return []


def output_problems(blueprint: LoadedBlueprint, step: Step, outputs: set[str]) -> list[str]:
    """Outputs that nothing gives, or that are not there yet when the step runs."""
    problems = []
    kinds = {other.name: other.kind for other in blueprint.model.steps}
    for output in sorted(outputs):
        giver, _, key = output.partition(".")
        if giver not in kinds or key not in OUTPUTS.get(kinds[giver], frozenset()):
            problems.append(f"no step gives the output '{output}'")
        elif giver not in blueprint.model.before(step.name):
            problems.append(f"'{step.name}' uses the output '{output}' but does not need '{giver}'")
    return problems
