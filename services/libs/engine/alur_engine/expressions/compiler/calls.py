"""Calls: methods by our tables, standard functions, and functions of the expression itself."""

from __future__ import annotations

from collections.abc import Callable

from alur_engine.expressions.compiler.checks import check_method, check_static
from alur_engine.expressions.compiler.context import Code, Context, Env
from alur_engine.expressions.compiler.literals import constant_of, list_with_spread
from alur_engine.expressions.compiler.paths import (
    MEMBERS,
    SHORT,
    has_short_cut,
    inside_chain,
    is_optional,
    static_key,
    whole_chain,
)
from alur_engine.expressions.compiler.roots import view_of
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.methods.standard import FUNCTIONS, KINDS, MAKERS, NAMESPACES
from alur_engine.expressions.methods.tables import find_method, methods_named, trimmed
from alur_engine.expressions.problems import not_a_function, type_error
from alur_engine.expressions.properties import read_key, read_name
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, Native, Value

Arguments = Callable[[Scope, Env], list[Value]]
_LITERALS: dict[str, type[Value]] = {
    "string": str, "template_string": str, "number": float, "array": list, "true": bool, "false": bool,
}  # fmt: skip
"""What is a value of this type for certain."""
_NODE_NAMES = frozenset({"$", "$node", "$items"})


def call(context: Context, node: Node) -> Code:
    """A call read as a value."""
    return whole_chain(link(context, node)) if has_short_cut(node) else link(context, node)


def link(context: Context, node: Node) -> Code:
    """A call as a link of a chain."""
    context.is_heavy = True
    arguments = child(node, "arguments")
    if arguments.type != "arguments":
        raise context.refuse(arguments, "tagged templates are not supported")
    callee = child(node, "function")
    if callee.type in MEMBERS:
        return _member_call(context, node, callee)
    if callee.type == "identifier" and context.find_name(callee, context.read(callee)) is None:
        return _named_call(context, node, callee)
    return _value_call(context, node, callee)


def _named_call(context: Context, node: Node, callee: Node) -> Code:
    name = context.read(callee)
    if name in _NODE_NAMES:
        return _node_call(context, node)
    native = FUNCTIONS.get(name)
    if native is None:
        context.compile(callee)  # a name that nothing is known of is refused by its own words
        raise context.refuse(callee, f"`{name}` is not a function")
    if name in {"Map", "Set"}:
        raise context.refuse(callee, f"`{name}` is made with `new`")
    return native_call(native, *arguments_of(context, node))


def _node_call(context: Context, node: Node) -> Code:
    names = children(child(node, "arguments"))
    name = child(node, "function")
    if len(names) < 1:
        raise context.refuse(node, "the name of a node is missing")
    code = context.compile(names[0])
    thaws = context.thaws
    if context.read(name) == "$items":
        return lambda s, e: list(
            view_of(s, s.node(to_js_string(code(s, e)), s.index), thaws=thaws).view.all()
        )
    return lambda s, e: view_of(s, s.node(to_js_string(code(s, e)), s.index), thaws=thaws)


def _value_call(context: Context, node: Node, callee: Node) -> Code:
    function = inside_chain(context, callee)
    _, codes, spread = arguments_of(context, node)
    text, optional = context.read(callee), is_optional(node)
    collect = collector(codes, spread)

    def run(s: Scope, e: Env) -> Value:
        value = function(s, e)
        if value is SHORT or (optional and (value is None or value is UNDEFINED)):
            return SHORT
        args = collect(s, e)
        if not isinstance(value, Function):
            raise not_a_function(text)
        return value.call(*args)

    return run


def arguments_of(context: Context, node: Node) -> tuple[int, list[Code], Code | None]:
    """Return the number and the codes of the arguments, or one code of a list when one is spread."""
    found = node.child_by_field_name("arguments")
    nodes = children(found) if found is not None else []
    if any(part.type == "spread_element" for part in nodes):
        return -1, [], list_with_spread(context, nodes)
    return len(nodes), [context.compile(part) for part in nodes], None


def collector(codes: list[Code], spread: Code | None) -> Arguments:
    """Return what evaluates all arguments, in order."""
    if spread is not None:
        return spread
    return lambda s, e: [code(s, e) for code in codes]


def native_call(native: Native, count: int, codes: list[Code], spread: Code | None) -> Code:
    """Return the call of a standard function."""
    if spread is not None:
        return lambda s, e: _trimmed_call(native, s, spread(s, e))
    native = trimmed(native, count, 1)
    if count == 1:
        only = codes[0]
        return lambda s, e: native(s, only(s, e))
    return lambda s, e: native(s, *[code(s, e) for code in codes])


def _trimmed_call(native: Native, s: Scope, args: list[Value]) -> Value:
    return trimmed(native, len(args), 1)(s, *args)


def _member_call(context: Context, node: Node, callee: Node) -> Code:
    key = static_key(context, callee)
    static = _static_native(context, callee, key)
    holder, text = child(callee, "object"), context.read(callee)
    if static is not None:
        check_static(context, node, context.read(holder), str(key))
    elif isinstance(key, str) and not has_short_cut(node):
        check_method(context, node, holder, key)
    count, codes, spread = arguments_of(context, node)
    if static is not None:
        return native_call(static, count, codes, spread)
    kind = _LITERALS.get(holder.type)
    if kind is not None and isinstance(key, str) and find_method(kind, key) is None:
        raise context.refuse(callee, f"`{text}` is not a function")
    receiver = inside_chain(context, holder)
    if isinstance(key, str) and spread is None and not has_short_cut(node):
        literals = _literals(context, node)
        if literals is not None:
            return _literal_call(receiver, key, literals, text)
        return _method_call(receiver, key, codes, text)
    return _careful_call(context, node, receiver, collector(codes, spread))


