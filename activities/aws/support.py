"""Support access in AWS: a session of a role of the installation, bound to one tenant's things.

Nothing takes a session back, so each lives for the shortest time that STS gives, and never beyond its grant.
"""

import json
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import Ground, listed
from activities.aws.failures import aws_errors, code_of
from domain.errors import NotPossibleNow
from domain.messages import JsonObject
from domain.messages.access import AccessPlan, CredentialsCall, SealedCredentials
from domain.naming import TAG_ACCESS, TAG_INSTALL, TAG_REQUESTER, TAG_TENANT, resource_name
from domain.plans import Cell
from domain.support import SESSION, AccessMode, aws_role_name, session_fits
from runtime.clock import Clock
from runtime.sealed_box import seal

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

TAG_VALUE = 256
_NOT_IN_TAGS = re.compile(r"[^\w .:/=+@-]", re.ASCII)
TOO_LITTLE_LEFT = (
    "less than 15 minutes of this access are left, and AWS gives no session that is shorter; "
    "ask for another access"
)


class AwsAccess:
    def __init__(self, ground: Ground, clock: Clock) -> None:
        self._ground = ground
        self._clock = clock

    @activity.defn(name="aws.issue_access")
    def issue(self, call: CredentialsCall) -> SealedCredentials:
        """A session, sealed for who asked. Raises NotPossibleNow where the grant has too little left."""
        if not session_fits(call.ends_at - self._clock.now()):
            raise NotPossibleNow(TOO_LITTLE_LEFT)
        cell = self._ground.cell(call.plan.tenant)
        with aws_errors():
            session = self._begun(call, cell)
        expires_at = session["Expiration"]
        if expires_at > call.ends_at:
            # It began a moment later than was reckoned; nobody gets to see it.
            raise NotPossibleNow(TOO_LITTLE_LEFT)
        secret = json.dumps(_credentials(session, cell))
        return SealedCredentials(
            sealed=seal(secret, call.public_key, f"aws {call.plan.grant_id}"), expires_at=expires_at
        )

    def _begun(self, call: CredentialsCall, cell: Cell) -> "CredentialsTypeDef":
        plan = call.plan
        role = aws_role_name(plan.tenant.install, plan.mode)
        try:
            answer = self._ground.clients.sts(cell.region).assume_role(
                RoleArn=f"arn:{cell.partition}:iam::{cell.account_id}:role/{role}",
                RoleSessionName=plan.grant_id,
                DurationSeconds=int(SESSION.total_seconds()),
                Policy=json.dumps(session_policy(plan, cell), separators=(",", ":")),
                Tags=listed(_tags(call)),  # type: ignore[arg-type]  # plain dicts
            )
        except ClientError as error:
            if code_of(error) == "AccessDenied":
                raise NotPossibleNow(
                    f"AWS does not let workers take the role {role}: it is missing, or does not trust them"
                ) from error
            raise
        return answer["Credentials"]


def session_policy(plan: AccessPlan, cell: Cell) -> JsonObject:
    """The most that the session may do, whatever its role may: this tenant's things, and no secret."""
    bucket = f"arn:{cell.partition}:s3:::{resource_name(plan.tenant.install, plan.tenant.id, '*')}"
    looks, restarts = "rds:DescribeDBInstances", "rds:RebootDBInstance"
    databases = [looks, restarts] if plan.mode is AccessMode.WRITE else [looks]
    name = resource_name(plan.tenant.install, plan.tenant.id, "*")
    database = f"arn:{cell.partition}:rds:{cell.region}:{cell.account_id}:db:{name}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(["s3:ListBucket"], bucket),
            _allow(["s3:GetObject"], f"{bucket}/*"),
            _allow(databases, database),
        ],
    }


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _tags(call: CredentialsCall) -> dict[str, str]:
    """So that CloudTrail tells whose session did what; what a tag may not hold becomes `_`."""
    return {
        TAG_INSTALL: call.plan.tenant.install,
        TAG_TENANT: call.plan.tenant.id,
        TAG_ACCESS: call.plan.grant_id,
        TAG_REQUESTER: _NOT_IN_TAGS.sub("_", call.requested_by)[:TAG_VALUE],
    }


def _credentials(session: "CredentialsTypeDef", cell: Cell) -> JsonObject:
    return {
        "access_key_id": session["AccessKeyId"],
        "secret_access_key": session["SecretAccessKey"],
        "session_token": session["SessionToken"],
        "region": cell.region,
        "expires_at": session["Expiration"].isoformat(),
    }
