"""Each of the operations that the front answers itself, called at least once and with success."""

import json
from collections.abc import Callable
from typing import Any

from tests.devstack.aws.support import CLUSTER, DOMAIN, TRUST, ZONE, Aws, unique


def upsert(name: str) -> Any:
    record = {"Name": name, "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": '"x"'}]}
    return {"Comment": "a test's", "Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}


def eks(aws: Aws) -> None:
    made = aws.eks.create_pod_identity_association(
        clusterName=CLUSTER,
        namespace=unique(),
        serviceAccount="auth",
        roleArn=aws.role(),
        disableSessionTags=True,
        tags={"a": "1"},
    )["association"]
    one: dict[str, Any] = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    aws.eks.list_pod_identity_associations(clusterName=CLUSTER)
    aws.eks.update_pod_identity_association(**one, roleArn=aws.role())
    aws.eks.describe_pod_identity_association(**one)
    aws.eks.tag_resource(resourceArn=made["associationArn"], tags={"b": "2"})
    aws.eks.untag_resource(resourceArn=made["associationArn"], tagKeys=["a"])
    aws.eks.list_tags_for_resource(resourceArn=made["associationArn"])
    aws.eks.delete_pod_identity_association(**one)


def quotas(aws: Aws) -> None:
    quotas = aws.client("service-quotas")
    for get in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
        get(ServiceCode="rds", QuotaCode="L-7B6409FD")
    for listing in (quotas.list_service_quotas, quotas.list_aws_default_service_quotas):
        listing(ServiceCode="rds", MaxResults=2)


def sts(aws: Aws) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.iam.create_role(RoleName=unique("walked"), AssumeRolePolicyDocument=document)["Role"]
    client = aws.client("sts")
    client.assume_role(RoleArn=role["Arn"], RoleSessionName="walker", DurationSeconds=900)
    client.get_caller_identity()


def iam(aws: Aws) -> None:
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"s3:prefix": "a"}},
                }
            ],
        }
    )
    role = aws.role()
    name = role.rpartition("/")[2]
    aws.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    aws.iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["s3:GetObject"])
    aws.iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"])
    aws.iam.update_role(RoleName=name, Description="d")
    aws.iam.update_assume_role_policy(RoleName=name, PolicyDocument=TRUST)


def route53(aws: Aws) -> None:
    change = aws.route53.change_resource_record_sets(
        HostedZoneId=ZONE, ChangeBatch=upsert(f"{unique()}.{DOMAIN}")
    )
    aws.route53.get_change(Id=change["ChangeInfo"]["Id"])


def rds(aws: Aws) -> None:
    name = aws.database(
        StorageEncrypted=True,
        DBSubnetGroupName="any",
        CopyTagsToSnapshot=True,
        EnableCloudwatchLogsExports=["postgresql"],
        Tags=[{"Key": "a", "Value": "b"}],
    )
    one: dict[str, Any] = {"DBInstanceIdentifier": name}
    arn = aws.described(name)["DBInstanceArn"]
    aws.delay(database_modify=5)
    steps: list[Callable[..., Any]] = [
        aws.rds.reboot_db_instance,
        aws.rds.stop_db_instance,
        aws.rds.start_db_instance,
    ]
    for step in steps:
        step(**one)
        aws.described(name)
        aws.advance(6)
        aws.described(name)
    aws.rds.modify_db_instance(**one, AllocatedStorage=40, MultiAZ=True, ApplyImmediately=True)
    aws.described(name)
    aws.advance(6)
    aws.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "c", "Value": "d"}])
    aws.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    aws.rds.list_tags_for_resource(ResourceName=arn)
    snapshot = unique("snapshot")
    aws.rds.create_db_snapshot(**one, DBSnapshotIdentifier=snapshot)
    aws.rds.describe_db_snapshots(DBSnapshotIdentifier=snapshot)
    aws.rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    aws.rds.describe_db_instance_automated_backups(**one)
    aws.rds.delete_db_instance(**one, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    kept = aws.rds.describe_db_instance_automated_backups(**one)["DBInstanceAutomatedBackups"][0]
    aws.rds.delete_db_instance_automated_backup(DbiResourceId=kept["DbiResourceId"])
    aws.rds.describe_orderable_db_instance_options(Engine="postgres", DBInstanceClass="db.t4g.medium")


def rds_groups(aws: Aws) -> None:
    one: dict[str, Any] = {"DBParameterGroupName": unique("pg")}
    aws.rds.create_db_parameter_group(**one, DBParameterGroupFamily="postgres17", Description="d")
    aws.rds.describe_db_parameter_groups(**one)
    aws.rds.modify_db_parameter_group(
        **one,
        Parameters=[{"ParameterName": "work_mem", "ParameterValue": "1", "ApplyMethod": "immediate"}],
    )
    aws.rds.describe_db_parameters(**one, MaxRecords=20)
    aws.rds.reset_db_parameter_group(**one, ResetAllParameters=True)
    aws.rds.delete_db_parameter_group(**one)
    aws.rds.describe_db_subnet_groups()
