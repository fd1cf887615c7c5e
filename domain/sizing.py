"""From descriptive inputs to sizes: a pure function, documented with a table in docs/sizing.md."""

from domain.plans import ComponentPlan, DatabasePlan, LoadWeights, Model, Plan, ResourceCounts, Target

MILLI = 1000


class ComponentSize(Model):
    """One Deployment: the autoscaler moves between `replicas` and `max_replicas`."""

    replicas: int
    max_replicas: int
    cpu_millis: int
    memory_mib: int


class DatabaseSize(Model):
    instance_class: str
    storage_gib: int


class Sizes(Model):
    components: dict[str, ComponentSize]
    database: DatabaseSize | None = None

    @property
    def requested_cpu_millis(self) -> int:
        """What the pods request at first; the autoscaler may add to it."""
        return sum(c.replicas * c.cpu_millis for c in self.components.values())

    @property
    def requested_memory_mib(self) -> int:
        return sum(c.replicas * c.memory_mib for c in self.components.values())

    @property
    def quota_cpu_millis(self) -> int:
        """CPU requests of the namespace: every component at its maximum plus one surge replica of each."""
        return sum((c.max_replicas + 1) * c.cpu_millis for c in self.components.values())

    @property
    def quota_memory_mib(self) -> int:
        return sum((c.max_replicas + 1) * c.memory_mib for c in self.components.values())

    @property
    def quota_pods(self) -> int:
        return sum(c.max_replicas + 1 for c in self.components.values())


def room_for(sizes: Sizes, others: Sizes) -> Sizes:
    """The smallest sizes whose quota holds either: what the rules must allow while one becomes the other."""
    names = {*sizes.components, *others.components}
    pairs = {
        name: [s.components[name] for s in (sizes, others) if name in s.components] for name in sorted(names)
    }
    return Sizes(
        components={
            name: ComponentSize(
                replicas=max(c.replicas for c in found),
                max_replicas=max(c.max_replicas for c in found),
                cpu_millis=max(c.cpu_millis for c in found),
                memory_mib=max(c.memory_mib for c in found),
            )
            for name, found in pairs.items()
        },
        database=sizes.database,
    )


def load_of(users: int, resources: ResourceCounts, weights: LoadWeights) -> int:
    """Load in users' worth, rounded up: what one user and each protected thing cost, added."""
    milli = (
        users * weights.user
        + resources.servers * weights.server
        + resources.databases * weights.database
        + resources.applications * weights.application
        + resources.clusters * weights.cluster
    )
    return _ceil_div(milli, MILLI)


def size(plan: Plan, target: Target) -> Sizes:
    """Sizes of a tenant. Never smaller for more users or things of the same plan (a property test)."""
    load = load_of(target.users, target.resources, plan.load)
    return Sizes(
        components={name: _component(component, load) for name, component in plan.components.items()},
        database=_database(plan.database, load) if plan.database else None,
    )


def _component(component: ComponentPlan, load: int) -> ComponentSize:
    wanted = _ceil_div(load, component.load_per_replica)
    return ComponentSize(
        replicas=min(max(wanted, component.min_replicas), component.max_replicas),
        max_replicas=component.max_replicas,
        cpu_millis=component.cpu_millis,
        memory_mib=component.memory_mib,
    )


def _database(database: DatabasePlan, load: int) -> DatabaseSize:
    rung = next((step for step in database.ladder if load <= step.load), database.ladder[-1])
    return DatabaseSize(instance_class=rung.instance_class, storage_gib=rung.storage_gib)


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
