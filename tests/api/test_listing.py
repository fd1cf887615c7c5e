"""Lists: pages without gaps or doubles, filters, the catalog."""

from catalog import Catalog
from tests.api.front import Front, Json, new_key


async def test_pages_of_tenants_meet_without_gaps(front: Front) -> None:
    """Following `next` shows every tenant of a customer once, in the order of sign-up."""
    customer = (await front.http.post("/v1/customers", json={"name": "Initech"}, headers=new_key())).json()
    expected = [(await front.sign_up(customer_id=customer["id"]))["tenant_id"] for _ in range(5)]
    seen: list[str] = []
    params: Json = {"customer_id": customer["id"], "limit": 2}
    while True:
        page = (await front.http.get("/v1/tenants", params=params)).json()
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert seen == expected


async def test_tenants_by_phase(front: Front, active: Json) -> None:
    """The filter takes several phases and shows no others."""
    query = "phase=active&phase=suspended&limit=200"
    page = (await front.http.get(f"/v1/tenants?{query}")).json()
    assert active["tenant_id"] in {item["id"] for item in page["items"]}
    assert {item["phase"] for item in page["items"]} <= {"active", "suspended"}


async def test_tenants_by_plan_and_region(front: Front) -> None:
    """Filters narrow together, each takes several values, and what matches nothing is an empty page."""
    here = await front.sign_up(region="eu-west-1")
    there = await front.sign_up(region="us-west-2")

    async def listed(query: str) -> set[str]:
        answer = await front.http.get(f"/v1/tenants?limit=200&customer_id={await front.customer()}&{query}")
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json()["items"]} & {here["tenant_id"], there["tenant_id"]}

    assert await listed("plan=echo&region=eu-west-1") == {here["tenant_id"]}
    assert await listed("region=eu-west-1&region=us-west-2") == {here["tenant_id"], there["tenant_id"]}
    assert await listed("plan=team&region=us-west-2") == set()


async def test_plans_and_cells(front: Front, catalog: Catalog) -> None:
    """Everything that plans.yaml and cells.yaml offer, and nothing about accounts or networks."""
    plans = (await front.http.get("/v1/plans")).json()
    assert [plan["name"] for plan in plans] == list(catalog.plans)
    cells = (await front.http.get("/v1/cells")).json()
    assert [(cell["name"], cell["region"]) for cell in cells] == [
        (cell.name, cell.region) for cell in catalog.cells.values()
    ]
    assert "account" not in str(cells)
