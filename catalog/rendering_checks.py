"""Every blueprint rendered for every plan: a broken template is found at start, not at a sign-up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catalog.blueprint import LoadedBlueprint
from catalog.checks import output_problems
from catalog.context import PlannedOutputs, RenderContext
from catalog.manifests import kind_word
from domain.blueprint import Step, StepKind
from domain.errors import BlueprintError
from domain.messages import Desired, TenantContext
from domain.phases import Mode
from domain.plans import Cell, CellDatabase, Plan, Target
from domain.sizing import size

SAMPLE_TENANT_ID = "sample000000"
SAMPLE_CELL = Cell(
    name="sample",
    region="us-east-1",
    cluster="sample",
    allocatable_cpu_millis=1,
    allocatable_memory_mib=1,
    database=CellDatabase(subnet_group="sample", security_group="sample", cidr="10.0.0.0/24"),
    endpoint_cidr="10.0.1.0/24",
    hosted_zone_id="SAMPLE",
    domain="example.com",
    certificate_issuer="sample",
    image_registry="registry.example.com",
    operator_role_arn="arn:aws:iam::000000000000:role/sample",
    account_id="000000000000",
)
"""Stands in while cells.yaml has none that is sound, so that templates are checked all the same."""


def rendering_problems(
    plans: Sequence[Plan], cells: Sequence[Cell], blueprints: Mapping[str, LoadedBlueprint]
) -> list[str]:
    """Errors of templates and policies, each as `blueprint/file:line: message`, without repetition."""
    problems: dict[str, None] = {}
    for plan in plans:
        if plan.blueprint not in blueprints:
            continue
        for context in _samples(plan, cells or [SAMPLE_CELL]):
            problems.update(dict.fromkeys(_problems(blueprints[plan.blueprint], context)))
    return list(problems)


def _samples(plan: Plan, cells: Sequence[Cell]) -> Iterator[RenderContext]:
    """Smallest and largest, running and stopped; and every cell once, for what only some cells have."""
    yield sample_context(plan, cells[0], plan.users.max, Mode.RUNNING)
    yield sample_context(plan, cells[0], plan.users.min, Mode.STOPPED)
    for cell in cells:
        yield sample_context(plan, cell, plan.users.min, Mode.RUNNING)


def sample_context(plan: Plan, cell: Cell, users: int, mode: Mode) -> RenderContext:
    """A made-up tenant of a plan before any step ran."""
    target = Target(plan=plan.name, users=users)
    return RenderContext(
        tenant=TenantContext(
            id=SAMPLE_TENANT_ID,
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


def _problems(blueprint: LoadedBlueprint, context: RenderContext) -> Iterator[str]:
    makers: dict[tuple[str, str], str] = {}
    for step in blueprint.model.steps:
        outputs = PlannedOutputs()
        here = replace(context, outputs=outputs)
        if step.kind is StepKind.KUBERNETES:
            yield from _manifest_problems(blueprint, step, here, makers)
        elif step.kind is StepKind.ROLE:
            yield from _policy_problems(blueprint, step, here)
        for problem in output_problems(blueprint, step, outputs.asked):
            yield f"{blueprint.model.name}: {problem}"


def _manifest_problems(
    blueprint: LoadedBlueprint, step: Step, context: RenderContext, makers: dict[tuple[str, str], str]
) -> Iterator[str]:
    """`makers` holds who made what so far: two groups with one object would prune it from each other."""
    for file in blueprint.manifest_files(step.name):
        try:
            manifests = blueprint.manifests_in(file, step.name, context)
        except BlueprintError as error:
            yield str(error)
            continue
        for manifest in manifests:
            identity = kind_word(manifest), manifest["metadata"]["name"]
            if identity in makers:
                what = f"{identity[0]} {identity[1]} is in {makers[identity]} already"
                yield f"{blueprint.model.name}/{file}: {what}"
            makers[identity] = file


def _policy_problems(blueprint: LoadedBlueprint, step: Step, context: RenderContext) -> Iterator[str]:
    try:
        policy = blueprint.policy(step.name, context)
    except BlueprintError as error:
        yield str(error)
        return
    statements = policy.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict):
            yield f"{blueprint.model.name}: policy of {step.name}: a statement is missing or no object"
        elif statement.get("Effect") == "Allow":
            resources = statement.get("Resource", "nothing named")
            for resource in [resources] if isinstance(resources, str) else resources:
                if SAMPLE_TENANT_ID not in resource:
                    what = f"allows more than this tenant's own things: {resource}"
                    yield f"{blueprint.model.name}: policy of {step.name} {what}"
