"""What a plan, a target and a cell may not be."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.plans import CellDatabase, ComponentPlan, DatabasePlan, ResourceCounts, Target, UserRange

COMPONENT = {"min_replicas": 1, "max_replicas": 2, "load_per_replica": 10, "cpu_millis": 1, "memory_mib": 1}


def ladder(*rungs: tuple[int, int]) -> dict[str, Any]:
    return {
        "ladder": [
            {"load": load, "instance_class": "db.t4g.small", "storage_gib": storage}
            for load, storage in rungs
        ]
    }


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        (Target, {"plan": "team"}, "Field required"),
        (Target, {"plan": "team", "users": 0}, "greater than or equal to 1"),
        (Target, {"plan": "team", "users": -5}, "greater than or equal to 1"),
        (Target, {"plan": "team", "users": 1_000_001}, "less than or equal to 1000000"),
        (Target, {"plan": "team", "users": 1.5}, "valid integer"),
        (Target, {"plan": "team", "users": 1, "user": 2}, "Extra inputs"),
        (ResourceCounts, {"servers": -1}, "greater than or equal to 0"),
        (UserRange, {"min": 2, "max": 1}, "max is below min"),
        (ComponentPlan, COMPONENT | {"min_replicas": 3}, "max_replicas is below min_replicas"),
        (ComponentPlan, COMPONENT | {"load_per_replica": 0}, "greater than or equal to 1"),
        (DatabasePlan, ladder(), "at least 1 item"),
        (DatabasePlan, ladder((10, 20), (10, 40)), "loads must ascend"),
        (DatabasePlan, ladder((10, 40), (20, 20)), "must not shrink"),
        (DatabasePlan, ladder((10, 100), (20, 109)), "grows by less than 10 %"),
        (DatabasePlan, ladder((10, 19)), "greater than or equal to 20"),
        (CellDatabase, {"subnet_group": "a", "security_group": "b", "cidr": "10.0.0.1/8"}, "host bits set"),
    ],
)
def test_nonsense_is_refused(model: Any, fields: dict[str, Any], message: str) -> None:
    """Each wrong field is refused with words that say what is wrong."""
    with pytest.raises(ValidationError, match=message):
        model.model_validate(fields)


@pytest.mark.parametrize("rungs", [((10, 20),), ((10, 20), (20, 20)), ((10, 100), (20, 110))])
def test_a_ladder_may_keep_its_disk_or_grow_it_enough(rungs: tuple[tuple[int, int], ...]) -> None:
    """Neighbouring rungs may share a disk size, or grow it by the 10 % that RDS asks for."""
    assert len(DatabasePlan.model_validate(ladder(*rungs)).ladder) == len(rungs)
