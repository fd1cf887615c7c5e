"""Runs stand-in API servers as a process of their own: `python -m devstack.kubernetes --cells a,b`."""

import argparse
import gc
import json
import signal
import threading
from pathlib import Path

import yaml

from devstack.kubernetes.auth import DEFAULT_TOKENS, Identity
from devstack.kubernetes.escalation import rules_of
from devstack.kubernetes.kubeconfig import write_kubeconfig
from devstack.kubernetes.standin import StandIn
from devstack.kubernetes.timers import NAMES


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    options = _parser().parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stand_in = StandIn(
        options.cells,
        ports=dict(options.port),
        tokens={**DEFAULT_TOKENS, **dict(options.bounded)},
        delays=dict(options.delay),
        crds=options.crds,
        aws_endpoint=options.aws_endpoint,
    )
    gc.collect()
    gc.freeze()  # schemas and handlers stay for good; walking them again and again slows every call
    with stand_in:
        if options.kubeconfig:
            write_kubeconfig(options.kubeconfig, stand_in.urls)
        if options.ready_file:
            _write_ready(options.ready_file, stand_in.urls)
        stopping.wait()
    return 0


def _write_ready(path: Path, urls: dict[str, str]) -> None:
    """Writes the URLs by cell; the file appears complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".part")
    draft.write_text(json.dumps(urls), encoding="utf-8")
    draft.replace(path)


def _cells(text: str) -> list[str]:
    return text.split(",")


def _delay(text: str) -> tuple[str, float | None]:
    name, _, seconds = text.partition("=")
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NAMES)}")
    return name, None if seconds == "never" else float(seconds)


def _bounded(text: str) -> tuple[str, Identity]:
    token, _, place = text.partition("=")
    files = sorted(Path(place).glob("*.yaml")) if Path(place).is_dir() else [Path(place)]
    documents = [one for file in files for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one]
    bound = {one["roleRef"]["name"] for one in documents if one["kind"] == "ClusterRoleBinding"}
    roles = [one for one in documents if one["kind"] == "ClusterRole" and one["metadata"]["name"] in bound]
    return token, Identity(token, tuple(rule for role in roles for rule in rules_of(role)))


def _port(text: str) -> tuple[str, int]:
    cell, _, port = text.partition("=")
    return cell, int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack.kubernetes", description=__doc__)
    parser.add_argument("--cells", type=_cells, required=True, metavar="A,B", help="names, one server each")
    parser.add_argument("--port", action="append", default=[], type=_port, metavar="CELL=PORT")
    parser.add_argument(
        "--bounded",
        action="append",
        default=[],
        type=_bounded,
        metavar="TOKEN=PATH",
        help="a token that may do what the ClusterRoles allow that this file, or this folder's, bind",
    )
    parser.add_argument("--kubeconfig", type=Path, metavar="PATH", help="write a context per cell here")
    parser.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="write the URLs by cell here once all serve"
    )
    parser.add_argument("--delay", action="append", default=[], type=_delay, metavar="KIND=SECONDS|never")
    parser.add_argument("--no-crds", dest="crds", action="store_false", help="serve no custom kinds")
    parser.add_argument("--aws-endpoint", metavar="URL", help="read the values of external secrets there")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
