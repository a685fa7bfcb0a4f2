"""Numbers, strings, template strings, arrays and objects as they stand in the source."""

from __future__ import annotations

import re
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.compiler.context import Code, Context, Env
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.convert import to_js_string, to_key, to_primitive_text
from alur_engine.expressions.limits import spend_bytes, spend_slots
from alur_engine.expressions.methods.calling import list_of
from alur_engine.expressions.numbers import parse_number
from alur_engine.expressions.operators import FREE_TEXT
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.text import narrow
from alur_engine.expressions.values import UNDEFINED, Value

_ESCAPE: Final = re.compile(
    r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[^ux]))", re.DOTALL
)
_BAD_ESCAPE: Final = re.compile(
    r"\\(?:[1-9]|0[0-9]|u(?!\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})|x(?![0-9a-fA-F]{2}))"
)
_SINGLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_ENDS: Final = frozenset({"\n", "\r\n", "\r", "\u2028", "\u2029"})
_LAST_POINT: Final = 0x10FFFF
_PROTOTYPE: Final = "__proto__"


def constant(value: Value) -> Code:
    """Return the closure of a value that never changes."""
    return lambda _s, _e: value


def constant_of(context: Context, node: Node) -> Value:
    """Return the value of a literal, or `UNDEFINED` when `node` is none."""
    if node.type == "number":
        return read_number(context, node)
    if node.type == "string":
        return read_string(context, node)
    return {"true": True, "false": False, "null": None}.get(node.type, UNDEFINED)


def literal_of(context: Context, node: Node, unknown: Value) -> Value:
    """Return the value that the source says, `unknown` where it does not; also within arrays and objects."""
    if node.type == "array":
        return [literal_of(context, part, unknown) for part in children(node)]
    if node.type == "object":
        return _members_of(context, node, unknown)
    if node.type == "undefined":
        return UNDEFINED
    value = constant_of(context, node)
    return unknown if value is UNDEFINED else value


def _members_of(context: Context, node: Node, unknown: Value) -> Value:
    members: dict[str, Value] = {}
    for part in children(node):
        if part.type == "shorthand_property_identifier":
            members[context.read(part)] = unknown
            continue
        key = part.child_by_field_name("key")
        if part.type != "pair" or key is None or key.type == "computed_property_name":
            return unknown
        name = read_string(context, key) if key.type == "string" else context.read(key)
        members[name] = literal_of(context, child(part, "value"), unknown)
    return members


def read_number(context: Context, node: Node) -> float:
    """Return the value of a number literal."""
    text = context.read(node).replace("_", "")
    if text.endswith("n"):
        raise context.refuse(node, "BigInt is not supported")
    if len(text) > 1 and text[0] == "0" and text[1].isdigit():
        raise context.refuse(node, "octal numbers are written 0o…")
    return parse_number(text)


def number(context: Context, node: Node) -> Code:
    """A number literal."""
    return constant(read_number(context, node))


def read_string(context: Context, node: Node) -> str:
    """Return the value of a string literal."""
    return _unescape(context, node, context.read(node)[1:-1])


def _unescape(context: Context, node: Node, raw: str) -> str:
    for found in re.finditer(r"\\.", raw, re.DOTALL):
        if _BAD_ESCAPE.match(raw, found.start()):
            raise context.refuse(node, f"the escape `{found[0]}` is invalid")
    return decode(raw)


def decode(raw: str) -> str:
    """Return the text that stands in a string literal, its escapes undone."""
    return narrow(_ESCAPE.sub(_escaped, raw)) if "\\" in raw else raw


def _escaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        return chr(min(int(code, 16), _LAST_POINT))
    single = found[4]
    return "" if single in _LINE_ENDS else _SINGLE.get(single, single)


def string(context: Context, node: Node) -> Code:
    """A string literal."""
    return constant(read_string(context, node))


def template(context: Context, node: Node) -> Code:
    """A template string: text between back quotes with `${…}` inside."""
    parts: list[str | Code] = []
    position = node.start_byte + 1
    for piece in children(node):
        if piece.type != "template_substitution":
            continue
        parts.append(_template_text(context, node, position, piece.start_byte))
        inner = children(piece)
        if len(inner) != 1:
            raise context.refuse(piece, "`${}` needs an expression")
        parts.append(context.compile(inner[0]))
        position = piece.end_byte
    parts.append(_template_text(context, node, position, node.end_byte - 1))
    return joined([part for part in parts if part != ""])


def _template_text(context: Context, node: Node, start: int, end: int) -> str:
    raw = context.source.slice(start, end).replace("\r\n", "\n").replace("\r", "\n")
    return _unescape(context, node, raw)


