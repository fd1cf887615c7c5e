"""Secrets Manager: passwords and tokens that are born here, kept there, and appear nowhere else."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import (
    Finding,
    Ground,
    Holder,
    Kind,
    doomed,
    holder_of,
    listed,
    name_of,
    require_ours,
    tags_of,
)
from activities.aws.failures import aws_errors, code_of
from activities.aws.losses import lost, made_before
from activities.aws.observing import Comparison, lacking
from activities.aws.secret_values import fresh
from activities.aws.usage_token import TokenHashes, current_version
from domain.errors import NotReady
from domain.messages import Difference, StepCall, StepOutcome, TenantContext
from domain.specs import SecretSpec
from store.inventory import InventoryRow

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

TAKEN = frozenset({"ResourceExistsException", "InvalidRequestException"})
"""Refusals of a name that is in use; the second while its secret waits for its deletion."""

NOT_THE_SAME = "a new password would not be the one that the database has"
PUT_BACK = "Put that one back under this name, or give both a new one, then try again"


@dataclass(frozen=True)
class _Held:
    """A secret and the version of its value."""

    arn: str
    version: str


class Secrets(Kind):
    ref_kind = "secretsmanager:secret"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._hashes = TokenHashes(ground.inventory)

    @activity.defn(name="secret.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        name = name_of(call.tenant, call.step)
        client = self._client(call.tenant)
        with aws_errors() as hidden:
            made = made_before(self.ground, call, self.ref_kind, name)
            kept = self._keep(client, call, made) if made else None
            held = kept or self._create_or_adopt(client, call, name, hidden)
            if not self._is_made_once(call):
                self._hashes.record(client, call, name)
        return StepOutcome(
            outputs=self.ground.made(
                call,
                self.ref_kind,
                name,
                provider_id=held.arn,
                outputs={"name": name, "arn": held.arn, "version": held.version},
                identity=held.arn,  # Secrets Manager ends it with six random characters
            )
        )

    @activity.defn(name="secret.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        client = self._client(call.tenant)
        for row in self.ground.to_remove(call):
            self._hashes.forget(call, row.ref.name)
            with aws_errors():
                found = _describe(client, row.ref.name)
                if not doomed(row, _tags(found) if found else None, call.tenant):
                    continue
                # Answers alike if there is no such secret; the ARN of one made is no other's.
                arn = found["ARN"] if found else row.provider_id
                client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
                if _describe(client, row.ref.name) is not None:
                    raise NotReady(f"secret {row.ref.name} is being deleted")
        return StepOutcome()

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        with aws_errors():
            found = _describe(self._client(tenant), row.ref.name)
        if found is None:
            return Finding(Holder.NOBODY, "secretsmanager:DescribeSecret answered ResourceNotFoundException")
        holder = holder_of(_tags(found), tenant)
        return Finding(holder, f"secretsmanager:DescribeSecret answered {found['ARN']}", found["ARN"])

    def observe(self, call: StepCall) -> list[Difference]:
        """Whether it is there and has a value, which is not read."""
        name = name_of(call.tenant, call.step)
        found = Comparison(call, self.ref_kind, name)
        made = made_before(self.ground, call, self.ref_kind, name)
        with aws_errors():
            secret = _describe(self._client(call.tenant), name)
        once = self._is_made_once(call)
        if secret is None:
            if once and made:
                return found.lost(f"gone: {NOT_THE_SAME}")
            return found.missing(replaceable=True)
        if not found.ours(_tags(secret)):
            return found.differences
        if secret.get("DeletedDate"):
            return found.missing("its deletion is scheduled; until then it can be restored")
        if not once:
            found.field(
                "version whose hash is known", current_version(secret), self._hashes.known_version(call)
            )
        elif not (version := current_version(secret)):
            found.lost(f"without a value: {NOT_THE_SAME}")
        else:
            given = call.outputs.get(f"{call.step}.version", version)
            found.field("version that the tenant was given", given, version)
        return found.differences

    def _is_made_once(self, call: StepCall) -> bool:
        """A password is known to a database, too; a usage token to whoever reads the secret."""
        return self.ground.spec(call, SecretSpec).holds != "usage-token"

    def _keep(self, client: "SecretsManagerClient", call: StepCall, made: InventoryRow) -> "_Held | None":
        """The secret that was made before; None if another may be made in its place.

        No consent makes a new password the database's.
        """
        found = _describe(client, made.ref.name)
        if found:
            self._take(client, call, found)
            if version := current_version(found):
                return _Held(found["ARN"], version)
        if not self._is_made_once(call):
            return None
        raise lost(self.ground, made, f"{'without a value' if found else 'gone'}: {NOT_THE_SAME}. {PUT_BACK}")

    def _create_or_adopt(
        self, client: "SecretsManagerClient", call: StepCall, name: str, hidden: list[str]
    ) -> "_Held":
        """The secret with a new value, or with the one that an attempt before gave it."""
        new = fresh(self.ground.spec(call, SecretSpec), call.tenant)
        hidden.append(new.secret)
        try:
            created = client.create_secret(
                Name=name,
                Description=new.description,
                ClientRequestToken=_token(name),
                SecretString=new.text,
                Tags=listed(tags_of(call)),  # type: ignore[arg-type]  # plain dicts
            )
            return _Held(created["ARN"], created["VersionId"])
        except ClientError as error:
            if code_of(error) not in TAKEN:
                raise
            found = _describe(client, name)
            if found is None:
                raise
        self._take(client, call, found)
        version = current_version(found)
        if version is None:  # made by an attempt that could not give it a value
            version = client.put_secret_value(
                SecretId=found["ARN"], ClientRequestToken=_token(name), SecretString=new.text
            )["VersionId"]
        return _Held(found["ARN"], version)

    def _take(
        self, client: "SecretsManagerClient", call: StepCall, found: "DescribeSecretResponseTypeDef"
    ) -> None:
        """Has it back from a scheduled deletion, with our tags. Raises OwnershipConflict."""
        require_ours(_tags(found), call.tenant, f"secret {found['Name']}")
        if "DeletedDate" in found:
            client.restore_secret(SecretId=found["ARN"])
        if tags := lacking(tags_of(call), _tags(found)):
            client.tag_resource(SecretId=found["ARN"], Tags=listed(tags))  # type: ignore[arg-type]  # plain dicts

    def _client(self, tenant: TenantContext) -> "SecretsManagerClient":
        return self.ground.clients.secretsmanager(self.ground.cell(tenant).region)


def read_password(client: "SecretsManagerClient", name: str) -> str:
    """The password in a tenant's secret. Never log, return from an activity or store it."""
    value = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    return str(value["password"])


def _token(name: str) -> str:
    """The same for every attempt, so that a repeat after a lost answer cannot make a second version."""
    return hashlib.sha256(name.encode()).hexdigest()


def _describe(client: "SecretsManagerClient", name: str) -> "DescribeSecretResponseTypeDef | None":
    try:
        return client.describe_secret(SecretId=name)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise


def _tags(found: "DescribeSecretResponseTypeDef") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
