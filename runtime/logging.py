"""Structured logs of every process: JSON lines or a console for people, and never a secret."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from runtime.settings import Settings

HIDDEN = "***"
_SECRET_KEY = re.compile(
    r"password|passwd|secret(?!_name|_arn)|token|api_?key|authorization|credential", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@", re.IGNORECASE)
_CHATTY = (
    *("botocore", "boto3", "urllib3", "httpx", "httpcore", "kubernetes", "s3transfer", "alembic"),
    *("stripe", "fpdf", "fontTools"),
)


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's loggers to a stream, else stdout, in one format.

    May be called again.
    """
    stream = stream or sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_rendering(settings.log_format, colors=stream.isatty())
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        # Their debug lines carry request bodies, and with them passwords.
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering(log_format: str, *, colors: bool) -> list[Processor]:
    finish: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if log_format == "json":
        return [
            *finish,
            # Without the locals of each frame, which may hold a password.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            hide_secrets,
            structlog.processors.JSONRenderer(default=str),
        ]
    return [
        *finish,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.dev.ConsoleRenderer(colors=colors),
    ]


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank values under telling keys and passwords inside URLs, at any depth."""
    return _hidden_in(event)


def _hidden_in(values: Mapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: HIDDEN if value and isinstance(key, str) and _SECRET_KEY.search(key) else _hidden(value)
        for key, value in values.items()
    }


def _hidden(value: object) -> object:
    if isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\g<scheme>:{HIDDEN}@", value)
    if isinstance(value, Mapping):
        return _hidden_in(value)
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return value
