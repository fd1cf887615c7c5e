"""What an engineer reads about a run in the Temporal UI: nothing secret, nobody's name."""

from domain.counting import counted
from domain.messages import OperationRequest
from domain.phases import OperationKind

_DOES = {
    OperationKind.SIGNUP: "Makes everything of the tenant's blueprint, or leaves nothing.",
    OperationKind.SCALE: "Brings the tenant to a new target, or back to the last good one.",
    OperationKind.SUSPEND: "Stops the workload; data and database stay.",
    OperationKind.RESUME: "Starts the workload again.",
    OperationKind.TEARDOWN: "Stops the workload and starts the grace; without a grace, removes everything.",
    OperationKind.RESTORE: "Brings the tenant back during its grace.",
    OperationKind.REPAIR: "Brings back what somebody else changed or deleted.",
    OperationKind.ROTATE: "Moves the tenant to its other database user, with a new password.",
    OperationKind.REMOVE: "Removes everything, proves it gone and issues the certificate.",
}


def summary(request: OperationRequest) -> str:
    """One line for the list of runs."""
    target = f": {request.target.plan}, {counted(request.target.users, 'user')}" if request.target else ""
    where = f", {request.region}" if request.region else ""
    return f"{request.kind} {request.slug}{target}{where}"


def details(request: OperationRequest, plan: str, region: str) -> str:
    """Markdown for the head of the run's page."""
    rows = {
        "tenant": f"`{request.slug}` (`{request.tenant_id}`)",
        "operation": f"`{request.operation_id}`",
        "plan": plan,
        "region": region,
    }
    if request.target:
        counts = {"users": request.target.users, **request.target.resources.model_dump()}
        rows["target"] = ", ".join(
            counted(number, name.removesuffix("s")) for name, number in counts.items() if number
        )
    if request.grace_seconds is not None:
        rows["grace"] = f"{request.grace_seconds} s"
    if request.accept_data_loss:
        rows["data loss"] = "accepted: what is gone is made anew, empty"
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"**{request.kind.capitalize()}.** {_DOES[request.kind]}\n\n| | |\n| --- | --- |\n{table}\n"
