"""Logs of every process: one format, and no secrets in it."""

import json
import logging
from collections.abc import Callable

import pytest
import structlog

from runtime.settings import Settings

SECRET = "hunter2-correct-horse"


def _fail_with_a_secret_in_a_local() -> None:
    password = SECRET
    assert password
    raise LookupError("no such thing")


def _log_exception() -> None:
    try:
        _fail_with_a_secret_in_a_local()
    except LookupError:
        structlog.get_logger("t").exception("failed")


@pytest.mark.parametrize("name", ["json", "console"])
@pytest.mark.parametrize(
    "write",
    [
        lambda: structlog.get_logger("t").info("x", password=SECRET),
        lambda: structlog.get_logger("t").info("x", nested={"items": [{"api_key": SECRET}]}),
        lambda: structlog.get_logger("t").info(f"postgresql://me:{SECRET}@host/db"),
        lambda: structlog.get_logger("t").info("x", settings=Settings(temporal_api_key=SECRET)),
        lambda: logging.getLogger("library").warning("at postgresql://me:%s@host/db", SECRET),
        lambda: logging.getLogger("library").warning("x", extra={"secret_value": SECRET}),
        lambda: logging.getLogger("botocore.endpoint").debug("body %s", SECRET),
        _log_exception,
    ],
)
def test_no_secret_reaches_a_log(
    write: Callable[[], None],
    name: str,
    log_format: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Telling keys, passwords in URLs, locals of failed frames and request bodies are not written."""
    log_format(name)
    write()
    assert SECRET not in capsys.readouterr().out


def test_json_lines_carry_level_logger_and_instant(
    log_format: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Our own loggers and the libraries' come out as the same JSON."""
    log_format("json")
    structlog.get_logger("ours").warning("hello", tenant="acme")
    logging.getLogger("theirs").warning("hello", extra={"tenant": "acme"})
    ours, theirs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    for line, name in ((ours, "ours"), (theirs, "theirs")):
        assert (line["event"], line["level"], line["logger"]) == ("hello", "warning", name)
        assert line["tenant"] == "acme"
        assert line["timestamp"].endswith("Z")


def test_names_of_secrets_may_be_logged(
    log_format: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What names a secret is not one."""
    log_format("json")
    structlog.get_logger("t").info("x", secret_name="a-name", secret_arn="an-arn", tokens_left=None)
    line = json.loads(capsys.readouterr().out)
    assert (line["secret_name"], line["secret_arn"], line["tokens_left"]) == ("a-name", "an-arn", None)
