"""Sign-ups as files: what a customer fills in, in YAML."""

from pathlib import Path
from typing import cast

import yaml
from pydantic import ValidationError

from client import models
from domain.plans import Model, ResourceCounts


class SignupFileError(Exception):
    """The file is not a sign-up; the message names the file and every wrong field."""


class SignupForm(Model):
    customer: str
    """Name of the customer, who is made with the sign-up if the name is new."""
    slug: str
    plan: str
    users: int
    region: str
    resources: ResourceCounts = ResourceCounts()
    time_zone: str | None = None
    """Of its billing periods; none takes the customer's."""

    def body(self, *, customer_id: str | None = None, tenant_id: str | None = None) -> models.Signup:
        """What POST /v1/tenants takes; the API judges slug, plan, users and region."""
        form = self.model_dump(exclude={"customer", *(() if self.time_zone else ("time_zone",))})
        form |= {"customer_id": customer_id} if customer_id else {"customer": self.customer}
        return cast("models.Signup", {**form, **({"id": tenant_id} if tenant_id else {})})


def load_signup(path: Path) -> SignupForm:
    try:
        return SignupForm.model_validate(yaml.safe_load(path.read_text()))
    except OSError as error:
        raise SignupFileError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SignupFileError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'file'}: {problem['msg']}" for problem in error.errors()
        )
        raise SignupFileError(f"{path}: {said}") from error
