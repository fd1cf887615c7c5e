"""Settings of the codec endpoint, beside those that it shares with the other processes."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from runtime.settings import Settings, is_loopback

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


class CodecSettings(Settings):
    codec_host: str = "127.0.0.1"
    codec_port: Annotated[int, Field(ge=0, le=65535)] = 8234
    codec_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Where the Temporal UIs are whose pages may ask, as browsers say it: https://temporal.example.com."""
    codec_tokens_file: Path | None = None
    """Who may ask: names and hashes of bearer tokens (`codec/tokens.py`)."""
    codec_open: bool = False
    """Whether anyone may ask who reaches it: for development, on a loopback address only."""

    @field_validator("codec_origins", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("codec_origins")
    @classmethod
    def _exact(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [origin for origin in value if not _ORIGIN.fullmatch(origin)]:
            raise ValueError(
                f"'{wrong[0]}' must be scheme, host and port alone, without a '*' or a '/' at the end"
            )
        return value

    @field_validator("codec_open")
    @classmethod
    def _only_here(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not is_loopback(info.data.get("codec_host", "")):
            raise ValueError("is for loopback addresses: say who may ask instead")
        if value and (info.data.get("codec_tokens_file") or info.data.get("oidc_issuer")):
            raise ValueError("goes with neither TENANTRY_CODEC_TOKENS_FILE nor TENANTRY_OIDC_ISSUER")
        return value
