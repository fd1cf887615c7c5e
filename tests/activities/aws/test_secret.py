"""Secrets Manager secrets."""

import json
import logging

import pytest
from botocore.exceptions import ClientError

from domain.errors import OwnershipConflict, Throttled, Unavailable
from domain.naming import database_users
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

STEP = "database-password"


def value_of(subject: Subject) -> dict[str, str]:
    answer = subject.aws("secretsmanager").get_secret_value(SecretId=subject.name(STEP))
    value: dict[str, str] = json.loads(answer["SecretString"])
    return value


def test_a_secret_holds_a_random_password_and_is_ours(subject: Subject) -> None:
    """A new secret has the user name and a password of the wanted length, and bears our tags."""
    outcome = subject.ensure(STEP)
    value = value_of(subject)
    found = subject.aws("secretsmanager").describe_secret(SecretId=subject.name(STEP))
    assert value["username"] == database_users(subject.tenant.id)[0]
    assert len(value["password"]) == 40
    assert value["password"].isalnum()
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == subject.tags(STEP)
    assert [outcome.outputs[f"{STEP}.version"]] == list(found["VersionIdsToStages"])
    assert outcome.outputs[f"{STEP}.arn"] == found["ARN"] == subject.row(STEP).provider_id


def test_ensure_twice_keeps_the_password(subject: Subject) -> None:
    """A second run makes no second password and no second version."""
    first = subject.ensure(STEP)
    before = value_of(subject)
    assert subject.ensure(STEP) == first
    assert value_of(subject) == before
    found = subject.aws("secretsmanager").describe_secret(SecretId=subject.name(STEP))
    assert len(found["VersionIdsToStages"]) == 1


def test_a_lost_answer_makes_no_second_password(subject: Subject, faults: Faults) -> None:
    """The password whose answer was lost is the one that stays."""
    faults.drop_answer("CreateSecret", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    before = value_of(subject)
    subject.ensure(STEP)
    assert faults.taken() == 1
    assert value_of(subject) == before


def test_a_secret_of_ours_that_waits_for_deletion_is_restored(subject: Subject) -> None:
    """A secret that somebody scheduled for deletion comes back with its password."""
    subject.ensure(STEP)
    before = value_of(subject)
    subject.aws("secretsmanager").delete_secret(SecretId=subject.name(STEP), RecoveryWindowInDays=7)
    subject.ensure(STEP)
    assert value_of(subject) == before


def test_a_secret_of_ours_without_a_value_is_given_one(subject: Subject) -> None:
    """An empty secret with our tags is completed instead of being handed on empty."""
    tags = [{"Key": key, "Value": value} for key, value in subject.tags(STEP).items()]
    subject.aws("secretsmanager").create_secret(Name=subject.name(STEP), Tags=tags)
    subject.ensure(STEP)
    assert len(value_of(subject)["password"]) == 40


@pytest.mark.parametrize("scheduled", [False, True])
def test_a_foreign_secret_is_left_untouched(subject: Subject, scheduled: bool) -> None:
    """A secret under our name that is not ours keeps its value, its tags and its deletion date."""
    client, name = subject.aws("secretsmanager"), subject.name(STEP)
    client.create_secret(Name=name, SecretString="theirs", Tags=[{"Key": "owner", "Value": "other"}])
    if scheduled:
        client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    before = description(subject)
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert description(subject) == before
    if not scheduled:
        assert client.get_secret_value(SecretId=name)["SecretString"] == "theirs"


def test_remove_deletes_for_good(subject: Subject, faults: Faults) -> None:
    """Removal leaves no recovery window, survives a lost answer, and is a success again."""
    subject.ensure(STEP)
    faults.drop_answer("DeleteSecret", "*")
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP)
    subject.remove(STEP)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        subject.aws("secretsmanager").describe_secret(SecretId=subject.name(STEP))
    assert subject.verify().survivors == []
    assert "ResourceNotFoundException" in subject.proof(STEP)


def test_a_secret_made_anew_by_a_stranger_does_not_hold_the_certificate_up(subject: Subject) -> None:
    """Ours was deleted by hand and a stranger took the name: another ARN proves that ours is gone."""
    subject.ensure(STEP)
    client, name = subject.aws("secretsmanager"), subject.name(STEP)
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=name, SecretString="theirs")
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert client.get_secret_value(SecretId=name)["SecretString"] == "theirs"


def test_the_password_stays_out_of_outputs_inventory_and_logs(
    subject: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    """Even at debug level nothing that leaves the activity holds the password."""
    with caplog.at_level(logging.DEBUG):
        outcome = subject.ensure(STEP)
        again = subject.ensure(STEP)
    password = value_of(subject)["password"]
    row = subject.row(STEP)
    for text in (outcome.model_dump_json(), again.model_dump_json(), repr(row)):
        assert password not in text
    assert password not in "".join(record.getMessage() for record in caplog.records)


def test_a_throttled_call_is_left_to_temporal(subject: Subject, faults: Faults) -> None:
    """botocore does not try again by itself; the error carries the delay that AWS asked for."""
    faults.refuse(
        "CreateSecret",
        subject.name(STEP),
        code="ThrottlingException",
        message="Rate exceeded",
        status=400,
        retry_after=7,
    )
    with pytest.raises(Throttled) as raised:
        subject.ensure(STEP)
    assert raised.value.retry_after
    assert raised.value.retry_after.total_seconds() == 7
    assert faults.calls(subject.name(STEP)) == ["CreateSecret"]


def description(subject: Subject) -> dict[str, object]:
    found = subject.aws("secretsmanager").describe_secret(SecretId=subject.name(STEP))
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}
