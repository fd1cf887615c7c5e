"""The container files name only what exists: there is no Docker here to try them with."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from codec.settings import CodecSettings
from devstack.aws.config import AwsConfig
from runtime.settings import ROOT, Settings

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
ENGINE_SERVICES = ("setup", "worker", "promote", "api")


def environment_of(service: str) -> dict[str, str]:
    given = COMPOSE["services"][service].get("environment", {})
    return {name: _with_defaults(str(value)) for name, value in given.items()}


def _with_defaults(value: str) -> str:
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value)


@pytest.mark.parametrize("service", ENGINE_SERVICES)
def test_every_variable_is_a_setting(service: str) -> None:
    """A TENANTRY_ variable of the compose file that the settings class does not know fails here."""
    known = {f"TENANTRY_{name.upper()}" for name in Settings.model_fields}
    ours = {name for name in environment_of(service) if name.startswith("TENANTRY_")}
    assert ours
    assert ours <= known


@pytest.mark.parametrize("service", ENGINE_SERVICES)
def test_every_value_is_accepted(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings class accepts the environment that each container gets."""
    for name, value in environment_of(service).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.install == "compose"
    assert settings.aws_endpoint_url == "http://aws:5000"


def test_services_reach_each_other_by_names_that_exist() -> None:
    """Hosts in URLs and addresses are services of the compose file."""
    settings = environment_of("worker")
    hosts = {
        settings["TENANTRY_TEMPORAL_ADDRESS"].split(":")[0],
        settings["TENANTRY_DATABASE_URL"].rsplit("@", 1)[1].split(":")[0],
        settings["TENANTRY_AWS_ENDPOINT_URL"].removeprefix("http://").split(":")[0],
    }
    assert hosts <= set(COMPOSE["services"])


def test_mounted_files_and_build_targets_exist() -> None:
    """Bind mounts name files of the checkout, and build targets are stages of the Dockerfile."""
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
        if "build" in service:
            assert service["build"]["target"] in stages


def test_the_dockerfile_copies_only_what_exists() -> None:
    """Every COPY of the Dockerfile has its source in the checkout."""
    lines = re.findall(r"^COPY (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in lines for source in line.split()[:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_front_of_the_compose_file_knows_its_cells() -> None:
    """Cluster and hosted zone of the compose cells exist in the AWS front that it starts."""
    front = AwsConfig.model_validate(json.loads((ROOT / "deploy/compose/aws.json").read_text()))
    cells = yaml.safe_load((ROOT / "deploy/compose/cells.yaml").read_text()).values()
    assert {cell["cluster"] for cell in cells} <= {cluster.name for cluster in front.clusters}
    assert {cell["hosted_zone_id"] for cell in cells} <= {zone.id for zone in front.zones}


@pytest.mark.parametrize("name", ["app.lock", "dev.lock", "peers.lock"])
def test_locks_pin_with_hashes_and_name_no_host(name: str) -> None:
    """Each package of a lock has an exact version and hashes, and no line names an address."""
    lock = (ROOT / "requirements" / name).read_text()
    pins = re.findall(r"^([a-z0-9][^\s=]*)==(\S+).*\\\n    --hash=sha256:", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", lock, re.MULTILINE))
    assert "://" not in lock
    assert not re.search(r"^--", lock, re.MULTILINE)


def test_the_image_gets_the_versions_that_are_tested() -> None:
    """Every pin of the image's lock is a pin of the lock that the tests run with."""
    app, dev = (
        set(re.findall(r"^[a-z0-9]\S*==\S+", Path(ROOT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("app.lock", "dev.lock")
    )
    assert app <= dev


def test_every_setting_is_documented() -> None:
    """docs/running.md has a row for each setting of the settings classes."""
    text = (ROOT / "docs/running.md").read_text()
    missing = [name for name in CodecSettings.model_fields if f"TENANTRY_{name.upper()}" not in text]
    assert missing == []
