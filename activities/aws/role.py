"""IAM roles: one per component and tenant, for a pod of the tenant or for the cell's secrets operator."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import (
    Finding,
    Holder,
    Kind,
    desired_of,
    doomed,
    holder_of,
    listed,
    name_of,
    require_ours,
    tags_of,
)
from activities.aws.failures import aws_errors, code_of
from activities.aws.observing import Comparison, lacking
from catalog import RenderContext
from domain.blueprint import StepKind
from domain.messages import Difference, StepCall, StepOutcome, TenantContext
from domain.naming import namespace_name
from domain.plans import Cell
from domain.specs import PodIdentitySpec, RoleSpec, spec_of
from store.inventory import InventoryRow

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import RoleTypeDef

POLICY_NAME = "tenant"
# Pod Identity tags its sessions, and a role assumed from such a session inherits the tags.
ASSUME = ["sts:AssumeRole", "sts:TagSession"]


class Roles(Kind):
    ref_kind = "iam:role"

    @activity.defn(name="role.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        spec = self.ground.spec(call, RoleSpec)
        name = name_of(call.tenant, call.step)
        trust = self._trust(call, spec)
        policy = self._policy(call)
        client = self._client(call.tenant)
        with aws_errors():
            role = self._create_or_adopt(client, call, name, trust)
            client.put_role_policy(
                RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(policy, sort_keys=True)
            )
        outputs = {"name": name, "arn": role["Arn"]}
        return StepOutcome(
            outputs=self.ground.made(
                call,
                self.ref_kind,
                name,
                provider_id=role["Arn"],
                outputs=outputs,
                identity=role["RoleId"],
            )
        )

    @activity.defn(name="role.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        client = self._client(call.tenant)
        for row in self.ground.rows(call):
            with aws_errors():
                role = _get(client, row.ref.name)
                if doomed(row, _tags(role) if role else None, call.tenant):
                    _delete(client, row.ref.name)
        return StepOutcome()

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        with aws_errors():
            role = _get(self._client(tenant), row.ref.name)
        if role is None:
            return Finding(Holder.NOBODY, "iam:GetRole answered NoSuchEntity")
        return Finding(
            holder_of(_tags(role), tenant), f"iam:GetRole answered {role['RoleId']}", role["RoleId"]
        )

    def observe(self, call: StepCall) -> list[Difference]:
        client = self._client(call.tenant)
        name = name_of(call.tenant, call.step)
        found = Comparison(call, self.ref_kind, name)
        with aws_errors():
            role = _get(client, name)
            if role is None:
                return found.missing()
            if found.ours(_tags(role)):
                trust = self._trust(call, self.ground.spec(call, RoleSpec))
                found.document("trust policy", trust, _document(role.get("AssumeRolePolicyDocument")))
                found.document("policy", self._policy(call), _policy_of(client, name))
        return found.differences

    def _create_or_adopt(
        self, client: "IAMClient", call: StepCall, name: str, trust: dict[str, Any]
    ) -> "RoleTypeDef":
        try:
            return client.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust, sort_keys=True),
                Description=f"{call.step} of tenant {call.tenant.slug}",
                Tags=listed(tags_of(call)),  # type: ignore[arg-type]  # plain dicts
            )["Role"]
        except ClientError as error:
            role = _get(client, name) if code_of(error) == "EntityAlreadyExists" else None
            if role is None:
                raise
        require_ours(_tags(role), call.tenant, f"role {name}")
        if tags := lacking(tags_of(call), _tags(role)):
            client.tag_role(RoleName=name, Tags=listed(tags))  # type: ignore[arg-type]  # plain dicts
        if _document(role.get("AssumeRolePolicyDocument")) != trust:
            client.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust, sort_keys=True))
        return role

    def _policy(self, call: StepCall) -> dict[str, Any]:
        context = RenderContext(
            tenant=call.tenant,
            cell=self.ground.cell(call.tenant),
            desired=desired_of(call),
            outputs=call.outputs,
        )
        return self.ground.blueprint(call.tenant).policy(call.step, context)

    def _trust(self, call: StepCall, spec: RoleSpec) -> dict[str, Any]:
        cell = self.ground.cell(call.tenant)
        if spec.trust == "operator":
            return _trust_in({"AWS": cell.operator_role_arn})
        return _trust_in(
            {"Service": "pods.eks.amazonaws.com"},
            {"StringEquals": self._only_pods_of(call, cell)},
        )

    def _only_pods_of(self, call: StepCall, cell: Cell) -> dict[str, Any]:
        """Which pods may use the role: those of the service accounts that the blueprint binds it to."""
        tenant = call.tenant
        steps = self.ground.blueprint(tenant).model.steps
        bindings = [spec_of(step) for step in steps if step.kind is StepKind.POD_IDENTITY]
        accounts = sorted(
            binding.service_account
            for binding in bindings
            if isinstance(binding, PodIdentitySpec) and binding.role == call.step
        )
        cluster = f"arn:{cell.partition}:eks:{cell.region}:{cell.account_id}:cluster/{cell.cluster}"
        condition: dict[str, Any] = {
            "aws:SourceAccount": cell.account_id,
            "aws:RequestTag/eks-cluster-arn": cluster,
            "aws:RequestTag/kubernetes-namespace": namespace_name(tenant.install, tenant.id),
        }
        if accounts:
            condition["aws:RequestTag/kubernetes-service-account"] = accounts
        return condition

    def _client(self, tenant: TenantContext) -> "IAMClient":
        return self.ground.clients.iam(self.ground.cell(tenant).region)


def _trust_in(principal: dict[str, str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": ASSUME}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def _get(client: "IAMClient", name: str) -> "RoleTypeDef | None":
    try:
        return client.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return None
        raise


def _policy_of(client: "IAMClient", name: str) -> object:
    """None if the role has lost it."""
    try:
        return _document(client.get_role_policy(RoleName=name, PolicyName=POLICY_NAME)["PolicyDocument"])
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return None
        raise


def _delete(client: "IAMClient", name: str) -> None:
    """Also takes away what was attached by hand: IAM deletes only a bare role."""
    inline, attached = {POLICY_NAME}, set[str]()
    with _missing_is_fine():
        for names in client.get_paginator("list_role_policies").paginate(RoleName=name):
            inline.update(names["PolicyNames"])
        for managed in client.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            attached.update(policy["PolicyArn"] for policy in managed["AttachedPolicies"])
    for policy in inline:
        with _missing_is_fine():
            client.delete_role_policy(RoleName=name, PolicyName=policy)
    for arn in attached:
        with _missing_is_fine():
            client.detach_role_policy(RoleName=name, PolicyArn=arn)
    with _missing_is_fine():
        client.delete_role(RoleName=name)


@contextmanager
def _missing_is_fine() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise


def _tags(role: "RoleTypeDef") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}


def _document(value: object) -> object:
    """botocore decodes policy documents; other implementations may leave them URL-encoded."""
    return json.loads(unquote(value)) if isinstance(value, str) else value
