"""Patterns (`{a, b: [c = 1], ...rest}`), assignment, `++`, `delete` and `instanceof`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions import operators as ops
from alur_engine.expressions.compiler.arithmetic import apply
from alur_engine.expressions.compiler.context import Code, Context, Env
from alur_engine.expressions.compiler.literals import constant, static_key
from alur_engine.expressions.compiler.paths import MEMBERS
from alur_engine.expressions.compiler.paths import static_key as link_key
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.convert import to_key
from alur_engine.expressions.methods.calling import list_of
from alur_engine.expressions.methods.kinds import INSTANCES
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.properties import delete_key, read_key, read_name, write_key
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

Binder = Callable[[Scope, Env, Value], None]
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier_pattern"})
_DEFAULTS: Final = frozenset({"assignment_pattern", "object_assignment_pattern"})


def declare_pattern(context: Context, pattern: Node, *, constant: bool) -> None:
    """Give every name of a pattern its place."""
    names = context.names
    if names is None:
        raise context.refuse(pattern, "nothing can be declared here")
    if pattern.type in _NAMES:
        names.declare(context.read(pattern), constant=constant)
    elif pattern.type in _DEFAULTS:
        declare_pattern(context, child(pattern, "left"), constant=constant)
    elif pattern.type == "pair_pattern":
        declare_pattern(context, child(pattern, "value"), constant=constant)
    elif pattern.type in {"object_pattern", "array_pattern", "rest_pattern"}:
        for part in children(pattern):
            declare_pattern(context, part, constant=constant)
    else:
        raise context.refuse(pattern, "nothing can be stored here")


def bind_pattern(context: Context, pattern: Node) -> Binder:
    """Return what stores a value in the names of a pattern that were declared innermost."""
    if pattern.type in _NAMES:
        return _bind_name(context, pattern)
    if pattern.type in _DEFAULTS:
        return _bind_default(context, pattern)
    if pattern.type == "object_pattern":
        return _bind_object(context, pattern)
    if pattern.type == "array_pattern":
        return _bind_array(context, pattern)
    raise context.refuse(pattern, "nothing can be stored here")


def _bind_name(context: Context, pattern: Node) -> Binder:
    place = context.find_name(pattern, context.read(pattern))
    if place is None:
        raise context.refuse(pattern, f"`{context.read(pattern)}` is not defined")
    slot = place[1]

    def bind(_s: Scope, e: Env, value: Value) -> None:
        e[slot] = value

    return bind


def _bind_default(context: Context, pattern: Node) -> Binder:
    bind = bind_pattern(context, child(pattern, "left"))
    default = context.compile(child(pattern, "right"))

    def bind_or_default(s: Scope, e: Env, value: Value) -> None:
        bind(s, e, default(s, e) if value is UNDEFINED else value)

    return bind_or_default


def _bind_object(context: Context, pattern: Node) -> Binder:
    members: list[tuple[Code, Binder]] = []
    rest: Binder | None = None
    for part in children(pattern):
        if part.type == "rest_pattern":
            rest = bind_pattern(context, children(part)[0])
        else:
            members.append(_member_binder(context, part))

    def bind(s: Scope, e: Env, value: Value) -> None:
        if value is None or value is UNDEFINED:
            text = "null" if value is None else "undefined"
            raise type_error(f"Cannot destructure '{text}' as it is {text}.")
        taken = set()
        for key, bind_member in members:
            name = key(s, e)
            taken.add(to_key(name))
            bind_member(s, e, read_key(s, value, name))
        if rest is not None:
            own = value if isinstance(value, dict) else {}
            rest(s, e, {name: own[name] for name in own if name not in taken})

    return bind


def _member_binder(context: Context, part: Node) -> tuple[Code, Binder]:
    if part.type == "pair_pattern":
        key = child(part, "key")
        if key.type == "computed_property_name":
            code = context.compile(children(key)[0])
        else:
            code = constant(static_key(context, key))
        return code, bind_pattern(context, child(part, "value"))
    name = child(part, "left") if part.type in _DEFAULTS else part
    return constant(context.read(name)), bind_pattern(context, part)


def _bind_array(context: Context, pattern: Node) -> Binder:
    binders: list[Binder | None] = []
    rest: Binder | None = None
    empty = True
    for token in pattern.children[1:-1]:
        if token.type == ",":
            if empty:
                binders.append(None)
            empty = True
        elif token.type == "rest_pattern":
            rest, empty = bind_pattern(context, children(token)[0]), False
        elif token.type != "comment":
            binders.append(bind_pattern(context, token))
            empty = False
    return _array_binder(binders, rest)


def _array_binder(binders: list[Binder | None], rest: Binder | None) -> Binder:
    def bind(s: Scope, e: Env, value: Value) -> None:
        values = list_of(s, value)
        for index, bind_element in enumerate(binders):
            if bind_element is not None:
                bind_element(s, e, values[index] if index < len(values) else UNDEFINED)
        if rest is not None:
            rest(s, e, values[len(binders) :])

    return bind


def assign(context: Context, node: Node) -> Code:
    """`target = value`."""
    target = child(node, "left")
    value = context.compile(child(node, "right"))
    store = storer(context, target)

    def run(s: Scope, e: Env) -> Value:
        return store(s, e, value)

    return run


def assign_with(context: Context, node: Node) -> Code:
    """`target += value` and its like."""
    target = child(node, "left")
    sign = child(node, "operator").type.removesuffix("=")
    current = context.compile(target)
    value = context.compile(child(node, "right"))
    store = storer(context, target)
    if sign in {"&&", "||", "??"}:
        return apply(sign, current, lambda s, e: store(s, e, value), UNDEFINED)
    changed = apply(sign, current, value, UNDEFINED)
    return lambda s, e: store(s, e, changed)


def update(context: Context, node: Node) -> Code:
    """`++` and `--`, before or after."""
    target = child(node, "argument")
    sign = child(node, "operator")
    current = context.compile(target)
    step = 1 if sign.type == "++" else -1
    is_prefix = sign.start_byte < target.start_byte
    store = storer(context, target)

    def run(s: Scope, e: Env) -> Value:
        before = ops.to_numeric(current(s, e))
        after = store(s, e, constant(ops.tidy_sum(before, step)))
        return after if is_prefix else before

    return run


def storer(context: Context, target: Node) -> Callable[[Scope, Env, Code], Value]:
    """Return what evaluates a value and stores it in `target`, in that order."""
    if target.type == "identifier":
        return _local_storer(context, target)
    if target.type not in MEMBERS:
        raise context.refuse(target, "nothing can be stored here")
    holder = context.compile(child(target, "object"))
    name = link_key(context, target)
    key = constant(name) if name is not None else context.compile(child(target, "index"))

    def store(s: Scope, e: Env, code: Code) -> Value:
        owner, where = holder(s, e), key(s, e)
        value = code(s, e)
        write_key(s, owner, where, value)
        return value

    return store


def _local_storer(context: Context, target: Node) -> Callable[[Scope, Env, Code], Value]:
    name = context.read(target)
    place = context.find_name(target, name)
    if place is None:
        raise context.refuse(target, f"`{name}` cannot be assigned to")
    if context.is_constant(name):
        raise context.refuse(target, "Assignment to constant variable.")
    depth, slot = place

    def store(s: Scope, e: Env, code: Code) -> Value:
        value = code(s, e)
        for _ in range(depth):
            e = e[0]
        e[slot] = value
        return value

    return store


def delete(context: Context, operand: Node) -> Code:
    """`delete holder.key`."""
    if operand.type not in MEMBERS:
        raise context.refuse(operand, "only a property can be deleted")
    holder = context.compile(child(operand, "object"))
    name = link_key(context, operand)
    key = constant(name) if name is not None else context.compile(child(operand, "index"))
    return lambda s, e: delete_key(holder(s, e), key(s, e))


def instance_of(context: Context, left: Code, right: Node) -> Code:
    """`value instanceof Kind`, for the kinds there are."""
    name = context.read(right)
    if right.type != "identifier" or context.find_name(right, name) or name not in INSTANCES:
        raise context.refuse(right, "the right side of `instanceof` must be a known kind")
    kinds = INSTANCES[name]
    return lambda s, e: isinstance(left(s, e), kinds)


def read_member(s: Scope, value: Value, name: str) -> Value:
    """Return a property by name."""
    return read_name(s, value, name)
