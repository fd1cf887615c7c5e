"""Record sets of one zone, and the batches that change them: all of a batch, or nothing."""

import re
from typing import Any

from devstack.aws.protocol import RefusedError

RECORDS_PER_BATCH = 1000
"""counted by value, and an UPSERT counts twice"""

_TEXT = re.compile(r'(?:"(?:[^"\\]|\\.){0,255}"\s*)+')

RecordSet = dict[str, Any]
Identity = tuple[str, str, str | None]


def full_name(name: str) -> str:
    """As Route 53 keeps names: lower case, the asterisk escaped, a dot at the end."""
    return name.lower().rstrip(".").replace("*", r"\052") + "."


def from_moto(record: Any) -> RecordSet:
    """moto keeps values bare, or as they came."""
    values = [value["Value"] if isinstance(value, dict) else value for value in record.records or []]
    members = {
        "Name": full_name(record.name),
        "Type": record.type,
        "SetIdentifier": record.set_identifier,
        "TTL": int(record.ttl) if record.ttl is not None else None,
        "ResourceRecords": [{"Value": value} for value in values] or None,
        "AliasTarget": record.alias_target,
        "Weight": record.weight,
        "Region": record.region,
        "Failover": record.failover,
        "GeoLocation": record.geo_location,
        "HealthCheckId": record.health_check_id,
        "MultiValueAnswer": record.multi_value_answer,
    }
    return {name: value for name, value in members.items() if value is not None}


class Records:
    """A copy of a zone's records; a refused batch leaves the zone as it was."""

    def __init__(self, zone: str, records: list[RecordSet]) -> None:
        """`records` has at least all those of the names that are to be changed."""
        self._zone = full_name(zone)
        self._records: dict[Identity, RecordSet] = {_identity(record): record for record in records}

    def as_moto(self) -> list[RecordSet]:
        return [
            {**record, "ResourceRecords": [value["Value"] for value in record.get("ResourceRecords") or []]}
            for record in self._records.values()
        ]

    def change(self, changes: list[dict[str, Any]]) -> None:
        """Raises RefusedError with all that is wrong with the batch."""
        values = sum(
            len(change["ResourceRecordSet"].get("ResourceRecords") or [])
            * (2 if change["Action"] == "UPSERT" else 1)
            for change in changes
        )
        if values > RECORDS_PER_BATCH:
            raise _invalid([f"Number of records limit of {RECORDS_PER_BATCH} exceeded."])
        problems = [problem for change in changes if (problem := self._apply(change))]
        if problems:
            raise _invalid([f"[{', '.join(problems)}]"])

    def _apply(self, change: dict[str, Any]) -> str | None:
        """Makes one change, or says what is wrong with it."""
        record = _normal(change["ResourceRecordSet"])
        problem = self._malformed(change["Action"], record)
        if problem:
            return problem
        identity = _identity(record)
        if change["Action"] == "DELETE":
            return self._delete(identity, record)
        name, kind, _set = identity
        if change["Action"] == "CREATE" and identity in self._records:
            return f"Tried to create {_what(identity)} but it already exists"
        if self._conflicts(name, kind):
            return (
                f"RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with other "
                f"records with the same DNS name in zone {self._zone}"
            )
        self._records[identity] = record
        return None

    def _delete(self, identity: Identity, record: RecordSet) -> str | None:
        found = self._records.get(identity)
        if found is None:
            return f"Tried to delete {_what(identity)} but it was not found"
        if _comparable(found) != _comparable(record):
            values = "the values provided do not match the current values"
            return f"Tried to delete {_what(identity)} but {values}"
        name, kind, _set = identity
        if name == self._zone and kind in ("NS", "SOA"):
            return f"A HostedZone must contain at least one {kind} record for the zone itself."
        del self._records[identity]
        return None

    def _malformed(self, action: str, record: RecordSet) -> str | None:
        name, kind = record["Name"], record["Type"]
        if name != self._zone and not name.endswith(f".{self._zone}"):
            return f"RRSet with DNS name {name} is not permitted in zone {self._zone}"
        plain = "TTL" in record and bool(record.get("ResourceRecords"))
        if plain == ("AliasTarget" in record):
            found = "more than one" if plain else "none"
            raise RefusedError(
                "InvalidInput",
                "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], "
                f"or TrafficPolicyInstanceId], but found {found} in Change with "
                f"[Action={action}, Name={name}, Type={kind}, "
                f"SetIdentifier={record.get('SetIdentifier', 'null')}]",
            )
        for value in record.get("ResourceRecords") or []:
            if kind == "TXT" and not _TEXT.fullmatch(value["Value"]):
                return (
                    "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be "
                    f"enclosed in quotation marks) encountered with '{value['Value']}''"
                )
        return None

    def _conflicts(self, name: str, kind: str) -> bool:
        others = {other for other_name, other, _set in self._records if other_name == name and other != kind}
        return bool(others) if kind == "CNAME" else "CNAME" in others


def _normal(record: RecordSet) -> RecordSet:
    normal = {name: value for name, value in record.items() if value is not None}
    normal["Name"] = full_name(record["Name"])
    if "AliasTarget" in normal:
        target = normal["AliasTarget"]
        normal["AliasTarget"] = {**target, "DNSName": full_name(target["DNSName"])}
    return normal


def _identity(record: RecordSet) -> Identity:
    return record["Name"], record["Type"], record.get("SetIdentifier")


def _what(identity: Identity) -> str:
    return f"resource record set [name='{identity[0]}', type='{identity[1]}']"


def _comparable(record: RecordSet) -> RecordSet:
    """A set's values have no order."""
    values = sorted(value["Value"] for value in record.get("ResourceRecords") or [])
    alias = {k: str(v).lower() for k, v in (record.get("AliasTarget") or {}).items()}
    return {**record, "ResourceRecords": values, "AliasTarget": alias}


def _invalid(messages: list[str]) -> RefusedError:
    return RefusedError("InvalidChangeBatch", messages[0], messages=messages)
