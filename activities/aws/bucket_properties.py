"""What a tenant's bucket is like: as it is set, and as it is found."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from activities.aws.failures import code_of
from activities.aws.observing import Comparison
from domain.plans import Cell
from domain.specs import BucketSpec

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import LifecycleRuleTypeDef, PublicAccessBlockConfigurationTypeDef

ALGORITHM: Final = "AES256"
OWNERSHIP: Final = "BucketOwnerEnforced"
"""Everything in the bucket belongs to its owner."""
PRIVATE: "PublicAccessBlockConfigurationTypeDef" = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ABORT_UPLOADS_AFTER_DAYS = 7
_UNSET = frozenset(
    {
        "NoSuchPublicAccessBlockConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchLifecycleConfiguration",
        "OwnershipControlsNotFoundError",
    }
)


def lifecycle_of(spec: BucketSpec) -> "LifecycleRuleTypeDef":
    return {
        "ID": "archive-and-expire",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": spec.archive_after_days, "StorageClass": "GLACIER_IR"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": spec.expire_versions_after_days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_UPLOADS_AFTER_DAYS},
    }


def compare(client: "S3Client", name: str, cell: Cell, spec: BucketSpec, found: Comparison) -> None:
    """Reads every property that an ensure sets, and notes those that differ."""
    whose = {"Bucket": name, "ExpectedBucketOwner": cell.account_id}
    block = _read(client, "get_public_access_block", whose).get("PublicAccessBlockConfiguration", {})
    for key, value in PRIVATE.items():
        found.field(key, value, block.get(key, False))
    encryption = _read(client, "get_bucket_encryption", whose).get("ServerSideEncryptionConfiguration", {})
    defaults = [
        rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
        for rule in encryption.get("Rules", [])
    ]
    found.field("encryption", ALGORITHM, ", ".join(map(str, defaults)) or None)
    found.field("versioning", "Enabled", _read(client, "get_bucket_versioning", whose).get("Status"))
    controls = _read(client, "get_bucket_ownership_controls", whose).get("OwnershipControls", {})
    ownership = ", ".join(rule["ObjectOwnership"] for rule in controls.get("Rules", []))
    found.field("object ownership", OWNERSHIP, ownership or None)
    rules = _read(client, "get_bucket_lifecycle_configuration", whose).get("Rules", [])
    found.field("lifecycle", [_essence(lifecycle_of(spec))], [_essence(rule) for rule in rules])


def _read(client: "S3Client", operation: str, whose: dict[str, str]) -> dict[str, Any]:
    """Empty where nothing is set."""
    try:
        answer: dict[str, Any] = getattr(client, operation)(**whose)
    except ClientError as error:
        if code_of(error) in _UNSET:
            return {}
        raise
    return answer


def _essence(rule: Any) -> dict[str, Any]:
    """What a lifecycle rule does, without how S3 writes it down."""
    transitions = [(one.get("Days"), one.get("StorageClass")) for one in rule.get("Transitions", [])]
    prefix = rule.get("Filter", {}).get("Prefix") or rule.get("Prefix") or ""
    # A filter of another sort narrows the rule to some objects.
    narrowed = prefix or any(key != "Prefix" for key in rule.get("Filter", {}))
    return {
        "status": rule.get("Status"),
        "archived": transitions,
        "old versions expire": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "uploads abort": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        "objects expire": rule.get("Expiration"),
        "objects": "some" if narrowed else "all",
    }
