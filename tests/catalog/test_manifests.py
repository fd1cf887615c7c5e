"""What the catalog makes of a blueprint's files, whichever blueprint it is."""

from dataclasses import replace

import pytest

from catalog import Catalog
from domain.errors import BlueprintError
from domain.naming import FIELD_MANAGER, TAG_STEP, TAG_TENANT, ownership_tags
from tests.catalog.samples import every_tenant, objects_of, tenant_of

PLANS = ("team", "business", "enterprise", "echo")


def test_every_object_is_labelled_as_this_tenants(catalog: Catalog) -> None:
    """Every object bears install, tenant, slug and step, by which ours is told from foreign."""
    for tenant in every_tenant(catalog):
        who = tenant.tenant
        for manifest in objects_of(catalog, tenant):
            labels = manifest["metadata"]["labels"]
            wanted = ownership_tags(who.install, who.id, who.slug, labels[TAG_STEP])
            assert wanted.items() <= labels.items()
            assert labels["app.kubernetes.io/managed-by"] == FIELD_MANAGER


def test_every_object_is_in_the_tenants_namespace(catalog: Catalog) -> None:
    """Nothing but the namespace itself is outside of it, so removing it leaves nothing."""
    for tenant in every_tenant(catalog):
        for manifest in objects_of(catalog, tenant):
            expected = None if manifest["kind"] == "Namespace" else "tenantry-tabcdefghijk-ns"
            assert manifest["metadata"].get("namespace") == expected


def test_selectors_hold_nothing_that_may_change(catalog: Catalog) -> None:
    """Selectors, which Kubernetes never lets change, name only the component; pods also bear the tenant."""
    for tenant in every_tenant(catalog):
        for manifest in objects_of(catalog, tenant):
            if manifest["kind"] != "Deployment":
                continue
            name, template = manifest["metadata"]["name"], manifest["spec"]["template"]
            assert manifest["spec"]["selector"] == {"matchLabels": {"app.kubernetes.io/name": name}}
            assert template["metadata"]["labels"]["app.kubernetes.io/name"] == name
            assert template["metadata"]["labels"][TAG_TENANT] == tenant.tenant.id


@pytest.mark.parametrize("plan", PLANS)
def test_resources_are_what_the_files_make(catalog: Catalog, plan: str) -> None:
    """The inventory's intents name exactly the rendered objects, before any output is known."""
    tenant = tenant_of(catalog, plan)
    refs = catalog.blueprint_of(plan).resources(tenant)
    intended = [(ref.kind, ref.namespace, ref.name) for ref in refs if ref.step_kind.provider == "kubernetes"]
    made = [
        (
            f"{manifest['apiVersion']}/{manifest['kind']}",
            manifest["metadata"].get("namespace", ""),
            manifest["metadata"]["name"],
        )
        for manifest in objects_of(catalog, tenant)
    ]
    assert intended == made
    assert len(set(intended)) == len(intended)


def test_resources_name_every_aws_thing(catalog: Catalog) -> None:
    """Every AWS step of the teleport blueprint has its thing in the inventory, under its final name."""
    refs = catalog.blueprint_of("team").resources(tenant_of(catalog, "team"))
    named = {(ref.kind, ref.name) for ref in refs if ref.step_kind.provider == "aws"}
    prefix = "tenantry-tabcdefghijk"
    assert named == {
        ("s3:bucket", f"{prefix}-recordings"),
        ("secretsmanager:secret", f"{prefix}-database-admin"),
        ("secretsmanager:secret", f"{prefix}-database-password"),
        ("secretsmanager:secret", f"{prefix}-usage-token"),
        ("rds:db-parameter-group", f"{prefix}-database-parameters"),
        ("rds:db-instance", f"{prefix}-database"),
        ("iam:role", f"{prefix}-auth-role"),
        ("iam:role", f"{prefix}-proxy-role"),
        ("iam:role", f"{prefix}-secrets-role"),
        ("eks:pod-identity-association", f"{prefix}-ns/auth"),
        ("eks:pod-identity-association", f"{prefix}-ns/proxy"),
        ("route53:record", "acme.use1.tenants.example.com CNAME"),
        ("route53:record", "_tenantry.acme.use1.tenants.example.com TXT"),
        ("route53:record", "*.acme.use1.tenants.example.com CNAME"),
        ("route53:record", "_tenantry-any.acme.use1.tenants.example.com TXT"),
    }


def test_rendering_is_pure(catalog: Catalog) -> None:
    """The same tenant renders to the same objects every time, so that applying twice changes nothing."""
    tenant = tenant_of(catalog, "business")
    assert objects_of(catalog, tenant) == objects_of(catalog, tenant)


def test_an_output_that_is_missing_is_named(catalog: Catalog) -> None:
    """Rendering without an output fails naming file, line and output; nothing is left empty."""
    tenant = replace(tenant_of(catalog, "team"), outputs={})
    with pytest.raises(
        BlueprintError, match=r"^teleport/kubernetes/config/00-auth\.yaml\.j2:\d+: .*database\.host"
    ):
        catalog.blueprint_of("team").manifests("config", tenant)


@pytest.mark.parametrize("step", ["recordings", "nothing-like-it"])
def test_steps_without_manifests_have_none(catalog: Catalog, step: str) -> None:
    """Asking for the manifests of a step that has none, or is none, is an error that names it."""
    with pytest.raises(BlueprintError, match=step):
        catalog.blueprint_of("team").manifests(step, tenant_of(catalog, "team"))
