"""The noisy day can tell who waits for whom."""

from fnmatch import fnmatchcase

import pytest

from domain.naming import namespace_name, new_tenant_id, resource_name
from tests.noisy.day import Part, Storm
from tests.noisy.judge import verdict
from tests.noisy.signups import SPARED, Crowd, SignedUp
from tests.noisy.wire import OF_OTHERS, Calls

STEPS = ("recordings", "database-password", "database-parameters", "database", "auth-role", "secrets-role")


def names_of(tenant_id: str) -> list[str]:
    """As calls name a tenant's things."""
    host = f"n-{tenant_id}.use1.tenants.example.com"
    things = [resource_name("dev", tenant_id, step) for step in STEPS]
    secret = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{things[1]}-AbCdEf"
    return [*things, namespace_name("dev", tenant_id), host, f"*.{host}.", secret]


def crowd(*, spared: float, others: float) -> Crowd:
    some = [SignedUp(f"{SPARED}{number}", "succeeded", spared) for number in range(3)]
    return Crowd(some + [SignedUp(f"a{number}", "succeeded", others) for number in range(9)])


def test_faults_tell_tenants_apart() -> None:
    """Whatever a call names of a tenant is struck, and nothing of one that is spared."""
    tail = new_tenant_id()[1:]
    assert all(fnmatchcase(name, OF_OTHERS) for name in names_of(f"a{tail}"))
    assert not any(fnmatchcase(name, OF_OTHERS) for name in names_of(f"{SPARED}{tail}"))


@pytest.mark.parametrize(("seconds", "well"), [(12, True), (40, False)])
def test_who_has_nothing_to_retry_does_not_wait_for_who_has(seconds: float, well: bool) -> None:
    """The measure is a quiet day: that all of a noisy one wait alike is seen."""
    calls = Calls([{"fault": "throttled", "dropped": False}])
    quiet = Part(crowd(spared=10, others=10), calls)
    noisy = Part(crowd(spared=seconds, others=40), calls)
    assert (verdict(quiet, noisy, Storm(quiet.crowd, [9, 1], 5)) == []) is well
