"""Rotating a database password: the current secret always lets in, whatever becomes of the operation."""

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from kubernetes import client as kube
from sqlmodel import Session

from activities.rotations import Rotations
from store.engine import make_engine
from store.tables import TenantRow
from tests import logins
from tests.workflows.faults import BUSY_AWS, STEP
from tests.workflows.losses import lose, recover
from tests.workflows.stage import Json, Stage

pytestmark = pytest.mark.skipif("AWS_ENDPOINT_URL" in os.environ, reason="no database can be reached there")

MOVE = {"operation": "UpdateSecretVersionStage", "resource": "*-database-password"}
NEW = {"operation": "PutSecretValue", "resource": "*-database-password"}


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def rotation(stage: Stage, tenant: Json) -> Json:
    return await stage.ask("POST", f"{path(tenant)}/rotate-password")


class Database:
    """A tenant's, as its pods see it."""

    def __init__(self, stage: Stage, tenant: Json) -> None:
        self._stage, self._id = stage, tenant["tenant_id"]
        self.secrets = stage.auditor.aws("secretsmanager")
        self.name = f"{stage.settings.install}-{self._id}-database-password"

    def login(self) -> dict[str, str]:
        return logins.secret(self.secrets, self.name)

    def lets_in(self, login: dict[str, str]) -> bool:
        return not logins.is_refused(self._stage.auditor.database(self._id, "us-east-1"), login)

    def versions(self) -> dict[str, list[str]]:
        known = self.secrets.describe_secret(SecretId=self.name)["VersionIdsToStages"]
        return {version: sorted(stages) for version, stages in known.items() if stages}

    def version(self) -> str:
        return next(version for version, stages in self.versions().items() if "AWSCURRENT" in stages)

    def told(self) -> set[str]:
        """The versions that the external secret and the pods of auth and proxy have."""
        found = {
            self._stage.auditor.deployment("use1", self._id, name).spec.template.metadata.annotations[
                "tenantry.dev/password"
            ]
            for name in ("auth", "proxy")
        }
        custom = kube.CustomObjectsApi(self._stage.auditor.cluster("use1"))
        external: Any = custom.get_namespaced_custom_object(
            "external-secrets.io",
            "v1",
            f"{self._stage.settings.install}-{self._id}-ns",
            "externalsecrets",
            "database",
        )
        return found | {
            entry["remoteRef"]["version"].removeprefix("uuid/") for entry in external["spec"]["data"]
        }


async def test_a_rotation_moves_everything_and_locks_the_user_of_before(stage: Stage) -> None:
    """Twice in a row the users take turns; secret, external secret, auth and proxy have the same version."""
    tenant = await stage.active()
    database = Database(stage, tenant)
    given = [database.login()]
    for _ in range(2):
        ended = await stage.finished(await rotation(stage, tenant))
        assert (ended["status"], (await stage.tenant(tenant))["phase"]) == ("succeeded", "active"), ended
        assert {step["status"] for step in ended["steps"]} == {"done"}
        given.append(database.login())
        assert database.told() == {database.version()}
    assert [database.lets_in(login) for login in given] == [False, False, True]
    assert given[0]["username"] == given[2]["username"] != given[1]["username"]


async def test_a_suspended_tenant_stays_stopped(stage: Stage) -> None:
    """Its password is rotated without starting anything, and it resumes with the new one."""
    tenant = await stage.active()
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/suspend"))
    database = Database(stage, tenant)
    before = database.login()
    assert (await stage.finished(await rotation(stage, tenant)))["status"] == "succeeded"
    assert (await stage.tenant(tenant))["phase"] == "suspended"
    assert stage.auditor.deployment("use1", tenant["tenant_id"], "auth").spec.replicas == 0
    assert (database.lets_in(before), database.lets_in(database.login())) == (False, True)
    assert (await stage.finished(await stage.ask("POST", f"{path(tenant)}/resume")))["status"] == "succeeded"
    assert database.told() == {database.version()}


async def test_cancelled_before_the_move_nothing_is_left(stage: Stage) -> None:
    """The secret has one version as before, and its password lets in."""
    tenant = await stage.active()
    database = Database(stage, tenant)
    before = database.login(), database.versions()
    async with stage.aws_fault(match=NEW, **BUSY_AWS):
        asked = await rotation(stage, tenant)
        await stage.until_step(asked, "new-password")
        await stage.ask("POST", f"/v1/operations/{asked['operation_id']}/cancel")
    assert (await stage.finished(asked))["status"] == "cancelled"
    assert (database.login(), database.versions()) == before
    assert database.lets_in(before[0])
    assert (await stage.finished(await rotation(stage, tenant)))["status"] == "succeeded"


