"""Runs a Python code node: the code is the body of a function that returns what the node emits."""

from __future__ import annotations

import _socket
import ast
import json
import math
import random
import re
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any, Final
from zoneinfo import ZoneInfo

from alur_jail.guest import wire
from alur_jail.guest.asking import ask
from alur_jail.guest.python_modules import WARM, builtins_for
from alur_jail.guest.wire import Json

FILE: Final = "<code>"
_ROOTS: Final = ("vars", "env", "execution", "workflow", "trigger", "run")
_KEPT_TEXT: Final = 2_000
_MANY_DIGITS: Final = re.compile("[0-9]{309}")


class Record(dict[str, Any]):
    """A JSON object whose members can be read as attributes too: `item.json.total`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Json:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no field {name!r} here") from None


class Items:
    """`_input`, and what `_node("name")` gives."""

    def __init__(self, read: Callable[[str], Json]) -> None:
        self._read = read

    @property
    def item(self) -> Json:
        return self._read("item")

    def first(self) -> Json:
        return self._read("first")

    def last(self) -> Json:
        return self._read("last")

    def all(self) -> Json:
        return self._read("all")


class Log:
    """Standard output: whole lines go to the node run's log."""

    def __init__(self, link: _socket.socket) -> None:
        self._link = link
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            wire.send(self._link, {"log": line[:_KEPT_TEXT]})
        return len(text)

    def flush(self) -> None:
        """Lines are sent as they end."""

    def end(self) -> None:
        """Send a last line that was not ended."""
        if self._rest:
            self.write("\n")


def runner(arguments: list[str]) -> Callable[[_socket.socket, dict[str, Any], str], None]:
    """Return what runs one request and sends `{result}` or `{error: {type, message, line?, item?}}`."""
    del arguments
    return run


def warm_up(arguments: list[str]) -> None:
    """Load what most code imports, that no runner need do so."""
    del arguments
    for name in WARM:
        import_module(name)


def run(link: _socket.socket, limits: dict[str, Any], body: str) -> None:
    """Run one request and send `{result}` or `{error: {type, message, line?, item?}}`."""
    random.seed()
    log = Log(link)
    sys.stdout = sys.stderr = log  # all that `print` needs
    try:
        answer = _answer(link, limits, body)
    except MemoryError:
        answer = json.dumps({"error": {"type": "MemoryError", "message": "out of memory"}})
    log.end()
    wire.send_text(link, answer)


def _answer(link: _socket.socket, limits: dict[str, Any], body: str) -> str:
    place: dict[str, Any] = {}
    try:
        request = json.loads(body, object_hook=Record)
        world = _world(link, request, limits["packages"])
        return '{"result":' + _text(_result(world, request, place)) + "}"
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001  whatever code of a user throws is told
        return json.dumps({"error": {**_told(error), **place}}, default=str)


def _result(world: dict[str, Any], request: dict[str, Any], place: dict[str, Any]) -> Json:
    items = request["items"]
    tree = _function(request["code"])
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    world |= {f"_{root}": world["_ask"](root) for root in _ROOTS if f"_{root}" in names}
    if names & {"_now", "_today"}:
        world |= _times(request)
    exec(compile(tree, FILE, "exec"), world)  # noqa: S102  this is what the jail is for
    code = world["__code__"]
    if request["mode"] == "all":
        world |= _current(items, 0)
        return code()
    results = []
    for index in range(len(items)):
        place["item"] = index
        world |= _current(items, index)
        results.append(code())
    place.clear()
    return results


def _function(code: str) -> ast.Module:
    """Return the code as a function; a last line that is only a value is what it returns."""
    tree = ast.parse(code, FILE)
    body = tree.body or [ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)]
    if isinstance(body[-1], ast.Expr):
        body[-1] = ast.copy_location(ast.Return(body[-1].value), body[-1])
    shell = ast.parse("def __code__(): pass", FILE)
    function = shell.body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101  as written above
    function.body = body
    return shell


def _world(link: _socket.socket, request: dict[str, Any], packages: list[str]) -> dict[str, Any]:
    def asked(what: str, **details: Json) -> Json:
        return _records(ask(link, what, index=world["_index"], **details))

    def node(name: str) -> Items:
        return Items(lambda part: asked("node", name=name, part=part))

    world: dict[str, Any] = {
        "__builtins__": builtins_for(packages),
        "__name__": FILE,
        "items": request["items"],
        "_items": request["items"],
        "_ask": asked,
        "_node": node,
        "_": node,
        "_index": 0,
    }
    return world


def _times(request: dict[str, Any]) -> dict[str, datetime]:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=request["now_ms"])
    now = moment.astimezone(ZoneInfo(request["time_zone"]))
    return {"_now": now, "_today": now.replace(hour=0, minute=0, second=0, microsecond=0)}


def _records(value: Json) -> Json:
    if isinstance(value, dict):
        return Record({key: _records(member) for key, member in value.items()})
    return [_records(member) for member in value] if isinstance(value, list) else value


def _current(items: list[Any], index: int) -> dict[str, Any]:
    item = items[index] if index < len(items) else None
    read = {
        "item": item,
        "first": items[0] if items else None,
        "last": items[-1] if items else None,
        "all": items,
    }
    return {
        "item": item,
        "_item": item,
        "_json": Record() if item is None else item["json"],
        "_input": Items(partial(dict.get, read)),
        "_index": index,
    }


def _text(value: Json) -> str:
    try:
        text = json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False)
    except ValueError:
        text = json.dumps(_finite(value), default=_plain, ensure_ascii=False)
    if _MANY_DIGITS.search(text):
        json.loads(text, parse_int=_sized)
    return text


def _sized(digits: str) -> int:
    if math.isinf(float(digits)):
        raise OverflowError(
            f"a number of {len(digits)} digits is more than JSON holds: turn it into text"
        )
    return 0


def _plain(value: Json) -> Json:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple) or hasattr(value, "__next__"):
        return list(value)
    if type(value).__name__ in {"Decimal", "Fraction"}:
        return float(value)
    if type(value).__name__ == "UUID":
        return str(value)
    raise TypeError(f"a {type(value).__name__} is no JSON: turn it into text, a number or a dict")


def _finite(value: Json) -> Json:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(member) for key, member in value.items()}
    return [_finite(member) for member in value] if isinstance(value, list | tuple) else value


def _told(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"type": type(error).__name__, "message": str(error)[:_KEPT_TEXT]}
    if isinstance(error, SyntaxError) and error.filename == FILE:
        return {**told, "message": str(error.msg), "line": error.lineno}
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__)
             if frame.f_code.co_filename == FILE]  # fmt: skip
    return {**told, "line": lines[-1]} if lines else told
