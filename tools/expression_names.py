"""The names that expressions know and the types they belong to, as JSON, for the editor to offer while somebody writes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from alur_engine.expressions import bridge
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.luxon.duration import Duration
from alur_engine.expressions.luxon.interval import Interval
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.methods.standard import KINDS, NAMESPACES
from alur_engine.expressions.methods.tables import BY_TYPE, HELPERS

TYPES: Final[Mapping[type, str]] = {
    str: "string",
    list: "array",
    int: "number",
    bool: "boolean",
    dict: "object",
    JsDate: "Date",
    DateTime: "DateTime",
    Duration: "Duration",
    Interval: "Interval",
}
PLAIN = (str, list, int, dict)
"""What JSON has; its methods are offered where the type is not known."""
ANNOTATED: Final = {kind.__name__: name for kind, name in TYPES.items()} | {"float": "number"}
USUALLY: Final = {
    ("DateTime", "plus"): "DateTime",
    ("DateTime", "minus"): "DateTime",
    ("DateTime", "until"): "Interval",
    ("DateTime", "toISO"): "string",
    ("DateTime", "toISODate"): "string",
    ("typeof DateTime", "max"): "DateTime",
    ("typeof DateTime", "min"): "DateTime",
    ("string", "split"): "array",
}
"""What a method comes to unless it is given something special."""
LENGTH: Final = {"string": ["length"], "array": ["length"]}
CONSOLE: Final = ("log", "info", "warn", "error", "debug")


def _returns(owner: str, members: Mapping[str, Callable[..., Any]]) -> dict[str, str]:
    """Return each method with the type of what it comes to, empty if that varies."""
    return {
        name: USUALLY.get((owner, name))
        or ANNOTATED.get(str(getattr(method, "__annotations__", {}).get("return")), "")
        for name, method in sorted(members.items())
    }


def _types() -> dict[str, Any]:
    classes = bridge.names()["classes"]
    types: dict[str, Any] = {
        name: {
            "methods": _returns(name, BY_TYPE[kind]),
            "properties": LENGTH.get(name) or classes.get(name, {}).get("properties", []),
        }
        for kind, name in TYPES.items()
    }
    for kind, members in {**KINDS, **NAMESPACES}.items():
        called = {name: member for name, member in members.items() if callable(member)}
        types[f"typeof {kind}"] = {
            "methods": _returns(f"typeof {kind}", called),
            "properties": sorted(members.keys() - called.keys()),
        }
    types["typeof console"] = {"methods": dict.fromkeys(CONSOLE, ""), "properties": []}
    return types


def main() -> None:
    """Print functions, the members of each type, helpers that are ours, and methods that all JavaScript has."""
    helpers = {name for table in HELPERS.values() for name in table}
    methods = {name for kind in PLAIN for name in BY_TYPE[kind]} - helpers
    names = {
        "functions": sorted(bridge.OWN_FUNCTIONS),
        "kinds": sorted({**KINDS, **NAMESPACES}),
        "helpers": sorted(helpers),
        "methods": sorted(methods),
        "types": _types(),
    }
    print(json.dumps(names, indent=2))  # noqa: T201  # this is what it is for


if __name__ == "__main__":
    main()
