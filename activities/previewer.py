"""Looks at what one step of a change would do, and does nothing of it."""

import re
from collections.abc import Callable, Mapping

from temporalio import activity

from domain.blueprint import StepKind
from domain.messages import Difference, PreviewCall, StepCall, StepLook
from domain.messages.drift import HIDDEN
from domain.queues import Provider

CONFIG, CONTENTS = "v1/ConfigMap", ("data", "binaryData")
ENVIRONMENT = re.compile(r"\.env(From)?\b|ontainers(\[[^\]]*\])?$")
"""Of a pod: its variables, or whole containers, whose text has them."""

Look = Callable[[StepCall], list[Difference]]
Remarks = Callable[[StepCall], list[str]]


def no_remarks(_: StepCall) -> list[str]:
    return []


class Previewer:
    """One provider's part of a preview: by kind of step, what brings it to a state, and what removes it."""

    def __init__(
        self,
        provider: Provider,
        changes: Mapping[StepKind, Look],
        removals: Mapping[StepKind, Look],
        remarks: Mapping[StepKind, Remarks],
    ) -> None:
        self._provider = provider
        self._changes = changes
        self._removals = removals
        self._remarks = remarks

    def activities(self) -> list[Callable[..., object]]:
        @activity.defn(name=f"{self._provider}.preview")
        def preview(call: PreviewCall) -> StepLook:
            return self.preview(call)

        return [preview]

    def preview(self, call: PreviewCall) -> StepLook:
        """What the step would add, change and remove, and what there is to say of it."""
        look = (self._changes if call.desired else self._removals)[call.kind]
        remarks = self._remarks.get(call.kind, no_remarks)
        differences = [discreet(one) for one in look(call)]
        return StepLook(step=call.step, differences=differences, remarks=remarks(call))


def discreet(difference: Difference) -> Difference:
    """Without what somebody may have written where no secret belongs: the answer stands in a history."""
    of_config = difference.kind == CONFIG and difference.field.startswith(CONTENTS)
    if of_config or ENVIRONMENT.search(difference.field):
        return difference.model_copy(update={"wanted": HIDDEN, "found": HIDDEN})
    return difference
