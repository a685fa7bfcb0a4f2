"""Which modules code of a user may import: those of the standard library that do no I/O."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

ALLOWED: Final = frozenset(
    [
        "abc",
        "array",
        "base64",
        "binascii",
        "bisect",
        "calendar",
        "cmath",
        "collections",
        "colorsys",
        "contextlib",
        "copy",
        "csv",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "enum",
        "fractions",
        "functools",
        "graphlib",
        "hashlib",
        "heapq",
        "hmac",
        "html",
        "ipaddress",
        "itertools",
        "json",
        "keyword",
        "math",
        "numbers",
        "operator",
        "pprint",
        "quopri",
        "random",
        "re",
        "secrets",
        "statistics",
        "string",
        "stringprep",
        "struct",
        "textwrap",
        "time",
        "types",
        "typing",
        "unicodedata",
        "urllib.parse",
        "uuid",
        "zlib",
        "zoneinfo",
        "__future__",
    ]
)
WARM: Final = ("json", "re", "math", "datetime", "random", "itertools", "functools", "string")
"""Loaded before all forks but the first, as most code asks for one of them."""
_REMOVED: Final = ("open", "input", "breakpoint", "exit", "quit", "help")


def builtins_for(packages: Iterable[str]) -> dict[str, Any]:
    """Return the built-in names for code of a user.

    This gives good messages, it is no boundary: the jail is.
    """
    allowed = ALLOWED | set(packages)
    names = {name: value for name, value in vars(builtins).items() if name not in _REMOVED}
    return {**names, "__import__": _importer(allowed)}


def _importer(allowed: frozenset[str]) -> Callable[..., ModuleType]:
    def load(
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002  the names of `__import__`
        locals: Mapping[str, Any] | None = None,  # noqa: A002  the same
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        wanted = [name] if not fromlist else [name, *(f"{name}.{each}" for each in fromlist)]
        if not _fits(wanted, allowed):
            raise ImportError(
                f"the module {name!r} is not available in a code node; available are "
                + ", ".join(sorted(allowed - {"__future__"}))
            )
        return __import__(name, globals, locals, fromlist, level)

    return load


def _fits(wanted: list[str], allowed: frozenset[str]) -> bool:
    name, *members = wanted
    parts = name.split(".")
    if any(".".join(parts[:count]) in allowed for count in range(1, len(parts) + 1)):
        return True
    return bool(members) and all(member in allowed for member in members)
