"""`make fuzz`: random requests by the OpenAPI document, for each kind of caller; some minutes."""

import os
from pathlib import Path

import pytest

from catalog import Catalog
from devstack.postgres import Postgres
from domain.access import Role
from tests.api.front import ADMIN_KEY, Front
from tests.api.fuzzing import alone, findings
from tests.api.places import Place, place

EXAMPLES = os.environ.get("EXAMPLES", "100")
NOBODY = "nobody"


@pytest.mark.parametrize("who", [Role.ADMIN, Role.CUSTOMER, Role.OPERATOR, Role.FINANCE, NOBODY])
async def test_nothing_is_found(postgres: Postgres, catalog: Catalog, tmp_path: Path, who: str) -> None:
    """Sound and unsound requests, alone and in sequences, are answered as the document says."""
    async with alone(postgres, catalog, tmp_path) as front:
        own = await place(front)
        found = await findings(
            str(front.http.base_url),
            await key_of(front, who, own),
            own,
            tmp_path,
            "--phases=examples,coverage,fuzzing,stateful",
            f"--max-examples={EXAMPLES}",
        )
    assert found is None, found


async def key_of(front: Front, who: str, own: Place) -> str | None:
    if who in {Role.ADMIN, NOBODY}:
        return ADMIN_KEY if who == Role.ADMIN else None
    body = {"name": who, "roles": [who]}
    if who == Role.CUSTOMER:
        body["customer_id"] = own.customer_id
    made = await front.ask("POST", "/v1/keys", body)
    assert made.status_code == 201, made.text
    return str(made.json()["key"])
