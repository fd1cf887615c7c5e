"""The table of what each call needs, held against botocore and AWS's own reference."""

import pytest
from botocore.session import get_session

from devstack.aws.rights import table
from tests.rights.reference import dependents, entries, fits

CALLS = [(service, name) for service, calls in table().calls.items() for name in calls]
called = pytest.mark.parametrize(("service", "name"), CALLS, ids=[":".join(call) for call in CALLS])


@called
def test_every_call_and_action_exists(service: str, name: str) -> None:
    """Calls are AWS's, and actions are done to resources that they take."""
    assert name in get_session().get_service_model(service).operation_names
    known = table()
    for action, need in known.calls[service][name].items():
        assert entries(action), action
        for resource in need.to:
            template = known.resources[service][resource.removesuffix("?")]
            assert template in {"{ResourceName}", "{resourceArn}", "{roleArn}", "{RoleArn}"} or fits(
                action, template
            )


@called
def test_dependent_actions_are_needed_or_explained(service: str, name: str) -> None:
    """What a call may need besides, by the reference, is in the table, or the table says why not."""
    known = table()
    needs = known.calls[service][name]
    for action in needs:
        if action.partition(":")[0] == service:
            assert dependents(action) <= needs.keys() | known.unneeded.keys()


def test_no_explanation_is_left_over() -> None:
    """Every action that is called unneeded would follow from some call."""
    followed = {one for calls in table().calls.values() for needs in calls.values() for one in needs}
    assert table().unneeded.keys() <= {one for action in followed for one in dependents(action)}
