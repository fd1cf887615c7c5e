"""Usage tokens: born in Secrets Manager, known to us by their hash, which follows what the secret holds."""

import json
import logging

import pytest
from sqlalchemy import text

from activities.aws.base import Ground
from activities.aws.clients import Clients
from activities.aws.secret import Secrets
from domain.bearer import digest, is_of
from domain.errors import InvalidSpec, StaleRun, Unavailable
from domain.messages import DriftKind, StepCall
from domain.metering.usage_token import mint, tenant_of
from domain.naming import new_operation_id
from store.usage_tokens import UsageTokens, hash_of
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

STEP = "usage-token"


def token_of(subject: Subject) -> str:
    answer = subject.aws("secretsmanager").get_secret_value(SecretId=subject.name(STEP))
    return str(json.loads(answer["SecretString"])["token"])


def is_taken(subject: Subject, token: str) -> bool:
    """Whether usage would be taken by it."""
    stored = hash_of(subject.world.engine, subject.tenant.id)
    return stored is not None and is_of(token, stored)


def delete(subject: Subject) -> None:
    """As somebody at the console would."""
    client = subject.aws("secretsmanager")
    client.delete_secret(SecretId=subject.name(STEP), ForceDeleteWithoutRecovery=True)


def put(subject: Subject, value: str) -> None:
    """As somebody at the console would."""
    subject.aws("secretsmanager").put_secret_value(SecretId=subject.name(STEP), SecretString=value)


def differences(subject: Subject) -> list[DriftKind]:
    world = subject.world
    ground = Ground(world.settings, world.catalog, world.inventory, Clients(world.settings))
    call = StepCall(tenant=subject.tenant, operation_id=subject.operation_id, step=STEP)
    return [found.what for found in Secrets(ground).observe(call)]


def test_a_token_names_its_tenant_and_is_known_by_its_hash(subject: Subject) -> None:
    """The secret holds a token of this tenant, by which usage is taken, and no two are the same."""
    assert hash_of(subject.world.engine, subject.tenant.id) is None
    subject.ensure(STEP)
    token = token_of(subject)
    assert tenant_of(token) == subject.tenant.id
    assert is_taken(subject, token)
    assert not is_taken(subject, mint(subject.tenant.id))


def test_ensure_twice_keeps_the_token(subject: Subject) -> None:
    """A second run makes no second token."""
    first = subject.ensure(STEP)
    token = token_of(subject)
    assert subject.ensure(STEP) == first
    assert (token_of(subject), is_taken(subject, token)) == (token, True)


@pytest.mark.parametrize("call", ["CreateSecret", "GetSecretValue"])
def test_after_a_lost_answer_the_value_that_is_there_counts(
    subject: Subject, faults: Faults, call: str
) -> None:
    """The repeat finds the token in Secrets Manager and records its hash."""
    faults.drop_answer(call, subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    assert hash_of(subject.world.engine, subject.tenant.id) is None
    token = token_of(subject)
    subject.ensure(STEP)
    assert (token_of(subject), is_taken(subject, token)) == (token, True)


def test_a_secret_that_was_deleted_is_made_anew(subject: Subject) -> None:
    """The new token is taken and the old one no longer: that is how one that leaked is replaced."""
    subject.ensure(STEP)
    leaked = token_of(subject)
    delete(subject)
    assert differences(subject) == [DriftKind.MISSING]
    subject.ensure(STEP)
    assert token_of(subject) != leaked
    assert is_taken(subject, token_of(subject))
    assert not is_taken(subject, leaked)
    assert differences(subject) == []


def test_a_value_that_was_put_by_hand_is_followed(subject: Subject) -> None:
    """Another token of this tenant is drift until the step has run; anything else in its place is refused."""
    subject.ensure(STEP)
    before, other = token_of(subject), mint(subject.tenant.id)
    put(subject, json.dumps({"token": other}))
    assert differences(subject) == [DriftKind.DRIFTED]
    assert is_taken(subject, before)
    subject.ensure(STEP)
    assert (is_taken(subject, other), is_taken(subject, before)) == (True, False)
    assert differences(subject) == []
    for wrong in ("nonsense", "[]", json.dumps({"token": mint("tanotherone1")})):
        put(subject, wrong)
        with pytest.raises(InvalidSpec, match="delete it"):
            subject.ensure(STEP)
        assert is_taken(subject, other)


def test_the_hash_goes_with_the_secret(subject: Subject, faults: Faults) -> None:
    """From the moment at which the removal begins no usage is taken, whatever becomes of the secret."""
    subject.ensure(STEP)
    token = token_of(subject)
    faults.refuse("DeleteSecret", "*", code="ServiceUnavailable", status=503)
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    assert not is_taken(subject, token)
    subject.remove(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []


def test_only_the_open_run_writes_hashes(subject: Subject) -> None:
    """A run that was replaced can neither bring its token back nor take the present one away."""
    subject.ensure(STEP)
    token = token_of(subject)
    tokens = UsageTokens(subject.world.engine, subject.world.inventory.clock)
    call = StepCall(tenant=subject.tenant, operation_id=new_operation_id(), step=STEP)
    with pytest.raises(StaleRun):
        tokens.forget(call, subject.name(STEP))
    assert is_taken(subject, token)


def test_the_token_is_nowhere_but_in_its_secret(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    """Even at debug level nothing that leaves the activity holds it, and no table does."""
    with caplog.at_level(logging.DEBUG):
        outcome = subject.ensure(STEP)
    token = token_of(subject)
    secret = token.split("_", 2)[2]
    with subject.world.engine.connect() as connection:
        rows = connection.execute(text("SELECT t::text FROM usage_token t")).scalars().all()
    places = [outcome.model_dump_json(), repr(subject.row(STEP)), caplog.text, *rows]
    assert digest(token).hex() in "".join(rows)
    assert [place for place in places if secret in place] == []
