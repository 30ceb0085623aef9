"""How every process writes its log: one line an event, on a terminal for people, elsewhere as JSON, tracebacks without the values of variables."""

from __future__ import annotations

import contextvars
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import structlog

# Printed, a line break would begin what looks like another event.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_request: contextvars.ContextVar[str | None] = contextvars.ContextVar("request", default=None)


def as_json() -> bool:
    """Whether events are JSON: as ``LOG_FORMAT`` says (json or text), else unless a terminal reads them."""
    wanted = os.environ.get("LOG_FORMAT", "")
    return wanted == "json" or (wanted != "text" and not sys.stderr.isatty())


def new_request_id() -> str:
    return secrets.token_hex(8)


def request_id() -> str | None:
    """The request that this work belongs to: its own, or the one that asked for it in the outbox."""
    return _request.get()


@contextmanager
def working_for(request: str | None) -> Iterator[None]:
    """All events within carry ``request``."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def _add_request(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if (request := _request.get()) is not None:
        event.setdefault("request_id", request)
    return event


def _in_one_line(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", value)
    return event


_encoder = json.JSONEncoder(ensure_ascii=False, default=repr)


def _dump(event: Any, **_options: Any) -> str:
    return _encoder.encode(event)


class JsonFormatter(logging.Formatter):
    """For libraries that log through the standard library, the web server first."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        event["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return _dump(event)


def server_config() -> dict[str, Any] | None:
    """The logging configuration (``logging.config.dictConfig``) that the web server is given; None leaves it its own."""
    if not as_json():
        return None
    handler = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    return {
        "formatters": {"json": {"()": "backend.kernel.logs.JsonFormatter"}},
        "handlers": {"console": handler},
        "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }


def configure() -> None:
    """Plain tracebacks on purpose: the pretty ones print local variables, and those hold passwords and people's data."""
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dump)]
        if as_json()
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _in_one_line,
            *last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
