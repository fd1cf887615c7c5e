"""Where a running stack's servers are, for programs that know nothing of Tenantry.

`python -m bench.peers.endpoints FILE` starts a stack, writes the file and serves until Ctrl-C.
"""

import argparse
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

from bench.stage import running_stack
from devstack.stack import Stack


@dataclass(frozen=True)
class Endpoints:
    aws_url: str
    aws_access_key: str
    aws_secret_key: str
    kubeconfig: str
    clusters: dict[str, str]
    """URLs of the API servers by cell."""
    postgres_url: str
    """Of the superuser, in the database `postgres`."""
    temporal_address: str
    settings: dict[str, str]
    """TENANTRY_ variables of the stack, for a peer that is to be served like the engine is."""


def endpoints_of(stack: Stack) -> Endpoints:
    environment = stack.environment
    return Endpoints(
        aws_url=stack.aws.url,
        aws_access_key=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        kubeconfig=str(stack.clusters.kubeconfig),
        clusters=stack.clusters.urls(),
        postgres_url=stack.postgres.url,
        temporal_address=stack.temporal.address,
        settings={name: value for name, value in environment.items() if name.startswith("TENANTRY_")},
    )


def write(endpoints: Endpoints, file: Path) -> None:
    """For the owner's eyes only: it holds passwords."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(json.dumps(asdict(endpoints), indent=2) + "\n")


def read(file: Path) -> Endpoints:
    """Raises SystemExit with a sentence if it is no such file."""
    try:
        return Endpoints(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"error: {file} is no file of `python -m bench.peers.endpoints`: {error}") from None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers.endpoints", description=__doc__)
    parser.add_argument("file", type=Path)
    file: Path = parser.parse_args().file
    ended = Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    with running_stack() as stack:
        write(endpoints_of(stack), file)
        print(f"{file} leads to the stack of process {os.getpid()}; Ctrl-C ends it", flush=True)
        ended.wait()
    file.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
