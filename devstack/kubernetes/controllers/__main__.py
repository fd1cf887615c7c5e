"""Makes ready what a real cluster without operators, kubelet or load balancers leaves waiting."""

import argparse
import signal
import sys
import threading
from pathlib import Path

import urllib3
from kubernetes.config import ConfigException

from devstack.kubernetes.controllers.api import Conflict
from devstack.kubernetes.controllers.aws import secrets_manager
from devstack.kubernetes.controllers.choice import NAMES, wanted
from devstack.kubernetes.controllers.connection import HttpApi, of_context
from devstack.kubernetes.controllers.definitions import install
from devstack.kubernetes.controllers.runner import Runner
from devstack.kubernetes.controllers.secrets import placeholder


def main(arguments: list[str] | None = None) -> int:
    """Runs until SIGTERM or SIGINT; returns the exit code, 1 if the cluster cannot be used."""
    options = _parser().parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        runner = _started(options)
    except (ConfigException, Conflict, urllib3.exceptions.HTTPError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    stopping.wait()
    runner.stop()
    return 0


def _started(options: argparse.Namespace) -> Runner:
    access = of_context(options.kubeconfig, options.context)
    api = HttpApi(access, "controllers")
    for name in install(api) if options.crds else ():
        _say(f"installed {name}")
    reader = secrets_manager(options.aws_endpoint) if options.aws_endpoint else placeholder
    controllers = [item for item in wanted(api, reader) if item.plural not in options.without]
    runner = Runner(access.url, access.token, controllers, pool=access.pool)
    runner.start()
    _say(f"making ready at {access.url}: {', '.join(item.plural for item in controllers)}")
    return runner


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack.kubernetes.controllers", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="FILE")
    parser.add_argument("--context", metavar="NAME", help="the current context by default")
    parser.add_argument("--crds", action="store_true", help="install the operators' kinds where they lack")
    parser.add_argument("--aws-endpoint", metavar="URL", help="read the values of external secrets there")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=NAMES,
        metavar="KIND",
        help=f"leave a kind to the cluster: {', '.join(NAMES)}",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
