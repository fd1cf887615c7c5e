"""Names fit their providers, and no tenant's name is another's or begins with it."""

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cli.changes import OPERATION_ID
from domain.naming import (
    INSTALL_PATTERN,
    NAME_LIMIT,
    RESERVED_SLUGS,
    STEP_LIMIT,
    STEP_PATTERN,
    TENANT_ID_PATTERN,
    database_name,
    derived_operation_id,
    namespace_name,
    new_operation_id,
    new_tenant_id,
    ownership_tags,
    registry_host,
    resource_name,
    slug_problem,
    tenant_host,
)

installs = st.from_regex(re.compile(INSTALL_PATTERN, re.ASCII), fullmatch=True)
tenant_ids = st.from_regex(re.compile(TENANT_ID_PATTERN, re.ASCII), fullmatch=True)
steps = st.from_regex(re.compile(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,3}", re.ASCII), fullmatch=True)
slugs = st.from_regex(re.compile(r"[a-z][a-z0-9]{2,9}(-[a-z0-9]{1,9}){0,2}", re.ASCII), fullmatch=True)
LONGEST_STEP = "s" * STEP_LIMIT

DNS_LABEL = r"[a-z]([a-z0-9-]*[a-z0-9])?"
LABEL_VALUE = r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?"


@given(installs, tenant_ids, steps | st.just(LONGEST_STEP))
def test_names_fit_every_provider(install: str, tenant_id: str, step: str) -> None:
    """Any name has at most 63 characters, is a DNS label, and has no doubled hyphen, which RDS refuses."""
    assert re.fullmatch(STEP_PATTERN, step)
    for name in (resource_name(install, tenant_id, step), namespace_name(install, tenant_id)):
        assert len(name) <= NAME_LIMIT
        assert re.fullmatch(DNS_LABEL, name)
        assert "--" not in name
    assert re.fullmatch(r"[a-z][a-z0-9]{0,62}", database_name(tenant_id))


@given(st.tuples(installs, tenant_ids), st.tuples(installs, tenant_ids), steps, steps)
def test_no_name_of_one_tenant_begins_a_name_of_another(
    one: tuple[str, str], other: tuple[str, str], step: str, other_step: str
) -> None:
    """Neither the whole name of one tenant's thing nor its part up to the step begins another tenant's."""
    assume(one != other)
    mine, others = resource_name(*one, step), resource_name(*other, other_step)
    assert not others.startswith(mine)
    assert not others.startswith(resource_name(*one, "a")[:-1])


@given(installs, tenant_ids, slugs, steps)
def test_ownership_fits_labels_and_tags(install: str, tenant_id: str, slug: str, step: str) -> None:
    """The marks of ownership are valid both as labels in Kubernetes and as tags in AWS."""
    for key, value in ownership_tags(install, tenant_id, slug, step).items():
        prefix, _, name = key.partition("/")
        assert re.fullmatch(r"[a-z0-9.-]{1,253}", prefix)
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", name)
        assert len(value) <= 63
        assert re.fullmatch(LABEL_VALUE, value)


@given(st.lists(slugs, min_size=2, max_size=2, unique=True))
def test_hosts_of_tenants_never_meet(pair: list[str]) -> None:
    """No record of one tenant, nor the record that marks it, stands on a name of another or on its own."""
    domain = "use1.tenants.example.com"
    names = []
    for slug in pair:
        hosts = [tenant_host(slug, domain), tenant_host(slug, domain, "*")]
        names += hosts + [registry_host(host) for host in hosts]
    assert len(set(names)) == len(names) == 8
    assert all(len(name) <= 253 for name in names)


@pytest.mark.parametrize(
    ("host", "registry"),
    [
        ("acme.example.com", "_tenantry.acme.example.com"),
        ("*.acme.example.com", "_tenantry-any.acme.example.com"),
    ],
)
def test_the_mark_of_a_record_is_beside_it(host: str, registry: str) -> None:
    """A TXT record marks a DNS record from a name of its own, without a wildcard."""
    assert registry_host(host) == registry


@pytest.mark.parametrize(
    "slug", ["abc", "a1b", "acme", "a-b", "acme-corp-2", "a" * 32, "x" + "-1" * 15, "t00"]
)
def test_good_slugs(slug: str) -> None:
    """Letters, digits and single hyphens, 3 to 32 of them, from a letter to a letter or digit."""
    assert slug_problem(slug) is None


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "a",
        "ab",
        "a" * 33,
        "1ab",
        "-ab",
        "ab-",
        "a--b",
        "Acme",
        "acme_corp",
        "acme.corp",
        "äcme",
        "acme\n",
    ],
)
def test_malformed_slugs(slug: str) -> None:
    """Anything else is refused with the rule in words."""
    assert "3 to 32 characters" in (slug_problem(slug) or "")


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_reserved_slugs(slug: str) -> None:
    """Names that a product needs for itself, or that would mislead, are refused as reserved or too short."""
    assert slug_problem(slug) is not None


def test_new_ids_are_valid_and_new() -> None:
    """Ids made by the API fit the pattern that everything is named by, and do not repeat."""
    ids = {new_tenant_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(re.fullmatch(TENANT_ID_PATTERN, tenant_id) for tenant_id in ids)
    operations = {new_operation_id() for _ in range(500)}
    assert len(operations) == 500
    assert all(set(operation) <= set(string.ascii_lowercase + string.digits) for operation in operations)


def test_a_step_that_makes_a_name_too_long_is_refused() -> None:
    """A name beyond the limit is an error and never cut, which could make two names one."""
    with pytest.raises(ValueError, match="longer than 63"):
        resource_name("installs", "tabcdefghijk", "s" * 42)


@given(st.text(), st.text())
def test_a_derived_operation_id_is_as_good_as_a_fresh_one(tenant: str, moment: str) -> None:
    """The same for the same parts, another for others, in the form that commands take for an operation's."""
    derived = derived_operation_id(tenant, moment)
    assert derived == derived_operation_id(tenant, moment)
    assert derived != derived_operation_id(tenant, moment, "more")
    assert OPERATION_ID.fullmatch(derived)
    assert OPERATION_ID.fullmatch(new_operation_id())
