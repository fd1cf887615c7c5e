"""`tenantry key`, `tenantry whoami`, and the key that makes all others."""

import json
import subprocess
import sys

import pytest

from cli.connection import KEY_VARIABLE, ROOT
from devstack.engine import Engine
from tests.cli.conftest import Tenantry


def test_a_key_is_made_used_and_revoked(tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch) -> None:
    """stdout is the key alone, for a file or a pipe; what is for people is on stderr."""
    made = tenantry("key", "create", "night shift", "--role", "support", "--role", "finance")
    assert made.code == 0, made.err
    key, key_id = made.out.strip(), made.out.split("_")[1]
    assert key.startswith("tnk_")
    assert "not shown again" in made.err
    with monkeypatch.context() as patch:
        patch.setenv(KEY_VARIABLE, key)
        me = json.loads(tenantry("whoami", "--json").out)
        assert me == {"subject": f"key:{key_id}", "roles": ["finance", "support"], "customer_id": None}
        assert "finance, support" in tenantry("whoami").out
        refused = tenantry("key", "list")
        assert refused.code == 1
        assert "takes the role admin" in refused.err
    assert key_id in tenantry("key", "list").out
    assert f"key {key_id} is revoked" in tenantry("key", "revoke", key_id).out
    monkeypatch.setenv(KEY_VARIABLE, key)
    refused = tenantry("whoami")
    assert (refused.code, refused.out) == (1, "")
    assert "revoked" in refused.err


def test_wrong_wishes_are_wrong_usage(tenantry: Tenantry) -> None:
    """Exit code 2, with the field that is wrong."""
    ran = tenantry("key", "create", "x", "--role", "root")
    assert (ran.code, ran.out) == (2, "")
    assert "roles.0" in ran.err


def test_without_a_key_the_command_says_where_to_put_one(
    tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person who has none is told the name of the variable."""
    monkeypatch.delenv(KEY_VARIABLE)
    ran = tenantry("list")
    assert ran.code == 1
    assert KEY_VARIABLE in ran.err


def test_the_first_key_comes_from_beside_the_database(
    engine: Engine, environment: dict[str, str], tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that has no key yet gets one without any."""
    ran = subprocess.run(
        [sys.executable, "-m", "api.first_key", "founder"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    monkeypatch.setenv(KEY_VARIABLE, ran.stdout.strip())
    assert json.loads(tenantry("whoami", "--json").out)["roles"] == ["admin"]
