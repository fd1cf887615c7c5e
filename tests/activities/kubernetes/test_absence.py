"""Only the cluster's own word proves that something is gone, however long a worker has known it."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.kubernetes.activity import KubernetesActivities
from activities.kubernetes.objects import Key, namespace_key
from domain.errors import MissingKind, Unavailable
from domain.messages import VerifyInput
from domain.phases import Mode
from domain.plans import Cell
from tests.activities.kubernetes.front import HTML, Front, Own
from tests.activities.kubernetes.tenancy import CELL, Tenancy
from tests.activities.kubernetes.view import View

PLAIN = "404 page not found\n"


@pytest.fixture
def behind(tenancy: Tenancy, front: Front) -> KubernetesActivities:
    """One worker that reaches its cluster through the proxy and has just ensured a tenant through it."""
    worker = tenancy.activities(front.file)
    for step in ("base", "other"):
        ActivityEnvironment().run(worker.ensure, tenancy.call(step, Mode.RUNNING))
    return worker


@pytest.mark.parametrize("text", [HTML, PLAIN], ids=["html", "plain"])
@pytest.mark.parametrize("lost", ["/", "/api/v1/namespaces"], ids=["all", "namespaces"])
def test_a_proxys_404_proves_nothing_to_a_worker_that_knows_the_cluster(
    tenancy: Tenancy, view: View, front: Front, behind: KubernetesActivities, text: str, lost: str
) -> None:
    """Removal and verification fail for now, no row is gone, and both succeed once the cluster is back."""
    front.missing(*(["/api", "/apis"] if lost == "/" else [lost]), text=text)
    verification = VerifyInput(tenant=tenancy.tenant, operation_id=tenancy.operation_id)
    with pytest.raises(Unavailable):
        ActivityEnvironment().run(behind.verify_gone, verification)
    with pytest.raises(Unavailable):
        ActivityEnvironment().run(behind.remove, tenancy.call("other", None))
    assert {row.state for row in tenancy.rows("base").values()} == {"made"}
    assert {row.state for row in tenancy.rows("other").values()} == {"made"}
    front.missing()
    ActivityEnvironment().run(behind.remove, tenancy.call("other", None))
    assert view.get("ConfigMap", "neighbour", tenancy.namespace) is None
    assert ActivityEnvironment().run(behind.verify_gone, verification).survivors


def test_a_proxys_404_does_not_end_an_ensure_for_good(
    tenancy: Tenancy, front: Front, behind: KubernetesActivities
) -> None:
    """An apply that a proxy answers 404 is worth another try: the kind is still served."""
    front.missing(f"/api/v1/namespaces/{tenancy.namespace}/configmaps", text=PLAIN)
    with pytest.raises(Unavailable, match="though the cluster serves ConfigMap"):
        ActivityEnvironment().run(behind.ensure, tenancy.call("other", Mode.RUNNING))


@pytest.mark.parametrize("verb", ["get", "delete"])
def test_a_core_kind_is_never_missing(front: Front, known_cells: list[Cell], verb: str) -> None:
    """A discovery of v1 that lists no such kind proves nothing about its objects."""
    cluster = front.clusters(known_cells).of(CELL)
    key = Key("v1", "Gadget", "gadget", "default")
    with pytest.raises(Unavailable, match="does not serve Gadget"):
        cluster.get(key) if verb == "get" else cluster.delete(key, "u", "Background")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ([], MissingKind),
        (["/apis/apps/v1"], Unavailable),
        (["/apis"], Unavailable),
    ],
    ids=["not served", "served after all", "no discovery"],
)
def test_a_custom_kind_is_missing_if_the_servers_list_lacks_it(
    front: Front, known_cells: list[Cell], missing: list[str], expected: type[Exception]
) -> None:
    """A group's 404 counts only beside a list of all groups without it."""
    front.missing(*missing)
    cluster = front.clusters(known_cells).of(CELL)
    key = Key("apps/v1", "Deployment", "web", "default") if missing else Key("no.example.dev/v1", "No", "no")
    with pytest.raises(expected):
        cluster.get(key)


def test_an_answer_that_is_no_discovery_proves_nothing(front: Front, known_cells: list[Cell]) -> None:
    """JSON of another kind in the place of a discovery is worth another try."""
    front.rule = lambda _: Own(200, "{}")
    with pytest.raises(Unavailable, match="does not answer as a Kubernetes API"):
        front.clusters(known_cells).of(CELL).get(namespace_key("x"))
