"""Who issues invoices, from the settings."""

from domain.billing.document import Issuer
from runtime.settings import Settings


def issuer_of(settings: Settings) -> Issuer:
    lines = (line.strip() for line in settings.issuer_address.split(";"))
    return Issuer(
        name=settings.issuer_name,
        address=tuple(line for line in lines if line),
        tax_id=settings.issuer_tax_id or None,
    )
