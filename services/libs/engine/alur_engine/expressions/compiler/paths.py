"""Reading properties: `a.b`, `a["b"]`, `a[i]`, `a?.b`, and short cuts for whole paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions.compiler.context import Code, Context, Env
from alur_engine.expressions.compiler.literals import constant_of
from alur_engine.expressions.compiler.roots import OF_ITEM
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.properties import is_plain_name, read_key, read_name
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, HostView, Value, present

MEMBERS: Final = frozenset({"member_expression", "subscript_expression"})
CHAIN: Final = MEMBERS | {"call_expression"}
SHORT: Final = HostView.__new__(HostView)
"""What the inside of a chain answers once `?.` met nothing: the whole chain is `undefined`."""

_MISSING: Final = object()
Key = str | int


def is_optional(node: Node) -> bool:
    """Whether this link of a chain is written with `?.`."""
    return node.child_by_field_name("optional_chain") is not None or any(
        part.type in {"optional_chain", "?."} for part in node.children
    )


def chain_base(node: Node) -> Node | None:
    """Return what a link of a chain hangs on, or `None` when `node` is no link."""
    if node.type in MEMBERS:
        return child(node, "object")
    return child(node, "function") if node.type == "call_expression" else None


def has_short_cut(node: Node) -> bool:
    """Whether `?.` occurs in the chain that `node` ends."""
    link: Node | None = node
    while link is not None and link.type in CHAIN:
        if is_optional(link):
            return True
        link = chain_base(link)
    return False


def member(context: Context, node: Node) -> Code:
    """The end of a chain, read as a value."""
    if has_short_cut(node):
        return whole_chain(link(context, node))
    return link(context, node)


def whole_chain(inside: Code) -> Code:
    """Return the chain with `undefined` where `?.` cut it short."""

    def chain(s: Scope, e: Env) -> Value:
        value = inside(s, e)
        return UNDEFINED if value is SHORT else value

    return chain


def inside_chain(context: Context, node: Node) -> Code:
    """Return the code of what a link hangs on, `SHORT` passed through."""
    if node.type in CHAIN:
        return context.link(node)
    return context.compile(node)


def link(context: Context, node: Node) -> Code:
    """One link of a chain, which passes `SHORT` on when `?.` stands further inside."""
    key = static_key(context, node)
    base = child(node, "object")
    if key is None:
        context.is_heavy = True  # a key may be made of a list, which costs
        return _computed(context, node)
    if has_short_cut(node):
        return _guarded(inside_chain(context, base), _reader(key), optional=is_optional(node))
    short = (
        _dotted(context, node) or _item_of_node(context, base, key) or _of_item(context, base, key)
    )
    if short is not None:
        return short
    inner = inside_chain(context, base)
    return read_static(inner, key) if isinstance(key, str) else read_index(inner, key)


def static_key(context: Context, node: Node) -> Key | None:
    """Return the key of a link if the source says it."""
    if node.type == "member_expression":
        name = child(node, "property")
        if name.type != "property_identifier":
            raise context.refuse(name, "private names do not exist here")
        return context.read(name)
    key = constant_of(context, child(node, "index"))
    if isinstance(key, str):
        return key
    if type(key) is int and key >= 0:
        return key
    return None if key is UNDEFINED else to_js_string(key)


def _item_of_node(context: Context, base: Node, key: Key) -> Code | None:
    """Return the code of `$("name").item`, by far the usual way to another node's data."""
    if key != "item" or base.type != "call_expression" or context.thaws:
        return None
    callee, arguments = child(base, "function"), children(child(base, "arguments"))
    is_node = callee.type == "identifier" and context.read(callee) in {"$", "$node"}
    if not is_node or len(arguments) != 1 or not context.is_global(callee):
        return None
    name = constant_of(context, arguments[0])
    if not isinstance(name, str):
        return None
    return lambda s, _e: present(s.node(name, s.index).item)


def _of_item(context: Context, base: Node, key: Key) -> Code | None:
    """Return the code of what `$item(index)` has; whatever else is done with it is for the jail."""
    read = OF_ITEM.get(str(key))
    if read is None or base.type != "call_expression" or context.thaws:
        return None
    callee, arguments = child(base, "function"), children(child(base, "arguments"))
    is_item = callee.type == "identifier" and context.read(callee) == "$item"
    if not is_item or len(arguments) != 1 or not context.is_global(callee):
        return None
    index = context.compile(arguments[0])
    return lambda s, e: read(s, index(s, e))


