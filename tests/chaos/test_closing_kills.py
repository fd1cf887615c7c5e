"""The worker is killed while a closing run makes invoices, and again while it numbers them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg.rows import dict_row

from domain.billing.facts import ChangeFact
from domain.messages import CloseInput, CloseResult
from tests.chaos.conftest import Grounds
from tests.chaos.ground import Ground
from tests.chaos.waiting import until

TENANTS = 12
EACH = 2
"""Invoices, of a line each: of the activation, and of the month that has ended since."""
BILLED = """
WITH customer AS (
    INSERT INTO customer (id, name, created_at) VALUES (%(customer)s, 'Kill', now()) RETURNING id
), tenant AS (
    INSERT INTO tenant (id, slug, customer_id, plan, cell, region, blueprint, phase, target, run_id, outputs,
                        conditions, created_at, updated_at, deleted_at)
    SELECT %(customer)s || lpad(n::text, 4, '0'), 'kill-' || n, customer.id, 'team', cell.name, cell.region,
           'teleport', 'failed', '{"plan": "team", "users": 5}', 'r', '{}', '[]', now(), now(), now()
      FROM customer, cell, generate_series(1, %(tenants)s) AS n
    RETURNING id
), subscription AS (
    INSERT INTO subscription (tenant_id, start, zone, currency, next_look, problem)
    SELECT tenant.id, %(start)s, 'UTC', price.definition ->> 'currency', %(start)s, ''
      FROM tenant, price_version AS price WHERE price.plan = 'team' AND price.version = 1
    RETURNING tenant_id
)
INSERT INTO billing_fact (tenant_id, fact, recorded_at) SELECT tenant_id, %(fact)s, now() FROM subscription
"""
MADE = """
SELECT count(*) AS invoices, count(DISTINCT (tenant_id, at)) AS closings, count(number) AS numbered,
       (SELECT count(*) FROM ledger_entry WHERE tenant_id LIKE %(tenants)s) AS lines
  FROM invoice WHERE tenant_id LIKE %(tenants)s
"""
NUMBERS = "SELECT (SELECT count(number) FROM invoice), (SELECT sum(last) FROM invoice_counter)"


class Billed:
    """Tenants of which two closings are due."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.customer = f"k{uuid4().hex[:7]}"

    async def open(self) -> None:
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
        fact = ChangeFact(at=start, operation_id="first", plan="team", version=1, quantity=5)
        values = {
            "customer": self.customer,
            "tenants": TENANTS,
            "start": start,
            "fact": fact.model_dump_json(),
        }
        await self.ground.database.execute(BILLED, values)

    async def made(self) -> Counter[str]:
        cursor = self.ground.database.cursor(row_factory=dict_row)
        await cursor.execute(MADE, {"tenants": f"{self.customer}%"})
        return Counter(await cursor.fetchone())

    async def killed_when(self, what: str, count: int) -> None:
        """As soon as there are so many; the worker that follows finds what it left."""

        async def there() -> bool:
            return (await self.made())[what] >= count

        await until(there, f"{count} {what}", patience=60)
        await self.ground.worker.kill()
        await self.ground.worker.start()


async def test_a_killed_worker_leaves_each_invoice_made_once(grounds: Grounds) -> None:
    """Each tenant has its two invoices, whole and once, numbered without a gap; the run ends by itself."""
    ground = await grounds.ground()
    billed = Billed(ground)
    await billed.open()
    run = await ground.stage.client.start_workflow(
        "ClosePeriods",
        CloseInput(page_size=1),
        id=f"closing-{billed.customer}",
        task_queue=ground.stage.settings.task_queue,
        result_type=CloseResult,
    )
    await billed.killed_when("invoices", 3)
    await billed.killed_when("numbered", 3)
    result = await run.result()
    made = TENANTS * EACH
    assert await billed.made() == Counter(invoices=made, closings=made, numbered=made, lines=made)
    assert result.failed == 0
    numbers = await (await ground.database.execute(NUMBERS)).fetchone()
    assert numbers
    assert numbers[0] == numbers[1]
