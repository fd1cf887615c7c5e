"""Makes a cluster that somebody else runs fit for Tenantry's tests: contexts, kinds, and what makes ready.

A bare kube-apiserver with etcd and kube-controller-manager is enough; it needs no node and no operator.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import yaml

from devstack.kubernetes.controllers.choice import wanted
from devstack.kubernetes.controllers.connection import Access, HttpApi, of_context
from devstack.kubernetes.controllers.definitions import install
from devstack.kubernetes.controllers.runner import Runner

_FILES: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_AGENT: Final = "devstack"


class RealClusters:
    """The clusters that `kubeconfig` leads to, each with the controllers that it lacks while started.

    `file` is the kubeconfig to use in its place: it has a context for each of `cells`.
    """

    def __init__(self, kubeconfig: Path, cells: Sequence[str], directory: Path) -> None:
        self._given = kubeconfig
        self._cells = tuple(cells)
        self._directory = directory
        self._runners: list[Runner] = []
        self.file = directory / "kubeconfig"

    def start(self) -> Self:
        """Raises what `prepare` raises."""
        self.file = prepare(self._given, self._cells, self._directory)
        for access in _distinct(self.file, self._cells):
            controllers = wanted(HttpApi(access, _AGENT))
            runner = Runner(access.url, access.token, controllers, pool=access.pool)
            runner.start()
            self._runners.append(runner)
        return self

    def stop(self) -> None:
        """Nothing becomes ready any more; the kinds stay installed."""
        while self._runners:
            self._runners.pop().stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def prepare(kubeconfig: Path, cells: Sequence[str], directory: Path) -> Path:
    """Writes a kubeconfig with a context per cell, and installs the operators' kinds in these clusters.

    A cell without a context of its name gets an alias of the current one. Raises ValueError if there is
    none, TimeoutError if a kind is never served, and what urllib3 raises if a cluster cannot be reached.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "kubeconfig"
    path.touch(mode=0o600)
    path.chmod(0o600)
    document = _with_contexts(yaml.safe_load(kubeconfig.read_text(encoding="utf-8")), cells)
    _anchor(document, kubeconfig.resolve().parent)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    for access in _distinct(path, cells):
        install(HttpApi(access, _AGENT))
    return path


def _with_contexts(document: dict[str, Any], cells: Sequence[str]) -> dict[str, Any]:
    contexts: dict[str, Any] = {item["name"]: item["context"] for item in document.get("contexts") or ()}
    for cell in set(cells) - contexts.keys():
        current = document.get("current-context")
        if current not in contexts:
            raise ValueError(f"no context {cell} and no current context that it could stand for")
        contexts[cell] = contexts[current]
    entries = [{"name": name, "context": dict(context)} for name, context in sorted(contexts.items())]
    return {**document, "contexts": entries}


def _anchor(document: dict[str, Any], base: Path) -> None:
    """Makes paths absolute that were relative to the file's first place; secrets are passed on unread."""
    named = [item["cluster"] for item in document.get("clusters") or ()]
    named += [item["user"] for item in document.get("users") or ()]
    for entry in named:
        for key in _FILES:
            if entry and entry.get(key):
                entry[key] = str(base / entry[key])


def _distinct(kubeconfig: Path, cells: Iterable[str]) -> list[Access]:
    """One access per API server, however many cells it stands for."""
    found: dict[str, Access] = {}
    for cell in cells:
        access = of_context(kubeconfig, cell)
        found.setdefault(access.url, access)
    return list(found.values())
