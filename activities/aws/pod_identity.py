"""EKS Pod Identity: binds a role to a service account of the tenant's namespace."""

import hashlib
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import (
    Finding,
    Holder,
    Kind,
    holder_of,
    name_of,
    require_ours,
    settling,
    tags_of,
)
from activities.aws.failures import aws_errors, code_of, message_of
from domain.errors import Unavailable
from domain.messages import ResourceRef, StepCall, StepOutcome, TenantContext
from domain.naming import namespace_name
from domain.plans import Cell
from domain.specs import PodIdentitySpec

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_eks.type_defs import PodIdentityAssociationTypeDef


class PodIdentities(Kind):
    ref_kind = "eks:pod-identity-association"

    @activity.defn(name="pod_identity.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        spec = self.ground.spec(call, PodIdentitySpec)
        cell = self.ground.cell(call.tenant)
        role = f"arn:{cell.partition}:iam::{cell.account_id}:role/{name_of(call.tenant, spec.role)}"
        name = f"{namespace_name(call.tenant.install, call.tenant.id)}/{spec.service_account}"
        with aws_errors():
            association = self._create_or_adopt(call, cell, name, role)
        arn, identifier = association["associationArn"], association["associationId"]
        return StepOutcome(
            outputs=self.ground.made(
                call,
                self.ref_kind,
                name,
                provider_id=arn,
                outputs={"id": identifier},
                identity=identifier,
            )
        )

    @activity.defn(name="pod_identity.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        cell = self.ground.cell(call.tenant)
        client = self.ground.clients.eks(cell.region)
        for row in self.ground.rows(call):
            with aws_errors():
                found = _find(client, cell, row.ref.name)
                if found and holder_of(found.get("tags", {}), call.tenant) is Holder.OURS:
                    _delete(client, cell, found["associationId"])
        return StepOutcome()

    def find(self, tenant: TenantContext, ref: ResourceRef) -> Finding:
        cell = self.ground.cell(tenant)
        with aws_errors():
            found = _find(self.ground.clients.eks(cell.region), cell, ref.name)
        if found is None:
            return Finding(Holder.NOBODY, "eks:ListPodIdentityAssociations answered none for the account")
        identifier = found["associationId"]
        proof = f"eks:ListPodIdentityAssociations answered {identifier}"
        return Finding(holder_of(found.get("tags", {}), tenant), proof, identifier)

    def _create_or_adopt(
        self, call: StepCall, cell: Cell, name: str, role: str
    ) -> "PodIdentityAssociationTypeDef":
        client = self.ground.clients.eks(cell.region)
        namespace, account = name.split("/")
        try:
            found = client.create_pod_identity_association(
                clusterName=cell.cluster,
                namespace=namespace,
                serviceAccount=account,
                roleArn=role,
                clientRequestToken=_token(call),
                tags=tags_of(call),
            )["association"]
        except ClientError as error:
            if _role_not_seen_yet(error) and settling():
                raise Unavailable(f"EKS does not see role {role} yet: {message_of(error)}") from error
            taken = _find(client, cell, name) if code_of(error) == "ResourceInUseException" else None
            if taken is None:
                raise
            found = taken
        require_ours(found.get("tags", {}), call.tenant, f"pod identity association of {name}")
        if found["roleArn"] == role:
            return found
        return client.update_pod_identity_association(
            clusterName=cell.cluster, associationId=found["associationId"], roleArn=role
        )["association"]


def _token(call: StepCall) -> str:
    """The same for every attempt of one operation: a repeat after a lost answer is known for one."""
    return hashlib.sha256(f"{call.operation_id}/{call.step}".encode()).hexdigest()


def _role_not_seen_yet(error: ClientError) -> bool:
    return code_of(error) == "InvalidParameterException" and "role" in message_of(error).lower()


def _find(client: "EKSClient", cell: Cell, name: str) -> "PodIdentityAssociationTypeDef | None":
    namespace, account = name.split("/")
    try:
        listed = client.list_pod_identity_associations(
            clusterName=cell.cluster, namespace=namespace, serviceAccount=account
        )["associations"]
        if not listed:
            return None
        return client.describe_pod_identity_association(
            clusterName=cell.cluster, associationId=listed[0]["associationId"]
        )["association"]
    except ClientError as error:
        # Either the association vanished between the two questions, or the cluster with all of them.
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise


def _delete(client: "EKSClient", cell: Cell, identifier: str) -> None:
    try:
        client.delete_pod_identity_association(clusterName=cell.cluster, associationId=identifier)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
