"""Logs on stderr: text on a terminal, else JSON lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

LONGEST_VALUE = 1000
NOISY_LOGGERS = ("httpx", "httpcore", "nats", "faststream", "uvicorn.access", "alembic", "PIL")


def configure_logs(*, form: Literal["auto", "json", "console"], level: str) -> None:
    """Set up structlog and the standard library's logging once, at the start of the process."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([] if console else [_TRACEBACKS]),
            _cut,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
            if console
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)
    # The service reports its own errors at the start and at the end.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)
"""Without the values of local variables: they may be signed URLs or tokens."""


class _ToStructlog(logging.Handler):
    """Pass what libraries log to structlog, so that all lines have the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            log = structlog.get_logger()
            log.log(record.levelno, "library_logged", logger=record.name, message=record.getMessage())
        except Exception:  # noqa: BLE001 - a failing log line must not become another error
            self.handleError(record)


def _cut(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut long texts and escape control characters: texts may come from outside."""
    for key, value in line.items():
        if isinstance(value, str) and key != "exception" and (len(value) > LONGEST_VALUE or not value.isprintable()):
            line[key] = value[:LONGEST_VALUE].encode("unicode_escape").decode()
    return line
