"""The statements of a function's body: declarations, `if`, `for … of`, `return` and `throw`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions.compiler.assignment import Binder, bind_pattern, declare_pattern
from alur_engine.expressions.compiler.context import Code, Context, Env, Names
from alur_engine.expressions.compiler.literals import constant
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.methods.calling import list_of
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, JsError, Value
from alur_sdk.errors import ExpressionError

NORMAL: Final = object()
"""What a statement answers that did not return."""
_BREAK: Final = object()
_CONTINUE: Final = object()


def body_of(context: Context, block: Node) -> Code:
    """Return the body of a function, which answers `NORMAL` where nothing was returned."""
    return _in_order(_statements(context, block))


def _statements(context: Context, block: Node) -> list[Code]:
    names = context.names
    if names is None:
        raise context.refuse(block, "statements stand in functions only")
    nodes = children(block)
    names.pending |= {name for node in nodes for name in _declared(context, node)}
    return [statement(context, node) for node in nodes if node.type != "empty_statement"]


def _declared(context: Context, node: Node) -> list[str]:
    if node.type != "lexical_declaration":
        return []
    found, waiting = [], [child(part, "name") for part in children(node)]
    while waiting:
        part = waiting.pop()
        if part.type in {"identifier", "shorthand_property_identifier_pattern"}:
            found.append(context.read(part))
        elif part.type == "pair_pattern":
            waiting.append(child(part, "value"))
        elif part.type in {"assignment_pattern", "object_assignment_pattern"}:
            waiting.append(child(part, "left"))
        else:
            waiting.extend(children(part))
    return found


def _in_order(codes: list[Code]) -> Code:
    def run(s: Scope, e: Env) -> Value:
        for code in codes:
            value = code(s, e)
            if value is not NORMAL:
                return value
        return NORMAL

    return run


def statement(context: Context, node: Node) -> Code:
    """Return the closure of one statement."""
    kinds: dict[str, Callable[[Context, Node], Code]] = {
        "lexical_declaration": _declaration,
        "return_statement": _return,
        "if_statement": _if,
        "expression_statement": _expression,
        "statement_block": _block,
        "for_in_statement": _for_of,
        "throw_statement": _throw,
        "break_statement": lambda context, node: _jump(context, node, _BREAK),
        "continue_statement": lambda context, node: _jump(context, node, _CONTINUE),
    }
    if node.type not in kinds:
        raise context.refuse(node, f"{node.type.replace('_', ' ')} is not supported")
    return kinds[node.type](context, node)


def _declaration(context: Context, node: Node) -> Code:
    is_constant = child(node, "kind").type == "const"
    parts = []
    for part in children(node):
        value = part.child_by_field_name("value")
        # The value is compiled first: it must not see the name.
        code = context.compile(value) if value is not None else constant(UNDEFINED)
        declare_pattern(context, child(part, "name"), constant=is_constant)
        parts.append((bind_pattern(context, child(part, "name")), code))

    def run(s: Scope, e: Env) -> Value:
        for bind, code in parts:
            bind(s, e, code(s, e))
        return NORMAL

    return run


def _return(context: Context, node: Node) -> Code:
    values = children(node)
    return context.compile(values[0]) if values else constant(UNDEFINED)


def _if(context: Context, node: Node) -> Code:
    condition = context.compile(child(node, "condition"))
    yes = statement(context, child(node, "consequence"))
    other = node.child_by_field_name("alternative")
    no = statement(context, children(other)[0]) if other is not None else constant(NORMAL)
    return lambda s, e: yes(s, e) if truthy(condition(s, e)) else no(s, e)


def _expression(context: Context, node: Node) -> Code:
    code = context.compile(children(node)[0])

    def run(s: Scope, e: Env) -> Value:
        code(s, e)
        return NORMAL

    return run


def _block(context: Context, node: Node) -> Code:
    names = Names(context.names)
    context.names = names
    try:
        run = _in_order(_statements(context, node))
    finally:
        context.names = names.outer
    room = [UNDEFINED] * (names.size - 1)
    return lambda s, e: run(s, [e, *room])


def _for_of(context: Context, node: Node) -> Code:
    kind = node.child_by_field_name("kind")
    if child(node, "operator").type != "of" or kind is None or kind.type == "var":
        raise context.refuse(node, "only `for (const x of …)` loops are supported")
    values = context.compile(child(node, "right"))
    names = Names(context.names)
    context.names = names
    try:
        declare_pattern(context, child(node, "left"), constant=kind.type == "const")
        bind = bind_pattern(context, child(node, "left"))
        body = statement(context, child(node, "body"))
    finally:
        context.names = names.outer
    return _loop(values, bind, body, names.size - 1)


def _loop(values: Code, bind: Binder, body: Code, size: int) -> Code:
    room = [UNDEFINED] * size

    def run(s: Scope, e: Env) -> Value:
        for value in list_of(s, values(s, e)):
            spend_steps(s, 1)
            inner = [e, *room]
            bind(s, inner, value)
            answer = body(s, inner)
            if answer is _BREAK:
                break
            if answer is not NORMAL and answer is not _CONTINUE:
                return answer
        return NORMAL

    return run


def _jump(context: Context, node: Node, answer: object) -> Code:
    if node.child_by_field_name("label") is not None:
        raise context.refuse(node, "labels are not supported")
    return constant(answer)


def _throw(context: Context, node: Node) -> Code:
    code = context.compile(children(node)[0])

    def run(s: Scope, e: Env) -> Value:
        value = code(s, e)
        if isinstance(value, JsError):
            raise ExpressionError(value.message, kind=value.name)
        raise ExpressionError(to_js_string(value), kind="thrown")

    return run
