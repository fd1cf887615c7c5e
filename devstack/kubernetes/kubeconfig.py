"""Writes a kubeconfig for stand-in clusters."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from devstack.kubernetes.auth import DEFAULT_TOKEN


def write_kubeconfig(path: Path, contexts: Mapping[str, str], token: str = DEFAULT_TOKEN) -> None:
    """Writes a kubeconfig with one context per URL, the first one current; readable by its owner alone."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in contexts.items()],
        "users": [{"name": "devstack", "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "devstack"}} for name in contexts],
        "current-context": next(iter(contexts), ""),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
