"""The names that expressions know, as JSON, for the editor to offer while somebody writes one."""

from __future__ import annotations

import json

from alur_engine.expressions import bridge
from alur_engine.expressions.methods.standard import KINDS
from alur_engine.expressions.methods.tables import BY_TYPE, HELPERS

CLASSES = ("DateTime", "Duration", "Interval")
PLAIN = (str, list, int, dict)
"""What JSON has; the methods of dates and the like are told by their kinds."""


def main() -> None:
    """Print functions, statics of kinds, helpers that are ours, and methods that all JavaScript has."""
    helpers = {name for table in HELPERS.values() for name in table}
    methods = {name for kind in PLAIN for name in BY_TYPE[kind]} - helpers
    names = {
        "functions": sorted(bridge.OWN_FUNCTIONS),
        "statics": [f"{kind}.{name}" for kind in CLASSES for name in sorted(KINDS[kind])],
        "helpers": sorted(helpers),
        "methods": sorted(methods),
    }
    print(json.dumps(names, indent=2))  # noqa: T201  # this is what it is for


if __name__ == "__main__":
    main()