def _static_native(context: Context, callee: Node, key: str | int | None) -> Native | None:
    holder = child(callee, "object")
    if holder.type != "identifier" or not isinstance(key, str):
        return None
    name = context.read(holder)
    if context.find_name(holder, name) is not None:
        return None
    members = NAMESPACES.get(name) or KINDS.get(name)
    if members is None:
        return None
    member = members.get(key)
    if not callable(member):
        raise context.refuse(callee, f"`{name}.{key}` is not a function")
    native: Native = member
    return native


def _literals(context: Context, node: Node) -> list[Value] | None:
    """Return the arguments if the source says them all."""
    literals = [constant_of(context, part) for part in children(child(node, "arguments"))]
    return None if UNDEFINED in literals else literals


def _literal_call(receiver: Code, name: str, given: list[Value], text: str) -> Code:
    methods = methods_named(name, len(given))
    if len(given) == 1:
        only = given[0]

        def call_one(s: Scope, e: Env) -> Value:
            value = receiver(s, e)
            method = methods.get(type(value))
            return method(s, value, only) if method else any_call(s, value, name, given, text)

        return call_one
    if len(given) == 2:  # noqa: PLR2004  the usual numbers have their own closures
        first, second = given

        def call_two(s: Scope, e: Env) -> Value:
            value = receiver(s, e)
            method = methods.get(type(value))
            if method:
                return method(s, value, first, second)
            return any_call(s, value, name, given, text)

        return call_two

    def call(s: Scope, e: Env) -> Value:
        value = receiver(s, e)
        method = methods.get(type(value))
        return method(s, value, *given) if method else any_call(s, value, name, given, text)

    return call


def _method_call(receiver: Code, name: str, codes: list[Code], text: str) -> Code:
    methods = methods_named(name, len(codes))
    if len(codes) == 1:
        only = codes[0]

        def call_one(s: Scope, e: Env) -> Value:
            value = receiver(s, e)
            method = methods.get(type(value))
            if method:
                return method(s, value, only(s, e))
            return any_call(s, value, name, lambda: [only(s, e)], text)

        return call_one

    def call_many(s: Scope, e: Env) -> Value:
        value = receiver(s, e)
        method = methods.get(type(value))
        if method:
            return method(s, value, *[code(s, e) for code in codes])
        return any_call(s, value, name, lambda: [code(s, e) for code in codes], text)

    return call_many


def any_call(
    s: Scope, value: Value, key: Value, args: Callable[[], list[Value]] | list[Value], text: str
) -> Value:
    """Call `value[key]`, whatever it is; `text` is how the source names it."""
    function = _callee(s, value, key)
    given = args() if callable(args) else args
    if isinstance(function, Function):
        return function.call(*given)
    method = find_method(type(value), str(key))
    if function is UNDEFINED and method is not None:
        return trimmed(method, len(given), 2)(s, value, *given)
    raise not_a_function(text)


def _callee(s: Scope, value: Value, key: Value) -> Value:
    if value is None or value is UNDEFINED:
        if isinstance(key, str) and find_method(type(value), key) is not None:
            return UNDEFINED
        return read_name(s, value, str(key))
    found = read_key(s, value, key)
    is_method = isinstance(found, Function) and find_method(type(value), str(key)) is not None
    return UNDEFINED if is_method and not isinstance(value, dict) else found


def _careful_call(context: Context, node: Node, receiver: Code, collect: Arguments) -> Code:
    callee = child(node, "function")
    key = static_key(context, callee)
    key_code = None if key is not None else context.compile(child(callee, "index"))
    skips_holder, skips_function = is_optional(callee), is_optional(node)
    text = context.read(callee)

    def run(s: Scope, e: Env) -> Value:
        value = receiver(s, e)
        if value is SHORT or (skips_holder and (value is None or value is UNDEFINED)):
            return SHORT
        name = key if key_code is None else to_js_string(key_code(s, e))
        if skips_function and read_name(s, value, str(name)) in (None, UNDEFINED):
            return SHORT
        return any_call(s, value, str(name), lambda: collect(s, e), text)

    return run


def new(context: Context, node: Node) -> Code:
    """`new Kind(…)`."""
    context.is_heavy = True
    kind = child(node, "constructor")
    name = context.read(kind)
    holder = kind if kind.type == "identifier" else kind.child_by_field_name("object")
    is_global = holder is not None and holder.type == "identifier" and context.is_global(holder)
    if not is_global or name not in MAKERS:
        raise context.refuse(kind, f"`new {name}` is not supported")
    space, _, member = name.partition(".")
    check_static(context, node, space, member)
    return native_call(MAKERS[name], *arguments_of(context, node))


def refuse_statement(context: Context, node: Node) -> Code:
    """Whatever has no meaning in an expression here."""
    raise context.refuse(node, f"{node.type.replace('_', ' ')} is not supported")


def check_callable(value: Value) -> Function:
    """Return a function value, or raise as a call of it would."""
    if not isinstance(value, Function):
        raise type_error("not a function")
    return value
