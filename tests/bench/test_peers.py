"""The peers of the bench: what they make is what is asked of them."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from bench.peers.ansible_signups import MARKS, template
from bench.peers.checking import NotMade, check, providers_for
from bench.peers.clients import Providers
from bench.peers.cluster_calls import filled
from bench.peers.endpoints import Endpoints, read, write
from bench.peers.pace import paced, percentile
from bench.peers.script import sign_up
from bench.peers.tenants import OUTPUTS, Json, make_tenants
from devstack.postgres import Postgres
from devstack.servers import AwsServer, ClusterServer

Breakage = Callable[[Providers, Json], Any]
KNOWN = {output: f"value-of-{output.replace('.', '-')}" for output in OUTPUTS}
BREAKAGES: dict[str, Breakage] = {
    "the bucket keeps no versions": lambda providers, tenant: providers.of(
        tenant, "s3"
    ).put_bucket_versioning(
        Bucket=tenant["names"]["recordings"], VersioningConfiguration={"Status": "Suspended"}
    ),
    "proxy-role has another policy": lambda providers, tenant: providers.of(tenant, "iam").put_role_policy(
        RoleName=tenant["names"]["proxy-role"],
        PolicyName="tenant",
        PolicyDocument=json.dumps(tenant["policies"]["auth-role"]),
    ),
    "ConfigMap proxy is missing": lambda providers, tenant: providers.kind_of(
        tenant, {"apiVersion": "v1", "kind": "ConfigMap"}
    ).delete(name="proxy", namespace=tenant["namespace"]),
}


@pytest.fixture
def endpoints(aws: AwsServer, clusters: ClusterServer, postgres: Postgres) -> Endpoints:
    return Endpoints(
        aws_url=aws.url,
        aws_access_key="devstack",
        aws_secret_key="devstack",
        kubeconfig=str(clusters.kubeconfig),
        clusters=clusters.urls(),
        postgres_url=postgres.url,
        temporal_address="",
        settings={},
    )


@pytest.fixture
def tenant() -> Json:
    return make_tenants(1)[0]


@pytest.fixture
def providers(endpoints: Endpoints, tenant: Json, tmp_path: Path) -> Providers:
    return providers_for(asdict(endpoints), [tenant], tmp_path)


def test_the_script_makes_a_whole_tenant(providers: Providers, tenant: Json) -> None:
    """The check finds everything of a tenant that the script signed up, and logs in to its database."""
    sign_up(providers, tenant)
    check(providers, tenant)


@pytest.mark.parametrize("words", BREAKAGES)
def test_a_tenant_that_lacks_something_is_none(words: str, providers: Providers, tenant: Json) -> None:
    """The check names what a peer left out or made otherwise."""
    sign_up(providers, tenant)
    BREAKAGES[words](providers, tenant)
    with pytest.raises(NotMade, match=words):
        check(providers, tenant)


def test_a_tenant_that_was_never_made_is_none(providers: Providers, tenant: Json) -> None:
    """A peer that does nothing fails."""
    with pytest.raises(NotMade, match="NoSuchBucket"):
        check(providers, tenant)


@pytest.mark.parametrize("group", ["foundation", "certificate", "config", "auth", "proxy"])
def test_ansible_applies_the_same_objects(group: str, tenant: Json) -> None:
    """Its templates, rendered, are the manifests that the other peers apply."""
    variables = {MARKS[mark][3:-3]: KNOWN[output] for output, mark in OUTPUTS.items() if mark in MARKS}
    rendering = Environment(undefined=StrictUndefined, autoescape=False).from_string(
        template(tenant["groups"][group])
    )
    assert list(yaml.safe_load_all(rendering.render(variables))) == filled(tenant, group, KNOWN)


def test_the_file_of_endpoints_is_its_owners_alone(endpoints: Endpoints, tmp_path: Path) -> None:
    """It holds passwords, and reads back as what was written."""
    file = tmp_path / "stack.json"
    write(endpoints, file)
    assert file.stat().st_mode & 0o077 == 0
    assert read(file) == endpoints


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    """A file that says nothing of endpoints ends a peer with a sentence."""
    (tmp_path / "other.json").write_text('{"a": 1}')
    with pytest.raises(SystemExit, match="is no file of"):
        read(tmp_path / "other.json")


async def test_requests_come_at_their_pace_and_are_all_measured() -> None:
    """Each request is sent once, and its time counts from when it was due."""
    sent: list[int] = []

    async def send(number: int) -> None:
        sent.append(number)

    seconds = await paced(send, rate=1000, seconds=0.02)
    assert sent == list(range(20))
    assert len(seconds) == 20
    assert min(seconds) >= 0


def test_a_percentile_is_a_value_that_was_measured() -> None:
    """Of a hundred values the 99th in order is the one that 99 % do not exceed."""
    assert percentile(range(100, 0, -1), 99) == 99
    assert percentile([7], 99) == 7
