"""Who asks, and what they are: the words in which rights are given."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    CUSTOMER = "customer"
    """Serves itself: its own tenants, and nobody else's."""
    INSTANCE = "instance"
    """Of a tenant's own instance: it reports that tenant's usage and does nothing else."""
    BILLING = "billing"
    """The system that sells: begins changes of tenants and reads what became of them."""
    SUPPORT = "support"
    """Sees how tenants are, and nothing that is in them."""
    FINANCE = "finance"
    """Closes periods, gives credits, and explains invoices."""
    OPERATOR = "operator"
    """On call: sees and mends everything that runs."""
    ADMIN = "admin"
    """Everything, and who else may do what."""


@dataclass(frozen=True)
class Caller:
    """Somebody who has proven who they are."""

    subject: str
    """Names them in what they change; at most 200 visible characters. Never a secret."""
    roles: frozenset[Role]
    customer_id: str | None = None
    """The only customer whose things there are for them; None: there are all."""

    def sees(self, customer_id: str) -> bool:
        return self.customer_id is None or self.customer_id == customer_id


def role_problem(roles: frozenset[Role], customer_id: str | None) -> str | None:
    """What is wrong with these roles of one caller: who is held to one customer has no role over all."""
    if Role.INSTANCE in roles:
        return "instance is the role of usage tokens, which sign-up makes"
    if Role.CUSTOMER in roles and customer_id is None:
        return "the role customer needs a customer_id"
    if Role.CUSTOMER in roles and len(roles) > 1:
        return "the role customer goes with no other"
    if customer_id is not None and Role.CUSTOMER not in roles:
        return "a customer_id goes with the role customer only"
    return None
