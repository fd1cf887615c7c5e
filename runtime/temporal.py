"""The Temporal client, from settings alone: a dev server, a cluster with mTLS, or Temporal Cloud."""

from datetime import timedelta

from temporalio.client import Client, Interceptor
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RetryConfig, TLSConfig

from runtime.payloads import data_converter
from runtime.settings import Settings

CONNECT_TIMEOUT = timedelta(seconds=3)


async def connect(
    settings: Settings,
    *,
    converter: DataConverter | None = None,
    lazy: bool = False,
    give_up_after: timedelta | None = None,
    interceptors: list[Interceptor] | None = None,
    runtime: Runtime | None = None,
) -> Client:
    """A client of the configured namespace.

    Lazy connects with the first call, so that a process can start while Temporal is away; workers refuse lazy
    clients. `give_up_after` bounds how long a call is tried again while the server does not answer (without
    it, 10 s). Without a `converter`, one is made from the settings, which raises WrongKeyRing. Raises
    RuntimeError when Temporal is away and the client is not lazy.
    """
    key = settings.temporal_api_key
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=key.get_secret_value() if key else None,
        tls=_tls(settings),
        data_converter=converter or data_converter(settings),
        # Our messages are a few KB: compressing each costs both ends more than it saves on the wire.
        grpc_compression=GrpcCompression.NONE,
        interceptors=interceptors or [],
        retry_config=_retries(give_up_after),
        connect_timeout=CONNECT_TIMEOUT,
        lazy=lazy,
        runtime=runtime,
    )


def _tls(settings: Settings) -> bool | TLSConfig | None:
    if settings.temporal_tls_cert and settings.temporal_tls_key:
        return TLSConfig(
            client_cert=settings.temporal_tls_cert.read_bytes(),
            client_private_key=settings.temporal_tls_key.read_bytes(),
        )
    # None lets the SDK choose: TLS with an API key, plain text without.
    return True if settings.temporal_tls else None


def _retries(give_up_after: timedelta | None) -> RetryConfig | None:
    if give_up_after is None:
        return None
    return RetryConfig(max_elapsed_time_millis=int(give_up_after.total_seconds() * 1000))
