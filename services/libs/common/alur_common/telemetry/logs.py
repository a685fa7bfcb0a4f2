"""Log lines: one JSON object a line with `ts`, `level`, `msg`, `service` and the fields of the event.

Within a span a line has its `trace_id` and `span_id`; after `bind` what was bound, such as `execution_id`.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import MutableMapping
from functools import lru_cache
from types import ModuleType
from typing import Any, TextIO

import orjson

from alur_common.telemetry.tracing import current


def _load_structlog() -> ModuleType:
    """Import structlog without rich, which it takes along for coloured tracebacks.

    JSON lines have none, and rich would cost every start a fifth of a second and 8 MB.
    """
    is_hidden = "rich" not in sys.modules
    if is_hidden:
        sys.modules["rich"] = None  # type: ignore[assignment] # how the import system is told "absent"
    try:
        import structlog  # noqa: PLC0415 - only here is rich hidden
    finally:
        if is_hidden:
            del sys.modules["rich"]
    return structlog


structlog = _load_structlog()

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_RENAMED = {"execution": "execution_id", "workflow": "workflow_id", "event": "msg"}
_SECRET_WORDS = ("authorization", "cookie", "passphrase", "password", "private_key", "secret")
_SECRET_NAMES = frozenset({"token", "api_key", "apikey", "access_token", "credential_value"})
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
_Fields = MutableMapping[str, Any]

CHATTY = ("aiokafka", "pymongo", "faststream")
"""Libraries that tell of every step, and of each try of what fails for a while."""
_REPEAT_SECONDS = 10.0
_MOST_KEPT = 1000


def configure_logs(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of this process, those of libraries too, to `stream` (standard output).

    `service` is `gateway`, `executor` …, or `dev` when all run in one process. A second call replaces the first.
    """
    write = _Lines(service, stream or sys.stdout)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            write,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=_Named,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    bridge = _Bridge(write)
    bridge.addFilter(_Repeats())
    root.handlers = [bridge]
    root.setLevel(max(LEVELS[level], logging.INFO))
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def bind(**fields: str) -> None:
    """Give these fields to every line that this task and those it starts write from now on."""
    structlog.contextvars.bind_contextvars(**fields)


def get_logger(name: str) -> Any:  # noqa: ANN401 - structlog's own return type
    """Return a logger of events with fields: `log.info("node finished", execution=…, node=…)`."""
    return structlog.get_logger(name)


class _Named:
    """The end of the chain: the line is written by then, so it only knows the logger's name."""

    def __init__(self, name: str = "alur") -> None:
        self.name = name

    def msg(self, _: str) -> None:
        """Do nothing."""

    debug = info = warning = error = critical = exception = msg


class _Lines:
    """Writes one event as one line of JSON."""

    def __init__(self, service: str, stream: TextIO) -> None:
        self._service = service
        self._stream = stream

    def __call__(self, logger: _Named, _method: str, fields: _Fields) -> str:
        """Write it; what JSON cannot hold is written as its text, and secrets as stars."""
        moment = time.time()
        line: dict[str, Any] = {
            "ts": _timestamp(moment),
            "level": fields.pop("level", "info"),
            "msg": fields.pop("event", ""),
            "service": self._service,
            "logger": logger.name,
        }
        span = current()
        if span is not None:
            line["trace_id"], line["span_id"] = span.point[:2]
        for name, value in fields.items():
            line[_RENAMED.get(name, name)] = "***" if is_secret(name) else value
        self._stream.write(_encoded(line))
        self._stream.flush()
        return ""


def _timestamp(moment: float) -> str:
    return f"{_second(int(moment))}.{int(moment % 1 * 1000):03d}Z"


@lru_cache(maxsize=1)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether a field of this name must not be shown."""
    lowered = name.lower()
    return lowered in _SECRET_NAMES or any(word in lowered for word in _SECRET_WORDS)


def _encoded(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line, default=repr, option=_OPTIONS).decode()
    except TypeError:
        plain = {name: _plain(value) for name, value in line.items()}
        return orjson.dumps(plain, option=_OPTIONS).decode()


def _plain(value: object) -> object:
    """Return the value, or its text when JSON cannot hold it: lone surrogates, integers above 64 bits, circles."""
    try:
        orjson.dumps(value, default=repr, option=_OPTIONS)
    except TypeError:
        return ascii(value)[:2000]
    return value


class _Bridge(logging.Handler):
    """Takes the log records of libraries into the same lines."""

    def __init__(self, write: _Lines) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; its own arguments are in its message already."""
        fields: _Fields = {
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **structlog.contextvars.get_contextvars(),
        }
        if repeated := getattr(record, "repeated", 0):
            fields["repeated"] = repeated
        if record.exc_info:
            fields["exception"] = logging.Formatter().formatException(record.exc_info)
        self._write(_Named(record.name), "", fields)


class _Repeats(logging.Filter):
    """Lets a line of a chatty library pass once in ten seconds, with the number of those that did not pass before it."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[tuple[str, str], float] = {}
        self._kept: Counter[tuple[str, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written. Lines are the same where they differ in their arguments alone."""
        if not record.name.startswith(CHATTY):
            return True
        line = (record.name, str(record.msg))
        if record.created - self._passed.get(line, -_REPEAT_SECONDS) < _REPEAT_SECONDS:
            self._kept[line] += 1
            return False
        if len(self._passed) >= _MOST_KEPT:  # a library that writes no line twice
            self._passed.clear()
            self._kept.clear()
        self._passed[line] = record.created
        record.repeated = self._kept.pop(line, 0)
        return True
