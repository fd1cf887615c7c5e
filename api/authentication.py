"""Who asks: the bearer of a key, of an issuer's token, or of a tenant's usage token."""

import hmac

import anyio.to_thread
from sqlalchemy import Engine

from api.oidc import caller_of
from api.problems import ApiProblem, away
from domain import api_key, bearer
from domain.access import Caller, Role
from domain.metering import usage_token
from runtime.clock import Clock
from runtime.oidc import Issuer, KeysAway, WrongToken
from runtime.settings import Settings
from store.api_keys import key_caller
from store.usage_tokens import hash_of

LONGEST_TOKEN = 8192
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="tenantry"'}
JWT_DOTS = 2


class Authentication:
    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        self._settings = settings
        self._development_key = settings.development_key
        self._engine = engine
        self._clock = clock
        self._issuer = Issuer(settings, clock) if settings.oidc_issuer else None

    async def caller(self, authorization: str | None) -> Caller:
        """By the Authorization header. Raises ApiProblem."""
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise _refused("The request has no Authorization: Bearer <key or token>.")
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise _refused(f"A token has at most {LONGEST_TOKEN} characters, all of them ASCII.")
        if self._is_development_key(token):
            return Caller("development", frozenset({Role.ADMIN}))
        return await anyio.to_thread.run_sync(self._caller, token)

    def _is_development_key(self, token: str) -> bool:
        key = self._development_key
        return key is not None and hmac.compare_digest(token, key.get_secret_value())

    def _caller(self, token: str) -> Caller:
        if key_id := api_key.id_of(token):
            caller = key_caller(self._engine, key_id, token, self._clock.now())
            if caller is None:
                raise _refused(f"There is no key {key_id} like this: it may have ended or been revoked.")
            return caller
        if tenant_id := usage_token.tenant_of(token):
            stored = hash_of(self._engine, tenant_id)
            if stored is None or not bearer.is_of(token, stored):
                raise _refused("This is not the usage token that a tenant has now.")
            return Caller(f"instance:{tenant_id}", frozenset({Role.INSTANCE}))
        if self._issuer is not None and token.count(".") == JWT_DOTS:
            return self._of_issuer(self._issuer, token)
        raise _refused("This is no key of this API, and no token that it could verify.")

    def _of_issuer(self, issuer: Issuer, token: str) -> Caller:
        try:
            return caller_of(issuer, token, self._settings)
        except WrongToken as error:
            raise _refused(str(error)) from error
        except KeysAway as error:
            raise away("The issuer of tokens") from error


def _refused(detail: str) -> ApiProblem:
    return ApiProblem("Unauthenticated", detail, headers=CHALLENGE)
