"""Comparing one thing with what its ensure would make of it."""

from collections.abc import Mapping

from activities.aws.base import are_ours, tags_of
from activities.drift.comparing import differences
from domain.messages import Difference, DriftKind, StepCall
from domain.messages.drift import ABSENT, PRESENCE, PRESENT, shown

NOT_OURS = "something else bears its name: it lacks this tenant's tags, so it is left untouched"


class Comparison:
    """What differs at one thing of a step."""

    def __init__(self, call: StepCall, kind: str, name: str) -> None:
        self._call = call
        self._kind = kind
        self._name = name
        self.differences: list[Difference] = []

    def missing(self, how: str = "", *, replaceable: bool = False) -> list[Difference]:
        """Ensuring the step makes it again."""
        self._add(DriftKind.MISSING, found=how, replaceable=replaceable)
        return self.differences

    def lost(self, how: str) -> list[Difference]:
        """No ensure can bring it back."""
        self._add(DriftKind.LOST, found=how)
        return self.differences

    def surplus(self) -> list[Difference]:
        """It is there and shall not be."""
        self._add(DriftKind.DRIFTED, PRESENCE, ABSENT, PRESENT)
        return self.differences

    def field(self, name: str, wanted: object, found: object) -> None:
        if wanted != found:
            self._add(DriftKind.DRIFTED, name, shown(wanted), shown(found))

    def document(self, name: str, wanted: object, found: object) -> None:
        """The same, telling the places in which two documents differ."""
        if found is None:
            self.field(name, "set", None)
            return
        for path, ours, theirs in differences(wanted, found):
            self.field(f"{name}: {path}", ours, theirs)

    def ours(self, tags: Mapping[str, str]) -> bool:
        """Whether it bears our marks: only then it is compared. Notes the tags that differ."""
        if not are_ours(tags, self._call.tenant):
            self.lost(NOT_OURS)
            return False
        for key, value in tags_of(self._call).items():
            self.field(f"tag {key}", value, tags.get(key))
        return True

    def _add(self, what: DriftKind, field: str = "", wanted: str = "", found: str = "", **more: bool) -> None:
        self.differences.append(
            Difference(
                what=what,
                step=self._call.step,
                kind=self._kind,
                name=self._name,
                field=field,
                wanted=wanted,
                found=found,
                **more,
            )
        )


def lacking(wanted: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """The tags to be set on a thing of ours; tags of others stay."""
    return {key: value for key, value in wanted.items() if tags.get(key) != value}
