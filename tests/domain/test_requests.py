"""What a run is asked to do, as Temporal keeps it."""

from domain.messages import OperationRequest
from domain.phases import OperationKind


def test_a_request_without_a_zone_is_one_of_before_there_were_zones() -> None:
    """Open runs of older versions refuse fields that they do not know; with a zone it is read as written."""
    asked = OperationRequest(
        operation_id="op", kind=OperationKind.SUSPEND, tenant_id="t", slug="acme", requested_by="tests"
    )
    assert "time_zone" not in asked.model_dump_json()
    zoned = asked.model_copy(update={"kind": OperationKind.SIGNUP, "time_zone": "Europe/Paris"})
    for request in (asked, zoned):
        assert OperationRequest.model_validate_json(request.model_dump_json()) == request
