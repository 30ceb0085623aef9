"""How every process writes its log: one line an event, on a terminal for people, elsewhere as JSON, failures without the values that they met.

No secret and nothing personal may stand in it, at any level. Proven by tests/journeys/test_secrets.py, which reads the logs of a whole run.
"""

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
from types import TracebackType
from typing import Any, Final

import structlog

from backend.kernel import failures

# Printed, a line break would begin what looks like another event.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
# At their lower levels these write whole addresses and headers, which are secrets, and the positions that stand in pictures.
_TALKATIVE: Final = ("httpx", "httpcore", "urllib3", "requests", "PIL", "websockets")
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


def _tell_failures(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key, value in event.items():
        if isinstance(value, BaseException) and key != "exc_info":
            event[key] = failures.describe(value)
    return event


def _add_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """``exc_info``: the failure, True for the one in hand, or a triple of ``sys.exc_info``."""
    said = event.pop("exc_info", None)
    failure = said if isinstance(said, BaseException) else said[1] if isinstance(said, tuple) else sys.exc_info()[1] if said else None
    if failure is not None:
        event["exception"] = failures.trace(failure)
    return event


def _in_one_line(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", value)
    return event


_encoder = json.JSONEncoder(ensure_ascii=False, default=repr)


def _dump(event: Any, **_options: Any) -> str:
    return _encoder.encode(event)


_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """For libraries that log through the standard library, the web server first; on a terminal."""

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the standard library's name
        return failures.trace(ei[1]) if ei[1] is not None else ""


class JsonFormatter(PlainFormatter):
    """The same elsewhere."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        event["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return _dump(event)


def server_config() -> dict[str, Any]:
    """The logging configuration (``logging.config.dictConfig``) that the web server is given."""
    handler = {"class": "logging.StreamHandler", "formatter": "ours", "stream": "ext://sys.stderr"}
    ours = {"()": "backend.kernel.logs.JsonFormatter"} if as_json() else {"()": "backend.kernel.logs.PlainFormatter", "fmt": "[%(levelname)s] %(message)s"}
    return {
        "formatters": {"ours": ours},
        "handlers": {"console": handler},
        "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }


def configure() -> None:
    """Set up what this process writes. Libraries' warnings go the same way as our own events, whatever level an operator gives the rest."""
    last: Any = structlog.processors.JSONRenderer(serializer=_dump) if as_json() else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    if not logging.root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter() if as_json() else PlainFormatter("[%(levelname)s] %(name)s: %(message)s"))
        logging.root.addHandler(handler)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _tell_failures,
            _add_trace,
            _in_one_line,
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
