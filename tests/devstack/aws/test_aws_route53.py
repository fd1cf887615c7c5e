"""Route 53: changes of record sets, and when they are in sync."""

from typing import Any

from tests.devstack.aws.support import DOMAIN, ZONE, Aws, refused, unique


def _text(name: str, value: str = '"heritage"', ttl: int = 60) -> dict[str, Any]:
    return {"Name": name, "Type": "TXT", "TTL": ttl, "ResourceRecords": [{"Value": value}]}


def _alias(name: str, target: str = "lb-1.elb.us-east-1.amazonaws.com") -> dict[str, Any]:
    alias = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": "A", "AliasTarget": alias}


def _batch(*changes: tuple[str, dict[str, Any]]) -> Any:
    return {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}


def _change(aws: Aws, *changes: tuple[str, dict[str, Any]]) -> str:
    return aws.route53.change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=_batch(*changes))[
        "ChangeInfo"
    ]["Id"]


def _refused(aws: Aws, *changes: tuple[str, dict[str, Any]]) -> str:
    refusal = refused(
        aws.route53.change_resource_record_sets, HostedZoneId=ZONE, ChangeBatch=_batch(*changes)
    )
    assert (refusal.code, refusal.status) == ("InvalidChangeBatch", 400)
    return refusal.message


def _records(aws: Aws, name: str) -> list[Any]:
    listed = aws.route53.list_resource_record_sets(HostedZoneId=ZONE, StartRecordName=name)
    return [record for record in listed["ResourceRecordSets"] if record["Name"] == f"{name}."]


def test_an_alias_and_its_registry_record(aws: Aws) -> None:
    """Both are made in one batch, listed as they are, and deleted in one."""
    name = f"{unique()}.{DOMAIN}"
    _change(aws, ("UPSERT", _alias(name)), ("UPSERT", _text(name)))
    alias, text = _records(aws, name)
    assert alias["AliasTarget"]["DNSName"] == "lb-1.elb.us-east-1.amazonaws.com."
    assert (text["TTL"], text["ResourceRecords"]) == (60, [{"Value": '"heritage"'}])
    _change(aws, ("DELETE", alias), ("DELETE", text))
    assert _records(aws, name) == []


def test_create_is_refused_where_upsert_replaces(aws: Aws) -> None:
    """CREATE wants a free name; UPSERT takes any; both work again after a DELETE."""
    name = f"{unique()}.{DOMAIN}"
    _change(aws, ("CREATE", _text(name)))
    assert "already exists" in _refused(aws, ("CREATE", _text(name, '"other"')))
    _change(aws, ("UPSERT", _text(name, '"other"')))
    assert _records(aws, name)[0]["ResourceRecords"] == [{"Value": '"other"'}]
    _change(aws, ("DELETE", _text(name, '"other"')))
    _change(aws, ("CREATE", _text(name)))


def test_delete_must_match_exactly(aws: Aws) -> None:
    """Another value, another TTL or another target is refused, and so is what is not there."""
    name = f"{unique()}.{DOMAIN}"
    _change(aws, ("CREATE", _text(name)), ("CREATE", _alias(name)))
    assert "do not match" in _refused(aws, ("DELETE", _text(name, '"other"')))
    assert "do not match" in _refused(aws, ("DELETE", _text(name, ttl=300)))
    assert "do not match" in _refused(aws, ("DELETE", _alias(name, "lb-2.elb.us-east-1.amazonaws.com")))
    _change(aws, ("DELETE", _text(name.upper())))
    assert "was not found" in _refused(aws, ("DELETE", _text(name)))


def test_a_refused_batch_changes_nothing(aws: Aws) -> None:
    """One wrong change of a batch keeps the right ones from being made."""
    name = f"{unique()}.{DOMAIN}"
    _refused(aws, ("CREATE", _text(name)), ("DELETE", _text(f"none-{name}")))
    assert _records(aws, name) == []


def test_records_that_a_zone_does_not_take(aws: Aws) -> None:
    """Names outside of the zone, bare text, and a CNAME beside others are refused."""
    name = f"{unique()}.{DOMAIN}"
    assert "is not permitted in zone" in _refused(aws, ("CREATE", _text(f"x{DOMAIN}")))
    assert "quotation marks" in _refused(aws, ("CREATE", _text(name, "bare")))
    _change(aws, ("CREATE", _text(name)))
    cname = {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "elsewhere.test"}]}
    assert "conflicts" in _refused(aws, ("CREATE", cname))
    incomplete = refused(
        aws.route53.change_resource_record_sets,
        HostedZoneId=ZONE,
        ChangeBatch=_batch(("CREATE", {"Name": name, "Type": "A", "TTL": 60})),
    )
    assert incomplete.code == "InvalidInput"


def test_a_change_is_in_sync_after_the_delay(aws: Aws) -> None:
    """It is PENDING until the delay is over; an unknown change is refused."""
    aws.delay(dns=30)
    change = _change(aws, ("UPSERT", _text(f"{unique()}.{DOMAIN}")))
    assert aws.route53.get_change(Id=change)["ChangeInfo"]["Status"] == "PENDING"
    aws.advance(31)
    assert aws.route53.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC"
    assert refused(aws.route53.get_change, Id="CNONE").code == "NoSuchChange"


def test_zones_exist_by_configuration(aws: Aws) -> None:
    """The configured zone is there under its id, and no other."""
    assert aws.route53.get_hosted_zone(Id=ZONE)["HostedZone"]["Name"] == f"{DOMAIN}."
    unknown = refused(
        aws.route53.change_resource_record_sets,
        HostedZoneId="ZNONE",
        ChangeBatch=_batch(("UPSERT", _text(f"a.{DOMAIN}"))),
    )
    assert (unknown.code, unknown.status) == ("NoSuchHostedZone", 404)


def test_a_wildcard_is_listed_escaped(aws: Aws) -> None:
    """Route 53 shows the asterisk as its octal code, and deletes it under either name."""
    name = unique()
    _change(aws, ("UPSERT", _alias(f"*.{name}.{DOMAIN}")))
    listed = aws.route53.list_resource_record_sets(HostedZoneId=ZONE)["ResourceRecordSets"]
    found = dict(next(record for record in listed if name in record["Name"]))
    assert found["Name"] == rf"\052.{name}.{DOMAIN}."
    _change(aws, ("DELETE", found))
