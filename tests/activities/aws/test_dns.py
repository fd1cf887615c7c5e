"""Route 53 records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import InvalidSpec, NotReady, OwnershipConflict, Throttled, Unavailable
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import LOAD_BALANCER, Subject

STEP = "dns"


def host_of(subject: Subject) -> str:
    return f"{subject.tenant.slug}.{subject.cell.domain}"


def proofs(subject: Subject) -> set[str]:
    return set(subject.proofs(STEP))


def records(subject: Subject) -> list[dict[str, Any]]:
    pages = subject.aws("route53").get_paginator("list_resource_record_sets")
    return [
        record
        for page in pages.paginate(HostedZoneId=subject.cell.hosted_zone_id)
        for record in page["ResourceRecordSets"]
        if subject.tenant.slug in record["Name"]
    ]


def shown(subject: Subject) -> dict[tuple[str, str], str]:
    return {
        (record["Name"].rstrip(".").replace("\\052", "*"), record["Type"]): record["ResourceRecords"][0][
            "Value"
        ]
        for record in records(subject)
    }


def change(subject: Subject, action: str, name: str, kind: str, value: str) -> None:
    subject.aws("route53").change_resource_record_sets(
        HostedZoneId=subject.cell.hosted_zone_id,
        ChangeBatch={
            "Changes": [
                {
                    "Action": action,
                    "ResourceRecordSet": {
                        "Name": name,
                        "Type": kind,
                        "TTL": 60,
                        "ResourceRecords": [{"Value": value}],
                    },
                }
            ]
        },
    )


def test_names_point_at_the_load_balancer_with_a_registry_record_beside_each(subject: Subject) -> None:
    """The tenant's name and everything below it lead to its load balancer; the registry names the tenant."""
    assert subject.ensure(STEP).ready
    host = host_of(subject)
    mark = f'"heritage=tenantry,install=test,tenant={subject.tenant.id}"'
    assert shown(subject) == {
        (host, "CNAME"): LOAD_BALANCER,
        (f"*.{host}", "CNAME"): LOAD_BALANCER,
        (f"_tenantry.{host}", "TXT"): mark,
        (f"_tenantry-any.{host}", "TXT"): mark,
    }
    assert {row.ref.name for row in subject.rows(STEP)} == {f"{name} {kind}" for name, kind in shown(subject)}
    assert {row.state for row in subject.rows(STEP)} == {"made"}


def test_ensure_twice_is_ensure_once(subject: Subject) -> None:
    """A second run changes nothing and answers the same."""
    first = subject.ensure(STEP)
    before = shown(subject)
    assert subject.ensure(STEP) == first
    assert shown(subject) == before


def test_a_new_load_balancer_moves_the_names(subject: Subject) -> None:
    """Records of ours follow the load balancer's host name."""
    subject.ensure(STEP)
    subject.outputs["proxy.load_balancer"] = "lb-2.elb.example.com"
    subject.ensure(STEP)
    assert shown(subject)[(host_of(subject), "CNAME")] == "lb-2.elb.example.com"


def test_records_are_awaited_until_all_servers_have_them(subject: Subject, faults: Faults) -> None:
    """While Route 53 spreads a change the step is not ready; looking again tells when it is."""
    faults.delays(dns=3600)
    try:
        outcome = subject.ensure(STEP)
        assert not outcome.ready
        assert "Route 53" in outcome.waiting_for
        with pytest.raises(NotReady):
            subject.await_ready(STEP)
    finally:
        faults.delays(dns=0)
    assert subject.await_ready(STEP).ready


@pytest.mark.parametrize(
    ("expected", "waited", "seconds"),
    [(90, 0, 30), (90, 30, 6), (6, 0, 3), (6, 3, 0.18), (0, 0, 0.05)],
)
def test_route_53_is_asked_seldom_and_a_stand_in_often(
    begun: Callable[..., Subject], faults: Faults, expected: float, waited: float, seconds: float
) -> None:
    """After half of its minute Route 53 is asked every 6 s; what is quick is not waited for longer."""
    subject = begun().under(expected_load_balancer_seconds=expected)
    faults.delays(dns=3600)
    try:
        subject.ensure(STEP)
        with pytest.raises(NotReady) as raised:
            subject.await_ready(STEP, waited_seconds=waited)
    finally:
        faults.delays(dns=0)
    assert raised.value.retry_after == timedelta(seconds=seconds)


def test_a_lost_answer_is_made_good_by_the_next_run(subject: Subject, faults: Faults) -> None:
    """The batch whose answer was lost is recognised as ours."""
    faults.drop_answer("ChangeResourceRecordSets", subject.cell.hosted_zone_id)
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    before = shown(subject)
    assert len(before) == 4
    assert subject.ensure(STEP).ready
    assert shown(subject) == before


