"""Who may ask: who has a token of the file or of the issuer; in development, anyone on this machine."""

from collections.abc import Callable

from codec.refused import Refused
from codec.settings import CodecSettings
from codec.tokens import PREFIX, Tokens, WrongTokens
from runtime.clock import Clock

Guard = Callable[[str], str]
"""From the Authorization header to who asks; blocks, and raises Refused."""
Bearer = Callable[[str], str]
"""The same from a token."""
ANYONE = "anyone"
LONGEST_TOKEN = 8192


def guard_of(settings: CodecSettings, clock: Clock) -> Guard:
    """Raises WrongTokens, also if the settings would let in the whole world."""
    if settings.codec_open:
        return lambda _authorization: ANYONE
    kept, issued = _bearer_of_kept(settings, clock), _bearer_of_issued(settings, clock)
    if kept is None and issued is None:
        raise WrongTokens("TENANTRY_CODEC_TOKENS_FILE, TENANTRY_OIDC_ISSUER: one must say who may ask")

    def guard(authorization: str) -> str:
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
            raise Refused(401, "a bearer token is needed")
        bearer = kept if token.startswith(PREFIX) else issued
        if bearer is None:
            raise Refused(401, "tokens of this kind open nothing here")
        return bearer(token)

    return guard


def _bearer_of_kept(settings: CodecSettings, clock: Clock) -> Bearer | None:
    if settings.codec_tokens_file is None:
        return None
    tokens = Tokens(settings.codec_tokens_file, clock.now)

    def bearer(token: str) -> str:
        try:
            holder = tokens.holder(token)
        except WrongTokens as error:
            raise Refused(503, "who may ask cannot be read at present") from error
        if holder is None:
            raise Refused(401, "the token opens nothing, or nothing more")
        return holder

    return bearer


def _bearer_of_issued(settings: CodecSettings, clock: Clock) -> Bearer | None:
    if settings.oidc_issuer is None:
        return None
    # Its libraries take a third of the time in which the endpoint starts; stacks on one machine have none.
    from codec.issued import bearer_of_issued  # noqa: PLC0415

    return bearer_of_issued(settings, clock)
