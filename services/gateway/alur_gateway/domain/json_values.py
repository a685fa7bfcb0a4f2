"""Reading the JSON of a request."""

from __future__ import annotations

from alur_common.json_values import TooDeepError, parse_json
from alur_gateway.domain.errors import MalformedError
from alur_sdk.errors import Problem
from alur_sdk.items import Json


def read_json(body: bytes) -> Json:
    """Return the value, or raise `MalformedError` for what is no JSON, or nests too deep."""
    try:
        return parse_json(body)
    except ValueError as error:
        code = "depth" if isinstance(error, TooDeepError) else "json"
        raise MalformedError(str(error), [Problem("", code, str(error))]) from error
