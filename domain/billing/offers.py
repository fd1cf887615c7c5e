"""Offers: what a plan costs those who choose it from now on. The model of prices.yaml."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.billing.prices import PriceTerms, PriceVersion
from domain.plans import Target


class FeePer(StrEnum):
    TENANT = "tenant"
    USER = "user"


class Offer(PriceTerms):
    """One entry of prices.yaml; each state of it that was ever offered is a price version, kept for good."""

    name: str
    """Of the plan."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    fee_per: FeePer = FeePer.TENANT

    def version(self, number: int) -> PriceVersion:
        terms = {name: getattr(self, name) for name in PriceTerms.model_fields}
        return PriceVersion.model_construct(plan=self.name, version=number, **terms)

    def quantity(self, target: Target) -> int:
        """Units of the fee."""
        return target.users if self.fee_per is FeePer.USER else 1
