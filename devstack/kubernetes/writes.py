"""Creates and changes objects: defaults, admission, validation, field ownership, storage."""

from dataclasses import dataclass, field

from devstack.kubernetes import admission, errors, managed_fields, quota
from devstack.kubernetes.defaults import with_defaults
from devstack.kubernetes.fieldsets import FieldSet
from devstack.kubernetes.managed_fields import Manager
from devstack.kubernetes.objects import Object, metadata, name_of, put, without
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Store
from devstack.kubernetes.strategy import Addresses, prepare_create, prepare_service, prepare_update
from devstack.kubernetes.structural import validate_structural, with_schema_defaults
from devstack.kubernetes.validation import validate
from devstack.kubernetes.validation_meta import validate_metadata

_SERVICES = ("", "services")
_METADATA_ONLY: FieldSet = {"f:metadata": {}, "f:spec": {}}


@dataclass(frozen=True, slots=True)
class Options:
    """What a write was asked to do beside the object itself."""

    manager: str
    dry_run: bool = False
    force: bool = False
    subresource: str = ""
    namespace: str = ""


@dataclass(slots=True)
class Written:
    """The outcome of a write."""

    obj: Object
    created: bool = False
    warnings: list[str] = field(default_factory=list)


class Writer:
    """Writes to one cluster's store the way the real server does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.addresses = Addresses()

    def create(self, resource: Resource, obj: Object, options: Options) -> Written:
        """Stores a new object that a client posted."""
        manager = Manager(options.manager, "Update", resource.api_version)
        return self._create(resource, obj, options, manager)

    def apply(self, resource: Resource, live: Object | None, config: Object, options: Options) -> Written:
        """Server-side apply: creates the object or brings it to the applied configuration."""
        manager = Manager(options.manager, "Apply", resource.api_version, options.subresource)
        reset = _reset_fields(resource, options.subresource)
        merged = managed_fields.apply(live or {}, config, resource.type, manager, reset, force=options.force)
        if live is None:
            if resource.namespaced:
                merged = put(merged, options.namespace, "metadata", "namespace")
            return self._create(resource, merged, options, None)
        return self._update(resource, live, merged, options, None)

    def update(self, resource: Resource, live: Object, new: Object, options: Options) -> Written:
        """Stores a changed object that a client put or patched."""
        self.check_version(resource, live, new)
        manager = Manager(options.manager, "Update", resource.api_version, options.subresource)
        return self._update(resource, live, new, options, manager)

    def _create(self, resource: Resource, obj: Object, options: Options, manager: Manager | None) -> Written:
        admission.admit_namespace(self._store, obj, resource)
        admission.check_account(self._store, obj, resource)
        obj = admission.with_limit_defaults(self._store, self._defaulted(obj, resource), resource)
        obj = prepare_create(obj, resource)
        if resource.key == _SERVICES:
            obj = prepare_service(obj, {}, self.addresses)
        if manager is not None:
            obj = managed_fields.update({}, obj, resource.type, manager, _reset_fields(resource, ""))
        self._validate(obj, {}, resource)
        warnings = admission.check_pod_security(self._store, obj, resource)
        admission.check_limits(self._store, obj, resource)
        quota.check_quota(self._store, obj, resource)
        existing = self._store.get(resource.key, metadata(obj).get("namespace", ""), name_of(obj))
        if existing is not None:
            going = "deletionTimestamp" in metadata(existing)
            raise errors.already_exists(resource.plural, resource.group, name_of(obj), going=going)
        if options.dry_run:
            self.release(resource, obj)
            return Written(obj, created=True, warnings=warnings)
        return Written(self._store.save(resource.key, obj), created=True, warnings=warnings)

    def _update(
        self, resource: Resource, live: Object, new: Object, options: Options, manager: Manager | None
    ) -> Written:
        new = prepare_update(self._defaulted(new, resource), live, resource, options.subresource)
        if resource.key == _SERVICES and not options.subresource:
            new = prepare_service(new, live, self.addresses)
        if manager is not None:
            reset = _reset_fields(resource, options.subresource)
            new = managed_fields.update(live, new, resource.type, manager, reset)
        self._validate(new, live, resource)
        warnings = [] if options.subresource else admission.check_pod_security(self._store, new, resource)
        if _same(new, live):
            return Written(live, warnings=warnings)
        if options.dry_run:
            return Written(new, warnings=warnings)
        if "deletionTimestamp" in metadata(new) and not held(new):
            return Written(self.remove(resource, new), warnings=warnings)
        return Written(self._store.save(resource.key, new), warnings=warnings)

    def remove(self, resource: Resource, obj: Object) -> Object:
        """Forgets an object and gives back its addresses; returns its last state."""
        self.release(resource, obj)
        return self._store.delete(resource.key, obj)

    def release(self, resource: Resource, obj: Object) -> None:
        """Gives back what the object held outside itself."""
        if resource.key == _SERVICES:
            self.addresses.free(obj)

    def _defaulted(self, obj: Object, resource: Resource) -> Object:
        if not resource.custom:
            return with_defaults(obj, resource.group, resource.kind)
        found: Object = with_schema_defaults(obj, resource.structural or {})
        return found

    def _validate(self, obj: Object, live: Object, resource: Resource) -> None:
        if resource.custom:
            causes = validate_metadata(obj, live, resource)
            causes += validate_structural(without(obj, "metadata"), resource.structural or {})
        else:
            causes = validate(obj, live, resource)
        if causes:
            raise errors.invalid(resource.kind, resource.group, name_of(obj), causes)

    def check_version(self, resource: Resource, live: Object, new: Object) -> None:
        """Refuses a write that names another identity or version than the live object has."""
        meta, old = metadata(new), metadata(live)
        if meta.get("uid") and meta["uid"] != old["uid"]:
            why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old['uid']}"
            raise errors.conflict(resource.plural, resource.group, name_of(live), why)
        if meta.get("resourceVersion") and meta["resourceVersion"] != old["resourceVersion"]:
            raise errors.conflict(resource.plural, resource.group, name_of(live), errors.MODIFIED)


def held(obj: Object) -> bool:
    """Whether a finalizer keeps an object that is being deleted."""
    return bool(
        metadata(obj).get("finalizers") or (obj.get("kind") == "Namespace" and obj["spec"].get("finalizers"))
    )


def _reset_fields(resource: Resource, subresource: str) -> FieldSet:
    if subresource == "status":
        return _METADATA_ONLY if resource.custom else {"f:spec": {}, "f:metadata": {"f:labels": {}}}
    return {"f:status": {}} if resource.has_status else {}


def _same(new: Object, live: Object) -> bool:
    if new is live:
        return True
    if without(new, "metadata") != without(live, "metadata"):
        return False
    return _comparable(metadata(new)) == _comparable(metadata(live))


def _comparable(meta: Object) -> Object:
    entries = [
        {key: value for key, value in item.items() if key != "time"}
        for item in meta.get("managedFields") or ()
    ]
    return put(meta, entries, "managedFields")
