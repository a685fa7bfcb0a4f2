"""Operators: short cuts for the kinds of value they usually meet, `operators` for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions import operators as ops
from alur_engine.expressions.compiler.context import Code, Context, Env, Names
from alur_engine.expressions.compiler.literals import constant, constant_of
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.convert import truthy, typeof
from alur_engine.expressions.numbers import MAX_SAFE
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

Binary = Callable[[Value, Value], Value]

_PLAIN: Final[dict[str, Binary]] = {
    "/": ops.divide,
    "**": ops.power,
    "&": ops.bit_and,
    "|": ops.bit_or,
    "^": ops.bit_xor,
    "<<": ops.shift_left,
    ">>": ops.shift_right,
    ">>>": ops.shift_right_zero,
    "in": ops.contains,
    "==": ops.loose_equal,
    "!=": lambda left, right: not ops.loose_equal(left, right),
    "===": ops.strict_equal,
    "!==": lambda left, right: not ops.strict_equal(left, right),
    "<": ops.less,
    "<=": ops.less_or_equal,
    "-": ops.subtract,
    "*": ops.multiply,
    "%": ops.remainder,
    # The operands are converted left first, which only functions could tell.
    ">": lambda left, right: ops.less(right, left),
    ">=": lambda left, right: ops.less_or_equal(right, left),
}
_LOGICAL: Final = frozenset({"&&", "||", "??"})
_SHORT: Final = ops.FREE_TEXT // 2
_LONG_CHAIN: Final = 24
_HALF: Final = MAX_SAFE // 2


def binary(context: Context, node: Node) -> Code:
    """A binary operator; chains such as `a + b + c` are built without recursion."""
    spine = []
    while node.type == "binary_expression":
        spine.append(node)
        node = child(node, "left")
    code = context.compile(node)
    if len(spine) > _LONG_CHAIN:
        return _chain(context, code, spine[::-1])
    for level in reversed(spine):
        code = _combine(context, level, code)
    return code


def _chain(context: Context, first: Code, levels: list[Node]) -> Code:
    """Return a long chain as a loop: closures within closures would meet the end of the stack.

    The value so far stands in an environment of its own, where each step finds its left side.
    """
    outer = context.names
    context.names = Names(outer)
    slot = context.names.declare("")
    try:
        steps = [_combine(context, level, lambda _s, e: e[slot]) for level in levels]
    finally:
        context.names = outer

    def run(s: Scope, e: Env) -> Value:
        inner = [e, first(s, e)]
        for step in steps:
            inner[slot] = step(s, inner)
        return inner[slot]

    return run


def _combine(context: Context, node: Node, left: Code) -> Code:
    sign = child(node, "operator").type
    right_node = child(node, "right")
    _check_mixing(context, node, sign)
    if sign == "instanceof":
        return context.instance_of(left, right_node)
    right = context.compile(right_node)
    return apply(sign, left, right, constant_of(context, right_node))


def apply(sign: str, left: Code, right: Code, literal: Value) -> Code:
    """Return the closure of one operator; `literal` is the right side's value when it is one."""
    if sign in _LOGICAL:
        return logical(sign, left, right)
    if sign == "+":
        return _add(left, right)
    if literal is not UNDEFINED:
        special = _with_literal(sign, left, literal)
        if special is not None:
            return special
    return _fast(sign, left, right) or _general(_PLAIN[sign], left, right)


def _check_mixing(context: Context, node: Node, sign: str) -> None:
    for side in (child(node, "left"), child(node, "right")):
        inner = side.child_by_field_name("operator")
        if inner is None:
            continue
        if sign == "**" and side.type == "unary_expression" and side == child(node, "left"):
            raise context.refuse(side, "a unary operator before `**` needs parentheses")
        signs = {sign, inner.type} if side.type == "binary_expression" else set()
        if "??" in signs and signs & {"||", "&&"}:
            raise context.refuse(side, "`??` mixed with `||` or `&&` needs parentheses")


def _general(operation: Binary, left: Code, right: Code) -> Code:
    return lambda s, e: operation(left(s, e), right(s, e))


def logical(sign: str, left: Code, right: Code) -> Code:
    """Return the closure of `&&`, `||` or `??`."""

    def both(s: Scope, e: Env) -> Value:
        value = left(s, e)
        return right(s, e) if truthy(value) else value

    def either(s: Scope, e: Env) -> Value:
        value = left(s, e)
        return value if truthy(value) else right(s, e)

    def present(s: Scope, e: Env) -> Value:
        value = left(s, e)
        return right(s, e) if value is None or value is UNDEFINED else value

    return {"&&": both, "||": either, "??": present}[sign]


def _add(left: Code, right: Code) -> Code:
    def add(s: Scope, e: Env) -> Value:
        a, b = left(s, e), right(s, e)
        if type(a) is int and type(b) is int and -_HALF <= a <= _HALF and -_HALF <= b <= _HALF:
            return a + b
        if type(a) is str and a.isascii() and len(a) <= _SHORT:
            if type(b) is str and len(b) <= _SHORT:
                return a + b
            if type(b) is int and -_HALF <= b <= _HALF:
                return a + str(b)
        return ops.add(s, a, b)

    return add


