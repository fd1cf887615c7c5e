"""The objects of one step as the blueprint wants them, and the look at whether they are usable."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key
from activities.kubernetes.readiness import Wait, address_of, becomes_ready, minimum_replicas, waits_for
from catalog import Catalog, LoadedBlueprint, RenderContext
from domain.blueprint import StepKind
from domain.errors import BlueprintError, InvalidSpec
from domain.messages import JsonObject, StepCall, StepOutcome


@dataclass
class Look:
    """What one look at a group found."""

    waits: list[Wait] = field(default_factory=list)
    unready: list[JsonObject] = field(default_factory=list)
    """The objects waited for, as far as they exist."""
    address: str = ""
    """Of the group's first load balancer."""

    def outcome(self, step: str) -> StepOutcome:
        return StepOutcome(
            ready=not self.waits,
            waiting_for=self.text,
            outputs={f"{step}.load_balancer": self.address} if self.address else {},
        )

    @property
    def text(self) -> str:
        return "; ".join(wait.text for wait in self.waits)


@dataclass(frozen=True)
class Group:
    step: str
    manifests: list[JsonObject]
    blueprint: LoadedBlueprint
    context: RenderContext

    @property
    def keys(self) -> list[Key]:
        return [Key.of(manifest) for manifest in self.manifests]

    def elsewhere(self) -> set[Key]:
        """What today's other steps list."""
        refs = self.blueprint.resources(self.context)
        return {
            Key.of_ref(ref) for ref in refs if ref.step_kind is StepKind.KUBERNETES and ref.step != self.step
        }

    def look(self, cluster: Cluster, seen: Mapping[Key, JsonObject]) -> Look:
        """Judges what was just `seen`; reads what is not usable in it, or was not seen, once more."""
        minimums = minimum_replicas(self.manifests)
        look = Look()
        for manifest in filter(becomes_ready, self.manifests):
            key = Key.of(manifest)
            found = seen.get(key)
            if found is None or waits_for(found, minimums):
                found = cluster.get(key)
            if found is None:
                look.waits.append(Wait(f"{key}: missing"))
                continue
            if wait := waits_for(found, minimums):
                look.waits.append(wait)
                look.unready.append(found)
            if manifest["kind"] == "Service" and not look.address:
                look.address = address_of(found)
        return look


def rendered(catalog: Catalog, call: StepCall) -> Group:
    """Raises BlueprintError if the blueprint's files cannot be rendered for this tenant."""
    tenant = call.tenant
    if call.desired is None:
        raise InvalidSpec(f"step {call.step}: no wanted state was given")
    context = RenderContext(tenant, catalog.cells[tenant.cell], call.desired, call.outputs)
    blueprint = catalog.blueprints.get(tenant.blueprint)
    if blueprint is None:
        raise BlueprintError(f"there is no blueprint '{tenant.blueprint}' any more")
    return Group(call.step, blueprint.manifests(call.step, context), blueprint, context)
