"""Whether an expression could change data: if so, it works on copies of its own.

An array or object that the expression has just made may be changed freely. Anything else that is
assigned to, or that a changing method is called on, might be data of the scope; then whatever the
expression takes from the scope is copied first (once an evaluation), so that items stay as they
are and the expression still sees its own changes, as in JavaScript.
"""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.compiler.tree import Node, Source, children
from alur_engine.expressions.methods.tables import CHANGING

_WRITES: Final = frozenset({"assignment_expression", "augmented_assignment_expression"})
_MAKERS: Final = frozenset(
    {
        "concat", "copyWithin", "entries", "fill", "filter", "flat", "flatMap", "fromEntries", "keys",
        "map", "match", "reverse", "slice", "sort", "split", "toReversed", "toSorted", "toSpliced",
        "values", "with",
    }
)  # fmt: skip
_HOLDERS: Final = frozenset({"member_expression", "subscript_expression"})


def changes_data(source: Source) -> bool:
    """Whether anything but a value that was just made could be changed."""
    waiting = [source.root]
    while waiting:
        node = waiting.pop()
        if _changes(source, node):
            return True
        waiting.extend(children(node))
    return False


def is_lost(root: Node) -> bool:
    """Whether a whole expression only changes data: it works on copies, so nothing sees the change."""
    while root.type == "parenthesized_expression" and len(children(root)) == 1:
        root = children(root)[0]
    if root.type in _WRITES:
        return _is_member(root.child_by_field_name("left"))
    return root.type == "update_expression" and _is_member(root.child_by_field_name("argument"))


def _changes(source: Source, node: Node) -> bool:
    if node.type in _WRITES:
        return _is_member(node.child_by_field_name("left"))
    if node.type == "update_expression":
        return _is_member(node.child_by_field_name("argument"))
    if node.type == "unary_expression":
        return source.read(node).startswith("delete")
    return node.type == "call_expression" and _call_changes(source, node)


def _is_member(target: Node | None) -> bool:
    return target is not None and target.type in _HOLDERS


def _call_changes(source: Source, node: Node) -> bool:
    callee = node.child_by_field_name("function")
    if callee is None or callee.type not in _HOLDERS:
        return False
    holder = callee.child_by_field_name("object")
    if callee.type == "subscript_expression":
        index = callee.child_by_field_name("index")
        return (
            index is None or source.read(index).strip("'\"`") in CHANGING or index.type != "string"
        )
    name = _name_of(source, callee)
    if name == "assign" and holder is not None and source.read(holder) == "Object":
        return not _first_is_new(source, node)
    return name in CHANGING and not _is_new(source, holder)


def _name_of(source: Source, callee: Node) -> str:
    name = callee.child_by_field_name("property")
    return source.read(name) if name is not None else ""


def _first_is_new(source: Source, node: Node) -> bool:
    arguments = node.child_by_field_name("arguments")
    given = children(arguments) if arguments is not None else []
    return bool(given) and _is_new(source, given[0])


def _is_new(source: Source, node: Node | None) -> bool:
    """Whether the value of `node` was certainly made by this expression."""
    while node is not None and node.type == "parenthesized_expression":
        node = children(node)[0]
    if node is None:
        return False
    if node.type in {"array", "object", "new_expression"}:
        return True
    callee = node.child_by_field_name("function")
    if node.type != "call_expression" or callee is None:
        return False
    if callee.type == "identifier":
        return source.read(callee) == "Array"
    return callee.type == "member_expression" and _makes(source, callee)


def _makes(source: Source, callee: Node) -> bool:
    name = _name_of(source, callee)
    holder = callee.child_by_field_name("object")
    text = source.read(holder) if holder is not None else ""
    if text == "Array":
        return name in {"from", "of"}
    if text == "JSON":
        return name == "parse"
    # A method of this name may be one of the data's own only if data held functions.
    if name in {"sort", "reverse", "fill", "copyWithin"}:
        return _is_new(source, holder)
    return name in _MAKERS
