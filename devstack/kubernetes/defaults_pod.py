"""Default values of pods and pod templates; every function changes its argument, a copy of the caller's."""

from typing import Any

from devstack.kubernetes.objects import Object


def pod_spec(spec: Object) -> None:
    """The defaults of `PodSpec`."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if account := spec.get("serviceAccountName"):
        spec["serviceAccount"] = account
    for kind in ("initContainers", "containers"):
        for item in _objects(spec.get(kind)):
            _container(item)
    for volume in _objects(spec.get("volumes")):
        _volume(volume)


def _container(item: Object) -> None:
    image = str(item.get("image", ""))
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    pinned = (tag and tag != "latest") or "@" in image
    item.setdefault("resources", {})
    item.setdefault("terminationMessagePath", "/dev/termination-log")
    item.setdefault("terminationMessagePolicy", "File")
    item.setdefault("imagePullPolicy", "IfNotPresent" if pinned else "Always")
    for port in _objects(item.get("ports")):
        port.setdefault("protocol", "TCP")
    for variable in _objects(item.get("env")):
        _field_version(variable.get("valueFrom"))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(probe := item.get(name), dict):
            _probe(probe)
    for hook in (item.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _handler(hook)


def _probe(probe: Object) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(name, value)
    _handler(probe)


def _handler(handler: Object) -> None:
    if isinstance(get := handler.get("httpGet"), dict):
        get.setdefault("path", "/")
        get.setdefault("scheme", "HTTP")
    if isinstance(call := handler.get("grpc"), dict):
        call.setdefault("service", "")


def _volume(volume: Object) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "projected", "downwardAPI"):
        if isinstance(source := volume.get(name), dict):
            source.setdefault("defaultMode", 420)
    if isinstance(path := volume.get("hostPath"), dict):
        path.setdefault("type", "")
    for source in _objects((volume.get("projected") or {}).get("sources")):
        if isinstance(token := source.get("serviceAccountToken"), dict):
            token.setdefault("expirationSeconds", 3600)
        for item in _objects((source.get("downwardAPI") or {}).get("items")):
            _field_version(item)
    for item in _objects((volume.get("downwardAPI") or {}).get("items")):
        _field_version(item)


def _field_version(source: Any) -> None:
    reference = source.get("fieldRef") if isinstance(source, dict) else None
    if isinstance(reference, dict):
        reference.setdefault("apiVersion", "v1")


def _objects(items: Any) -> list[Object]:
    return [item for item in items or () if isinstance(item, dict)]
