"""The control interface of the AWS front."""

from typing import Any

import httpx


class Faults:
    """Faults and delays that end with the test; each fits one tenant's things only."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/_devstack", trust_env=False)
        self._injected: list[str] = []

    def drop_answer(self, operation: str, resource: str) -> None:
        """The next such call takes effect, and its caller is told nothing."""
        self._inject({"action": "drop_answer", "times": 1}, operation, resource)

    def refuse(self, operation: str, resource: str, *, times: int = 1, **answer: Any) -> None:
        """The next such calls are refused; `answer` has code, message, status, retry_after."""
        self._inject({"action": "refuse", "times": times, **answer}, operation, resource)

    def calls(self, resource: str) -> list[str]:
        """Operations that were called on a thing, in order."""
        answer = self._http.get("calls", params={"resource": resource})
        return [call["operation"] for call in answer.json()["calls"]]

    def taken(self) -> int:
        """How many calls the faults of this test befell."""
        found = self._http.get("faults").json()["faults"]
        return sum(fault["taken"] for fault in found if fault["id"] in self._injected)

    def delays(self, **seconds: float) -> None:
        self._http.put("delays", json=seconds).raise_for_status()

    def clear(self) -> None:
        for fault in self._injected:
            self._http.delete(f"faults/{fault}").raise_for_status()
        self._http.close()

    def _inject(self, fault: dict[str, Any], operation: str, resource: str) -> None:
        match = {"operation": operation, "resource": resource}
        answer = self._http.post("faults", json={**fault, "match": match})
        self._injected.append(answer.raise_for_status().json()["id"])
