"""Pages: the sizes and tokens of lists."""

from __future__ import annotations

from alur_gateway.domain.pages import DEFAULT_LIMIT, MAX_LIMIT
from alur_sdk.errors import InvalidError, Problem


def page_size(asked: int) -> int:
    """Return how many a page holds. Raises `InvalidError` below zero."""
    if asked < 0:
        message = "a page holds at least one"
        raise InvalidError(message, [Problem("page_size", "value", message)])
    return min(asked or DEFAULT_LIMIT, MAX_LIMIT)


def position(token: str) -> int:
    """Return the position that a token of ours says. Raises `InvalidError` for any other."""
    if token and not (token.isascii() and token.isdigit() and len(token) <= 12):  # noqa: PLR2004  # beyond any list
        message = "no token of this list: take it from the page before"
        raise InvalidError(message, [Problem("page_token", "value", message)])
    return int(token or 0)
