"""The AWS front and the stand-in clusters as processes of their own."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devstack.kubernetes.kubeconfig import write_kubeconfig
from devstack.processes import Process, StartError, free_port, spawn
from devstack.profiles import Profile
from devstack.support_roles import support_roles

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 60

Cells = Sequence[dict[str, Any]]


class PythonServer:
    """`python -m MODULE … --ready-file FILE`: the file appears once it serves."""

    def __init__(self, name: str, module: str, directory: Path) -> None:
        self.directory = directory
        self._name = name
        self._module = module
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        if self._process is None:
            raise StartError(f"{self._name} has not been started")
        return self._process

    def stop(self) -> None:
        if self._process is not None:
            # Nothing that it holds outlives it, so it need not tidy up.
            self._process.stop(by=signal.SIGKILL)

    def _run(self, arguments: Sequence[str | Path]) -> None:
        ready = self.directory / "ready.json"
        self._process = spawn(
            self._name,
            [sys.executable, "-m", self._module, *arguments, "--ready-file", ready],
            log=self.directory / "server.log",
            env={**os.environ, "PYTHONFAULTHANDLER": "1"},
            cwd=ROOT,
        )
        self._process.wait_until(ready.exists, START_TIMEOUT)


class AwsServer(PythonServer):
    """AWS for all cells: their EKS clusters, hosted zones and subnet groups exist already, and the roles of
    support access for `installs`."""

    def __init__(
        self, directory: Path, cells: Cells, profile: Profile, installs: Sequence[str] = ("tenantry",)
    ) -> None:
        super().__init__("AWS", "devstack.aws", directory)
        self._installs = installs
        self._port = free_port()
        self._cells = cells
        self._profile = profile

    @property
    def url(self) -> str:
        """Known before the start."""
        return f"http://127.0.0.1:{self._port}"

    def start(
        self, postgres_url: str | None = None, policies: dict[str, list[dict[str, Any]]] | None = None
    ) -> None:
        """`postgres_url`: superuser of the server that RDS instances are databases of; none makes none.

        `policies`: IAM policies by access key, for those that may not do everything.
        """
        self.directory.mkdir(parents=True)
        config = self.directory / "config.json"
        config.touch(mode=0o600)
        given = {"port": self._port, "postgres_url": postgres_url, "policies": policies or {}}
        config.write_text(json.dumps({**given, **self._world()}))
        self._run(["--config", config])

    def _world(self) -> dict[str, Any]:
        groups: dict[str, list[str]] = {}
        for cell in self._cells:
            groups.setdefault(cell["region"], []).append(cell["database"]["subnet_group"])
        return {
            "clusters": [{"name": cell["cluster"], "region": cell["region"]} for cell in self._cells],
            "zones": [{"id": cell["hosted_zone_id"], "domain": cell["domain"]} for cell in self._cells],
            "subnet_groups": groups,
            "roles": [role for install in self._installs for role in support_roles(install, self._cells)],
            "delays": self._profile.aws,
        }


class ClusterServer(PythonServer):
    """One stand-in cluster per cell; the kubeconfig's contexts bear the cells' names."""

    def __init__(self, directory: Path, cells: Cells, profile: Profile) -> None:
        super().__init__("clusters", "devstack.kubernetes", directory)
        self.kubeconfig = directory / "kubeconfig"
        self._cells = cells
        self._profile = profile

    def start(self, aws_url: str | None = None, bounded: Mapping[str, Path] | None = None) -> None:
        """`aws_url`: where external secrets get their values from; none makes them up.

        `bounded`: by token the file with the ClusterRoles that say what it may do.
        """
        self.directory.mkdir(parents=True)
        names = ",".join(cell["name"] for cell in self._cells)
        delays = [f"--delay={name}={seconds}" for name, seconds in self._profile.kubernetes.items()]
        source = [f"--aws-endpoint={aws_url}"] if aws_url else []
        tokens = [f"--bounded={token}={file}" for token, file in (bounded or {}).items()]
        self._run(["--cells", names, "--kubeconfig", self.kubeconfig, *delays, *source, *tokens])

    def urls(self) -> dict[str, str]:
        """By cell, once started."""
        urls: dict[str, str] = json.loads((self.directory / "ready.json").read_text())
        return urls

    def kubeconfig_of(self, token: str) -> Path:
        """As the other one, for whoever bears this token."""
        file = self.directory / f"kubeconfig-{token}"
        write_kubeconfig(file, self.urls(), token)
        return file
