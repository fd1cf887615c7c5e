"""What bears which tags, and whose it is: what IAM looks up before it decides."""

from collections.abc import Callable, Iterable, Mapping

from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends

from devstack.aws.calls import Call
from devstack.aws.trust import role_of
from devstack.aws.upstream import Moto

Lookup = Callable[[str], Mapping[str, str]]


class Tagged:
    """Things that do not exist bear no tags."""

    def __init__(self, moto: Moto, *, rds: Lookup, eks: Lookup) -> None:
        self._moto = moto
        self._lookups: dict[str, Lookup] = {"rds": rds, "eks": eks}

    def tags(self, call: Call, arn: str) -> Mapping[str, str]:
        service = arn.split(":")[2] if arn.count(":") > 2 else ""
        if service in self._lookups:
            return self._lookups[service](arn)
        with self._moto.lock:
            if service == "iam":
                role = role_of(call.account, arn)
                return _by_key(role.tags) if role else {}
            if service == "secretsmanager":
                return self._of_secret(call, arn)
        return {}

    def owner(self, call: Call) -> str:
        """The account of the bucket that the call is about; of one that does not exist yet the caller's."""
        with self._moto.lock:
            _partition, account = s3_backends.bucket_accounts.get(call.params.get("Bucket") or "", ("", ""))
        return account or call.account

    def _of_secret(self, call: Call, arn: str) -> Mapping[str, str]:
        name = arn.rpartition(":secret:")[2]
        secrets = secretsmanager_backends[call.account][call.region].secrets.values()
        found = next((secret for secret in secrets if arn == secret.arn or name == secret.name), None)
        return _by_key(found.tags or []) if found else {}


def _by_key(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
