"""`python -m api` as a process: what it needs to start, and how it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from devstack.processes import free_port
from runtime.settings import ROOT, Settings
from tests.api.front import AS_ADMIN, Front, until


def environment(**values: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **values}


def start(module: str = "api", **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module],
        env=environment(**values),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def serves(process: psutil.Process) -> bool:
    """Not the one that only keeps count of what they share."""
    return "spawn_main" in " ".join(process.cmdline())


def test_bad_settings_are_all_listed() -> None:
    """Exit code 2 with one line on stderr for each wrong setting, and no traceback."""
    ended = start(TENANTRY_API_PORT="high", TENANTRY_INSTALL="Not OK", TENANTRY_DATABASE_URL="mysql://")
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert len(lines) == 3
    for name in ("TENANTRY_API_PORT", "TENANTRY_INSTALL", "TENANTRY_DATABASE_URL"):
        assert any(line.startswith(f"error: {name}:") for line in lines)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"TENANTRY_API_HOST": "0.0.0.0", "TENANTRY_DEVELOPMENT_KEY": "x" * 40}, "DEVELOPMENT_KEY"),
        ({"TENANTRY_API_HOST": "10.1.2.3", "TENANTRY_DEVELOPMENT_KEY": "x" * 40}, "DEVELOPMENT_KEY"),
        ({"TENANTRY_API_HOST": "api.example.com", "TENANTRY_DEVELOPMENT_KEY": "x" * 40}, "DEVELOPMENT_KEY"),
        ({"TENANTRY_DEVELOPMENT_KEY": "guessed"}, "DEVELOPMENT_KEY"),
        ({"TENANTRY_OIDC_ISSUER": "https://login.example.com"}, "OIDC_AUDIENCE"),
        (
            {
                "TENANTRY_OIDC_ISSUER": "https://login.example.com",
                "TENANTRY_OIDC_AUDIENCE": "tenantry",
                "TENANTRY_OIDC_JWKS_URL": "http://login.example.com/jwks",
            },
            "OIDC_JWKS_URL",
        ),
    ],
)
def test_settings_that_would_let_strangers_in_are_refused(settings: dict[str, str], named: str) -> None:
    """A key of development where others can knock, and keys of an issuer that others could change."""
    ended = start(**settings)
    assert ended.returncode == 2
    assert f"error: TENANTRY_{named}:" in ended.stderr
    assert "x" * 40 not in ended.stderr


def test_a_bad_catalog_is_named(tmp_path: Path) -> None:
    """Exit code 2 with the file's problems on stderr, and no traceback."""
    plans = tmp_path / "plans.yaml"
    plans.write_text("team: {colour: red}\n")
    ended = start(TENANTRY_PLANS_FILE=str(plans))
    assert ended.returncode == 2
    assert "plans.yaml" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("module", ["api", "worker"])
def test_without_its_keys_it_does_not_start(module: str, tmp_path: Path) -> None:
    """Exit code 2 with one line on stderr: what it wrote unsealed would stay so."""
    ended = start(module, TENANTRY_PAYLOAD_KEYS_FILE=str(tmp_path / "none.yaml"))
    assert ended.returncode == 2
    assert ended.stderr == f"error: {tmp_path}/none.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("processes", [1, 2])
async def test_it_starts_alone_and_ends_in_spite_of_open_streams(
    front: Front, api_settings: Settings, processes: int
) -> None:
    """Asked to end, one or several close a stream that is still followed and are gone within seconds."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api",
        env=environment(
            TENANTRY_API_PORT=str(port),
            TENANTRY_API_PROCESSES=str(processes),
            TENANTRY_DATABASE_URL=api_settings.database_url.get_secret_value(),
            TENANTRY_TEMPORAL_ADDRESS=api_settings.temporal_address,
        ),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=30, headers=AS_ADMIN
        ) as http:

            async def ready() -> bool | None:
                try:
                    return (await http.get("/readyz")).status_code == 200 or None
                except httpx.TransportError:
                    return None

            await until(ready)
            async with http.stream("GET", accepted["links"]["events"]) as stream:
                await anext(stream.aiter_lines())
                serving = [one for one in psutil.Process(process.pid).children() if serves(one)]
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(15):
                    _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        front.providers.release(body["slug"])
    assert process.returncode in {0, -signal.SIGTERM}
    assert b"Traceback" not in errors
    assert len(serving) == (processes if processes > 1 else 0)
    assert not [one for one in serving if one.is_running()]
    await front.ended(accepted["operation_id"])
