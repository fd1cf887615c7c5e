"""Who may ask by a token of the issuer that the API trusts, too: what Temporal's UI passes on."""

from collections.abc import Callable

from codec.refused import Refused
from domain.access import Role
from runtime.clock import Clock
from runtime.oidc import Issuer, KeysAway, WrongToken, words
from runtime.settings import Settings

MAY_ASK = frozenset({Role.OPERATOR, Role.ADMIN})
"""The roles that see everything which runs, and so what is in it."""


def bearer_of_issued(settings: Settings, clock: Clock) -> Callable[[str], str]:
    """From a token to who asks; blocks, and raises Refused."""
    issuer = Issuer(settings, clock)

    def bearer(token: str) -> str:
        try:
            claims = issuer.claims(token)
        except WrongToken as error:
            raise Refused(401, str(error)) from error
        except KeysAway as error:
            raise Refused(503, "the issuer of tokens cannot be asked for its keys") from error
        if not words(claims.get(settings.oidc_roles_claim)) & MAY_ASK:
            raise Refused(403, f"payloads are for the roles {' and '.join(sorted(MAY_ASK))}")
        return f"oidc:{claims['sub']}"

    return bearer
