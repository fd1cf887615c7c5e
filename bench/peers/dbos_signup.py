"""DBOS: the same steps as a durable workflow, from a queue on the stack's PostgreSQL."""

import contextlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
from psycopg import sql

from bench.peers import environment
from bench.peers.driver import Job, PeerFailed, Played, run
from runtime.settings import ROOT

WORKERS = 2
"""As many processes as the engine's own in a stack."""
READY = "ready\n"
LAST_WORDS = 2000
PROGRAM = ["-m", "bench.peers.dbos_app"]

Child = subprocess.Popen[str]


def play(job: Job) -> Played:
    with database(job.endpoints.postgres_url) as url, contextlib.ExitStack() as children:
        file = job.folder / "job.json"
        file.touch(mode=0o600)
        file.write_text(
            json.dumps({**asdict(job), "folder": str(job.folder), "database": url, "workers": WORKERS})
        )
        for number in range(WORKERS):
            worker = children.enter_context(
                _child(job.folder, f"worker-{number}", ["worker", str(file), str(number)])
            )
            _await_ready(worker, job.folder / f"worker-{number}.log")
        starter = children.enter_context(_child(job.folder, "starter", ["start", str(file)]))
        _await_ready(starter, job.folder / "starter.log")
        job.begin()
        return _played(*_asked(starter, job.folder / "starter.log"))


def _asked(starter: Child, log: Path) -> tuple[list[float], list[float]]:
    if starter.stdin is None or starter.stdout is None:
        raise PeerFailed("its process has no pipes")
    starter.stdin.write("\n")
    starter.stdin.flush()
    line = starter.stdout.readline()
    if not line:
        raise PeerFailed(_last_words(log))
    times = json.loads(line)
    return [one["asked"] for one in times], [one["ended"] for one in times]


def _played(asked: list[float], ended: list[float]) -> Played:
    each = [end - begin for begin, end in zip(asked, ended, strict=True)]
    return Played(max(ended) - min(asked), each, {"processes": WORKERS})


@contextlib.contextmanager
def database(server: str) -> Iterator[str]:
    """URL of a database for DBOS alone, dropped at the end."""
    name = f"dbos_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def _child(folder: Path, name: str, arguments: list[str]) -> Iterator[Child]:
    """Ends with its input."""
    with (folder / f"{name}.log").open("w") as log:
        child = subprocess.Popen(
            [str(environment.binary("python")), *PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
        )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _await_ready(child: Child, log: Path) -> None:
    if child.stdout is None or child.stdout.readline() != READY:
        raise PeerFailed(_last_words(log))


def _last_words(log: Path) -> str:
    return f"its process ended: {log.read_text()[-LAST_WORDS:]}"


def versions() -> str:
    found = environment.versions("dbos", "boto3", "kubernetes", "psycopg")
    return ", ".join(f"{name} {number}" for name, number in found.items())


if __name__ == "__main__":
    sys.exit(run("dbos_signup", versions, play, __doc__))