def test_a_change_that_waits_for_another_is_temporary(subject: Subject, faults: Faults) -> None:
    """PriorRequestNotComplete is no verdict on the request."""
    faults.refuse(
        "ChangeResourceRecordSets", subject.cell.hosted_zone_id, code="PriorRequestNotComplete", status=400
    )
    with pytest.raises(Throttled):
        subject.ensure(STEP)
    assert records(subject) == []


def test_a_step_without_its_load_balancer_is_refused(subject: Subject) -> None:
    """An output that no earlier step found out is a mistake in the blueprint, not something to wait for."""
    del subject.outputs["proxy.load_balancer"]
    with pytest.raises(InvalidSpec, match=r"proxy\.load_balancer"):
        subject.ensure(STEP)


@pytest.mark.parametrize(
    ("label", "kind", "value"),
    [
        ("", "CNAME", "elsewhere.example.com"),
        ("*.", "CNAME", "elsewhere.example.com"),
        ("", "A", "192.0.2.1"),
        ("_tenantry.", "TXT", '"heritage=tenantry,install=test,tenant=another00000"'),
    ],
)
def test_foreign_records_are_left_untouched(subject: Subject, label: str, kind: str, value: str) -> None:
    """A record under one of our names whose registry does not name this tenant stays, and none is added."""
    name = f"{label}{host_of(subject)}"
    change(subject, "CREATE", name, kind, value)
    before = records(subject)
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert records(subject) == before


def test_remove_deletes_exactly_ours(subject: Subject, faults: Faults) -> None:
    """Removal leaves the neighbours, survives a lost answer, and is a success again."""
    subject.ensure(STEP)
    neighbour = f"mail.{host_of(subject)}"
    change(subject, "CREATE", neighbour, "A", "192.0.2.1")
    faults.drop_answer("ChangeResourceRecordSets", subject.cell.hosted_zone_id)
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP)
    subject.remove(STEP)
    assert shown(subject) == {(neighbour, "A"): "192.0.2.1"}
    assert subject.verify().survivors == []
    assert {row.state for row in subject.rows(STEP)} == {"gone"}


def test_records_that_somebody_edited_are_removed_as_they_are(subject: Subject) -> None:
    """A changed target or lifetime does not keep our record from being deleted."""
    subject.ensure(STEP)
    change(subject, "UPSERT", host_of(subject), "CNAME", "edited.example.com")
    subject.remove(STEP)
    assert records(subject) == []


def test_slugs_that_begin_alike_do_not_touch_each_other(begun: Callable[..., Subject]) -> None:
    """Removing one tenant's names leaves those of a tenant whose slug is longer or shorter."""
    short, other = begun(), begun()
    for one in (short, other):
        one.ensure(STEP)
    short.remove(STEP)
    assert records(short) == []
    assert len(records(other)) == 4


@pytest.mark.parametrize("today", ["Z0GONE", "another"])
def test_records_are_looked_for_where_they_were_made(subject: Subject, today: str) -> None:
    """A hosted zone that cells.yaml names since then is not asked: neither to remove nor for the proof."""
    subject.ensure(STEP)
    others = [cell.hosted_zone_id for cell in subject.world.catalog.cells.values() if cell != subject.cell]
    moved = subject.in_cell(hosted_zone_id=others[0] if today == "another" else today)
    assert len(moved.verify().survivors) == 4
    moved.remove(STEP)
    assert records(subject) == []
    assert moved.verify().survivors == []
    zone = subject.cell.hosted_zone_id
    assert proofs(subject) == {
        f"route53:ListResourceRecordSets of zone {zone} answered no {kind} of that name"
        for kind in ("CNAME", "TXT")
    }


def test_a_missing_zone_proves_nothing_about_records_that_were_made(subject: Subject, faults: Faults) -> None:
    """Removal and verification ask for the zone to be restored, and no row counts as gone."""
    subject.ensure(STEP)
    zone = subject.cell.hosted_zone_id
    faults.refuse("ListResourceRecordSets", zone, times=2, code="NoSuchHostedZone", status=404)
    for look in (lambda: subject.remove(STEP), subject.verify):
        with pytest.raises(InvalidSpec, match=f"no hosted zone {zone}.* restore"):
            look()
    assert faults.taken() == 2
    assert {row.state for row in subject.rows(STEP)} == {"made"}


def test_a_missing_zone_is_the_proof_for_records_that_were_never_made(subject: Subject) -> None:
    """A sign-up that failed for its zone is undone, and the proof tells the answer that AWS gave."""
    lost = subject.in_cell(hosted_zone_id="Z0GONE")
    with pytest.raises(InvalidSpec, match="NoSuchHostedZone"):
        lost.ensure(STEP)
    lost.remove(STEP)
    assert lost.verify().survivors == []
    assert proofs(lost) == {"route53:ListResourceRecordSets of zone Z0GONE answered NoSuchHostedZone"}
