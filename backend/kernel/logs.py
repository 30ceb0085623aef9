"""How every process writes its log: one line an event, tracebacks without the values of variables."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Plain tracebacks on purpose: the pretty ones print local variables, and those hold passwords and people's data."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
