"""What webhooks need of the settings."""

from dataclasses import dataclass

from api.problems import ApiProblem
from runtime.settings import Settings
from runtime.signing_keys import SigningKeys, read_signing_keys


@dataclass(frozen=True)
class WebhookSettings:
    keys: SigningKeys | None
    loopback: bool

    @classmethod
    def of(cls, settings: Settings) -> "WebhookSettings":
        """Raises WrongSigningKeys."""
        file = settings.webhook_keys_file
        return cls(read_signing_keys(file) if file else None, settings.webhook_loopback)

    def signing(self) -> SigningKeys:
        """Raises ApiProblem."""
        if self.keys is None:
            raise ApiProblem("WebhooksOff")
        return self.keys
