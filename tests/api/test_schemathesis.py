"""What strangers may send, by the OpenAPI document and against it: `make fuzz` looks further."""

from pathlib import Path

from catalog import Catalog
from devstack.postgres import Postgres
from tests.api.front import ADMIN_KEY
from tests.api.fuzzing import alone, findings
from tests.api.places import place

OPTIONS = ("--phases=coverage", "--generation-deterministic")
SHARE = 4


async def test_the_api_does_what_its_document_says(
    postgres: Postgres, catalog: Catalog, tmp_path: Path
) -> None:
    """Each bound of each field, from both sides, under all checks: nothing is found."""
    async with alone(postgres, catalog, tmp_path) as front:
        address = str(front.http.base_url)
        found = await findings(address, ADMIN_KEY, await place(front), tmp_path, *OPTIONS, every=SHARE)
    assert found is None, found
