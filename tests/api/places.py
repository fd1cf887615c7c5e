"""Things of one customer, for whatever takes their names."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import text

from tests.api.front import Front, Json

GRANT = text(
    """
    INSERT INTO access_grant (id, tenant_id, requested_by, reason, seconds, mode, approval, slot, state,
                              requested_at, ended_at, detail)
    VALUES (:id, :tenant, 'key:somebody', 'ticket 4711', 900, 'read', 'second_person', 1, 'lapsed',
            now(), now(), '')
    """
)


@dataclass(frozen=True)
class Place:
    """What the parameters of paths may name: things of one customer."""

    customer_id: str
    slug: str
    operation_id: str
    invoice: str
    grant_id: str
    webhook_id: str = "whk3v9x2m4q8w1"

    def path(self, route: str) -> str:
        names = {
            "{customer_id}": self.customer_id,
            "{slug}": self.slug,
            "{operation_id}": self.operation_id,
            "{name}": self.invoice,
            "{key_id}": "abcdefghijkl",
            "{webhook_id}": self.webhook_id,
            "{event_id}": "evk3v9x2m4q8w1r5t7zab0",
            "{orphan_id}": "orphan",
            "{grant_id}": self.grant_id,
            "{closing_id}": "closing",
            "{code}": "SlugTaken",
        }
        path = route.partition(" ")[2]
        for name, value in names.items():
            path = path.replace(name, value)
        return path


async def place(front: Front) -> Place:
    """A customer with a tenant, its sign-up, and the invoice of its activation."""
    customer = (await front.ask("POST", "/v1/customers", {"name": "Whoever"})).json()["id"]
    accepted = await front.active(customer_id=customer, plan="team", users=20)
    await front.closed()
    listed = await front.http.get(f"/v1/tenants/{accepted['slug']}/invoices")
    hook = await front.ask("POST", "/v1/webhooks", {"url": "https://127.0.0.1:9/", "customer_id": customer})
    invoice = listed.json()["items"][0]["id"]
    return Place(
        customer,
        accepted["slug"],
        accepted["operation_id"],
        invoice,
        granted(front, accepted),
        hook.json()["id"],
    )


def granted(front: Front, accepted: Json) -> str:
    """Support access to a tenant, which has ended."""
    grant_id = f"ag{uuid4().hex[:18]}"
    with front.engine.begin() as connection:
        connection.execute(GRANT, {"id": grant_id, "tenant": accepted["tenant_id"]})
    return grant_id
