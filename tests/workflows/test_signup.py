"""Sign-up ends active, or leaves nothing."""

import asyncio

import pytest

from domain.naming import new_tenant_id
from tests.workflows.faults import SIGNUP_STEPS, STEP, At
from tests.workflows.stage import Stage

CANCELLED_AT = [STEP[name] for name in ("database-password", "database", "foundation", "auth", "dns")]
"""One of each sort; `make chaos` cancels at every step."""


async def test_signup_makes_everything_of_the_blueprint(stage: Stage) -> None:
    """An accepted sign-up ends active, and AWS and the cluster hold one of each thing."""
    accepted = await stage.active()
    name = f"test-{accepted['tenant_id']}"
    domain = f"{accepted['slug']}.use1.tenants.example.com."
    assert await stage.things(accepted) == sorted(
        [
            f"bucket {name}-recordings",
            f"database {name}-database",
            f"identity {name}-ns/auth",
            f"identity {name}-ns/proxy",
            f"namespace {name}-ns",
            f"parameters {name}-database-parameters",
            f"record \\052.{domain} CNAME",
            f"record _tenantry-any.{domain} TXT",
            f"record {domain} CNAME",
            f"record _tenantry.{domain} TXT",
            f"role {name}-auth-role",
            f"role {name}-proxy-role",
            f"role {name}-secrets-role",
            f"secret {name}-database-admin",
            f"secret {name}-database-password",
            f"secret {name}-usage-token",
        ]
    )
    tenant = await stage.tenant(accepted)
    assert tenant["phase"] == "active"
    assert tenant["sizes"]["components"]["proxy"]["replicas"] == 2


@pytest.mark.parametrize("at", SIGNUP_STEPS, ids=str)
async def test_a_signup_that_fails_for_good_leaves_nothing(stage: Stage, at: At) -> None:
    """Refused for good at any step, a sign-up ends failed, says where, and everything made is gone."""
    async with at.refused(stage):
        accepted = await stage.ask_signup()
        ended = await stage.finished(accepted)
    assert ended["status"] == "failed"
    assert ended["error"]["step"] == at.step
    assert ended["error"]["code"] == "AccessDenied"
    assert await stage.things(accepted) == []
    assert (await stage.tenant(accepted))["phase"] == "failed"


@pytest.mark.parametrize("at", CANCELLED_AT, ids=str)
async def test_a_cancelled_signup_leaves_nothing(stage: Stage, at: At) -> None:
    """Cancelled while a step is under way, a sign-up ends cancelled and everything made is gone."""
    async with at.held(stage):
        accepted = await stage.ask_signup()
        await stage.until_step(accepted, at.step)
        await stage.ask("POST", f"/v1/operations/{accepted['operation_id']}/cancel")
        ended = await stage.finished(accepted)
    assert ended["status"] == "cancelled"
    assert await stage.things(accepted) == []
    assert (await stage.tenant(accepted))["phase"] == "cancelled"


@pytest.mark.parametrize("at", [STEP["recordings"], STEP["database"], STEP["auth"]], ids=str)
async def test_a_teardown_takes_over_a_signup(stage: Stage, at: At) -> None:
    """A teardown in the middle of a sign-up undoes it, removes, proves it, and issues the certificate."""
    async with at.held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, at.step)
        teardown = await stage.ask("DELETE", f"/v1/tenants/{signup['slug']}")
        assert (await stage.finished(signup))["status"] == "superseded"
        assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(signup) == []
    assert (await stage.tenant(signup))["phase"] == "deleted"
    answer = await stage.http.get(f"/v1/tenants/{signup['slug']}/certificate")
    assert answer.status_code == 200


async def test_temporals_own_cancel_undoes_a_signup(stage: Stage) -> None:
    """The cancel button of the Temporal UI means the same as cancelling the operation."""
    async with STEP["database"].held(stage):
        accepted = await stage.ask_signup()
        await stage.until_step(accepted, "database")
        await stage.run_of(accepted).cancel()
        ended = await stage.finished(accepted)
    assert ended["status"] == "cancelled"
    assert await stage.things(accepted) == []


async def test_a_suspend_waits_for_the_signup(stage: Stage) -> None:
    """A suspend of a tenant that is signing up is accepted at once and carried out when it is active."""
    async with STEP["proxy"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "proxy")
        suspend = await stage.ask("POST", f"/v1/tenants/{signup['slug']}/suspend")
    assert (await stage.finished(signup))["status"] == "succeeded"
    assert (await stage.finished(suspend))["status"] == "succeeded"
    assert (await stage.tenant(signup))["phase"] == "suspended"


async def test_a_suspend_behind_a_failed_signup_fails_with_it(stage: Stage) -> None:
    """A suspend that waits for a sign-up which fails is told so; the run ends and leaves nothing."""
    async with STEP["proxy"].refused(stage):
        async with STEP["auth"].held(stage):
            signup = await stage.ask_signup()
            await stage.until_step(signup, "auth")
            suspend = await stage.ask("POST", f"/v1/tenants/{signup['slug']}/suspend")
        assert (await stage.finished(signup))["status"] == "failed"
    ended = await stage.finished(suspend)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "PhaseConflict")
    await stage.closed(signup)
    assert (await stage.run_of(signup).describe()).workflow_type == "SignupTenant"
    assert await stage.things(signup) == []


async def test_two_signups_for_one_slug_make_one_tenant(stage: Stage) -> None:
    """Of two sign-ups that ask for the same slug at once, one is refused and touches nothing."""
    customer = await stage.customer()
    slug = f"s-{new_tenant_id()}"
    ids = [new_tenant_id(), new_tenant_id()]
    answers = await asyncio.gather(
        *(
            stage.http.post(
                "/v1/tenants",
                json={
                    "id": tenant_id,
                    "slug": slug,
                    "customer_id": customer,
                    "plan": "team",
                    "users": 5,
                    "region": "us-east-1",
                },
                headers={"Idempotency-Key": tenant_id},
            )
            for tenant_id in ids
        )
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    accepted = next(answer.json() for answer in answers if answer.status_code == 202)
    await stage.finished(accepted)
    loser = next(tenant_id for tenant_id in ids if tenant_id != accepted["tenant_id"])
    assert await stage.things({"tenant_id": loser}) == []
