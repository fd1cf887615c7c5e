"""Route 53: zones that exist by configuration, changes as AWS makes them, INSYNC after a while."""

import secrets
import string
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53.models import FakeZone, route53_backends

from devstack.aws.calls import Call
from devstack.aws.config import Zone
from devstack.aws.protocol import RefusedError
from devstack.aws.records import Records, from_moto, full_name
from devstack.aws.state import Handlers, State

PREFIX = "/change/"
ALPHABET = string.ascii_uppercase + string.digits


class Route53:
    """The records stay in moto's zones, which list them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._submitted: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def handlers(self) -> Handlers:
        return {
            ("route53", "ChangeResourceRecordSets"): self._change,
            ("route53", "GetChange"): self._get_change,
        }

    def start(self) -> None:
        with self._state.moto.lock:
            for zone in self._state.config.zones:
                _add_zone(zone)

    def _change(self, call: Call) -> Mapping[str, Any]:
        zone_id = call.params["HostedZoneId"].rpartition("/")[2]
        batch = call.params["ChangeBatch"]
        with self._state.moto.lock:
            zone: FakeZone | None = route53_backends[call.account]["aws"].zones.get(zone_id)
            if zone is None:
                raise RefusedError("NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}")
            # Only names of the batch: a zone holds the records of all tenants.
            names = {full_name(change["ResourceRecordSet"]["Name"]) for change in batch["Changes"]}
            records = Records(
                zone.name, [from_moto(record) for record in zone.rrsets if record.name in names]
            )
            records.change(batch["Changes"])
            zone.rrsets = [record for record in zone.rrsets if record.name not in names]
            for record in records.as_moto():
                zone.add_rrset(record)
        return {"ChangeInfo": self._submit(batch.get("Comment"))}

    def _submit(self, comment: str | None) -> dict[str, Any]:
        change_id = "C" + "".join(secrets.choice(ALPHABET) for _ in range(20))
        now = self._state.clock.now()
        with self._lock:
            self._submitted[change_id] = now
        return {"Id": PREFIX + change_id, "Status": "PENDING", "SubmittedAt": now, "Comment": comment}

    def _get_change(self, call: Call) -> Mapping[str, Any]:
        change_id = call.params["Id"].rpartition("/")[2]
        with self._lock:
            submitted = self._submitted.get(change_id)
        if submitted is None:
            raise RefusedError("NoSuchChange", f"Could not find resource with ID: {change_id}")
        ready = submitted + timedelta(seconds=self._state.delays.dns)
        status = "INSYNC" if ready <= self._state.clock.now() else "PENDING"
        return {"ChangeInfo": {"Id": PREFIX + change_id, "Status": status, "SubmittedAt": submitted}}


def _add_zone(zone: Zone) -> None:
    backend = route53_backends[DEFAULT_ACCOUNT_ID]["aws"]
    if zone.id in backend.zones:
        return
    made = backend.create_hosted_zone(full_name(zone.domain), private_zone=False)
    del backend.zones[made.resource_id]
    made.resource_id = zone.id
    backend.zones[zone.id] = made
