"""Regular expression literals."""

from __future__ import annotations

from alur_engine.expressions.compiler.context import Code, Context
from alur_engine.expressions.compiler.tree import Node, child
from alur_engine.expressions.regexes.value import JsRegExp, make_regexp
from alur_sdk.errors import ExpressionError


def regex(context: Context, node: Node) -> Code:
    """A regular expression literal: checked now, and new each time for its `lastIndex`."""
    context.is_heavy = True
    pattern = context.read(child(node, "pattern"))
    flags_node = node.child_by_field_name("flags")
    flags = context.read(flags_node) if flags_node is not None else ""
    try:
        made = make_regexp(pattern, flags)
    except ExpressionError as error:
        raise context.refuse(node, error.message) from error
    return lambda _s, _e: JsRegExp(made.source, made.flags, made.program)
