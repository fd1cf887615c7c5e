"""Nothing foreign under our name is touched."""

import pytest

from domain.errors import OwnershipConflict
from tests.activities.kubernetes.tenancy import INSTALL, Tenancy
from tests.activities.kubernetes.view import View, labels_of

ANOTHER = "a00000000000"


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"team": "other"},
        labels_of("elsewher", "a00000000000", "base"),
        labels_of(INSTALL, "a00000000000", "base"),
    ],
    ids=["none", "others", "other install", "other tenant"],
)
def test_a_foreign_namespace_is_left_untouched(tenancy: Tenancy, view: View, labels: dict[str, str]) -> None:
    """A namespace with our name but not our labels, and what is in it, stay as they are."""
    namespace = view.namespace(tenancy.namespace, labels)
    inside = view.config_map("settings", tenancy.namespace)
    for step in ("base", "app"):
        with pytest.raises(OwnershipConflict, match=rf"namespace {tenancy.namespace} exists and is not ours"):
            tenancy.ensure(step)
    tenancy.removed("app", "base")
    outcome = tenancy.verify()
    assert outcome.survivors == []
    seen = view.there("Namespace", tenancy.namespace)["metadata"]
    assert "deletionTimestamp" not in seen
    assert seen["uid"] == namespace["metadata"]["uid"]
    assert {
        key: value for key, value in seen["labels"].items() if key != "kubernetes.io/metadata.name"
    } == labels
    found = view.there("ConfigMap", "settings", tenancy.namespace)["metadata"]
    assert found["resourceVersion"] == inside["metadata"]["resourceVersion"]
    assert all(row.state == "gone" and row.made_at is None for row in tenancy.rows("app").values())
    view.delete("Namespace", tenancy.namespace)


def test_a_foreign_object_in_our_namespace_is_left_untouched(tenancy: Tenancy, view: View) -> None:
    """What someone else put in our namespace under a name of ours, with other values, is a conflict."""
    tenancy.ready("base")
    foreign = view.config_map("settings", tenancy.namespace)
    with pytest.raises(OwnershipConflict, match="configmap settings exists and is not ours"):
        tenancy.ensure("app")
    found = view.there("ConfigMap", "settings", tenancy.namespace)
    assert found["metadata"]["resourceVersion"] == foreign["metadata"]["resourceVersion"]
    tenancy.removed("app")
    assert view.get("ConfigMap", "settings", tenancy.namespace) is not None


def test_a_change_by_hand_is_taken_back(tenancy: Tenancy, view: View) -> None:
    """A field of ours that someone edited gets its value back; fields that we do not list stay."""
    tenancy.ready("base")
    tenancy.ready("app")
    edit = {"data": {"note": "by hand", "more": "theirs"}}
    view.change("ConfigMap", "settings", tenancy.namespace, edit)
    tenancy.ready("app")
    found = view.there("ConfigMap", "settings", tenancy.namespace)
    assert found["data"] == {"note": "first", "more": "theirs"}


def test_our_own_namespace_of_a_lost_run_is_taken_up(tenancy: Tenancy, view: View) -> None:
    """A namespace with our labels that the inventory does not know as made is ours."""
    made = view.namespace(tenancy.namespace, labels_of(INSTALL, tenancy.id, "base"))
    tenancy.ready("base")
    assert tenancy.rows()[f"Namespace {tenancy.namespace}"].provider_id == made["metadata"]["uid"]
