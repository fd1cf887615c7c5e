"""S3: tags at creation, ownership of buckets, and whose account a call expects."""

from collections.abc import Mapping
from typing import Any

from moto.s3.models import s3_backends

from devstack.aws.calls import Call
from devstack.aws.protocol import Answer, RefusedError
from devstack.aws.state import Handlers, State

EXPECTED_OWNER = "X-Amz-Expected-Bucket-Owner"
MAX_TAGS = 50


class S3:
    """moto knows who owns a bucket, and lets everyone in."""

    def __init__(self, state: State) -> None:
        self._state = state

    def handlers(self) -> Handlers:
        return {("s3", "CreateBucket"): self._create}

    def admit(self, call: Call) -> None:
        """Refuses a call on a bucket of another account than the caller's, or than the one expected."""
        bucket = call.params.get("Bucket") if call.service == "s3" else None
        if bucket is None or call.name == "CreateBucket":
            return
        owner = self._owner(bucket)
        expected = call.request.headers.get(EXPECTED_OWNER, owner)
        if owner is not None and (owner != call.account or expected != owner):
            raise RefusedError("AccessDenied", "Access Denied", status=403)

    def _create(self, call: Call) -> Answer | Mapping[str, Any]:
        bucket = call.params["Bucket"]
        tags = _tags(call)
        with self._state.moto.lock:
            owner = self._owner(bucket)
            answer = self._state.moto.forward(call)
            if owner is None and answer.status == 200 and tags:
                created = s3_backends[call.account]["aws"].get_bucket(bucket)
                s3_backends[call.account]["aws"].put_bucket_tagging(created.name, tags)
        return answer

    def _owner(self, bucket: str) -> str | None:
        with self._state.moto.lock:
            _partition, account = s3_backends.bucket_accounts.get(bucket, ("", None))
        return account


def _tags(call: Call) -> dict[str, str]:
    listed = (call.params.get("CreateBucketConfiguration") or {}).get("Tags") or []
    tags = {tag["Key"]: tag["Value"] for tag in listed}
    if len(tags) < len(listed):
        raise RefusedError("InvalidTag", "Cannot provide multiple Tags with the same key", status=400)
    if len(tags) > MAX_TAGS:
        raise RefusedError("BadRequest", f"Bucket tag count cannot be greater than {MAX_TAGS}", status=400)
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            raise RefusedError("InvalidTag", "The TagKey you have provided is invalid", status=400)
        if len(value) > 256:
            raise RefusedError("InvalidTag", "The TagValue you have provided is invalid", status=400)
    return tags
