"""Reading the JSON of a request."""

from __future__ import annotations

from alur_common.json_values import TooDeepError, parse_json
from alur_gateway.domain.errors import MalformedError
from alur_sdk.errors import Problem
from alur_sdk.items import Json

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json(body: bytes) -> Json:
    """Return the value, or raise `MalformedError` for what is no JSON, or nests too deep.

    A byte order mark before it is skipped, as RFC 8259 (section 8.1) allows.
    """
    try:
        return parse_json(body.removeprefix(_BYTE_ORDER_MARK))
    except ValueError as error:
        code = "depth" if isinstance(error, TooDeepError) else "json"
        raise MalformedError(str(error), [Problem("", code, str(error))]) from error
