"""Keys that AWS KMS has encrypted: it decrypts them for processes that may ask it, and logs who did."""

from collections.abc import Callable
from typing import Any

from runtime.key_ring import KEY_BYTES
from runtime.ring_file import WrongKeyRing

TIMEOUT_SECONDS = 5


class Kms:
    """Asked under the identity of the process, in its region.

    Everything raises WrongKeyRing where KMS refuses or is away: without its keys a process must not start.
    """

    def __init__(self, endpoint_url: str | None) -> None:
        self._endpoint_url = endpoint_url

    def unwrap(self, key_id: str, encrypted: bytes) -> bytes:
        """KMS knows from the ciphertext which of its keys to use."""

        def decrypt(client: Any) -> bytes:
            answer = client.decrypt(CiphertextBlob=encrypted, EncryptionContext=_context(key_id))
            key: bytes = answer["Plaintext"]
            return key

        return self._asked(f"keys.{key_id}: KMS does not decrypt it", decrypt)

    def wrapped(self, key_id: str, kms_key: str) -> bytes:
        """A new key, encrypted with `kms_key` (an id, ARN or alias); nobody has seen the key itself."""

        def generate(client: Any) -> bytes:
            answer = client.generate_data_key_without_plaintext(
                KeyId=kms_key, NumberOfBytes=KEY_BYTES, EncryptionContext=_context(key_id)
            )
            encrypted: bytes = answer["CiphertextBlob"]
            return encrypted

        return self._asked(f"KMS makes no key with '{kms_key}'", generate)

    def _asked(self, refusal: str, ask: Callable[[Any], bytes]) -> bytes:
        # A ring without keys of KMS needs no AWS library, which takes a third of a second to load.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        patience = Config(
            connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"total_max_attempts": 3}
        )
        try:
            return ask(boto3.client("kms", endpoint_url=self._endpoint_url, config=patience))
        except (BotoCoreError, ClientError) as error:
            raise WrongKeyRing(f"{refusal}: {error}") from error


def _context(key_id: str) -> dict[str, str]:
    """What KMS wants to hear again before it decrypts, and writes into its log: no other use, no other id."""
    return {"tenantry-payload-key": key_id}
