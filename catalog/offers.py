"""Reading prices.yaml, which must fit plans.yaml and meters.yaml."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from catalog.currencies import UnknownCurrency, currency_of
from catalog.files import read_entries
from domain.billing.offers import Offer
from domain.errors import CatalogError
from domain.metering.meters import Meter
from domain.plans import Plan


def load_offers(file: Path, plans: Mapping[str, Plan], meters: Mapping[str, Meter]) -> dict[str, Offer]:
    """The offers by plan, in the order of the file. Raises CatalogError with all problems."""
    problems: list[str] = []
    offers = read_entries(file, Offer, problems)
    for offer in offers.values():
        problems += [f"{file.name}: {offer.name}{problem}" for problem in _problems(offer, plans, meters)]
    if problems:
        raise CatalogError(problems)
    return offers


def _problems(offer: Offer, plans: Mapping[str, Plan], meters: Mapping[str, Meter]) -> Iterator[str]:
    if offer.name not in plans:
        yield f": there is no plan of this name (known: {', '.join(sorted(plans))})"
    try:
        currency_of(offer.currency)
    except UnknownCurrency as error:
        yield f".currency: {error}"
    for name, price in offer.meters.items():
        meter = meters.get(name)
        if meter is None:
            yield f".meters.{name}: there is no meter of this name (known: {', '.join(sorted(meters))})"
        elif meter.aggregate is not price.aggregate:
            # Only what a meter's own aggregate needs is stored of its events.
            yield f".meters.{name}.aggregate: must be {meter.aggregate}, as the meter counts"
