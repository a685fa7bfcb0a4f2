"""Prints the description of the REST interface: `python -m alur_gateway.adapters.rest`."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import cast

import orjson

from alur_gateway.adapters.rest.app import description
from alur_gateway.service.use_cases import UseCases


def main() -> None:
    """Write the OpenAPI document to standard output; nothing is served, so nothing is needed behind it."""
    nothing = SimpleNamespace(registry=None, executions=None, clock=None)
    described = description(cast("UseCases", nothing))
    sys.stdout.buffer.write(orjson.dumps(described, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
