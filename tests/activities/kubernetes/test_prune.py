"""What a blueprint no longer lists goes; what it moved, and what others made, stays."""

from domain.phases import Mode
from tests.activities.kubernetes.tenancy import INSTALL, Tenancy
from tests.activities.kubernetes.view import View, labels_of


def test_what_the_inventory_knows_and_the_group_no_longer_lists_goes(tenancy: Tenancy, view: View) -> None:
    """An object that a newer blueprint dropped is deleted and its row is gone with proof."""
    tenancy.values["extra"] = "yes"
    tenancy.ready("base")
    tenancy.ready("app")
    assert tenancy.rows()["ConfigMap extra"].state == "made"
    tenancy.values["extra"] = "no"
    tenancy.ready("app")
    assert view.get("ConfigMap", "extra", tenancy.namespace) is None
    assert tenancy.rows()["ConfigMap extra"].state == "gone"


def test_what_only_its_labels_tell_goes_too(tenancy: Tenancy, view: View) -> None:
    """An object whose row was never written is found by our labels, and one without them is left alone."""
    tenancy.ready("base")
    tenancy.ready("app")
    view.config_map("lost", tenancy.namespace, labels=labels_of(INSTALL, tenancy.id, "app"))
    view.config_map("foreign", tenancy.namespace)
    tenancy.ready("app")
    assert view.get("ConfigMap", "lost", tenancy.namespace) is None
    assert view.get("ConfigMap", "foreign", tenancy.namespace) is not None


def test_what_moves_to_another_step_is_never_deleted(tenancy: Tenancy, view: View) -> None:
    """Whichever step comes first after the move, the object keeps its uid."""
    for step in ("base", "app", "other"):
        tenancy.ready(step)
    uid = view.there("ConfigMap", "movable", tenancy.namespace)["metadata"]["uid"]
    tenancy.values["move"] = "yes"
    for step in ("app", "other", "app"):
        tenancy.ready(step)
        assert view.there("ConfigMap", "movable", tenancy.namespace)["metadata"]["uid"] == uid
    tenancy.values["move"] = "no"
    for step in ("other", "app", "other"):
        tenancy.ready(step)
        assert view.there("ConfigMap", "movable", tenancy.namespace)["metadata"]["uid"] == uid


def test_a_pruned_object_that_is_held_is_waited_for(tenancy: Tenancy, view: View) -> None:
    """Ensure is not ready while a finalizer holds what it deleted, and names the finalizer."""
    tenancy.values["extra"] = "yes"
    tenancy.ready("base")
    tenancy.ready("app")
    hold = {"metadata": {"finalizers": ["example.dev/hold"]}}
    view.change("ConfigMap", "extra", tenancy.namespace, hold)
    tenancy.values["extra"] = "no"
    outcome = tenancy.ensure("app")
    assert not outcome.ready
    assert "configmap extra is being deleted: held by finalizer example.dev/hold" in outcome.waiting_for
    view.change("ConfigMap", "extra", tenancy.namespace, {"metadata": {"finalizers": None}})
    tenancy.eventually("await_ready", tenancy.call("app", Mode.RUNNING))
    assert tenancy.rows()["ConfigMap extra"].state == "gone"


def test_a_namespace_is_never_pruned(tenancy: Tenancy, view: View) -> None:
    """A blueprint that forgets the namespace does not take the tenant down with it."""
    tenancy.ready("base")
    tenancy.ready("app")
    tenancy.values["home"] = "forgotten"
    tenancy.ready("base")
    assert "deletionTimestamp" not in view.there("Namespace", tenancy.namespace)["metadata"]
    assert tenancy.rows()[f"Namespace {tenancy.namespace}"].state == "made"
