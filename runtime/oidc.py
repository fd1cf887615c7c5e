"""JSON Web Tokens of one issuer, verified with the keys that it shows."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from runtime.clock import Clock
from runtime.settings import Settings

# Only what a private key signs: of the others anybody who verifies could forge one.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = timedelta(seconds=30)
"""The library reckons by the machine's time, and the issuer's may differ."""
KEYS_ARE_FRESH = timedelta(minutes=5)
ASKED_AT_MOST_EVERY = timedelta(seconds=10)
"""Tokens with made-up key ids must not become requests to the issuer."""
TIMEOUT_SECONDS = 5


class WrongToken(Exception):
    """It proves nothing; the message says why."""


class KeysAway(Exception):
    """The issuer's keys cannot be had."""


class Issuer:
    """Blocks; call it in a thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str | None, jwt.PyJWK] = {}
        self._read_at: datetime | None = None
        self._asked_at: datetime | None = None

    def claims(self, token: str) -> Mapping[str, Any]:
        """What the issuer says of the bearer. Raises WrongToken, KeysAway."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._key(key_id),
                algorithms=ALGORITHMS,
                issuer=self._settings.oidc_issuer,
                audience=self._settings.oidc_audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise WrongToken(f"The token is not taken: {error}.") from error
        return claims

    def _key(self, key_id: str | None) -> jwt.PyJWK:
        with self._lock:
            now = self._clock.now()
            stale = self._read_at is None or now - self._read_at > KEYS_ARE_FRESH
            may_ask = self._asked_at is None or now - self._asked_at > ASKED_AT_MOST_EVERY
            if (stale or key_id not in self._keys) and may_ask:
                self._asked_at = now
                self._read(now)
            if self._read_at is None:
                raise KeysAway
            if key_id not in self._keys:
                raise WrongToken("The token is signed with a key that its issuer does not show.")
            return self._keys[key_id]

    def _read(self, now: datetime) -> None:
        """Keys that were read before stay while the issuer is away."""
        try:
            answer = httpx.get(str(self._settings.oidc_jwks_url), timeout=TIMEOUT_SECONDS, trust_env=False)
            keys = jwt.PyJWKSet.from_dict(answer.raise_for_status().json()).keys
        except (httpx.HTTPError, ValueError, AttributeError, TypeError, jwt.PyJWTError) as error:
            if self._read_at is None:
                raise KeysAway from error
            return
        self._keys = {key.key_id: key for key in keys}
        self._read_at = now


def words(claim: object) -> frozenset[str]:
    """Those of a list, or of one text with spaces."""
    named = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(name for name in named if isinstance(name, str))
