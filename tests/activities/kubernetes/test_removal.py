"""What was made is removed and proven gone, from the inventory's rows."""

from datetime import timedelta

import pytest

from activities.kubernetes.blockers import blockers
from domain.errors import NotReady, StuckTerminating, Unavailable
from domain.naming import ownership_tags
from tests.activities.kubernetes.tenancy import INSTALL, Tenancy, later
from tests.activities.kubernetes.view import Control, View

HOLD = ["example.dev/hold"]


@pytest.fixture
def whole(tenancy: Tenancy) -> Tenancy:
    """A tenant of which everything exists."""
    for step in ("base", "app", "other"):
        tenancy.ready(step)
    return tenancy


def test_removal_in_steps_leaves_nothing(whole: Tenancy, view: View) -> None:
    """Each step's objects are gone after its removal, and the verification finds no survivor."""
    whole.removed("app")
    assert view.get("Deployment", "web", whole.namespace) is None
    assert view.get("ConfigMap", "neighbour", whole.namespace) is not None
    assert {row.state for row in whole.rows("app").values()} == {"gone"}
    whole.removed("other", "base")
    assert view.get("Namespace", whole.namespace) is None
    outcome = whole.verify()
    assert (outcome.checked, outcome.survivors) == (len(whole.rows()), [])


def test_removing_twice_is_removing_once(whole: Tenancy) -> None:
    """A removal of what is gone succeeds and changes no row."""
    whole.removed("app")
    before = whole.rows("app")
    whole.remove("app")
    assert whole.rows("app") == before


def test_what_was_never_made_is_removed_at_once(tenancy: Tenancy) -> None:
    """Undoing a step that never ran is success, and its rows are gone with proof."""
    tenancy.remove("app")
    tenancy.remove("base")
    assert all(row.state == "gone" and row.made_at is None for row in tenancy.rows("app").values())


def test_with_its_namespace_everything_is_gone(whole: Tenancy, view: View) -> None:
    """Objects of steps that were not removed are proven gone by the absence of their namespace."""
    whole.removed("base")
    assert view.get("Namespace", whole.namespace) is None
    assert whole.verify().survivors == []
    assert {row.state for row in whole.rows().values()} == {"gone"}


def test_survivors_are_listed(whole: Tenancy) -> None:
    """The verification names what still exists, and marks none of it as gone."""
    whole.removed("app")
    survivors = {ref.name for ref in whole.verify().survivors}
    assert survivors == {whole.namespace, "tenant", "neighbour"}
    assert {row.state for row in whole.rows("other").values()} == {"made"}


def test_a_stuck_namespace_is_reported_with_what_holds_it(whole: Tenancy, view: View) -> None:
    """The message of a removal that waits names the object and its finalizer; then it goes on by itself."""
    view.config_map("held", whole.namespace, finalizers=HOLD)
    whole.removed("app", "other")
    with pytest.raises(NotReady, match=f"namespace {whole.namespace} is being deleted"):
        whole.remove("base")
    named = r"held by configmap held \(finalizer example\.dev/hold\)"
    message = ""
    while "held by" not in message:
        with pytest.raises(NotReady) as waiting:
            whole.remove("base")
        message = str(waiting.value)
    assert waiting.match(named)
    with pytest.raises(Unavailable, match="is being terminated"):
        whole.ensure("base")
    view.change("ConfigMap", "held", whole.namespace, {"metadata": {"finalizers": None}})
    whole.removed("base")
    assert view.get("Namespace", whole.namespace) is None


def test_a_namespace_that_stays_stuck_needs_a_person(whole: Tenancy, view: View) -> None:
    """After its time the removal fails for good, with the namespace, every blocker and its finalizer."""
    view.config_map("held", whole.namespace, finalizers=HOLD)
    view.config_map("held-too", whole.namespace, finalizers=["example.dev/other"])
    whole.removed("app", "other")
    worker, call = whole.activities(stuck_terminating_seconds=1), whole.call("base", None)
    with pytest.raises(NotReady):
        later(timedelta()).run(worker.remove, call)
    stuck = None
    while stuck is None:
        try:
            later(timedelta(seconds=1)).run(worker.remove, call)
        except NotReady:
            continue
        except StuckTerminating as error:
            stuck = error
    assert "configmap held (finalizer example.dev/hold)" in str(stuck)
    assert "configmap held-too (finalizer example.dev/other)" in str(stuck)
    assert stuck.about == {"kind": "v1/Namespace", "name": whole.namespace, "namespace": ""}
    for name in ("held", "held-too"):
        view.change("ConfigMap", name, whole.namespace, {"metadata": {"finalizers": None}})
    whole.removed("base")