def _fast(sign: str, left: Code, right: Code) -> Code | None:
    if sign in {"===", "=="}:
        return _same(sign, left, right)
    if sign == "-":
        return _subtract(left, right)
    return _multiply(left, right) if sign == "*" else _compare(sign, left, right)


def _same(sign: str, left: Code, right: Code) -> Code:
    general = _PLAIN[sign]

    def same(s: Scope, e: Env) -> bool:
        a, b = left(s, e), right(s, e)
        if type(a) is str and type(b) is str:
            return bool(a == b)
        return bool(general(a, b))

    return same


def _subtract(left: Code, right: Code) -> Code:
    def subtract(s: Scope, e: Env) -> Value:
        a, b = left(s, e), right(s, e)
        if type(a) is int and type(b) is int and -_HALF <= a <= _HALF and -_HALF <= b <= _HALF:
            return a - b
        return ops.subtract(a, b)

    return subtract


def _multiply(left: Code, right: Code) -> Code:
    def multiply(s: Scope, e: Env) -> Value:
        a, b = left(s, e), right(s, e)
        if type(a) is int and type(b) is int:
            product = a * b
            if product and -_HALF <= product <= _HALF:
                return product
        return ops.multiply(a, b)

    return multiply


def _compare(sign: str, left: Code, right: Code) -> Code | None:
    if sign not in {"<", ">", "<=", ">="}:
        return None
    general = _PLAIN[sign]
    order = {"<": int.__lt__, ">": int.__gt__, "<=": int.__le__, ">=": int.__ge__}[sign]

    def compare(s: Scope, e: Env) -> bool:
        a, b = left(s, e), right(s, e)
        if type(a) is int and type(b) is int:
            return order(a, b)
        return bool(general(a, b))

    return compare


def _with_literal(sign: str, left: Code, literal: Value) -> Code | None:
    if sign in {"===", "!=="}:
        return _same_as(left, literal, wanted=sign == "===")
    if sign in {"==", "!="} and literal is None:
        wanted = sign == "=="
        return lambda s, e: ((v := left(s, e)) is None or v is UNDEFINED) is wanted
    if sign in {"==", "!="} and type(literal) in (int, str):
        return _loosely(sign, left, literal)
    if sign == "%" and type(literal) is int and 0 < literal <= _HALF:
        return _remainder(left, literal)
    return None


def _same_as(left: Code, literal: Value, *, wanted: bool) -> Code:
    if literal is None or isinstance(literal, bool):
        return lambda s, e: (left(s, e) is literal) is wanted
    if isinstance(literal, str):
        return lambda s, e: (left(s, e) == literal) is wanted

    def same(s: Scope, e: Env) -> bool:
        value = left(s, e)
        return (value == literal and type(value) is not bool) is wanted

    return same


def _loosely(sign: str, left: Code, literal: Value) -> Code:
    wanted = sign == "=="
    kind = type(literal)

    def equal(s: Scope, e: Env) -> bool:
        value = left(s, e)
        if type(value) is kind:
            return (value == literal) is wanted
        return ops.loose_equal(value, literal) is wanted

    return equal


def _remainder(left: Code, literal: int) -> Code:
    def remainder(s: Scope, e: Env) -> Value:
        value = left(s, e)
        if type(value) is int and 0 <= value <= MAX_SAFE:
            return value % literal
        return ops.remainder(value, literal)

    return remainder


def unary(context: Context, node: Node) -> Code:
    """A unary operator."""
    sign = child(node, "operator").type
    operand = child(node, "argument")
    if sign == "delete":
        return context.delete(operand)
    if sign == "typeof" and operand.type == "identifier" and not context.is_known(operand):
        return constant("undefined")
    literal = constant_of(context, operand)
    if sign == "-" and type(literal) in (int, float):
        return constant(ops.negate(literal))
    code = context.compile(operand)
    operations: dict[str, Callable[[Value], Value]] = {
        "!": ops.negation,
        "-": ops.negate,
        "+": ops.to_numeric,
        "~": ops.bit_not,
        "typeof": typeof,
        "void": lambda _value: UNDEFINED,
    }
    operation = operations[sign]
    return lambda s, e: operation(code(s, e))


def ternary(context: Context, node: Node) -> Code:
    """`a ? b : c`."""
    condition = context.compile(child(node, "condition"))
    yes = context.compile(child(node, "consequence"))
    no = context.compile(child(node, "alternative"))

    def choose(s: Scope, e: Env) -> Value:
        value = condition(s, e)
        if value is True or (value is not False and truthy(value)):
            return yes(s, e)
        return no(s, e)

    return choose


def sequence(context: Context, node: Node) -> Code:
    """`a, b`: all are evaluated, the last is the value."""
    codes = [context.compile(part) for part in children(node)]
    *first, last = codes

    def run(s: Scope, e: Env) -> Value:
        for code in first:
            code(s, e)
        return last(s, e)

    return run
