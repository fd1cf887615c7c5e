"""Every blueprint rendered for every plan: a broken template is found at start, not at a sign-up."""

from collections.abc import Iterator, Mapping, Sequence

from catalog.blueprint import LoadedBlueprint
from catalog.checks import output_problems
from catalog.context import PlannedOutputs, RenderContext
from catalog.manifests import kind_word
from domain.blueprint import Step, StepKind
from domain.errors import BlueprintError
from domain.messages import Desired, TenantContext
from domain.phases import Mode
from domain.plans import Cell, Plan, Target
from domain.sizing import size


def rendering_problems(
    plans: Sequence[Plan], cells: Sequence[Cell], blueprints: Mapping[str, LoadedBlueprint]
) -> list[str]:
    """Errors of templates and policies, each as `blueprint/file:line: message`, without repetition."""
    problems: dict[str, None] = {}
    for plan in plans:
        blueprint = blueprints.get(plan.blueprint)
        if blueprint is None:
            continue
        for context in _samples(plan, cells):
            problems.update(dict.fromkeys(_problems(blueprint, context)))
    return list(problems)


def _samples(plan: Plan, cells: Sequence[Cell]) -> Iterator[RenderContext]:
    for index, cell in enumerate(cells):
        yield sample_context(plan, cell, plan.users.min, Mode.RUNNING)
        if index == 0:
            yield sample_context(plan, cell, plan.users.max, Mode.RUNNING)
            yield sample_context(plan, cell, plan.users.min, Mode.STOPPED)


def sample_context(plan: Plan, cell: Cell, users: int, mode: Mode) -> RenderContext:
    """A made-up tenant of a plan before any step ran."""
    target = Target(plan=plan.name, users=users)
    return RenderContext(
        tenant=TenantContext(
            id="sample000000",
            slug="sample",
            customer_id="sample",
            install="sample",
            region=cell.region,
            cell=cell.name,
            blueprint=plan.blueprint,
        ),
        cell=cell,
        desired=Desired(target=target, sizes=size(plan, target), mode=mode),
        outputs=PlannedOutputs(),
    )


def _problems(blueprint: LoadedBlueprint, context: RenderContext) -> list[str]:
    problems: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for step in blueprint.model.steps:
        outputs = PlannedOutputs()
        here = RenderContext(context.tenant, context.cell, context.desired, outputs)
        try:
            objects = _rendered(blueprint, step, here)
        except BlueprintError as error:
            problems.append(str(error))
            continue
        for identity in objects:
            if identity in seen:
                what = f"{' '.join(identity)} is made twice: {seen[identity]}, {step.name}"
                problems.append(f"{blueprint.model.name}: {what}")
            seen[identity] = step.name
        problems += [
            f"{blueprint.model.name}: {problem}"
            for problem in output_problems(blueprint, step, outputs.asked)
        ]
    return problems


def _rendered(blueprint: LoadedBlueprint, step: Step, context: RenderContext) -> list[tuple[str, str]]:
    """Kind and name of each object of the step; a policy is rendered for its errors only."""
    if step.kind is StepKind.KUBERNETES:
        manifests = blueprint.manifests(step.name, context)
        return [(kind_word(manifest), manifest["metadata"]["name"]) for manifest in manifests]
    if step.kind is StepKind.ROLE:
        blueprint.policy(step.name, context)
    return []
