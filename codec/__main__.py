"""`python -m codec` serves the codec endpoint; `keys` turns the key ring, `token` says who may ask."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from codec.app import create_app
from codec.guard import guard_of
from codec.keys import add_key, drop_key, write_with
from codec.settings import CodecSettings
from codec.tokens import WrongTokens, add_token, drop_token
from runtime.bounded_http import BoundedHttp
from runtime.clock import SystemClock
from runtime.kms import Kms
from runtime.logging import configure_logging
from runtime.payloads import sealing_of
from runtime.process import settle
from runtime.ring_file import WrongKeyRing
from runtime.settings import loaded

USAGE = 2
NO_RING = "TENANTRY_PAYLOAD_KEYS_FILE: must name the file of the key ring"
NO_TOKENS = "TENANTRY_CODEC_TOKENS_FILE: must name the file of those who may ask"


def main() -> None:
    arguments = _parser().parse_args()
    settings = loaded(CodecSettings)
    try:
        arguments.run(settings, arguments)
    except (WrongKeyRing, WrongTokens) as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(USAGE) from None
    except OSError as error:
        sys.stderr.write(f"error: {error.filename}: {error.strerror}\n")
        raise SystemExit(USAGE) from None


def _serve(settings: CodecSettings, _: argparse.Namespace) -> None:
    guard = guard_of(settings, SystemClock())
    sealing = sealing_of(settings)
    if sealing is None:
        raise WrongKeyRing(NO_RING)
    configure_logging(settings)
    app = create_app(sealing, guard, settings.codec_origins)
    settle()
    uvicorn.run(
        app,
        host=settings.codec_host,
        port=settings.codec_port,
        log_config=None,  # runtime.logging has set everything up
        http=BoundedHttp,
        access_log=False,  # codec.app says who had how much unsealed
        server_header=False,
    )


def _add_key(settings: CodecSettings, asked: argparse.Namespace) -> None:
    _say(add_key(_ring(settings), asked.id, asked.kms, Kms(settings.aws_endpoint_url)))


def _write_with(settings: CodecSettings, asked: argparse.Namespace) -> None:
    _say(write_with(_ring(settings), asked.id))


def _drop_key(settings: CodecSettings, asked: argparse.Namespace) -> None:
    _say(drop_key(_ring(settings), asked.id))


def _add_token(settings: CodecSettings, asked: argparse.Namespace) -> None:
    _say(add_token(_tokens(settings), asked.name, asked.days, SystemClock().now()))


def _drop_token(settings: CodecSettings, asked: argparse.Namespace) -> None:
    drop_token(_tokens(settings), asked.name)
    _say(f"the token of '{asked.name}' opens nothing more")


def _ring(settings: CodecSettings) -> Path:
    if settings.payload_keys_file is None:
        raise WrongKeyRing(NO_RING)
    return settings.payload_keys_file


def _tokens(settings: CodecSettings) -> Path:
    if settings.codec_tokens_file is None:
        raise WrongTokens(NO_TOKENS)
    return settings.codec_tokens_file


def _days(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 3650):
        raise argparse.ArgumentTypeError("must be 1 to 3650 days")
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m codec", description=__doc__)
    parser.set_defaults(run=_serve)
    rooms = parser.add_subparsers()
    keys = rooms.add_parser("keys", help="turn the key ring").add_subparsers(required=True)
    add = _command(keys, "add", _add_key, "id", "add a key that reads")
    add.add_argument("--kms", metavar="KEY", help="have AWS KMS make it under this key of its own")
    _command(keys, "write", _write_with, "id", "write with a key that every process reads by now")
    _command(keys, "drop", _drop_key, "id", "take out a key that nothing needs any more")
    token = rooms.add_parser("token", help="who may ask").add_subparsers(required=True)
    give = _command(token, "add", _add_token, "name", "make a token and show it, this once")
    give.add_argument("--days", type=_days, default=90, help="how long it opens anything (90)")
    _command(token, "drop", _drop_token, "name", "take a token away, at once")
    return parser


def _command(
    group: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[CodecSettings, argparse.Namespace], None],
    about: str,
    help_text: str,
) -> argparse.ArgumentParser:
    parser = group.add_parser(name, help=help_text)
    parser.add_argument(about)
    parser.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    main()
