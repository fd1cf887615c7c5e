"""The teleport blueprint: what auth and proxy are told, and how secrets reach them."""

from dataclasses import replace
from typing import Any

import yaml

from catalog import Catalog
from tests.catalog.samples import object_of, pod_of, tenant_of


def config_of(catalog: Catalog, component: str) -> dict[str, Any]:
    config = object_of(catalog, tenant_of(catalog, "team"), "ConfigMap", component)
    parsed: dict[str, Any] = yaml.safe_load(config["data"]["teleport.yaml"])
    return parsed


def test_auth_stores_in_the_tenants_database_and_bucket(catalog: Catalog) -> None:
    """The connection string names the database from the step's outputs and bears no user and no password."""
    storage = config_of(catalog, "auth")["teleport"]["storage"]
    assert storage["conn_string"] == (
        "postgresql://db.example.internal:5432/ttabcdefghijk?service=tenant&sslmode=require&pool_max_conns=20"
    )
    assert storage["audit_sessions_uri"] == "s3://tenantry-tabcdefghijk-recordings/sessions?region=us-east-1"


def test_the_password_reaches_auth_only_as_a_file(catalog: Catalog) -> None:
    """External Secrets writes user and password of one version into one file; auth reads it by its path."""
    secret = object_of(catalog, tenant_of(catalog, "team"), "ExternalSecret", "database")["spec"]
    assert [entry["remoteRef"] for entry in secret["data"]] == [
        {
            "key": "tenantry-tabcdefghijk-database-password",
            "property": name,
            "version": "uuid/5f0c2a",
        }
        for name in ("username", "password")
    ]
    (file,) = secret["target"]["template"]["data"].items()
    assert file == ("pg_service.conf", "[tenant]\nuser={{ .username }}\npassword={{ .password }}\n")
    pod = pod_of(catalog, "auth")
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    volume = next(item for item in pod["volumes"] if item.get("secret", {}).get("secretName") == "database")
    env = {item["name"]: item["value"] for item in container["env"]}
    assert env["PGSERVICEFILE"] == f"{mounts[volume['name']]}/{file[0]}"


def test_a_new_password_restarts_auth_and_proxy(catalog: Catalog) -> None:
    """Pod templates differ when the version of the secret does; without one they render all the same."""
    plain = tenant_of(catalog, "team")
    versions = [{"database-password.version": "other"}, {"database-password.version": ""}]
    for name in ("auth", "proxy"):
        templates = [
            object_of(catalog, replace(plain, outputs={**plain.outputs, **outputs}), "Deployment", name)[
                "spec"
            ]
            for outputs in versions
        ]
        assert templates[0] != templates[1]


def test_the_usage_token_comes_into_the_namespace(catalog: Catalog) -> None:
    """External Secrets brings this tenant's token, and nothing else of its secret."""
    secret = object_of(catalog, tenant_of(catalog, "team"), "ExternalSecret", "usage-token")["spec"]
    remote = {"key": "tenantry-tabcdefghijk-usage-token", "property": "token"}
    assert secret["data"] == [{"secretKey": "token", "remoteRef": remote}]
    assert secret["target"]["name"] == "usage-token"


def test_the_secret_store_takes_the_tenants_own_role(catalog: Catalog) -> None:
    """The operator assumes a role of this tenant's, in the cell's region."""
    store = object_of(catalog, tenant_of(catalog, "team", cell="euw1"), "SecretStore", "aws")["spec"]
    assert store["provider"]["aws"] == {
        "service": "SecretsManager",
        "region": "eu-west-1",
        "role": "arn:aws:iam::123456789012:role/tenantry-tabcdefghijk-secrets-role",
    }


def test_the_database_is_verified_where_the_cell_knows_its_authority(catalog: Catalog) -> None:
    """A cell with a CA bundle makes auth verify the database's certificate against it."""
    plain = tenant_of(catalog, "team")
    database = plain.cell.database.model_copy(update={"ca_certificate": "-----BEGIN\nCERTIFICATE-----\n"})
    tenant = type(plain)(
        plain.tenant, plain.cell.model_copy(update={"database": database}), plain.desired, plain.outputs
    )
    data = object_of(catalog, tenant, "ConfigMap", "auth")["data"]
    assert data["database-ca.pem"] == "-----BEGIN\nCERTIFICATE-----\n"
    conn_string = yaml.safe_load(data["teleport.yaml"])["teleport"]["storage"]["conn_string"]
    assert "sslmode=verify-full&sslrootcert=/etc/teleport/database-ca.pem" in conn_string


def test_a_proxy_joins_by_its_role(catalog: Catalog) -> None:
    """Proxies prove this tenant's proxy role in AWS, so no join token exists that could leak."""
    config = object_of(catalog, tenant_of(catalog, "team"), "ConfigMap", "auth")
    token = yaml.safe_load(config["data"]["proxy-token.yaml"])["spec"]
    assert token["join_method"] == "iam"
    assert token["allow"] == [
        {
            "aws_account": "123456789012",
            "aws_arn": "arn:aws:sts::123456789012:assumed-role/tenantry-tabcdefghijk-proxy-role/*",
        }
    ]
    assert config_of(catalog, "proxy")["teleport"]["join_params"] == {"method": "iam", "token_name": "proxy"}


def test_the_certificate_covers_the_address_and_all_below(catalog: Catalog) -> None:
    """Certificate and DNS name the same hosts, and the proxy serves with that certificate."""
    tenant = tenant_of(catalog, "team")
    certificate = object_of(catalog, tenant, "Certificate", "proxy")["spec"]
    host = "acme.use1.tenants.example.com"
    assert certificate["dnsNames"] == [host, f"*.{host}"]
    records = {
        ref.name.split()[0]
        for ref in catalog.blueprint_of("team").resources(tenant)
        if ref.step == "dns" and ref.name.endswith(" CNAME")
    }
    assert records == set(certificate["dnsNames"])
    volumes = [volume.get("secret", {}).get("secretName") for volume in pod_of(catalog, "proxy")["volumes"]]
    assert certificate["secretName"] in volumes
