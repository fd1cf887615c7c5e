"""The usage token in a tenant's secret, and its hash in our database."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from activities.aws.failures import code_of
from activities.aws.secret_values import token_in
from domain.bearer import digest
from domain.errors import InvalidSpec, NotReady
from domain.messages import StepCall
from store.inventory import Inventory
from store.usage_tokens import KnownToken, UsageTokens

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

CURRENT = "AWSCURRENT"


class TokenHashes:
    """Follows what the secret holds: whoever sends the token that stands there may send usage."""

    def __init__(self, inventory: Inventory) -> None:
        self._tokens = UsageTokens(inventory.engine, inventory.clock)

    def record(self, client: "SecretsManagerClient", call: StepCall, name: str) -> None:
        """Reads the value back, also after it was made: of several attempts the one that stays counts."""
        try:
            found = client.get_secret_value(SecretId=name)
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                raise NotReady(f"AWS does not show the value of secret {name} yet") from error
            raise
        token = token_in(found.get("SecretString", ""), call.tenant.id)
        if token is None:
            raise InvalidSpec(
                f"secret {name} holds no usage token of this tenant: delete it, and a new one is made"
            )
        self._tokens.record(call, KnownToken(name, found["VersionId"], digest(token)))

    def forget(self, call: StepCall, name: str) -> None:
        self._tokens.forget(call, name)

    def known_version(self, call: StepCall) -> str | None:
        """Of the value whose hash is recorded."""
        return self._tokens.version(call.tenant.id)


def current_version(secret: "DescribeSecretResponseTypeDef") -> str | None:
    versions = secret.get("VersionIdsToStages", {})
    return next((version for version, stages in versions.items() if CURRENT in stages), None)
