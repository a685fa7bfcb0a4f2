"""SQL of a node: values travel beside it, never within it.

A database node takes its SQL as a raw parameter, in which no expression is evaluated, and the values by name from another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alur_sdk.errors import Permanent
from alur_sdk.items import Json

LONGEST_NAME = 63
_TOKEN = re.compile(
    r"""
      (?P<kept>
          '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*`     # text and quoted names
        | --[^\n]* | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$    # a comment, PostgreSQL's dollar quotes
        | ::                                                   # a cast
      )
    | :(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<comment>/\*)
    | (?P<end>;)
    | (?P<open>['"`])
    | (?P<other>[^'"`:;$/-]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Placeholders(StrEnum):
    """How a driver marks the place of a value (PEP 249, and PostgreSQL's own)."""

    QUESTION = "?"
    FORMAT = "%s"
    NUMBERED = "$"


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement for a driver, and its values in the order of their places."""

    sql: str
    values: tuple[Json, ...]


def bind(sql: str, values: Mapping[str, Json], placeholders: Placeholders) -> Bound:
    """Return one statement with its `:name` places as a driver has them.

    Raises `Permanent` for an expression within the SQL, a second statement, text or a comment that does not end, and for
    names without value and values without place: each is a slip, or an attack.
    """
    if "{{" in sql:
        raise _refused("holds an expression: write `:name`, and give its value by name")
    if "\0" in sql:
        raise _refused("holds a NUL")
    parts, used, is_over = [], [], False
    for kind, text in _tokens(sql):
        if is_over and (kind not in {"other", "kept"} or (text.strip() and text[:2] != "--")):
            raise _refused("holds more than one statement")
        is_over = is_over or kind == "end"
        if kind == "name":
            if text not in values:
                raise _refused(f"names :{text[:LONGEST_NAME]}, which has no value")
            used.append(text)
            parts.append(f"${len(used)}" if placeholders == "$" else placeholders.value)
        else:
            parts.append(text.replace("%", "%%") if placeholders == "%s" else text)
    if unused := sorted(values.keys() - set(used)):
        raise _refused(f"has no place :{unused[0][:LONGEST_NAME]} for that value")
    return Bound("".join(parts), tuple(values[name] for name in used))


def identifier(name: str, quote: str = '"') -> str:
    """Return a name of a table or column, quoted. Raises `Permanent` for what can be none."""
    if not name or "\0" in name or len(name.encode(errors="replace")) > LONGEST_NAME:
        raise Permanent(
            f"{name[:LONGEST_NAME]!r} is no name of a table or column", code="bad-parameter"
        )
    return f"{quote}{name.replace(quote, quote * 2)}{quote}"


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    """Yield what the SQL is made of: (`name`, its name), or a kind and the text as it stands."""
    at = 0
    while at < len(sql):
        found = _TOKEN.match(sql, at)
        assert found is not None  # noqa: S101  # the last alternative takes any character
        kind = next(k for k in ("kept", "name", "comment", "end", "open", "other") if found[k])
        if kind == "open":
            raise _refused("holds text that does not end")
        at = _after_comment(sql, at) if kind == "comment" else found.end()
        text = sql[found.start() : at]
        yield ("kept", text) if kind == "comment" else (kind, found["name"] or text)


def _after_comment(sql: str, at: int) -> int:
    """Return where a comment ends, which may hold others."""
    depth = 0
    for edge in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise _refused("holds a comment that does not end")


def _refused(why: str) -> Permanent:
    return Permanent(f"the SQL {why}", code="bad-parameter")