def test_what_a_namespace_does_not_tell_is_looked_for(whole: Tenancy, view: View) -> None:
    """Where the namespace's conditions name nothing, its contents are searched for finalizers."""
    view.config_map("held", whole.namespace, finalizers=HOLD)
    namespace = view.there("Namespace", whole.namespace)
    namespace |= {"apiVersion": "v1", "kind": "Namespace", "status": {"phase": "Terminating"}}
    assert "held" not in blockers(whole.cluster(), namespace)
    assert "configmap held (finalizer example.dev/hold)" in blockers(whole.cluster(), namespace, search=True)
    view.change("ConfigMap", "held", whole.namespace, {"metadata": {"finalizers": None}})


def test_an_object_that_is_held_is_reported(whole: Tenancy, view: View) -> None:
    """An object outside of a namespace's end also names its finalizer."""
    hold = {"metadata": {"finalizers": HOLD}}
    view.change("ConfigMap", "neighbour", whole.namespace, hold)
    named = r"configmap neighbour is being deleted: held by finalizer example\.dev/hold"
    with pytest.raises(NotReady, match=named):
        whole.remove("other")
    view.change("ConfigMap", "neighbour", whole.namespace, {"metadata": {"finalizers": None}})
    whole.removed("other")
    assert view.get("ConfigMap", "neighbour", whole.namespace) is None


def test_another_object_in_the_place_of_ours_is_left_untouched(whole: Tenancy, view: View) -> None:
    """If someone replaced an object of ours by one of theirs, ours is gone and theirs stays."""
    view.delete("ConfigMap", "neighbour", whole.namespace)
    theirs = view.config_map("neighbour", whole.namespace)
    whole.removed("other")
    found = view.there("ConfigMap", "neighbour", whole.namespace)
    assert found["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert whole.rows()["ConfigMap neighbour"].state == "gone"


def test_a_namespace_that_is_gone_is_asked_for_once(whole: Tenancy, control: Control) -> None:
    """The absence of a namespace proves that of all its objects, in one call."""
    whole.removed("base")
    with control.calls() as calls:
        assert whole.verify().survivors == []
    assert calls == ["get namespaces"]


def test_an_autoscaler_goes_before_what_it_scales(whole: Tenancy, control: Control) -> None:
    """Objects that act on others are deleted first, and each deletion follows a look at whose it is."""
    with control.calls() as calls:
        whole.removed("app")
    scaler, deployment = (f"{name}s" for name in ("horizontalpodautoscaler", "deployment"))
    assert calls.index(f"delete {scaler}") < calls.index(f"delete {deployment}")
    assert calls.index(f"get {deployment}") < calls.index(f"delete {deployment}")


def test_labels_taken_off_do_not_hide_what_is_ours(whole: Tenancy, view: View) -> None:
    """A namespace that we made and someone unlabelled is a survivor, and is removed by its recorded uid."""
    bare = dict.fromkeys(ownership_tags(INSTALL, whole.id, "", "base"))
    view.change("Namespace", whole.namespace, "", {"metadata": {"labels": bare}})
    assert whole.namespace in {ref.name for ref in whole.verify().survivors}
    whole.removed("app", "other", "base")
    assert view.get("Namespace", whole.namespace) is None


def test_a_namespace_goes_after_what_its_step_put_in(whole: Tenancy, view: View) -> None:
    """While an object of an earlier turn is held, the namespace is not touched."""
    hold = {"metadata": {"finalizers": HOLD}}
    view.change("ResourceQuota", "tenant", whole.namespace, hold)
    with pytest.raises(NotReady, match="resourcequota tenant is being deleted"):
        whole.remove("base")
    assert "deletionTimestamp" not in view.there("Namespace", whole.namespace)["metadata"]
    view.change("ResourceQuota", "tenant", whole.namespace, {"metadata": {"finalizers": None}})
    whole.removed("base")
