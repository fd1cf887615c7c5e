"""Rules for pod specifications."""

from typing import Any

from devstack.kubernetes.errors import (
    cause,
    duplicate,
    forbidden_field,
    invalid_value,
    required,
    unsupported,
)
from devstack.kubernetes.objects import Object, at, dump, quote
from devstack.kubernetes.quantity import parse
from devstack.kubernetes.validation_meta import dns_label, subdomain

_PORT_TEXT = "must be between 1 and 65535, inclusive"
_SOURCES = (
    "emptyDir",
    "secret",
    "configMap",
    "projected",
    "persistentVolumeClaim",
    "hostPath",
    "downwardAPI",
    "csi",
    "ephemeral",
    "nfs",
    "image",
)


def validate_pod_spec(spec: Any, field: str, restart: tuple[str, ...] = ()) -> list[Object]:
    """The causes for which a pod specification is refused; `restart` limits its restart policy."""
    spec = spec if isinstance(spec, dict) else {}
    volumes = {item.get("name") for item in spec.get("volumes") or ()}
    causes = _volumes(spec.get("volumes") or (), f"{field}.volumes")
    if not spec.get("containers"):
        causes.append(required(f"{field}.containers"))
    names: set[str] = set()
    for kind in ("containers", "initContainers"):
        for index, item in enumerate(spec.get(kind) or ()):
            causes += _container(item, f"{field}.{kind}[{index}]", names, volumes)
    if restart and spec.get("restartPolicy") not in restart:
        causes.append(unsupported(f"{field}.restartPolicy", dump(spec.get("restartPolicy")), list(restart)))
    if account := spec.get("serviceAccountName"):
        causes += subdomain(account, f"{field}.serviceAccountName")
    return causes


def _container(item: Object, field: str, names: set[str], volumes: set[Any]) -> list[Object]:
    name = item.get("name")
    causes = dns_label(name, f"{field}.name") if name else [required(f"{field}.name")]
    if name in names:
        causes.append(duplicate(f"{field}.name", quote(str(name))))
    names.add(str(name))
    if not item.get("image"):
        causes.append(required(f"{field}.image"))
    policies = ["Always", "IfNotPresent", "Never"]
    if item.get("imagePullPolicy") not in policies:
        causes.append(unsupported(f"{field}.imagePullPolicy", dump(item.get("imagePullPolicy")), policies))
    for index, port in enumerate(item.get("ports") or ()):
        causes += port_number(port.get("containerPort"), f"{field}.ports[{index}].containerPort")
    unnamed = (index for index, variable in enumerate(item.get("env") or ()) if not variable.get("name"))
    causes += [required(f"{field}.env[{index}].name") for index in unnamed]
    causes += _mounts(item.get("volumeMounts") or (), f"{field}.volumeMounts", volumes)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        causes += _probe(item.get(probe), f"{field}.{probe}")
    return causes + resource_causes(item.get("resources") or {}, f"{field}.resources")


def _mounts(items: Any, field: str, volumes: set[Any]) -> list[Object]:
    causes = []
    for index, mount in enumerate(items):
        name = mount.get("name")
        if name not in volumes:
            shown = quote(str(name or ""))
            causes.append(cause("FieldValueNotFound", f"Not found: {shown}", f"{field}[{index}].name"))
        if not mount.get("mountPath"):
            causes.append(required(f"{field}[{index}].mountPath"))
    return causes


def _probe(probe: Any, field: str) -> list[Object]:
    if not isinstance(probe, dict):
        return []
    handlers = [kind for kind in ("exec", "httpGet", "tcpSocket", "grpc") if probe.get(kind) is not None]
    if not handlers:
        return [required(field, "must specify a handler type")]
    port = at(probe, handlers[0], "port")
    if handlers[0] in {"httpGet", "tcpSocket"} and isinstance(port, int):
        return port_number(port, f"{field}.{handlers[0]}.port")
    return []


def resource_causes(resources: Object, field: str) -> list[Object]:
    """The causes for which requests and limits are refused."""
    causes = []
    amounts: dict[str, dict[str, Any]] = {}
    for kind in ("limits", "requests"):
        found, problems = quantities(resources.get(kind), f"{field}.{kind}")
        amounts[kind] = found
        causes += problems
    for name, amount in amounts["requests"].items():
        limit = amounts["limits"].get(name)
        if limit is not None and amount > limit:
            why = f"must be less than or equal to {name} limit of {resources['limits'][name]}"
            causes.append(invalid_value(f"{field}.requests", dump(resources["requests"][name]), why))
    return causes


def quantities(found: Any, field: str) -> tuple[dict[str, Any], list[Object]]:
    """Amounts by name, and the causes for which a map of quantities is refused."""
    amounts, causes = {}, []
    for name, value in (found or {}).items():
        try:
            amounts[name] = parse(value)
        except ValueError as error:
            causes.append(invalid_value(f"{field}.{name}", dump(value), str(error)))
            continue
        if amounts[name] < 0:
            causes.append(invalid_value(f"{field}.{name}", dump(value), "must be greater than or equal to 0"))
    return amounts, causes


def port_number(value: Any, field: str) -> list[Object]:
    """A port from 1 to 65535."""
    if value is None or value == 0:
        return [required(field)]
    return (
        []
        if isinstance(value, int) and 0 < value < 65536
        else [invalid_value(field, dump(value), _PORT_TEXT)]
    )


def _volumes(items: Any, field: str) -> list[Object]:
    causes: list[Object] = []
    seen: set[str] = set()
    for index, item in enumerate(items):
        name = item.get("name")
        here = f"{field}[{index}]"
        causes += dns_label(name, f"{here}.name") if name else [required(f"{here}.name")]
        if name in seen:
            causes.append(duplicate(f"{here}.name", quote(str(name))))
        seen.add(str(name))
        if len([kind for kind in _SOURCES if item.get(kind) is not None]) > 1:
            causes.append(forbidden_field(here, "may not specify more than 1 volume type"))
    return causes
