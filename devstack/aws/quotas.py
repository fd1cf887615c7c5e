"""Service Quotas for RDS, which moto answers with an error."""

from collections.abc import Mapping
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.pages import page
from devstack.aws.protocol import Answer, RefusedError
from devstack.aws.state import Handlers, State

DB_INSTANCES = "L-7B6409FD"
PARAMETER_GROUPS = "L-DE55804A"
MANUAL_SNAPSHOTS = "L-272F1212"
TOTAL_STORAGE = "L-7ADDB58A"

RDS_DEFAULTS: dict[str, tuple[str, float]] = {
    DB_INSTANCES: ("DB instances", 40),
    PARAMETER_GROUPS: ("Parameter groups", 50),
    MANUAL_SNAPSHOTS: ("Manual DB instance snapshots", 100),
    TOTAL_STORAGE: ("Total storage for all DB instances", 100_000),
}
"""AWS's own defaults; the totals are per region, the storage in GiB"""

RAISED: dict[str, float] = {DB_INSTANCES: 1000, PARAMETER_GROUPS: 1000, MANUAL_SNAPSHOTS: 1000}
"""what an account of a vendor has had raised, unless the configuration says otherwise"""

PAGE_SIZE = 100


class Quotas:
    """The applied values are the front's own: RDS is refused beyond them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def handlers(self) -> Handlers:
        service = "service-quotas"
        return {
            (service, "GetServiceQuota"): self._get,
            (service, "ListServiceQuotas"): self._list,
            (service, "GetAWSDefaultServiceQuota"): self._get_default,
            (service, "ListAWSDefaultServiceQuotas"): self._list_default,
        }

    def applied(self, code: str) -> float:
        return self._state.config.quotas.get(code, RAISED.get(code, RDS_DEFAULTS[code][1]))

    def _get(self, call: Call) -> Answer | Mapping[str, Any]:
        if call.params["ServiceCode"] != "rds":
            return self._state.moto.forward(call)
        return {"Quota": self._quota(call, _known(call), applied=True)}

    def _list(self, call: Call) -> Answer | Mapping[str, Any]:
        if call.params["ServiceCode"] != "rds":
            return self._state.moto.forward(call)
        return self._page(call, applied=True)

    def _get_default(self, call: Call) -> Answer | Mapping[str, Any]:
        if call.params["ServiceCode"] != "rds":
            return self._state.moto.forward(call)
        return {"Quota": self._quota(call, _known(call), applied=False)}

    def _list_default(self, call: Call) -> Answer | Mapping[str, Any]:
        if call.params["ServiceCode"] != "rds":
            return self._state.moto.forward(call)
        return self._page(call, applied=False)

    def _page(self, call: Call, *, applied: bool) -> Mapping[str, Any]:
        quotas = [self._quota(call, code, applied=applied) for code in RDS_DEFAULTS]
        size = call.params.get("MaxResults") or PAGE_SIZE
        try:
            shown, token = page(quotas, call.params.get("NextToken"), size)
        except ValueError:
            raise RefusedError("InvalidPaginationTokenException", "Invalid pagination token.") from None
        return {"Quotas": shown, "NextToken": token}

    def _quota(self, call: Call, code: str, *, applied: bool) -> dict[str, Any]:
        name, default = RDS_DEFAULTS[code]
        owner = call.account if applied else ""
        return {
            "ServiceCode": "rds",
            "ServiceName": "Amazon Relational Database Service (Amazon RDS)",
            "QuotaArn": f"arn:aws:servicequotas:{call.region}:{owner}:rds/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": self.applied(code) if applied else default,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }


def _known(call: Call) -> str:
    code = str(call.params["QuotaCode"])
    if code not in RDS_DEFAULTS:
        message = f"The request failed because the specified quota {code} does not exist."
        raise RefusedError("NoSuchResourceException", message)
    return code
