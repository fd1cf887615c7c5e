"""Something else is at a tenant's things: changes one by hand, or deletes it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.chaos.blueprint import Step
from tests.chaos.ground import Ground
from tests.chaos.strangers import AUTHORIZED
from tests.chaos.wire import OBJECTS
from tests.workflows.stage import Json

PLURALS = {
    "resourcequotas": "api/v1",
    "configmaps": "api/v1",
    "deployments": "apis/apps/v1",
    "certificates": "apis/cert-manager.io/v1",
}
SPOILED: dict[str, Json] = {
    "resourcequotas": {"spec": {"hard": {"pods": "77"}}},
    "configmaps": {"data": {"teleport.yaml": "by: hand"}},
    "deployments": {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 77}}}},
    "certificates": {"spec": {"dnsNames": ["by.hand.example"]}},
}
"""What a hand writes into each kind of object."""
LAX = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
BY_HAND = {"Sid": "ByHand", "Effect": "Deny", "Action": "*", "Resource": "*"}
BY_HAND_TTL = 7
FORCE_TLS = "rds.force_ssl"
POLICY = {"Version": "2012-10-17", "Statement": [BY_HAND]}


@dataclass
class Hand:
    """Somebody with the rights of an administrator, and one thing before them."""

    ground: Ground
    tenant: Json
    step: Step

    def change(self) -> None:
        self._act({"kubernetes": self._spoil_object} | self._changes())

    def delete(self) -> None:
        self._act({"kubernetes": self._delete_object} | self._deletions())

    def trace(self) -> bool:
        """Whether the change is still there. Not of a secret: its description is nobody's business."""
        name = self._name
        looks: dict[str, Callable[[], bool]] = {
            "bucket": lambda: (
                self._aws("s3").get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == LAX
            ),
            "role": lambda: (
                self._aws("iam").get_role_policy(RoleName=name, PolicyName="tenant")["PolicyDocument"][
                    "Statement"
                ]
                == [BY_HAND]
            ),
            "database_parameters": lambda: any(
                parameter["ParameterName"] == FORCE_TLS and parameter.get("ParameterValue") == "0"
                for page in self._aws("rds")
                .get_paginator("describe_db_parameters")
                .paginate(DBParameterGroupName=name)
                for parameter in page["Parameters"]
            ),
            "database": lambda: (
                not self._aws("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0][
                    "DeletionProtection"
                ]
            ),
            "pod_identity": lambda: self._association()["roleArn"] == self._stranger,
            "dns": lambda: self._record()["TTL"] == BY_HAND_TTL,
            "kubernetes": self._is_spoiled,
        }
        look = looks.get(self.step.kind)
        return look is not None and look()

    @property
    def _name(self) -> str:
        return f"chaos-{self.tenant['tenant_id']}-{self.step.name}"

    def _aws(self, service: str) -> Any:
        return self.ground.stage.auditor.aws(service, self.ground.cell["region"])

    def _act(self, by_kind: dict[str, Callable[[], object]]) -> None:
        by_kind[self.step.kind]()

    def _changes(self) -> dict[str, Callable[[], object]]:
        name = self._name
        return {
            "bucket": lambda: self._aws("s3").put_public_access_block(
                Bucket=name, PublicAccessBlockConfiguration=LAX
            ),
            "secret": lambda: self._aws("secretsmanager").update_secret(SecretId=name, Description="by hand"),
            "database_parameters": lambda: self._aws("rds").modify_db_parameter_group(
                DBParameterGroupName=name,
                Parameters=[
                    {"ParameterName": FORCE_TLS, "ParameterValue": "0", "ApplyMethod": "pending-reboot"}
                ],
            ),
            "database": lambda: self._aws("rds").modify_db_instance(
                DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True
            ),
            "role": lambda: self._aws("iam").put_role_policy(
                RoleName=name, PolicyName="tenant", PolicyDocument=json.dumps(POLICY)
            ),
            "pod_identity": lambda: self._aws("eks").update_pod_identity_association(
                clusterName=self.ground.cell["cluster"],
                associationId=self._association()["associationId"],
                roleArn=self._stranger,
            ),
            "dns": lambda: self._change_record("UPSERT", ttl=BY_HAND_TTL),
        }

    def _deletions(self) -> dict[str, Callable[[], object]]:
        name = self._name
        return {
            "bucket": lambda: self._aws("s3").delete_bucket(Bucket=name),
            "secret": lambda: self._aws("secretsmanager").delete_secret(
                SecretId=name, ForceDeleteWithoutRecovery=True
            ),
            "database_parameters": self._delete_parameters,
            "database": self._delete_database,
            "role": self._delete_role,
            "pod_identity": lambda: self._aws("eks").delete_pod_identity_association(
                clusterName=self.ground.cell["cluster"], associationId=self._association()["associationId"]
            ),
            "dns": lambda: self._change_record("DELETE", ttl=60),
        }

    def _delete_parameters(self) -> None:
        # RDS refuses while an instance uses them.
        rds = self._aws("rds")
        if not rds.describe_db_instances()["DBInstances"]:
            rds.delete_db_parameter_group(DBParameterGroupName=self._name)

    def _delete_database(self) -> None:
        rds = self._aws("rds")
        rds.modify_db_instance(
            DBInstanceIdentifier=self._name, DeletionProtection=False, ApplyImmediately=True
        )
        rds.delete_db_instance(DBInstanceIdentifier=self._name, SkipFinalSnapshot=True)

    def _delete_role(self) -> None:
        iam = self._aws("iam")
        for policy in iam.list_role_policies(RoleName=self._name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=self._name, PolicyName=policy)
        iam.delete_role(RoleName=self._name)

    @property
    def _stranger(self) -> str:
        return f"arn:aws:iam::{self.ground.cell['account_id']}:role/{self.ground.strangers.role}"

    def _association(self) -> dict[str, Any]:
        eks, cluster = self._aws("eks"), self.ground.cell["cluster"]
        listed = eks.list_pod_identity_associations(
            clusterName=cluster, serviceAccount=self.step.spec["service_account"]
        )["associations"]
        mine = self._mine(entry for entry in listed if self.tenant["tenant_id"] in entry["namespace"])
        described: dict[str, Any] = eks.describe_pod_identity_association(
            clusterName=cluster, associationId=mine["associationId"]
        )["association"]
        return described

    def _record(self) -> dict[str, Any]:
        records = self._aws("route53").list_resource_record_sets(
            HostedZoneId=self.ground.cell["hosted_zone_id"]
        )["ResourceRecordSets"]
        mine = (r for r in records if r["Name"].startswith(self.tenant["slug"]) and r["Type"] == "CNAME")
        return self._mine(mine)

    def _mine(self, listed: Iterable[Any]) -> dict[str, Any]:
        """Raises LookupError: a StopIteration that leaves a thread is never seen, and the case would hang."""
        for entry in listed:
            return dict(entry)
        raise LookupError(f"{self._name} is not there for a hand to change")

    def _change_record(self, action: str, *, ttl: int) -> None:
        change = {"Action": action, "ResourceRecordSet": {**self._record(), "TTL": ttl}}
        self._aws("route53").change_resource_record_sets(
            HostedZoneId=self.ground.cell["hosted_zone_id"], ChangeBatch={"Changes": [change]}
        )

    # --- in the cluster -------------------------------------------------------------------------------------

    def _spoil_object(self) -> None:
        resource, _ = OBJECTS[self.step.name]
        headers = {**AUTHORIZED, "Content-Type": "application/merge-patch+json"}
        for path in self._paths()[:1]:
            answer = httpx.patch(path, json=SPOILED[resource], headers=headers)
            assert answer.status_code == 200, answer.text

    def _delete_object(self) -> None:
        whole = [f"{self.ground.cluster_url}/api/v1/namespaces/{self._space}"]
        for path in whole if self.step.name == "foundation" else self._paths()[:1]:
            answer = httpx.delete(path, headers=AUTHORIZED)
            assert answer.status_code in {200, 202}, answer.text

    def _is_spoiled(self) -> bool:
        resource, _ = OBJECTS[self.step.name]
        return any(_within(SPOILED[resource], found) for found in self._alike())

    @property
    def _space(self) -> str:
        return f"chaos-{self.tenant['tenant_id']}-ns"

    def _paths(self) -> list[str]:
        return [f"{self._listing}/{found['metadata']['name']}" for found in self._alike()]

    @property
    def _listing(self) -> str:
        resource, _ = OBJECTS[self.step.name]
        return f"{self.ground.cluster_url}/{PLURALS[resource]}/namespaces/{self._space}/{resource}"

    def _alike(self) -> list[Json]:
        """The objects that may stand for the group; none where an undo or a removal has deleted them."""
        _, name = OBJECTS[self.step.name]
        items = httpx.get(self._listing, headers=AUTHORIZED).json()["items"]
        meant = {name} if name != "*" else {i["metadata"]["name"] for i in items} - {"kube-root-ca.crt"}
        return [item for item in items if item["metadata"]["name"] in meant]


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in part.items())
    return bool(part == whole)