@contextlib.asynccontextmanager
async def moved(stage: Stage, tenant: Json, then: AbstractAsyncContextManager[None]) -> AsyncIterator[Json]:
    """A rotation whose secret has moved, and that meets `then` while the block runs."""
    async with contextlib.AsyncExitStack() as after:
        async with stage.aws_fault(match=MOVE, **BUSY_AWS):
            asked = await rotation(stage, tenant)
            await stage.until_step(asked, "move")
            await after.enter_async_context(then)
        await stage.until(asked, lambda view: status(view, "move") == "done")
        yield asked


def status(view: Json, step: str) -> str:
    return next(str(one["status"]) for one in view["steps"] if one["name"] == step)


async def test_after_the_move_it_only_goes_forward(stage: Stage) -> None:
    """Where auth does not take the new password, a person is called; both users are let in meanwhile."""
    tenant = await stage.active()
    database = Database(stage, tenant)
    before = database.login()
    async with moved(stage, tenant, STEP["auth"].refused(stage)) as asked:
        view = await stage.until(asked, lambda view: bool(view["conditions"]))
        (stop,) = view["conditions"][0]["stops"]
        assert (stop["step"], stop["actions"]) == ("auth", ["retry"])
        refused = await stage.refused("POST", f"/v1/operations/{asked['operation_id']}/cancel")
        assert "only goes forward" in refused["detail"]
        assert database.login() != before
        assert database.lets_in(before)
        assert database.lets_in(database.login())
    assert (await stage.finished_with_retries(asked))["status"] == "succeeded"
    assert not database.lets_in(before)


async def test_a_teardown_takes_over_in_the_middle(stage: Stage) -> None:
    """Restored in its grace, the tenant runs with what the secret says; the next rotation tidies up."""
    tenant = await stage.active()
    database = Database(stage, tenant)
    before = database.login()
    async with moved(stage, tenant, STEP["auth"].held(stage)) as asked:
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=3600")
    ended = await stage.finished(asked)
    assert (ended["status"], len(ended["kept"])) == ("superseded", 1)
    assert (await stage.finished(teardown))["status"] == "succeeded"
    restore = await stage.ask("POST", f"{path(tenant)}/restore")
    assert (await stage.finished(restore))["status"] == "succeeded"
    assert database.lets_in(database.login())
    assert database.told() == {database.version()}
    assert (await stage.finished(await rotation(stage, tenant)))["status"] == "succeeded"
    assert (database.lets_in(before), database.lets_in(database.login())) == (False, True)


async def test_a_suspend_takes_over_in_the_middle(stage: Stage) -> None:
    """Resumed, the tenant works with a password that is let in, and the next rotation brings all to one."""
    tenant = await stage.active()
    database = Database(stage, tenant)
    async with moved(stage, tenant, STEP["auth"].held(stage)) as asked:
        suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
    assert (await stage.finished(asked))["status"] == "superseded"
    assert (await stage.finished(suspend))["status"] == "succeeded"
    assert (await stage.finished(await stage.ask("POST", f"{path(tenant)}/resume")))["status"] == "succeeded"
    assert all(
        database.lets_in(logins.secret(database.secrets, database.name, VersionId=version))
        for version in database.told()
    )
    assert (await stage.finished(await rotation(stage, tenant)))["status"] == "succeeded"
    assert database.told() == {database.version()}
    assert database.lets_in(database.login())


async def test_a_lost_run_is_carried_on(stage: Stage) -> None:
    """Lost after the move, the rotation ends with the same new password and the old one locked."""
    tenant = await stage.active()
    database = Database(stage, tenant)
    before = database.login()
    async with moved(stage, tenant, STEP["auth"].held(stage)) as asked:
        await lose(stage, tenant)
        new = database.login()
    await recover(stage)
    assert (await stage.finished(asked))["status"] == "succeeded"
    assert database.login() == new != before
    assert (database.lets_in(before), database.lets_in(new)) == (False, True)
    assert database.told() == {database.version()}


async def test_a_closed_tenant_is_refused(stage: Stage) -> None:
    """What is leaving keeps its password."""
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    refused = await stage.refused("POST", f"{path(tenant)}/rotate-password")
    assert refused["code"] == "PhaseConflict"


async def test_the_schedule_starts_what_is_due(stage: Stage) -> None:
    """Nobody asked, and the operation is there for all to see."""
    tenant = await stage.active()
    engine = make_engine(stage.settings.database_url.get_secret_value(), 1)
    with Session(engine) as session:
        row = session.get_one(TenantRow, tenant["tenant_id"])
    started = await Rotations(stage.client, stage.settings.task_queue, lambda: [row]).start_due()
    assert started.started == [tenant["slug"]]
    await stage.closed(tenant)
    latest = await stage.http.get(f"{path(tenant)}/operations")
    newest = latest.json()[0]
    assert (newest["kind"], newest["status"]) == ("rotate", "succeeded")
    engine.dispose()
