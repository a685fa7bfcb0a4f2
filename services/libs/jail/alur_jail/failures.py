"""What went wrong in a runner, as errors for people: the type, the line, and how the line reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from alur_jail.room import NoJailError
from alur_sdk.errors import AlurError, MemoryLimitError, Permanent

_KEPT_LINE: Final = 120
_ABSENT: Final = re.compile(
    r"(?:name )?'?(\w+)'? is not defined|the module '(\w+)[\w.]*' is not available"
)
_NO_NETWORK: Final = "code has no network: use an http.request node before or behind it"
_NO_TIMERS: Final = "code does not wait: use a core.wait node before or behind it"
_NO_FILES: Final = "code has no files: items carry them, and http.request fetches and sends them"
_NO_MODULES: Final = (
    "code in JavaScript loads no modules: what it has is in the documentation of core.code"
)
# What people reach for that the jail does not have -> what does it instead.
_INSTEAD: Final = {
    **dict.fromkeys(("fetch", "XMLHttpRequest", "WebSocket", "axios"), _NO_NETWORK),
    **dict.fromkeys(
        ("requests", "httpx", "aiohttp", "urllib3", "urllib", "http", "socket"), _NO_NETWORK
    ),
    **dict.fromkeys(("open", "os", "pathlib", "shutil", "io", "tempfile"), _NO_FILES),
    **dict.fromkeys(("setTimeout", "setInterval", "asyncio"), _NO_TIMERS),
    **dict.fromkeys(("require", "module", "process"), _NO_MODULES),
}


class CodeFailedError(Permanent):
    """The code threw. `line` counts from 1 in the code, `item` is the one it ran for."""

    code = "code"


def failure(told: Mapping[str, Any], source: str, too_much: str) -> AlurError:
    """Return the error for what a runner told of a failure: anything, as users may write it. `too_much` says what too much memory is."""
    kind, message = str(told.get("type", "Error")), str(told.get("message", ""))
    if kind == "MemoryError" or (kind == "InternalError" and "out of memory" in message):
        return MemoryLimitError(f"the code was stopped: {too_much}")
    if kind == "JailError":
        return NoJailError(f"code is refused: the jail could not be closed ({message})")
    numbers = {name: told[name] for name in ("line", "item") if type(told.get(name)) is int}
    text = f"{kind}: {message}{_instead(message)}" if message else kind
    return CodeFailedError(text + _place(numbers, source), **numbers)


def _instead(message: str) -> str:
    """Return what does the work of a name that is not there, where it is one that people expect."""
    absent = _ABSENT.match(message)
    hint = absent and _INSTEAD.get(absent[1] or absent[2])
    return f"; {hint}" if hint else ""


def _place(numbers: Mapping[str, int], source: str) -> str:
    """Return where it happened, with the line itself."""
    named = [f"{name} {number}" for name, number in numbers.items()]
    lines = source.splitlines()
    line = numbers.get("line", 0)
    excerpt = lines[line - 1].strip()[:_KEPT_LINE] if 0 < line <= len(lines) else ""
    place = f" ({', '.join(named)})" if named else ""
    return f"{place}: `{excerpt}`" if excerpt else place
