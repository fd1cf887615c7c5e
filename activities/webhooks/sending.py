"""One attempt: a signed POST, without redirects, of whose answer little is read."""

import asyncio
import ssl
from contextlib import suppress
from datetime import timedelta

import httpcore
from standardwebhooks import Webhook

from activities.webhooks.network import NotPublic, PublicNetwork
from domain.webhooks.events import payload
from runtime.clock import Clock
from runtime.signing_keys import SigningKeys, UnknownSigningKey
from store.webhooks.queue import Attempt, Outcome, Round, Secret

PATIENCE_SECONDS = 15
"""For the whole attempt; below `store.webhooks.queue.TAKEN_FOR`."""
CONNECT_SECONDS = 5
HEAD_BYTES = 200
"""Of the body of an answer that refuses, for whoever looks why."""
AT_ONCE = 8
"""To one endpoint."""
_GONE = 410
_ASKS_FOR_PATIENCE = frozenset({429, 503})


Headers = list[tuple[str, str]]


class Sender:
    def __init__(
        self,
        keys: SigningKeys,
        clock: Clock,
        *,
        loopback: bool,
        patience: float = PATIENCE_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._network = PublicNetwork(loopback=loopback)
        self._patience = patience
        self._tls = tls or ssl.create_default_context()

    def connections(self) -> httpcore.AsyncConnectionPool:
        """To open around calls of `send`; one event loop's."""
        return httpcore.AsyncConnectionPool(
            ssl_context=self._tls,
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=self._network,
        )

    async def send(self, pool: httpcore.AsyncConnectionPool, told: Round, attempt: Attempt) -> Outcome:
        try:
            headers, body = self._signed(told, attempt)
        except UnknownSigningKey as error:
            return Outcome(None, str(error))
        try:
            async with asyncio.timeout(self._patience):
                return await _post(pool, told.url, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            return Outcome(None, f"no answer within {self._patience:g} s")
        except NotPublic as error:
            return Outcome(None, str(error))
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            return Outcome(None, f"{type(error).__name__}: {error}")

    def _secrets(self, webhook_id: str, newest: Secret, *earlier: Secret) -> list[str]:
        """Those from before the last rotation only while their key is there. Raises UnknownSigningKey."""
        secrets = [self._keys.secret(newest.key_id, webhook_id, newest.generation)]
        for one in earlier:
            with suppress(UnknownSigningKey):
                secrets.append(self._keys.secret(one.key_id, webhook_id, one.generation))
        return secrets

    def _signed(self, told: Round, attempt: Attempt) -> tuple[Headers, bytes]:
        """The time is that of the attempt: receivers refuse what is old, as it may have been recorded."""
        now = self._clock.now()
        text = payload(attempt.type, attempt.at, dict(attempt.data))
        secrets = self._secrets(told.webhook_id, *told.secrets)
        signatures = " ".join(Webhook(one).sign(attempt.event_id, now, text) for one in secrets)
        headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "Tenantry"),
            ("webhook-id", attempt.event_id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", signatures),
        ]
        return headers, text.encode()


async def _post(pool: httpcore.AsyncConnectionPool, url: str, headers: Headers, body: bytes) -> Outcome:
    timeouts = {"timeout": {"connect": CONNECT_SECONDS}}
    async with pool.stream("POST", url, headers=headers, content=body, extensions=timeouts) as answer:
        status = answer.status
        if 200 <= status < 300:
            return Outcome(status)
        said = await _head(answer)
        return Outcome(
            status,
            f"answered {status}" + (f": {said}" if said else ""),
            gone=status == _GONE,
            wish=_wish(answer) if status in _ASKS_FOR_PATIENCE else None,
        )


async def _head(answer: httpcore.Response) -> str:
    read = b""
    async for part in answer.aiter_stream():
        read += part[:HEAD_BYTES]
        if len(read) >= HEAD_BYTES:
            break
    text = read[:HEAD_BYTES].decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _wish(answer: httpcore.Response) -> timedelta | None:
    asked = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    return timedelta(seconds=int(asked)) if asked.isdigit() and len(asked) < 8 else None