def json_names(context: Context, node: Node) -> tuple[str, ...]:
    """Return the names of a path of `$json` such as `$json.a["b"]`, none if it is no such path."""
    names: list[str] = []
    while node.type in MEMBERS and not is_optional(node):
        key = static_key(context, node)
        if not isinstance(key, str):
            return ()
        names.append(key)
        node = child(node, "object")
    is_root = node.type == "identifier" and context.read(node) == "$json"
    return tuple(reversed(names)) if is_root else ()


def _dotted(context: Context, node: Node) -> Code | None:
    """Return the code of a path of names such as `$json.a["b"]`, if it is one."""
    names: list[str] = []
    while node.type in MEMBERS:
        key = static_key(context, node)
        if not isinstance(key, str):
            return None
        names.append(key)
        node = child(node, "object")
    if node.type != "identifier" or not names:
        return None
    if not context.is_data(node):
        return None
    names.reverse()
    if context.read(node) == "$json" and not context.thaws and context.is_global(node):
        return json_path(names)
    return data_path(context.compile(node), names)


def data_path(root: Code, names: list[str]) -> Code:
    """Return what reads a path of names from data: straight where all is there, else with care."""

    def with_care(s: Scope, e: Env) -> Value:
        value = root(s, e)
        for name in names:
            value = read_name(s, value, name)
        return value

    if len(names) == 1:
        return _one_name(root, names[0], with_care)
    if len(names) == 2:  # noqa: PLR2004  the usual lengths have their own closures
        return _two_names(root, names[0], names[1], with_care)

    def many(s: Scope, e: Env) -> Value:
        try:
            value = root(s, e)
            for name in names:
                value = value[name]
        except (KeyError, TypeError, AttributeError):
            return with_care(s, e)
        return value

    return many


def _one_name(root: Code, name: str, with_care: Code) -> Code:
    def one(s: Scope, e: Env) -> Value:
        try:
            return root(s, e)[name]
        except (KeyError, TypeError, AttributeError):
            return with_care(s, e)

    return one


def _two_names(root: Code, first: str, second: str, with_care: Code) -> Code:
    def two(s: Scope, e: Env) -> Value:
        try:
            return root(s, e)[first][second]
        except (KeyError, TypeError, AttributeError):
            return with_care(s, e)

    return two


def json_path(names: list[str]) -> Code:
    """Return `data_path` of `$json`, without asking for its root: nearly all paths are this."""
    general = data_path(lambda s, _e: s.json, names)
    if len(names) > 2 or not is_plain_name(names[-1]):  # noqa: PLR2004  the usual lengths
        return general
    first, last = names[0], names[-1]

    def one(s: Scope, e: Env) -> Value:
        holder = s.json
        return holder.get(first, UNDEFINED) if type(holder) is dict else general(s, e)

    def two(s: Scope, e: Env) -> Value:
        try:
            holder = s.json[first]
        except (KeyError, TypeError, AttributeError):
            return general(s, e)
        return holder.get(last, UNDEFINED) if type(holder) is dict else general(s, e)

    return one if len(names) == 1 else two


def read_static(inner: Code, name: str) -> Code:
    """Return what reads `name` of the value of `inner`."""

    def read(s: Scope, e: Env) -> Value:
        value = inner(s, e)
        if type(value) is dict:
            found = value.get(name, _MISSING)
            if found is not _MISSING:
                return found
        return read_name(s, value, name)

    return read


def read_index(inner: Code, index: int) -> Code:
    """Return what reads the element `index` of the value of `inner`."""
    name = str(index)

    def read(s: Scope, e: Env) -> Value:
        value = inner(s, e)
        if type(value) is list and index < len(value):
            return value[index]
        return read_name(s, value, name)

    return read


def _reader(key: Key) -> Callable[[Scope, Env, Value], Value]:
    name = str(key)
    return lambda s, _e, value: read_name(s, value, name)


def _guarded(inner: Code, read: Callable[[Scope, Env, Value], Value], *, optional: bool) -> Code:
    def guarded(s: Scope, e: Env) -> Value:
        value = inner(s, e)
        if value is SHORT or (optional and (value is None or value is UNDEFINED)):
            return SHORT
        return read(s, e, value)

    return guarded


def _computed(context: Context, node: Node) -> Code:
    inner = inside_chain(context, child(node, "object"))
    key = context.compile(child(node, "index"))
    if has_short_cut(node):
        return _guarded(
            inner, lambda s, e, value: read_key(s, value, key(s, e)), optional=is_optional(node)
        )
    return lambda s, e: read_key(s, inner(s, e), key(s, e))
