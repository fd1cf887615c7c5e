"""Names of everything a tenant consists of.

The tenant id comes right after the install, so no tenant's name is a prefix of another's; the slug appears
only in tags, labels and DNS. Lengths fit the tightest provider limit (63: S3 bucket, RDS, label value).
"""

import hashlib
import re
import secrets
import string

INSTALL_PATTERN = r"^[a-z][a-z0-9]{0,7}$"
TENANT_ID_PATTERN = r"^[a-z][a-z0-9]{11}$"
CUSTOMER_ID_PATTERN = r"^[a-z][a-z0-9_-]{1,62}$"
SLUG_PATTERN = r"^[a-z](?:[a-z0-9]|-(?!-)){1,30}[a-z0-9]$"
SLUG_SHORTEST, SLUG_LONGEST = 3, 32
STEP_PATTERN = r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$"
STEP_LIMIT = 40
NAME_LIMIT = 63

TAG_INSTALL = "tenantry.dev/install"
TAG_TENANT = "tenantry.dev/tenant"
TAG_SLUG = "tenantry.dev/slug"
TAG_STEP = "tenantry.dev/step"
TAG_ACCESS = "tenantry.dev/access"
TAG_REQUESTER = "tenantry.dev/requester"
FIELD_MANAGER = "tenantry"

RESERVED_SLUGS: frozenset[str] = frozenset(
    "admin api app auth billing blog console dashboard default docs ftp help internal kube-system login mail "
    "metrics ns portal proxy public root signup smtp static status support system teleport tenantry test "
    "usage www".split()
)

_LETTERS = string.ascii_lowercase
_ALPHABET = string.ascii_lowercase + string.digits


def new_tenant_id() -> str:
    """A fresh id: 12 characters, 61 bits, a valid start for names in AWS, Kubernetes and PostgreSQL."""
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_ALPHABET) for _ in range(11))


def new_operation_id() -> str:
    """A fresh operation id; also the id of the Temporal update that starts it."""
    return "op" + "".join(secrets.choice(_ALPHABET) for _ in range(18))


def derived_operation_id(*parts: str) -> str:
    """The same id for the same parts, in the form of a fresh one."""
    return "op" + derived(18, *parts)


def derived(length: int, *parts: str) -> str:
    """Letters and digits, always the same for the same parts; at most 48 of them differ by chance."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    return "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(length))


def slug_problem(slug: str) -> str | None:
    """What is wrong with a slug, in words for the person who chose it; None if nothing is."""
    if not re.fullmatch(SLUG_PATTERN, slug):
        return (
            "a slug has 3 to 32 characters: lower-case letters, digits and single hyphens, "
            "starting with a letter and ending with a letter or digit"
        )
    if slug in RESERVED_SLUGS:
        return f"'{slug}' is reserved; choose another slug"
    return None


def resource_name(install: str, tenant_id: str, step: str) -> str:
    """The provider-side name of the thing that one blueprint step makes."""
    name = f"{install}-{tenant_id}-{step}"
    if len(name) > NAME_LIMIT:
        raise ValueError(f"name {name!r} is longer than {NAME_LIMIT} characters")
    return name


def namespace_name(install: str, tenant_id: str) -> str:
    """The tenant's Kubernetes namespace."""
    return resource_name(install, tenant_id, "ns")


def database_name(tenant_id: str) -> str:
    """Database and master user inside a tenant's RDS instance (RDS allows letters and digits only)."""
    return f"t{tenant_id}"


def database_owner(tenant_id: str) -> str:
    """Role that owns everything in a tenant's database; nobody logs in as it."""
    return f"{database_name(tenant_id)}_owner"


def database_users(tenant_id: str) -> tuple[str, str]:
    """The two users as which a tenant logs in to its database, one at a time."""
    return f"{database_name(tenant_id)}_a", f"{database_name(tenant_id)}_b"


def tenant_host(slug: str, domain: str, label: str = "") -> str:
    """The tenant's DNS name in its cell's domain, or a name below it; `*` stands for all of them."""
    return ".".join(part for part in (label, slug, domain) if part)


def registry_host(host: str) -> str:
    """Where the TXT record stands that marks the record of `host` as ours.

    Beside it and not on it: a name with a CNAME may have no other record.
    """
    label, _, rest = host.partition(".")
    return f"_tenantry-any.{rest}" if label == "*" else f"_tenantry.{host}"


def workflow_id(slug: str, tenant_id: str) -> str:
    """Shared by all lifecycle runs of a tenant: the server's uniqueness of open ids is the tenant's lock."""
    return f"tenant/{slug}/{tenant_id}"


def preview_id(tenant_id: str) -> str:
    """Of a workflow that looks ahead: one for each preview, beside the tenant's run."""
    return f"preview/{tenant_id}/{secrets.token_hex(8)}"


def ownership_tags(install: str, tenant_id: str, slug: str, step: str) -> dict[str, str]:
    """Marks a thing as ours and this tenant's; the same keys are AWS tags and Kubernetes labels."""
    return {TAG_INSTALL: install, TAG_TENANT: tenant_id, TAG_SLUG: slug, TAG_STEP: step}