def joined(parts: list[str | Code]) -> Code:
    """Return what joins constant and computed texts, each as a template string shows it."""
    if not parts:
        return constant("")
    if len(parts) == 1 and isinstance(parts[0], str):
        return constant(parts[0])
    codes = tuple(constant(part) if isinstance(part, str) else part for part in parts)

    def join(s: Scope, e: Env) -> str:
        texts = []
        for code in codes:
            value = code(s, e)
            kind = type(value)
            if kind is str:
                texts.append(value)
            elif kind is int:
                texts.append(to_js_string(value))
            else:
                texts.append(to_js_string(to_primitive_text(value)))
        size = sum(map(len, texts))
        if size > FREE_TEXT:
            spend_bytes(s, size)
        whole = "".join(texts)
        return whole if whole.isascii() else utf16.narrow(whole)

    return join


def array(context: Context, node: Node) -> Code:
    """An array literal."""
    _refuse_holes(context, node)
    context.is_heavy = True
    elements = children(node)
    if any(element.type == "spread_element" for element in elements):
        return list_with_spread(context, elements)
    codes = [context.compile(element) for element in elements]

    def make(s: Scope, e: Env) -> list[Value]:
        spend_slots(s, len(codes))
        return [code(s, e) for code in codes]

    return make


def _refuse_holes(context: Context, node: Node) -> None:
    after_comma = True
    for token in node.children[1:-1]:
        if token.type == "," and after_comma:
            raise context.refuse(token, "an array with holes is not supported")
        if token.type != "comment":
            after_comma = token.type == ","


def list_with_spread(context: Context, elements: list[Node]) -> Code:
    """Return what makes a list of elements of which some are spread."""
    parts = [
        (element.type == "spread_element", context.compile(spread_of(element)))
        for element in elements
    ]

    def make(s: Scope, e: Env) -> list[Value]:
        values: list[Value] = []
        for is_spread, code in parts:
            if is_spread:
                spread = list_of(s, code(s, e))
                spend_slots(s, len(spread))
                values.extend(spread)
            else:
                spend_slots(s, 1)
                values.append(code(s, e))
        return values

    return make


def spread_of(node: Node) -> Node:
    """Return the expression of a spread element, or the node itself."""
    return children(node)[0] if node.type == "spread_element" else node


def object_(context: Context, node: Node) -> Code:
    """An object literal."""
    context.is_heavy = True
    members = [_member(context, member) for member in children(node)]
    if all(isinstance(key, str) for key, _ in members):
        pairs = [(str(key), code) for key, code in members]

        def make(s: Scope, e: Env) -> dict[str, Value]:
            spend_slots(s, len(pairs))
            return {key: code(s, e) for key, code in pairs}

        return make
    return _object_in_steps(members)


def _object_in_steps(members: list[tuple[str | Code | None, Code]]) -> Code:
    def make(s: Scope, e: Env) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for key, code in members:
            if key is None:
                spread = spread_members(s, code(s, e))
                spend_slots(s, len(spread))
                made.update(spread)
            else:
                spend_slots(s, 1)
                name = key if isinstance(key, str) else to_key(key(s, e))
                made[name] = code(s, e)
        return made

    return make


def spread_members(s: Scope, value: Value) -> dict[str, Value]:
    """Return what `{...value}` adds to an object."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        spend_slots(s, len(value))
        value = list(utf16.widen(value))
    if isinstance(value, list):
        spend_slots(s, len(value))
        return {str(index): element for index, element in enumerate(value)}
    return dict(value) if hasattr(value, "keys") else {}


def _member(context: Context, node: Node) -> tuple[str | Code | None, Code]:
    """Return key and value; the key is `None` for a spread, code when computed."""
    if node.type == "spread_element":
        return None, context.compile(spread_of(node))
    if node.type == "shorthand_property_identifier":
        return context.read(node), context.compile(node)
    if node.type != "pair":
        raise context.refuse(node, "methods, getters and setters are not supported in an object")
    key = child(node, "key")
    code = context.compile(child(node, "value"))
    if key.type == "computed_property_name":
        return context.compile(children(key)[0]), code
    name = static_key(context, key)
    if name == _PROTOTYPE:
        raise context.refuse(key, "`__proto__` cannot be set")
    return name, code


def static_key(context: Context, key: Node) -> str:
    """Return the name that a key which is not computed stands for."""
    if key.type == "string":
        return read_string(context, key)
    if key.type == "number":
        return to_js_string(read_number(context, key))
    return context.read(key)
