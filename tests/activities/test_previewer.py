"""What a preview lets into a history."""

import pytest

from activities.previewer import discreet
from domain.messages import Difference, DriftKind
from domain.messages.drift import HIDDEN


@pytest.mark.parametrize(
    ("kind", "field", "hidden"),
    [
        ("v1/ConfigMap", "data[teleport.yaml]", True),
        ("v1/ConfigMap", "binaryData.key", True),
        ("v1/ConfigMap", "metadata.labels.app", False),
        ("apps/v1/Deployment", "spec.template.spec.containers[auth].env[TOKEN].value", True),
        ("apps/v1/Deployment", "spec.template.spec.containers[auth].resources.limits.cpu", False),
        ("apps/v1/Deployment", "spec.template.spec.containers[auth].env", True),
        ("apps/v1/Deployment", "spec.template.spec.initContainers[wait-for-auth]", True),
        ("apps/v1/Deployment", "spec.template.spec.containers[auth].image", False),
        ("rds:db-instance", "DBInstanceClass", False),
    ],
)
def test_what_may_be_secret_is_not_shown(kind: str, field: str, hidden: bool) -> None:
    """Contents of config maps and environments are told to differ, and not how; sizes are told."""
    difference = Difference(
        what=DriftKind.DRIFTED, step="auth", kind=kind, name="auth", field=field, wanted="a", found="b"
    )
    told = discreet(difference)
    assert (told.wanted, told.found) == ((HIDDEN, HIDDEN) if hidden else ("a", "b"))
    assert told.field == field
