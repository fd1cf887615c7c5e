"""EKS Pod Identity associations."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.errors import InvalidSpec, OwnershipConflict, Unavailable
from domain.naming import namespace_name
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

ROLE, STEP = "auth-role", "auth-identity"


@pytest.fixture
def subject(begun: Callable[..., Subject]) -> Subject:
    """A tenant whose role exists."""
    one = begun()
    one.ensure(ROLE)
    return one


def namespace_of(subject: Subject) -> str:
    return namespace_name(subject.tenant.install, subject.tenant.id)


def associations(subject: Subject) -> list[dict[str, Any]]:
    eks, cluster = subject.aws("eks"), subject.cell.cluster
    listed = eks.list_pod_identity_associations(clusterName=cluster, namespace=namespace_of(subject))
    return [
        eks.describe_pod_identity_association(clusterName=cluster, associationId=one["associationId"])[
            "association"
        ]
        for one in listed["associations"]
    ]


def foreign(subject: Subject, role: str) -> None:
    subject.aws("eks").create_pod_identity_association(
        clusterName=subject.cell.cluster,
        namespace=namespace_of(subject),
        serviceAccount="auth",
        roleArn=role,
        tags={"owner": "other"},
    )


def test_an_association_binds_the_role_and_is_ours(subject: Subject) -> None:
    """A new association names cluster, namespace, service account and role, and bears our tags."""
    subject.ensure(STEP)
    (found,) = associations(subject)
    assert found["serviceAccount"] == "auth"
    assert found["roleArn"] == subject.outputs[f"{ROLE}.arn"]
    assert found["tags"] == subject.tags(STEP)
    assert subject.row(STEP).provider_id == found["associationArn"]
    assert subject.row(STEP).ref.name == f"{namespace_of(subject)}/auth"


def test_ensure_twice_is_ensure_once(subject: Subject) -> None:
    """A second run makes no second association and answers the same."""
    first = subject.ensure(STEP)
    before = associations(subject)
    assert subject.ensure(STEP) == first
    assert associations(subject) == before


def test_another_role_on_our_association_is_corrected(subject: Subject) -> None:
    """An association of ours that was pointed at another role is pointed back."""
    subject.ensure("proxy-role")
    subject.ensure(STEP)
    (found,) = associations(subject)
    subject.aws("eks").update_pod_identity_association(
        clusterName=subject.cell.cluster,
        associationId=found["associationId"],
        roleArn=subject.outputs["proxy-role.arn"],
    )
    subject.ensure(STEP)
    assert associations(subject)[0]["roleArn"] == subject.outputs[f"{ROLE}.arn"]


def test_a_lost_answer_makes_no_second_association(subject: Subject, faults: Faults) -> None:
    """The association whose answer was lost is the one that stays."""
    faults.drop_answer("CreatePodIdentityAssociation", namespace_of(subject))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    subject.ensure(STEP)
    assert faults.taken() == 1
    assert len(associations(subject)) == 1


def test_a_foreign_association_is_left_untouched(subject: Subject) -> None:
    """An association of our service account that is not ours keeps its role and its tags."""
    foreign(subject, subject.outputs[f"{ROLE}.arn"])
    before = associations(subject)
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    subject.remove(ROLE)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert associations(subject) == before


def test_a_role_that_eks_does_not_see_yet_is_worth_another_try_for_a_minute(
    begun: Callable[..., Subject],
) -> None:
    """IAM spreads a new role with a delay; what is still missing after a minute is an error."""
    subject = begun()
    with pytest.raises(Unavailable, match="does not see role"):
        subject.ensure(STEP)
    with pytest.raises(InvalidSpec):
        subject.ensure(STEP, waited_seconds=61)


def test_remove_deletes_only_ours(subject: Subject, faults: Faults) -> None:
    """Removal survives a lost answer, and is a success again."""
    subject.ensure(STEP)
    (found,) = associations(subject)
    faults.drop_answer("DeletePodIdentityAssociation", found["associationId"])
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP)
    subject.remove(STEP)
    assert associations(subject) == []
    subject.remove(ROLE)
    assert subject.verify().survivors == []
    assert "answered none" in subject.proof(STEP)


def test_an_association_is_looked_for_where_it_was_made(subject: Subject) -> None:
    """A cluster that cells.yaml names since then is not asked: neither to remove nor for the proof."""
    subject.ensure(STEP)
    moved = subject.in_cell(cluster="another")
    moved.remove(STEP)
    assert associations(subject) == []
    moved.remove(ROLE)
    assert moved.verify().survivors == []
    asked = f"eks:ListPodIdentityAssociations of cluster {subject.cell.cluster} in us-east-1"
    assert subject.proof(STEP) == f"{asked} answered none for the account"


def test_a_missing_cluster_proves_nothing_about_what_was_made(subject: Subject, faults: Faults) -> None:
    """Removal and verification ask for the cluster to be restored, and the row does not count as gone."""
    subject.ensure(STEP)
    faults.refuse(
        "ListPodIdentityAssociations",
        namespace_of(subject),
        times=2,
        code="ResourceNotFoundException",
        status=404,
    )
    for look in (lambda: subject.remove(STEP), subject.verify):
        with pytest.raises(InvalidSpec, match=f"no cluster '{subject.cell.cluster}'.* restore"):
            look()
    assert faults.taken() == 2
    assert subject.row(STEP).state == "made"


def test_a_missing_cluster_is_the_proof_for_what_was_never_made(subject: Subject) -> None:
    """A sign-up that failed for its cluster is undone, and the proof tells the answer that AWS gave."""
    lost = subject.in_cell(cluster="nowhere")
    lost.remove(STEP)
    lost.remove(ROLE)
    assert lost.verify().survivors == []
    asked = "eks:ListPodIdentityAssociations of cluster nowhere in us-east-1"
    assert lost.proof(STEP) == f"{asked} answered ResourceNotFoundException"
