"""Calls to the records activities, and the search attributes that mirror them."""

from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from activities.search_attributes import NEEDS_ATTENTION, OPERATION_KIND, TENANT_PHASE, TENANT_PLAN
from domain.messages import (
    AcceptInput,
    AcceptResult,
    BeginInput,
    Condition,
    FinishInput,
    FinishResult,
    OperationPlan,
    OperationRequest,
    SkipInput,
    SkipOutcome,
    StateInput,
    TenantContext,
    Undoing,
    VerifyInput,
)
from domain.phases import TRANSITIONS, Phase
from workflows import policies

Result = TypeVar("Result")


async def begin(request: OperationRequest) -> OperationPlan:
    """Registers tenant, operation and the intents of everything that will be made."""
    call = BeginInput(request=request, run_id=workflow.info().run_id)
    return await _records("begin", call, f"register {request.kind}", OperationPlan)


async def begin_removal(tenant: TenantContext, operation_id: str) -> OperationPlan:
    call = VerifyInput(tenant=tenant, operation_id=operation_id)
    return await _records("begin_removal", call, "list what has to go", OperationPlan)


async def accept(request: OperationRequest, holder: str, supersedes: str | None = None) -> AcceptResult:
    """Registers an operation that reached this open run."""
    call = AcceptInput(request=request, run_id=workflow.info().run_id, holder=holder, supersedes=supersedes)
    return await _records("accept", call, f"accept {request.kind}", AcceptResult)


async def note(state: StateInput) -> Condition | None:
    """Answers the condition with the objects that the inventory knows of."""
    noted = f"note {state.intervention.action}" if state.intervention else "note condition"
    # Typed as optional: mypy takes no union for a type.
    answer: Condition | None = await _records("note", state, noted, Condition | None)  # type: ignore[arg-type]
    return answer


async def skip(call: SkipInput) -> SkipOutcome:
    return await _records("skip", call, f"leave {call.step} behind", SkipOutcome)


async def note_undo(tenant_id: str, operation_id: str, why: Undoing) -> None:
    state = StateInput(tenant_id=tenant_id, operation_id=operation_id, undoing=why)
    await _records("note", state, "note why it is undone", type(None))


async def follow_releases(*, following: bool) -> None:
    """A run that waits for a person goes on with the newest code, not with that of its beginning."""
    await workflow.execute_activity(
        "releases.follow",
        following,
        summary="wait on the newest version" if following else "stay on this version",
        **policies.records(),
    )


async def finish(ending: FinishInput) -> FinishResult:
    return await _records("finish", ending, f"finish: {ending.status}", FinishResult)


async def issue_certificate(tenant: TenantContext, operation_id: str) -> int:
    """Returns how many objects the certificate covers."""
    call = VerifyInput(tenant=tenant, operation_id=operation_id)
    return await _records("issue_certificate", call, "issue the deletion certificate", int)


async def _records(name: str, argument: object, summary: str, result_type: type[Result]) -> Result:
    result: Result = await workflow.execute_activity(
        f"records.{name}", argument, result_type=result_type, summary=summary, **policies.records()
    )
    return result


def show_phase(phase: Phase, plan: str | None = None) -> None:
    """Every call is billed as one Action, however many attributes it sets."""
    more = [TENANT_PLAN.value_set(plan)] if plan else []
    workflow.upsert_search_attributes([TENANT_PHASE.value_set(phase), *more])


def show_no_phase() -> None:
    """For a run that was refused: it changed nothing, so it says nothing of the tenant."""
    workflow.upsert_search_attributes([TENANT_PHASE.value_unset()])


def show_attention(*, needed: bool) -> None:
    workflow.upsert_search_attributes([NEEDS_ATTENTION.value_set(needed)])


def attributes_of_successor(request: OperationRequest) -> TypedSearchAttributes:
    """This run's attributes, with what changes when `request` takes over."""
    changed: list[SearchAttributePair[Any]] = [
        SearchAttributePair(OPERATION_KIND, request.kind),
        SearchAttributePair(NEEDS_ATTENTION, False),
    ]
    if during := TRANSITIONS[request.kind].during:
        changed.append(SearchAttributePair(TENANT_PHASE, during))
    new = {pair.key.name for pair in changed}
    kept = [pair for pair in workflow.info().typed_search_attributes if pair.key.name not in new]
    return TypedSearchAttributes([*kept, *changed])
