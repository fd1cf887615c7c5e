"""EKS Pod Identity: binds a role to a service account of the tenant's namespace."""

import hashlib
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import (
    IDENTITY,
    Finding,
    Holder,
    Kind,
    doomed,
    holder_of,
    name_of,
    require_ours,
    settling,
    tags_of,
)
from activities.aws.failures import aws_errors, code_of, message_of
from activities.aws.observing import Comparison, lacking
from domain.errors import InvalidSpec, Unavailable
from domain.messages import Difference, StepCall, StepOutcome, TenantContext
from domain.naming import namespace_name
from domain.plans import Cell
from domain.specs import PodIdentitySpec
from store.inventory import InventoryRow

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_eks.type_defs import PodIdentityAssociationTypeDef

CLUSTER = "cluster"
"""Attribute of the inventory row: where the association was made, whatever cells.yaml says later."""


class _ClusterMissingError(Exception):
    """EKS has no such cluster in the region of the cell."""


class PodIdentities(Kind):
    ref_kind = "eks:pod-identity-association"

    @activity.defn(name="pod_identity.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        spec = self.ground.spec(call, PodIdentitySpec)
        cell = self.ground.cell(call.tenant)
        role, name = _role_arn(call, cell, spec), _name(call, spec)
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
                attributes={CLUSTER: cell.cluster},
            )
        )

    @activity.defn(name="pod_identity.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        cell = self.ground.cell(call.tenant)
        client = self.ground.clients.eks(cell.region)
        for row in self.ground.rows(call):
            with aws_errors():
                cluster = _cluster_of(row, cell)
                try:
                    found = _find(client, cluster, row.ref.name)
                except _ClusterMissingError:
                    _require_never_made(row, cluster, cell)
                    continue
                if doomed(row, found.get("tags", {}) if found else None, call.tenant):
                    _delete(client, cluster, found["associationId"] if found else row.attributes[IDENTITY])
        return StepOutcome()

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        cell = self.ground.cell(tenant)
        cluster = _cluster_of(row, cell)
        question = f"eks:ListPodIdentityAssociations of cluster {cluster} in {cell.region}"
        with aws_errors():
            try:
                found = _find(self.ground.clients.eks(cell.region), cluster, row.ref.name)
            except _ClusterMissingError:
                _require_never_made(row, cluster, cell)
                return Finding(Holder.NOBODY, f"{question} answered ResourceNotFoundException")
        if found is None:
            return Finding(Holder.NOBODY, f"{question} answered none for the account")
        identifier = found["associationId"]
        return Finding(
            holder_of(found.get("tags", {}), tenant), f"{question} answered {identifier}", identifier
        )

    def observe(self, call: StepCall) -> list[Difference]:
        spec = self.ground.spec(call, PodIdentitySpec)
        cell = self.ground.cell(call.tenant)
        name = _name(call, spec)
        found = Comparison(call, self.ref_kind, name)
        with aws_errors():
            try:
                association = _find(self.ground.clients.eks(cell.region), cell.cluster, name)
            except _ClusterMissingError:
                return found.lost(f"EKS has no cluster '{cell.cluster}' in {cell.region}")
        if association is None:
            return found.missing()
        if found.ours(association.get("tags", {})):
            found.field("roleArn", _role_arn(call, cell, spec), association["roleArn"])
        return found.differences

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
            taken = _find(client, cell.cluster, name) if code_of(error) == "ResourceInUseException" else None
            if taken is None:
                raise
            found = taken
        require_ours(found.get("tags", {}), call.tenant, f"pod identity association of {name}")
        if tags := lacking(tags_of(call), found.get("tags", {})):
            client.tag_resource(resourceArn=found["associationArn"], tags=tags)
        if found["roleArn"] == role:
            return found
        return client.update_pod_identity_association(
            clusterName=cell.cluster, associationId=found["associationId"], roleArn=role
        )["association"]


def _name(call: StepCall, spec: PodIdentitySpec) -> str:
    return f"{namespace_name(call.tenant.install, call.tenant.id)}/{spec.service_account}"


def _role_arn(call: StepCall, cell: Cell, spec: PodIdentitySpec) -> str:
    return f"arn:{cell.partition}:iam::{cell.account_id}:role/{name_of(call.tenant, spec.role)}"


def _token(call: StepCall) -> str:
    """The same for every attempt of one operation: a repeat after a lost answer is known for one."""
    return hashlib.sha256(f"{call.operation_id}/{call.step}".encode()).hexdigest()


def _role_not_seen_yet(error: ClientError) -> bool:
    return code_of(error) == "InvalidParameterException" and "role" in message_of(error).lower()


def _cluster_of(row: InventoryRow, cell: Cell) -> str:
    """Where it was made; for what was never made where it would have been."""
    return row.attributes.get(CLUSTER, cell.cluster)


def _require_never_made(row: InventoryRow, cluster: str, cell: Cell) -> None:
    """Raises InvalidSpec: a cluster that is not found proves nothing about what was made in it."""
    if row.state == "made":
        raise InvalidSpec(
            f"EKS has no cluster '{cluster}' in {cell.region}, where the pod identity association of "
            f"{row.ref.name} was made; restore the cluster, or the access to the AWS account that has it"
        )


def _find(client: "EKSClient", cluster: str, name: str) -> "PodIdentityAssociationTypeDef | None":
    namespace, account = name.split("/")
    try:
        listed = client.list_pod_identity_associations(
            clusterName=cluster, namespace=namespace, serviceAccount=account
        )["associations"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            raise _ClusterMissingError from error
        raise
    if not listed:
        return None
    try:
        return client.describe_pod_identity_association(
            clusterName=cluster, associationId=listed[0]["associationId"]
        )["association"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":  # in the same moment
            raise Unavailable(f"the pod identity association of {name} has just vanished") from error
        raise


def _delete(client: "EKSClient", cluster: str, identifier: str) -> None:
    try:
        client.delete_pod_identity_association(clusterName=cluster, associationId=identifier)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
