"""A group of objects is compared with what an apply would leave, by reads and dry runs alone."""

from activities.drift.comparing import differences
from domain.messages import Difference, DriftKind
from domain.messages.drift import HIDDEN
from domain.phases import Mode
from tests.activities.kubernetes.tenancy import Tenancy
from tests.activities.kubernetes.view import Control, View


def observe(tenancy: Tenancy, step: str, mode: Mode = Mode.RUNNING) -> list[Difference]:
    return tenancy.activities().observe(tenancy.call(step, mode))


def test_what_was_just_made_is_in_sync(tenancy: Tenancy, control: Control) -> None:
    """Nothing differs after an ensure, in either mode, and looking writes nothing."""
    tenancy.ready("base")
    tenancy.ready("app")
    with control.calls() as calls:
        assert observe(tenancy, "base") == observe(tenancy, "app") == []
    assert {call.split()[0] for call in calls} <= {"get", "list", "patch"}
    tenancy.ready("app", Mode.STOPPED)
    assert observe(tenancy, "app", Mode.STOPPED) == []


def test_a_look_leaves_every_object_as_it_is(tenancy: Tenancy, view: View) -> None:
    """A dry run answers what would be; the object keeps its version and its wrong value."""
    tenancy.ready("base")
    tenancy.ready("app")
    view.change("ConfigMap", "settings", tenancy.namespace, {"data": {"note": "by hand"}})
    before = view.there("ConfigMap", "settings", tenancy.namespace)
    (found,) = observe(tenancy, "app")
    assert (found.field, found.wanted, found.found) == ("data.note", "first", "by hand")
    assert view.there("ConfigMap", "settings", tenancy.namespace) == before


def test_a_namespace_that_is_gone_takes_everything_along(tenancy: Tenancy, view: View) -> None:
    """Each object of it is missing, and none is asked for."""
    tenancy.ready("base")
    tenancy.ready("app")
    view.delete("Namespace", tenancy.namespace)
    found = observe(tenancy, "app")
    assert {one.what for one in found} == {DriftKind.MISSING}
    assert {one.name for one in found} == {"settings", "movable", "web"}


def test_what_a_newer_blueprint_dropped_is_told(tenancy: Tenancy) -> None:
    """What an ensure would prune is there and shall not be; what moved to another step is no drift."""
    tenancy.values["extra"] = "yes"
    tenancy.ready("base")
    tenancy.ready("app")
    tenancy.values |= {"extra": "no", "move": "yes"}
    (found,) = observe(tenancy, "app")
    assert (found.name, found.field, found.wanted, found.found) == ("extra", "presence", "absent", "present")


def test_a_secrets_values_are_compared_and_never_shown(tenancy: Tenancy, view: View) -> None:
    """That a Secret differs is told, and neither what it shall hold nor what it holds."""
    tenancy.values["trap"] = "good secret"
    tenancy.ready("base")
    tenancy.ready("other")
    assert observe(tenancy, "other") == []
    view.change("Secret", "kept", tenancy.namespace, {"data": {"word": "Y2FuYXJ5"}})
    found = observe(tenancy, "other")
    assert {(one.name, one.wanted, one.found) for one in found} == {("kept", HIDDEN, HIDDEN)}
    text = " ".join(one.model_dump_json() for one in found)
    assert not any(value in text for value in ("hunter2", "aHVudGVyMg", "canary", "Y2FuYXJ5"))


def test_items_of_lists_are_named() -> None:
    """A difference names the item by its key, whatever its position; without one the whole list is told."""
    wanted = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "args": ["x"]}
    found = {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "9"}], "args": ["y"]}
    assert list(differences(wanted, found)) == [
        ("args", ["x"], ["y"]),
        ("env[A].value", "1", "9"),
    ]
    assert list(differences({"labels": {"a.b/c": "1"}}, {"labels": {}})) == [("labels[a.b/c]", "1", None)]
