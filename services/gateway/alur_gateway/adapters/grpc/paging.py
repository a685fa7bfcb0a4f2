"""Pages: the sizes and tokens of lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alur_gateway.domain.pages import DEFAULT_LIMIT, MAX_LIMIT
from alur_sdk.errors import InvalidError, Problem


def page_size(asked: int) -> int:
    """Return how many a page holds. Raises `InvalidError` below zero."""
    if asked < 0:
        message = "a page holds at least one"
        raise InvalidError(message, [Problem("page_size", "value", message)])
    return min(asked or DEFAULT_LIMIT, MAX_LIMIT)


@contextmanager
def token_named() -> Iterator[None]:
    """Tell of a token that is none by the name that it has in gRPC; REST calls it a cursor."""
    try:
        yield
    except InvalidError as error:
        if [problem.path for problem in error.problems] != ["cursor"]:
            raise
        raise _no_token() from error


def position(token: str) -> int:
    """Return the position that a token of ours says. Raises `InvalidError` for any other."""
    if token and not (token.isascii() and token.isdigit() and len(token) <= 12):  # noqa: PLR2004  # beyond any list
        raise _no_token()
    return int(token or 0)


def _no_token() -> InvalidError:
    message = "no token of this list: take it from the page before"
    return InvalidError(message, [Problem("page_token", "value", message)])
