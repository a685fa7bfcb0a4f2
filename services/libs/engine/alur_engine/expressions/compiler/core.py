"""The compiler: which part of it handles which kind of node, and what it makes of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from alur_engine.expressions.compiler import (
    arithmetic,
    assignment,
    calls,
    functions,
    literals,
    names,
    paths,
    patterns,
)
from alur_engine.expressions.compiler.context import Code, Context
from alur_engine.expressions.compiler.mutation import changes_data, is_lost
from alur_engine.expressions.compiler.references import references
from alur_engine.expressions.compiler.tree import Node, Source, children
from alur_engine.expressions.problems import MistakeError

Handler = Callable[[Context, Node], Code]


@dataclass(frozen=True, slots=True)
class Compilation:
    """A compiled expression: `is_heavy` when it can spend what is charged, so needs a budget.

    `json_names` are the names of a path of `$json`, if it is nothing else.
    """

    code: Code
    references: frozenset[str]
    is_heavy: bool
    is_plain_path: bool
    json_names: tuple[str, ...]


def _inner(context: Context, node: Node) -> Code:
    inside = children(node)
    if len(inside) != 1:
        raise context.refuse(node, "the parentheses are empty")
    return context.compile(inside[0])


HANDLERS: Final[Mapping[str, Handler]] = {
    "parenthesized_expression": _inner,
    "number": literals.number,
    "string": literals.string,
    "template_string": literals.template,
    "true": lambda _context, _node: literals.constant(True),
    "false": lambda _context, _node: literals.constant(False),
    "null": lambda _context, _node: literals.constant(None),
    "undefined": names.undefined,
    "array": literals.array,
    "object": literals.object_,
    "identifier": names.identifier,
    "shorthand_property_identifier": names.identifier,
    "member_expression": paths.member,
    "subscript_expression": paths.member,
    "call_expression": calls.call,
    "new_expression": calls.new,
    "binary_expression": arithmetic.binary,
    "unary_expression": arithmetic.unary,
    "ternary_expression": arithmetic.ternary,
    "sequence_expression": arithmetic.sequence,
    "arrow_function": functions.function,
    "function_expression": functions.function,
    "assignment_expression": assignment.assign,
    "augmented_assignment_expression": assignment.assign_with,
    "update_expression": assignment.update,
    "regex": patterns.regex,
}

_LINKS: Final[Mapping[str, Handler]] = {
    "member_expression": paths.link,
    "subscript_expression": paths.link,
    "call_expression": calls.link,
}


class Compiler(Context):
    """A compilation: it knows all the parts."""

    def compile(self, node: Node) -> Code:
        return HANDLERS.get(node.type, calls.refuse_statement)(self, node)

    def link(self, node: Node) -> Code:
        return _LINKS[node.type](self, node)

    def is_data(self, node: Node) -> bool:
        return names.is_data(self, node)

    def is_known(self, node: Node) -> bool:
        return names.is_known(self, node)

    def delete(self, operand: Node) -> Code:
        return assignment.delete(self, operand)

    def instance_of(self, left: Code, right: Node) -> Code:
        return assignment.instance_of(self, left, right)


def compile_source(text: str) -> Compilation:
    """Compile one expression.

    Raises:
        SyntaxProblem: It is no expression.
        UnsupportedError: It is one that is not compiled.
    """
    source = Source(text)
    compiler = Compiler(source)
    compiler.thaws = changes_data(source)
    code = compiler.compile(source.root)
    if is_lost(source.root):
        reason = "this changes a copy and nothing else: `===` compares, core.set sets fields"
        raise MistakeError(source.offset(source.root), reason)
    return Compilation(
        code,
        references(source),
        compiler.is_heavy or compiler.thaws,
        source.root.type in paths.MEMBERS and not compiler.is_heavy,
        paths.json_names(compiler, source.root),
    )
