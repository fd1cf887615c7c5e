"""Ansible: one playbook, a host for each tenant, as many at once as `--parallel` says."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bench.peers import environment
from bench.peers.driver import Job, PeerFailed, Played, run
from bench.peers.tenants import Json
from devstack.processes import spawn

PLAYBOOK = Path(__file__).parent / "ansible"
PATIENCE_SECONDS = 1800
LAST_WORDS = 2000
MARKS = {
    "__database_host__": "{{ database_host }}",
    "__database_port__": "{{ database_port }}",
    "__password_version__": "{{ password_version }}",
}
UNTOUCHED = ("{{ .username }}", "{{ .password }}")
"""What the operator of external secrets fills in, and not Ansible."""


def play(job: Job) -> Played:
    inventory, log = job.folder / "inventory.json", job.folder / "ansible.log"
    inventory.touch(mode=0o600)
    inventory.write_text(json.dumps(_inventory(job)))
    began = job.begin()
    ansible = spawn(
        "ansible-playbook",
        [
            *(environment.binary("ansible-playbook"), PLAYBOOK / "signup.yml"),
            *("--inventory", inventory, "--forks", str(job.parallel)),
        ],
        log=log,
        env=_environment(job.folder),
        cwd=PLAYBOOK,
    )
    try:
        code = ansible.wait(PATIENCE_SECONDS)
    finally:
        ansible.stop()
    seconds = job.since(began)
    output = log.read_text()
    events = _events(output)
    if code:
        raise PeerFailed(f"ansible-playbook ended with {code}: {_why(events, output)}")
    return Played(seconds, _each(events), {"tasks_each": _tasks(events) / len(job.tenants)})


def _inventory(job: Job) -> Json:
    endpoints = job.endpoints
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(environment.binary("python")),
        "aws_url": endpoints.aws_url,
        "aws_access_key": endpoints.aws_access_key,
        "aws_secret_key": endpoints.aws_secret_key,
        "kubeconfig": endpoints.kubeconfig,
    }
    return {"all": {"vars": shared, "hosts": {one["slug"]: _variables(job, one) for one in job.tenants}}}


def _variables(job: Job, tenant: Json) -> Json:
    """All of the tenant but its manifests, which become templates in files."""
    folder = job.folder / tenant["slug"]
    folder.mkdir()
    groups = dict(tenant["groups"])
    config = groups.pop("config")
    groups["config-maps"] = [one for one in config if one["kind"] == "ConfigMap"]
    groups["config-secrets"] = [one for one in config if one["kind"] != "ConfigMap"]
    for name, manifests in groups.items():
        (folder / f"{name}.yaml.j2").write_text(template(manifests))
    kept = {key: value for key, value in tenant.items() if key not in ("groups", "marks", "tags")}
    # `tags` is a word of Ansible's own.
    return {**kept, "marked": tenant["tags"], "templates": str(folder)}


def template(manifests: list[Json]) -> str:
    text = yaml.safe_dump_all(manifests, sort_keys=False, width=10_000)
    for untouched in UNTOUCHED:
        text = text.replace(untouched, "{% raw %}" + untouched + "{% endraw %}")
    for mark, expression in MARKS.items():
        text = text.replace(mark, expression)
    return text


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "ANSIBLE_CONFIG": str(PLAYBOOK / "ansible.cfg"),
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _events(output: str) -> list[dict[str, Any]]:
    """One for each start and end of a task on a host."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


def _each(events: list[dict[str, Any]]) -> list[float]:
    """Seconds from the start of the play until each host's last task ended."""
    began = next(_at(event) for event in events if event["_event"] == "v2_playbook_on_play_start")
    ended: dict[str, float] = {}
    for event in events:
        if event["_event"] == "v2_runner_on_ok":
            ended.update(dict.fromkeys(event["hosts"], _at(event) - began))
    return list(ended.values())


def _tasks(events: list[dict[str, Any]]) -> int:
    return sum(event["_event"] == "v2_runner_on_ok" for event in events)


def _at(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["_timestamp"]).timestamp()


def _why(events: list[dict[str, Any]], output: str) -> str:
    for event in events:
        if event["_event"] in ("v2_runner_on_failed", "v2_runner_item_on_failed"):
            return json.dumps({"task": event["task"]["name"], "hosts": event["hosts"]})[:LAST_WORDS]
    return output[-LAST_WORDS:]


def versions() -> str:
    found = environment.versions("ansible", "ansible-core")
    collections = environment.FOLDER.glob("lib/python*/site-packages/ansible_collections")
    for folder in collections:
        for name in ("amazon/aws", "kubernetes/core"):
            manifest = json.loads((folder / name / "MANIFEST.json").read_text())
            found[name.replace("/", ".")] = manifest["collection_info"]["version"]
    return ", ".join(f"{name} {number}" for name, number in found.items())


if __name__ == "__main__":
    sys.exit(run("ansible_signups", versions, play, __doc__))
