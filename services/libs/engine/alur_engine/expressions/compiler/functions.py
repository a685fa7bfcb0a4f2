"""Arrow functions and function expressions, their parameters, and the statements of their bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions.compiler.assignment import Binder, bind_pattern, declare_pattern
from alur_engine.expressions.compiler.context import Code, Context, Env, Names
from alur_engine.expressions.compiler.statements import NORMAL, body_of
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.problems import range_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, Native, Value

_WEIGHT: Final = 16
"""How many characters of a body are one step more for each call."""


def function(context: Context, node: Node) -> Code:
    """An arrow function, or a function expression that uses neither `this` nor `arguments`."""
    if any(part.type in {"async", "*"} for part in node.children):
        raise context.refuse(node, "async functions and generators are not supported")
    context.is_heavy = True
    names = Names(context.names)
    context.names = names
    try:
        parameters = _parameters(node)
        simple = all(parameter.type == "identifier" for parameter in parameters)
        binders = _declare(context, names, parameters, simple=simple)
        body_node = child(node, "body")
        if body_node.type == "statement_block":
            body = _returning(body_of(context, body_node))
        else:
            body = context.compile(body_node)
    finally:
        context.names = names.outer
    cost = 1 + (node.end_byte - node.start_byte) // _WEIGHT
    locals_ = names.size - 1 - len(parameters)
    if simple:
        return _simple(body, len(parameters), locals_, cost)
    return _binding(body, binders, names.size - 1, cost)


def _parameters(node: Node) -> list[Node]:
    single = node.child_by_field_name("parameter")
    return [single] if single is not None else children(child(node, "parameters"))


def _declare(
    context: Context, names: Names, parameters: list[Node], *, simple: bool
) -> list[tuple[bool, Binder]]:
    if simple:
        for parameter in parameters:
            names.declare(context.read(parameter))
        return []
    binders = []
    for parameter in parameters:
        is_rest = parameter.type == "rest_pattern"
        pattern = children(parameter)[0] if is_rest else parameter
        declare_pattern(context, pattern, constant=False)
        binders.append((is_rest, bind_pattern(context, pattern)))
    return binders


def _returning(body: Code) -> Code:
    def run(s: Scope, e: Env) -> Value:
        value = body(s, e)
        return UNDEFINED if value is NORMAL else value

    return run


def _enter(s: Scope, cost: int) -> None:
    spend_steps(s, cost)
    s.depth_left -= 1
    if s.depth_left < 0:
        raise range_error("Maximum call stack size exceeded")


def _simple(body: Code, count: int, locals_: int, cost: int) -> Code:
    room = [UNDEFINED] * locals_
    if count == 1 and not room:
        return _one_parameter(body, cost)
    if count == 2 and not room:  # noqa: PLR2004  callbacks have one parameter or two
        return _two_parameters(body, cost)
    missing = [UNDEFINED] * count

    def make(s: Scope, e: Env) -> Function:
        def call(*args: Value) -> Value:
            _enter(s, cost)
            given = args[:count] if len(args) >= count else [*args, *missing[len(args) :]]
            value = body(s, [e, *given, *room])
            s.depth_left += 1
            return value

        return Function(call, "", count)

    return make


def _one_parameter(body: Code, cost: int) -> Code:
    def make(s: Scope, e: Env) -> Function:
        def call(first: Value = UNDEFINED, *_rest: Value) -> Value:
            s.steps_left -= cost
            s.depth_left -= 1
            if s.steps_left < 0 or s.depth_left < 0:
                _enter(s, 0)
            value = body(s, [e, first])
            s.depth_left += 1
            return value

        return Function(call, "", 1)

    return make


def _two_parameters(body: Code, cost: int) -> Code:
    def make(s: Scope, e: Env) -> Function:
        def call(first: Value = UNDEFINED, second: Value = UNDEFINED, *_rest: Value) -> Value:
            s.steps_left -= cost
            s.depth_left -= 1
            if s.steps_left < 0 or s.depth_left < 0:
                _enter(s, 0)
            value = body(s, [e, first, second])
            s.depth_left += 1
            return value

        return Function(call, "", 2)

    return make


def _binding(body: Code, binders: list[tuple[bool, Binder]], size: int, cost: int) -> Code:
    room = [UNDEFINED] * size

    def make(s: Scope, e: Env) -> Function:
        def call(*args: Value) -> Value:
            _enter(s, cost)
            inner = [e, *room]
            _bind_all(s, inner, binders, args)
            value = body(s, inner)
            s.depth_left += 1
            return value

        return Function(call, "", len(binders))

    return make


def _bind_all(
    s: Scope, e: Env, binders: list[tuple[bool, Binder]], args: tuple[Value, ...]
) -> None:
    for index, (is_rest, bind) in enumerate(binders):
        if is_rest:
            bind(s, e, list(args[index:]))
        else:
            bind(s, e, args[index] if index < len(args) else UNDEFINED)


Caller = Callable[[Native], Value]
