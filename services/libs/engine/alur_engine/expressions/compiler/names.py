"""Identifiers: local names, the names of the execution, and the standard globals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from alur_engine.expressions.compiler.context import Code, Context, Env
from alur_engine.expressions.compiler.literals import constant
from alur_engine.expressions.compiler.roots import DATA, root
from alur_engine.expressions.compiler.tree import Node
from alur_engine.expressions.methods.standard import CONSTANTS, FUNCTIONS, KINDS, NAMESPACES
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, Namespace, Native, Value


def identifier(context: Context, node: Node) -> Code:
    """A name on its own."""
    name = context.read(node)
    place = context.find_name(node, name)
    if place is not None:
        return local(*place)
    code = root(name, thaws=context.thaws) or _global(name)
    if code is None:
        raise context.refuse(node, f"`{name}` is not defined")
    return code


def local(depth: int, slot: int) -> Code:
    """Return what reads a local name `depth` environments out."""
    if depth == 0:
        return lambda _s, e: e[slot]
    if depth == 1:
        return lambda _s, e: e[0][slot]

    def outer(_s: Scope, e: Env) -> Value:
        for _ in range(depth):
            e = e[0]
        return e[slot]

    return outer


def is_data(context: Context, node: Node) -> bool:
    """Whether a name stands for data, so that its paths can be read straight."""
    name = context.read(node)
    return context.find_name(node, name) is not None or name in DATA


def is_known(context: Context, node: Node) -> bool:
    """Whether a name means anything here."""
    name = context.read(node)
    if context.find_name(node, name) is not None:
        return True
    return root(name, thaws=False) is not None or _global(name) is not None


def _global(name: str) -> Code | None:
    if name in CONSTANTS:
        return constant(CONSTANTS[name])
    if name in FUNCTIONS:
        return function_value(name, FUNCTIONS[name])
    if name in NAMESPACES:
        members = NAMESPACES[name]
        return lambda s, _e: Namespace(name, Bound(s, members))
    return None


def function_value(name: str, native: Native) -> Code:
    """Return what makes a standard function a value, with its own members."""
    members = KINDS.get(name, {})
    length = native.__code__.co_argcount - 1

    def make(s: Scope, _e: Env) -> Function:
        return Function(partial(_call, native, s), name, length, Bound(s, members))

    return make


def _call(native: Native, s: Scope, *args: Value) -> Value:
    code = native.__code__
    if code.co_flags & 0x04:
        return native(s, *args)
    return native(s, *args[: code.co_argcount - 1])


class Bound:
    """The members of a standard object, made values when they are read: functions, and own copies of data."""

    __slots__ = ("_members", "_scope")

    def __init__(self, scope: Scope, members: dict[str, Value]) -> None:
        self._scope = scope
        self._members = members

    def get(self, name: str, default: Value) -> Value:
        """Return the member `name`, else `default`."""
        member = self._members.get(name, default)
        if callable(member):
            return Function(partial(_call, member, self._scope), name)
        return dict(member) if isinstance(member, dict) else member


def undefined(_context: Context, _node: Node) -> Code:
    """The name `undefined`."""
    return constant(UNDEFINED)


Check = Callable[[Value], bool]
