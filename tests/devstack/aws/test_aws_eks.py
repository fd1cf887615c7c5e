"""EKS Pod Identity associations."""

import json
from typing import Any

from tests.devstack.aws.support import CLUSTER, Aws, refused, unique


def test_an_association_is_created_described_and_deleted(aws: Aws) -> None:
    """What was created is described alike, and is gone once deleted."""
    namespace, role = unique("ns"), aws.role()
    made = aws.eks.create_pod_identity_association(
        clusterName=CLUSTER, namespace=namespace, serviceAccount="auth", roleArn=role, tags={"tenant": "a"}
    )["association"]
    assert (made["namespace"], made["serviceAccount"], made["roleArn"]) == (namespace, "auth", role)
    assert made["tags"] == {"tenant": "a"}
    described = aws.eks.describe_pod_identity_association(
        clusterName=CLUSTER, associationId=made["associationId"]
    )["association"]
    assert described == made
    aws.eks.delete_pod_identity_association(clusterName=CLUSTER, associationId=made["associationId"])
    gone = refused(
        aws.eks.describe_pod_identity_association,
        clusterName=CLUSTER,
        associationId=made["associationId"],
    )
    assert (gone.code, gone.status) == ("ResourceNotFoundException", 404)


def test_a_service_account_takes_one_association(aws: Aws) -> None:
    """A second association of the same service account is refused, and names the first."""
    wanted: dict[str, Any] = {
        "clusterName": CLUSTER,
        "namespace": unique("ns"),
        "serviceAccount": "auth",
        "roleArn": aws.role(),
    }
    made = aws.eks.create_pod_identity_association(**wanted)["association"]
    again = refused(aws.eks.create_pod_identity_association, **wanted)
    assert (again.code, again.status) == ("ResourceInUseException", 409)
    assert again.message == f"Association already exists: {made['associationId']}"
    other = aws.eks.create_pod_identity_association(**{**wanted, "serviceAccount": "proxy"})["association"]
    assert other["associationId"] != made["associationId"]


def test_the_same_token_answers_the_same_association(aws: Aws) -> None:
    """A repeat with its client request token is answered like the first time."""
    wanted: dict[str, Any] = {
        "clusterName": CLUSTER,
        "namespace": unique("ns"),
        "serviceAccount": "auth",
        "roleArn": aws.role(),
        "clientRequestToken": unique("token"),
    }
    first = aws.eks.create_pod_identity_association(**wanted)["association"]
    assert aws.eks.create_pod_identity_association(**wanted)["association"] == first
    changed = refused(aws.eks.create_pod_identity_association, **{**wanted, "roleArn": aws.role()})
    assert changed.code == "ResourceInUseException"


def test_listing_filters_and_pages(aws: Aws) -> None:
    """A listing shows only the namespace asked for, in pages."""
    namespace, role = unique("ns"), aws.role()
    for account in ("auth", "proxy", "agent"):
        aws.eks.create_pod_identity_association(
            clusterName=CLUSTER, namespace=namespace, serviceAccount=account, roleArn=role
        )
    first = aws.eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=namespace, maxResults=2)
    second = aws.eks.list_pod_identity_associations(
        clusterName=CLUSTER, namespace=namespace, maxResults=2, nextToken=first["nextToken"]
    )
    found = [item["serviceAccount"] for item in (*first["associations"], *second["associations"])]
    assert found == ["auth", "proxy", "agent"]
    assert "nextToken" not in second
    one = aws.eks.list_pod_identity_associations(
        clusterName=CLUSTER, namespace=namespace, serviceAccount="proxy"
    )["associations"]
    assert [item["serviceAccount"] for item in one] == ["proxy"]


def test_an_update_changes_the_role(aws: Aws) -> None:
    """The role of an association can be changed in place."""
    made = aws.eks.create_pod_identity_association(
        clusterName=CLUSTER, namespace=unique("ns"), serviceAccount="auth", roleArn=aws.role()
    )["association"]
    role = aws.role()
    aws.eks.update_pod_identity_association(
        clusterName=CLUSTER, associationId=made["associationId"], roleArn=role
    )
    described = aws.eks.describe_pod_identity_association(
        clusterName=CLUSTER, associationId=made["associationId"]
    )["association"]
    assert described["roleArn"] == role


def test_tags_of_an_association(aws: Aws) -> None:
    """Tags are added, listed and removed by ARN; those of clusters stay moto's."""
    arn = aws.eks.create_pod_identity_association(
        clusterName=CLUSTER,
        namespace=unique("ns"),
        serviceAccount="auth",
        roleArn=aws.role(),
        tags={"a": "1"},
    )["association"]["associationArn"]
    aws.eks.tag_resource(resourceArn=arn, tags={"b": "2"})
    aws.eks.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert aws.eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    cluster = aws.eks.describe_cluster(name=CLUSTER)["cluster"]["arn"]
    key = unique("key")
    aws.eks.tag_resource(resourceArn=cluster, tags={key: "1"})
    assert aws.eks.list_tags_for_resource(resourceArn=cluster)["tags"][key] == "1"
    missing = refused(aws.eks.list_tags_for_resource, resourceArn=f"{arn}x")
    assert missing.code == "NotFoundException"


def test_unknown_clusters_are_refused(aws: Aws) -> None:
    """Only the clusters of the configuration exist, each in its region."""
    role = aws.role()
    wanted = {"namespace": "n", "serviceAccount": "auth", "roleArn": role}
    for eks, cluster in ((aws.eks, "nowhere"), (aws.elsewhere("eu-west-1").eks, CLUSTER)):
        refusal = refused(eks.create_pod_identity_association, clusterName=cluster, **wanted)
        assert (refusal.code, refusal.status) == ("ResourceNotFoundException", 404)


def test_the_role_must_exist_and_trust_pod_identity(aws: Aws) -> None:
    """EKS looks at the role: it must be there, and let pods in."""
    wanted = {"clusterName": CLUSTER, "namespace": unique("ns"), "serviceAccount": "auth"}
    missing = refused(
        aws.eks.create_pod_identity_association, **wanted, roleArn="arn:aws:iam::123456789012:role/none"
    )
    assert missing.code == "InvalidParameterException"
    assert missing.message == "Role provided in the request does not exist."
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = aws.iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=json.dumps(trust))["Role"][
        "Arn"
    ]
    closed = refused(aws.eks.create_pod_identity_association, **wanted, roleArn=role)
    assert closed.message == "Trust policy of the role provided is invalid."
