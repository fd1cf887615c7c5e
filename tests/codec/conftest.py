"""A ring with one key, and the endpoint that has it, asked without a network."""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from codec.app import create_app
from codec.guard import guard_of
from codec.settings import CodecSettings
from codec.tokens import add_token
from runtime.clock import MovableClock
from runtime.payloads import sealing_of
from runtime.ring_file import HeldKey, RingFile
from runtime.sealing import Sealing

ORIGIN = "https://temporal.example.com"


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.yaml"
    file.write_text(RingFile("one", {"one": HeldKey("key", os.urandom(32))}).text())
    return file


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def settings(ring_file: Path, tmp_path: Path) -> CodecSettings:
    return CodecSettings(
        payload_keys_file=ring_file, codec_tokens_file=tmp_path / "tokens.yaml", codec_origins=(ORIGIN,)
    )


@pytest.fixture
def sealing(settings: CodecSettings) -> Sealing:
    made = sealing_of(settings)
    assert made
    return made


@pytest.fixture
def token(settings: CodecSettings, clock: MovableClock) -> str:
    assert settings.codec_tokens_file
    return add_token(settings.codec_tokens_file, "ann", 30, clock.now())


class Asking:
    """Somebody with a token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self.token = token

    async def post(self, path: str, payloads: Sequence[Payload], **headers: str) -> httpx.Response:
        return await self.send(
            path, json_format.MessageToJson(Payloads(payloads=payloads)).encode(), **headers
        )

    async def send(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        return await self._http.post(
            path, content=body, headers={"authorization": f"Bearer {self.token}", **headers}
        )

    async def told(self, path: str, payloads: Sequence[Payload]) -> list[Payload]:
        answer = await self.post(path, payloads)
        assert answer.status_code == 200, answer.text
        return list(json_format.Parse(answer.text, Payloads()).payloads)

    async def preflight(self, origin: str) -> httpx.Response:
        """What a browser asks before it sends the UI's request."""
        headers = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,authorization-extras,content-type,x-namespace",
        }
        return await self._http.options("/decode", headers=headers)


@pytest.fixture
async def ask(
    settings: CodecSettings, sealing: Sealing, clock: MovableClock, token: str
) -> AsyncIterator[Asking]:
    app = create_app(sealing, guard_of(settings, clock), settings.codec_origins)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://codec") as http:
        yield Asking(http, token)
