"""`tenantry access`: from the request to a kubeconfig, and its end."""

import json
from pathlib import Path

import pytest
import yaml

from cli.connection import KEY_VARIABLE
from tests.cli.conftest import Tenantry

AWS_PRINTS = {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
"""What the AWS CLI reads of a credential_process."""
AWS_READS = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "REGION")


@pytest.fixture
def support(tenantry: Tenantry) -> str:
    """A key of somebody of support."""
    return tenantry("key", "create", "Sam", "--role", "support").out.strip()


def test_access_is_asked_for_approved_used_and_revoked(
    tenantry: Tenantry, support: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each says what comes next; a kubeconfig is for its owner alone, and no file is written over."""
    signup = tenantry("signup", "looked-into", "--plan", "echo", "--users", "5", "--region", "us-east-1",
                      "--customer", "Acme")  # fmt: skip
    assert signup.code == 0, signup.err
    with monkeypatch.context() as patch:
        patch.setenv(KEY_VARIABLE, support)
        asked = tenantry("access", "request", "looked-into", "--reason", "ticket 4711", "--for", "45m")
        assert "waits for an operator or admin" in asked.out, asked.err
        access_id = asked.out.split()[1]
        own = tenantry("access", "approve", access_id)
        assert own.code == 1
    assert "has read access to looked-into until" in tenantry("access", "approve", access_id).out
    file = tmp_path / "kubeconfig"
    with monkeypatch.context() as patch:
        patch.setenv(KEY_VARIABLE, support)
        written = tenantry("access", "credentials", access_id, "--to", str(file))
        assert (written.code, written.out) == (0, ""), written.err
        assert file.stat().st_mode & 0o777 == 0o600
        assert yaml.safe_load(file.read_text())["users"][0]["user"]["token"]
        assert tenantry("access", "credentials", access_id, "--to", str(file)).code == 2
        plug_in = json.loads(tenantry("access", "credentials", access_id, "--as", "exec").out)
        assert plug_in["kind"] == "ExecCredential"
        session = json.loads(tenantry("access", "credentials", access_id, "--as", "aws-process").out)
        assert session.keys() == AWS_PRINTS
        lines = tenantry("access", "credentials", access_id, "--as", "aws-env").out.splitlines()
        assert [line.partition("=")[0] for line in lines] == [f"export AWS_{name}" for name in AWS_READS]
        assert plug_in["status"]["token"] not in json.dumps(tenantry("access", "list", "--json").out)
    assert "ticket 4711" in tenantry("access", "list", "looked-into", "--state", "active").out
    assert "is being taken away" in tenantry("access", "revoke", access_id).out


@pytest.mark.parametrize("lasting", ["9h", "5m", "1 day", "-1h"])
def test_no_access_is_shorter_or_longer_than_it_may_be(tenantry: Tenantry, lasting: str) -> None:
    """Exit code 2, before anything is asked of a tenant."""
    ran = tenantry("access", "request", "nobody-here", "--reason", "x", f"--for={lasting}")
    assert (ran.code, ran.out) == (2, "")
