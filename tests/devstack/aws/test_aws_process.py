"""`python -m devstack.aws` as a process of its own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.devstack.aws.support import CLUSTER, DOMAIN, ZONE, Aws

LIMIT_SECONDS = 30
LIMIT_MEGABYTES = 200


def test_the_process_serves_its_configuration_and_ends_on_sigterm(tmp_path: Path) -> None:
    """It writes its address once it serves, stays small, and leaves with exit code 0."""
    config, ready = tmp_path / "aws.json", tmp_path / "ready.json"
    config.write_text(
        json.dumps(
            {
                "clusters": [{"name": CLUSTER, "region": "eu-west-1"}],
                "zones": [{"id": ZONE, "domain": DOMAIN}],
                "delays": {"database": 60},
            }
        )
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack.aws", "--config", config, "--ready-file", ready]
    )
    try:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        started = json.loads(ready.read_text())
        assert started["pid"] == process.pid
        aws = Aws(started["url"], region="eu-west-1")
        aws.eks.describe_cluster(name=CLUSTER)
        aws.route53.get_hosted_zone(Id=ZONE)
        assert aws.described(aws.database())["DBInstanceStatus"] == "creating"
        assert psutil.Process(process.pid).memory_info().rss < LIMIT_MEGABYTES * 1_000_000
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


def test_a_wrong_configuration_is_named(tmp_path: Path) -> None:
    """An unknown field ends the process with the field's name, and nothing is served."""
    config, ready = tmp_path / "aws.json", tmp_path / "ready.json"
    config.write_text(json.dumps({"colour": "red"}))
    ended = subprocess.run(
        [sys.executable, "-m", "devstack.aws", "--config", config, "--ready-file", ready],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert ended.returncode == 2
    assert "colour" in ended.stderr
    assert not ready.exists()
