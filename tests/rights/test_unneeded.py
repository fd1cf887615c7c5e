"""A right that nothing needs is found."""

from tests.rights.shipped import shipped_cells
from tests.rights.templates import AwsRight, ClusterRight, aws_rights, cluster_rights, listed
from tests.rights.unneeded import unneeded
from worker.policies import filled


def gathered(*, without: AwsRight | ClusterRight | None = None) -> set[tuple[str, ...]]:
    """As if everything but one right had been needed, by one installation in one cell."""
    aws = {
        ("aws", right.sid, right.action, listed(filled(right.resource, "test", shipped_cells()[:1]))[0])
        for right in aws_rights() - {without}
    }
    clusters = {
        ("kubernetes", right.verb, right.group, right.resource) for right in cluster_rights() - {without}
    }
    return aws | clusters


def test_nothing_is_found_where_all_is_needed() -> None:
    """One installation in one cell is enough to need a right."""
    assert unneeded(gathered()) == []


def test_an_action_that_nothing_needs_is_found() -> None:
    """By its statement, its name and the resource as it is written."""
    right = AwsRight("FindRoles", "iam:ListRoles", "*")
    assert unneeded(gathered(without=right)) == ["FindRoles: iam:ListRoles on *"]


def test_a_verb_that_nothing_needs_is_found() -> None:
    """Unless a blueprint's Role hands it on."""
    right = ClusterRight("delete", "policy", "poddisruptionbudgets")
    assert unneeded(gathered(without=right)) == ["ClusterRole: delete poddisruptionbudgets of group 'policy'"]
    assert unneeded(gathered(without=ClusterRight("watch", "", "pods"))) == []
