"""The order in which workflow code asks Temporal for things, seen where the SDK hands it over."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

PATCH = "patch "
ENDINGS = {
    "complete_workflow_execution": "complete",
    "fail_workflow_execution": "fail",
    "cancel_workflow_execution": "end as cancelled",
    "continue_as_new_workflow_execution": "continue as",
}


class RunLog:
    """What one run asked for, and what it was told."""

    def __init__(self, main_queue: str) -> None:
        self._main_queue = main_queue
        self.lines: list[str] = []
        self.open: dict[str, str] = {}
        """Activities that have not ended: what each is, by its id."""
        self.told: Counter[str] = Counter()
        """Jobs of the SDK that the code has dealt with, by kind."""
        self.ended = False
        self._keys: dict[int, str] = {}

    def note(self, activation: Any, completion: Any) -> None:
        for job in activation.jobs:
            kind = job.WhichOneof("variant")
            if kind == "resolve_activity":
                self.open.pop(str(job.resolve_activity.seq), None)
        for command in completion.successful.commands:
            self.lines += self._line(command)
        # Last: whoever waits for it then finds everything else in place.
        self.told.update(job.WhichOneof("variant") for job in activation.jobs)

    def _line(self, command: Any) -> Iterator[str]:
        kind = str(command.WhichOneof("variant"))
        self.ended = self.ended or kind in ENDINGS
        given = getattr(command, kind)
        if kind == "schedule_activity":
            key = activity_key(given.activity_type, given.arguments)
            self._keys[given.seq] = self.open[given.activity_id] = key
            yield f"{key} @ {given.task_queue.removeprefix(self._main_queue) or 'main'}"
        elif kind == "request_cancel_activity":
            yield f"cancel {self._keys[given.seq]}"
        elif kind == "upsert_workflow_search_attributes":
            yield f"attributes {', '.join(sorted(given.search_attributes.indexed_fields))}"
        elif kind == "set_patch_marker":
            yield f"{PATCH}{given.patch_id}"
        elif kind == "update_response":
            yield f"update {given.WhichOneof('response')}"
        elif kind == "continue_as_new_workflow_execution":
            yield f"continue as {given.workflow_type or 'itself'}"
        elif kind != "modify_workflow_properties":  # text for the UI, of no consequence for a replay
            yield ENDINGS.get(kind, kind.replace("_", " "))


class Recorder(WorkflowRunner):
    """Runs workflow code and keeps the commands of every run, by run id."""

    def __init__(self, main_queue: str) -> None:
        self._inner = UnsandboxedWorkflowRunner()
        self.runs: defaultdict[str, RunLog] = defaultdict(lambda: RunLog(main_queue))

    def prepare_workflow(self, defn: Any) -> None:
        self._inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Recorded(self._inner.create_instance(det), self.runs[det.info.run_id])


class _Recorded(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance, log: RunLog) -> None:
        self._inner = inner
        self._log = log

    def activate(self, act: Any) -> Any:
        completion = self._inner.activate(act)
        self._log.note(act, completion)
        return completion

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._inner.get_serialization_context(command_info)

    def get_info(self) -> Any:
        return self._inner.get_info()

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._inner.get_external_store_context(command_info)


def activity_key(activity_type: str, arguments: Any) -> str:
    """The activity and, where its input names one, the step: `bucket.ensure recordings`."""
    given = json.loads(arguments[0].data) if arguments else None
    step = given.get("step") if isinstance(given, dict) else None
    return f"{activity_type} {step}" if step else activity_type
