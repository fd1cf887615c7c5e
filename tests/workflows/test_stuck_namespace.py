"""A namespace that does not go: a person is told what holds it, in time."""

from collections.abc import AsyncIterator

import kubernetes.client as kube
import pytest

from catalog import Catalog
from domain.naming import namespace_name
from runtime.clock import MovableClock
from runtime.settings import Settings
from store.engine import make_engine
from tests.workflows.stage import Stage
from tests.workflows.standing import intervene, path, stuck
from worker.app import build_worker


@pytest.fixture
async def impatient(
    stage: Stage, settings: Settings, catalog: Catalog, clock: MovableClock
) -> AsyncIterator[Stage]:
    """The same installation, with a worker that waits two seconds for what is terminating."""
    own = settings.model_copy(update={"task_queue": "impatient", "stuck_terminating_seconds": 2})
    engine = make_engine(own.database_url.get_secret_value(), own.database_pool)
    async with build_worker(stage.client, own, catalog, engine, clock), stage.on_queue("impatient") as other:
        yield other
    engine.dispose()


async def test_a_stuck_namespace_names_what_blocks_it(impatient: Stage) -> None:
    """Held by others' finalizers, a removal names what it may list of that, and ends once they are off."""
    tenant = await impatient.active()
    namespace = namespace_name(impatient.settings.install, tenant["tenant_id"])
    core = kube.CoreV1Api(impatient.auditor.cluster("use1"))
    metadata = kube.V1ObjectMeta(name="left-over", finalizers=["example.dev/hold"])
    core.create_namespaced_config_map(namespace, kube.V1ConfigMap(metadata=metadata))
    metadata = kube.V1ObjectMeta(name="hidden", finalizers=["example.dev/hold"])
    core.create_namespaced_secret(namespace, kube.V1Secret(metadata=metadata))
    teardown = await impatient.ask("DELETE", f"{path(tenant)}?grace=0")
    stop = await stuck(impatient, teardown, "foundation")
    assert stop["reason"] == "StuckTerminating"
    assert stop["object"] == {"kind": "v1/Namespace", "name": namespace, "namespace": ""}
    assert "configmap left-over (finalizer example.dev/hold)" in stop["message"]
    let_go = {"metadata": {"finalizers": None}}
    core.patch_namespaced_config_map("left-over", namespace, let_go)
    core.patch_namespaced_secret("hidden", namespace, let_go)
    await intervene(impatient, teardown, "retry", reason="took the finalizer off")
    assert (await impatient.finished(teardown))["status"] == "succeeded"
    assert await impatient.things(tenant) == []
