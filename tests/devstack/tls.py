"""TLS before a server that speaks plain HTTP, for whoever bears a certificate of its authority."""

import asyncio
import contextlib
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

_HOST = "127.0.0.1"


def certificates(folder: Path) -> None:
    """Writes ca.crt, and a .crt and .key for each of server and client, good for an hour."""
    authority = generate_private_key(SECP256R1())
    _write(folder, "ca", authority, authority)
    for name in ("server", "client"):
        _write(folder, name, generate_private_key(SECP256R1()), authority)


class TlsDoor:
    """Passes on every connection while the block runs; `folder` is what `certificates` filled."""

    def __init__(self, target: str, folder: Path) -> None:
        self._target = urlsplit(target)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.crt"))
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tls-door", daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.start_server(self._pass, _HOST, 0, ssl=self._context)
        server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        self.url = f"https://{_HOST}:{server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(_cancelled(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond = await asyncio.open_connection(self._target.hostname, self._target.port)
        await asyncio.gather(_copy(reader, beyond[1]), _copy(beyond[0], writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def _cancelled() -> None:
    """Ends the connections of this loop, which watches would hold for longer than a test takes."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _write(folder: Path, name: str, key: EllipticCurvePrivateKey, authority: EllipticCurvePrivateKey) -> None:
    begins = datetime.now(UTC) - timedelta(minutes=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named("ca"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=key is authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / f"{name}.crt").write_bytes(built.public_bytes(encoding))
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(private)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
