"""Pod Security admission: the `baseline` and `restricted` standards, in the words of the real server."""

from collections.abc import Callable, Iterable
from typing import Any

from devstack.kubernetes.objects import Object, at, labels, quote

_LEVELS = ("privileged", "baseline", "restricted")
_PREFIX = "pod-security.kubernetes.io/"
_BASELINE_CAPABILITIES = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
_RESTRICTED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def policy(namespace: Object) -> tuple[tuple[str, str], tuple[str, str]]:
    """The level and version that a namespace enforces, and those it warns about."""
    found = labels(namespace)
    enforce = _level(found, "enforce")
    if f"{_PREFIX}warn" in found:
        return enforce, _level(found, "warn")
    # Where no level to warn at is named, workloads are warned about pods that could not be created.
    return enforce, enforce


def _level(found: dict[str, str], mode: str) -> tuple[str, str]:
    level = found.get(f"{_PREFIX}{mode}", "privileged")
    return level if level in _LEVELS else "restricted", found.get(f"{_PREFIX}{mode}-version", "latest")


def violations(spec: Object, level: str) -> str:
    """What in a pod specification breaks a level, as one line; empty if nothing does."""
    if level == "privileged":
        return ""
    checks = _BASELINE if level == "baseline" else (*_SHARED, *_RESTRICTED)
    found = (check(spec) for check in checks)
    return ", ".join(text for text in found if text)


def _containers(spec: Object) -> list[Object]:
    return [
        item
        for kind in ("initContainers", "containers", "ephemeralContainers")
        for item in spec.get(kind) or ()
    ]


def _named(names: list[str]) -> str:
    word = "container" if len(names) == 1 else "containers"
    return f"{word} {_quoted(names)}"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(quote(name) for name in names)


def _failing(spec: Object, fails: Callable[[Object], bool]) -> list[str]:
    return [item["name"] for item in _containers(spec) if fails(item.get("securityContext") or {})]


def _host_namespaces(spec: Object) -> str:
    found = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    return f"host namespaces ({', '.join(found)})" if found else ""


def _privileged(spec: Object) -> str:
    names = _failing(spec, lambda context: bool(context.get("privileged")))
    return f"privileged ({_named(names)} must not set securityContext.privileged=true)" if names else ""


def _baseline_capabilities(spec: Object) -> str:
    def extra(context: Object) -> set[str]:
        return set(at(context, "capabilities", "add") or ()) - _BASELINE_CAPABILITIES

    names = _failing(spec, lambda context: bool(extra(context)))
    if not names:
        return ""
    added = sorted(set().union(*(extra(item.get("securityContext") or {}) for item in _containers(spec))))
    text = f"{_named(names)} must not include {_quoted(added)} in securityContext.capabilities.add"
    return f"non-default capabilities ({text})"


def _host_paths(spec: Object) -> str:
    names = [item["name"] for item in spec.get("volumes") or () if "hostPath" in item]
    word = "volume" if len(names) == 1 else "volumes"
    return f"hostPath volumes ({word} {_quoted(names)})" if names else ""


def _host_ports(spec: Object) -> str:
    found: dict[str, list[int]] = {}
    for item in _containers(spec):
        for port in item.get("ports") or ():
            if port.get("hostPort"):
                found.setdefault(item["name"], []).append(port["hostPort"])
    if not found:
        return ""
    ports = ", ".join(str(port) for ports in found.values() for port in ports)
    word = "hostPort" if ports.isdigit() else "hostPorts"
    return f"hostPort ({_named(list(found))} uses {word} {ports})"


def _escalation(spec: Object) -> str:
    names = _failing(spec, lambda context: context.get("allowPrivilegeEscalation") is not False)
    where = "securityContext.allowPrivilegeEscalation=false"
    return f"allowPrivilegeEscalation != false ({_named(names)} must set {where})" if names else ""


def _capabilities(spec: Object) -> str:
    def keeps(context: Object) -> bool:
        return "ALL" not in (at(context, "capabilities", "drop") or ())

    def adds(context: Object) -> bool:
        return bool(set(at(context, "capabilities", "add") or ()) - {"NET_BIND_SERVICE"})

    parts = []
    if names := _failing(spec, keeps):
        parts.append(f'{_named(names)} must set securityContext.capabilities.drop=["ALL"]')
    if names := _failing(spec, adds):
        found = {
            cap
            for item in _containers(spec)
            for cap in at(item, "securityContext", "capabilities", "add") or ()
        }
        shown = _quoted(sorted(found - {"NET_BIND_SERVICE"}))
        parts.append(f"{_named(names)} must not include {shown} in securityContext.capabilities.add")
    return f"unrestricted capabilities ({'; '.join(parts)})" if parts else ""


def _volume_types(spec: Object) -> str:
    bad: dict[str, str] = {}
    for item in spec.get("volumes") or ():
        kinds = set(item) - {"name"} - _RESTRICTED_VOLUMES
        if kinds:
            bad[item["name"]] = min(kinds)
    if not bad:
        return ""
    kinds_text = _quoted(sorted(set(bad.values())))
    words = ("volume", "uses", "type") if len(bad) == 1 else ("volumes", "use", "types")
    text = f"{words[0]} {_quoted(bad)} {words[1]} restricted volume {words[2]} {kinds_text}"
    return f"restricted volume types ({text})"


def _non_root(spec: Object) -> str:
    pod = at(spec, "securityContext", "runAsNonRoot")
    explicit = _failing(spec, lambda context: context.get("runAsNonRoot") is False)
    if explicit:
        return f"runAsNonRoot != true ({_named(explicit)} must not set securityContext.runAsNonRoot=false)"
    names = [] if pod else _failing(spec, lambda context: context.get("runAsNonRoot") is None)
    where = "securityContext.runAsNonRoot=true"
    return f"runAsNonRoot != true (pod or {_named(names)} must set {where})" if names else ""


def _root_user(spec: Object) -> str:
    parts = []
    if at(spec, "securityContext", "runAsUser") == 0:
        parts.append("pod must not set runAsUser=0")
    if names := _failing(spec, lambda context: context.get("runAsUser") == 0):
        parts.append(f"{_named(names)} must not set runAsUser=0")
    return f"runAsUser=0 ({'; '.join(parts)})" if parts else ""


def _seccomp(spec: Object) -> str:
    good = {"RuntimeDefault", "Localhost"}
    pod = at(spec, "securityContext", "seccompProfile", "type")

    def fails(context: Any) -> bool:
        own = at(context, "seccompProfile", "type")
        return own not in good if own else pod not in good

    names = _failing(spec, fails)
    text = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return f"seccompProfile (pod or {_named(names)} {text})" if names else ""


_SHARED = (_host_namespaces, _privileged, _host_ports)
_BASELINE = (_baseline_capabilities, _host_namespaces, _host_paths, _host_ports, _privileged)
_RESTRICTED = (_escalation, _capabilities, _volume_types, _non_root, _root_user, _seccomp)
