"""What the codec endpoint unseals, for whom, and what it says of the rest."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import Payload

from codec.app import MAX_BODY_BYTES
from codec.settings import CodecSettings
from codec.tokens import drop_token
from runtime.clock import MovableClock
from runtime.sealing import Sealing, is_sealed
from tests.codec.conftest import ORIGIN, Asking

TOLD = Payload(metadata={"encoding": b"json/plain"}, data=b'"ann@example.com"')


@pytest.mark.parametrize("path", ["/decode", "/default/decode", "/a/b/decode?preserveStorageRefs=true"])
async def test_sealed_payloads_are_unsealed(ask: Asking, sealing: Sealing, path: str) -> None:
    """In their order, unsealed ones as they are, wherever below the address the path ends with /decode."""
    plain = Payload(data=b"from before there were keys")
    assert await ask.told(path, [*sealing.seal([TOLD]), plain]) == [TOLD, plain]


async def test_what_is_sent_by_hand_is_sealed(ask: Asking, sealing: Sealing) -> None:
    """Input that Temporal's command line or UI gives to a run is sealed before it leaves them."""
    sealed = await ask.told("/encode", [TOLD])
    assert all(map(is_sealed, sealed))
    assert sealing.unseal(sealed) == [TOLD]


async def test_nobody_asks_without_a_valid_token(
    ask: Asking, sealing: Sealing, clock: MovableClock, settings: CodecSettings
) -> None:
    """Neither without one, nor with another, nor after its time, nor once it was taken away: 401."""
    sealed, right = sealing.seal([TOLD]), ask.token

    async def status(**headers: str) -> int:
        return (await ask.post("/decode", sealed, **headers)).status_code

    assert await status() == 200
    for wrong in ("", right, f"Basic {right}", "Bearer ", "Bearer tcodec_other", f"Bearer {right}x"):
        assert await status(authorization=wrong) == 401
    clock.move(timedelta(days=31))
    assert await status() == 401
    clock.move(timedelta(days=-31))
    assert await status() == 200
    assert settings.codec_tokens_file
    drop_token(settings.codec_tokens_file, "ann")
    assert await status() == 401


async def test_tokens_that_cannot_be_read_let_nobody_in(ask: Asking, settings: CodecSettings) -> None:
    """A file that was spoiled or lost while the endpoint runs opens nothing: 503."""
    assert settings.codec_tokens_file
    settings.codec_tokens_file.write_text("tokens: [")
    assert (await ask.post("/decode", [])).status_code == 503
    settings.codec_tokens_file.unlink()
    assert (await ask.post("/decode", [])).status_code == 503


async def test_pages_of_the_ui_alone_may_ask(ask: Asking, sealing: Sealing) -> None:
    """A browser lets the UI's page send its request and read every answer, and no other page anything."""
    allowed = await ask.preflight(ORIGIN)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert "access-control-allow-credentials" not in allowed.headers
    for headers, status in (({}, 200), ({"authorization": ""}, 401)):
        answer = await ask.post("/decode", sealing.seal([TOLD]), origin=ORIGIN, **headers)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, ORIGIN)
    for origin in ("https://evil.example.com", f"{ORIGIN}.evil.com", "http://temporal.example.com", "null"):
        assert (await ask.preflight(origin)).status_code == 400
        refused = await ask.post("/decode", sealing.seal([TOLD]), origin=origin)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    "body",
    [b"", b"[1]", b"ann@example.com", b'{"payloads": [{"data": "ann@example.com"}]}', b"\xff", b"[" * 9999],
)
async def test_what_are_no_payloads_is_refused(ask: Asking, body: bytes) -> None:
    """400, and the answer quotes nothing of it."""
    answer = await ask.send("/decode", body)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "the body must be Temporal's Payloads as JSON"


async def test_what_cannot_be_unsealed_is_said(
    ask: Asking, sealing: Sealing, capsys: pytest.CaptureFixture[str]
) -> None:
    """400 with the key that is wanted, or that it is broken; neither answer nor log has its content."""
    (sealed,) = sealing.seal([TOLD])
    broken = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + b"\0")
    foreign = Payload(metadata={**sealed.metadata, "encryption-key-id": b"2019"}, data=sealed.data)
    for payload, said in ((broken, "is broken"), (foreign, "no key '2019'")):
        answer = await ask.post("/decode", [sealed, payload])
        assert (answer.status_code, said in answer.json()["detail"]) == (400, True)
        assert "ann@example.com" not in answer.text
    assert "ann@example.com" not in "".join(capsys.readouterr())


async def test_a_body_has_a_limit(ask: Asking) -> None:
    """413 above what Temporal itself would take, also if nobody said how long it would be."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b" " * 2**20

    assert (await ask.send("/decode", endless())).status_code == 413  # type: ignore[arg-type]  # httpx takes both


async def test_answers_are_kept_nowhere(ask: Asking, sealing: Sealing) -> None:
    """No cache on the way keeps what was unsealed."""
    answer = await ask.post("/decode", sealing.seal([TOLD]))
    assert answer.headers["cache-control"] == "no-store"
