"""Secrets Manager: names, sizes, idempotency, deletion."""

from typing import Any
from uuid import uuid4

import pytest

from tests.devstack.aws.support import Aws, refused, unique

DAY = 86_400


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Name": "n" * 513}, "ValidationException"),
        ({"Name": "no spaces"}, "ValidationException"),
        ({"SecretString": "s" * 65_537}, "ValidationException"),
        ({"ClientRequestToken": "t" * 65}, "InvalidParameterException"),
        ({"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, "InvalidParameterException"),
    ],
)
def test_an_impossible_secret_is_refused(aws: Aws, changes: dict[str, Any], code: str) -> None:
    """Names, sizes, tokens and tags keep to AWS's limits."""
    wanted = {"Name": unique("secret"), "SecretString": "s", **changes}
    assert refused(aws.secrets.create_secret, **wanted).code == code


def test_a_name_is_taken_once(aws: Aws) -> None:
    """A second secret of the name is refused, except for a repeat with the same token and value."""
    name, token = unique("secret"), str(uuid4())
    made = aws.secrets.create_secret(Name=name, SecretString="one", ClientRequestToken=token)
    repeat = aws.secrets.create_secret(Name=name, SecretString="one", ClientRequestToken=token)
    assert repeat["ARN"] == made["ARN"]
    changed = refused(aws.secrets.create_secret, Name=name, SecretString="two", ClientRequestToken=token)
    fresh = refused(aws.secrets.create_secret, Name=name, SecretString="one")
    assert changed.code == fresh.code == "ResourceExistsException"
    assert aws.secrets.get_secret_value(SecretId=name)["SecretString"] == "one"


def test_a_version_keeps_its_value(aws: Aws) -> None:
    """A token that has made a version is refused for another value, and repeated for the same."""
    name, token = unique("secret"), str(uuid4())
    aws.secrets.create_secret(Name=name, SecretString="one")
    for _ in range(2):
        put = aws.secrets.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=token)
        assert put["VersionId"] == token
    other = refused(
        aws.secrets.put_secret_value, SecretId=name, SecretString="three", ClientRequestToken=token
    )
    assert other.code == "ResourceExistsException"
    assert aws.secrets.get_secret_value(SecretId=name)["SecretString"] == "two"


def test_a_secret_scheduled_for_deletion(aws: Aws) -> None:
    """It keeps its name and can be restored, but is neither read nor changed until then."""
    name = unique("secret")
    arn = aws.secrets.create_secret(Name=name, SecretString="one")["ARN"]
    aws.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert "DeletedDate" in aws.secrets.describe_secret(SecretId=name)
    for refusal in (
        refused(aws.secrets.get_secret_value, SecretId=name),
        refused(aws.secrets.put_secret_value, SecretId=arn, SecretString="two"),
        refused(aws.secrets.update_secret, SecretId=name, SecretString="two"),
        refused(aws.secrets.create_secret, Name=name, SecretString="two"),
    ):
        assert (refusal.code, refusal.status) == ("InvalidRequestException", 400)
    aws.secrets.restore_secret(SecretId=name)
    assert aws.secrets.get_secret_value(SecretId=name)["SecretString"] == "one"


def test_the_recovery_window_ends(aws: Aws) -> None:
    """When it is over, the secret is gone and its name free."""
    name = unique("secret")
    aws.secrets.create_secret(Name=name, SecretString="one")
    aws.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    aws.advance(6 * DAY)
    aws.secrets.describe_secret(SecretId=name)
    aws.advance(1.1 * DAY)
    assert refused(aws.secrets.describe_secret, SecretId=name).code == "ResourceNotFoundException"
    aws.secrets.create_secret(Name=name, SecretString="two")


def test_deletion_without_recovery_is_at_once(aws: Aws) -> None:
    """It frees the name, of a scheduled secret too, and succeeds for one that is not there."""
    name = unique("secret")
    aws.secrets.create_secret(Name=name, SecretString="one")
    aws.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    aws.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert refused(aws.secrets.describe_secret, SecretId=name).code == "ResourceNotFoundException"
    aws.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    aws.secrets.create_secret(Name=name, SecretString="two")


def test_contradicting_deletions_are_refused(aws: Aws) -> None:
    """A window with a forced deletion, or one that is too short, is refused."""
    name = unique("secret")
    aws.secrets.create_secret(Name=name, SecretString="one")
    both = refused(
        aws.secrets.delete_secret, SecretId=name, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True
    )
    short = refused(aws.secrets.delete_secret, SecretId=name, RecoveryWindowInDays=3)
    assert both.code == short.code == "InvalidParameterException"
