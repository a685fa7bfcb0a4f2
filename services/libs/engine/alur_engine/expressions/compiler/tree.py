"""Parsing with tree-sitter's grammar, and finding what is no expression in the result."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import tree_sitter
import tree_sitter_javascript

from alur_engine.expressions.limits import MAX_NESTING, MAX_SOURCE
from alur_engine.expressions.problems import SyntaxProblem, UnsupportedError

Node = tree_sitter.Node
_PREFIX: Final = b"("
_BODY: Final = b"async function code() {"
_LEFT_DEEP: Final = frozenset({"binary_expression"})
_WRAPPED: Final = 3
"""Nodes around the expression: program, statement, parentheses."""


@lru_cache(maxsize=1)
def _language() -> tree_sitter.Language:
    return tree_sitter.Language(tree_sitter_javascript.language())


class Source:
    """One parsed expression: its tree, and where its nodes stand in its text."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_SOURCE:
            raise UnsupportedError(0, f"an expression has at most {MAX_SOURCE} characters")
        self.text = text
        # A lone surrogate cannot be written as UTF-8, and never stands in program text.
        self._bytes = _PREFIX + text.encode("utf-8", "replace") + b"\n)"
        tree = tree_sitter.Parser(_language()).parse(self._bytes)
        self.root = self._checked(tree.root_node)

    def offset(self, node: Node) -> int:
        """Return the number of characters before `node`."""
        before = self._bytes[len(_PREFIX) : max(node.start_byte, len(_PREFIX))]
        return min(len(before.decode("utf-8", "replace")), len(self.text))

    def read(self, node: Node) -> str:
        """Return the text of `node`."""
        return self._bytes[node.start_byte : node.end_byte].decode()

    def slice(self, start: int, end: int) -> str:
        """Return the text between two byte positions of nodes."""
        return self._bytes[start:end].decode()

    def _checked(self, root: Node) -> Node:
        if root.has_error:
            raise self._problem(root)
        inside = expression_in(root)
        if inside is None:
            raise SyntaxProblem(0, "not one expression")
        self._check_nesting(root)
        return inside

    def _problem(self, root: Node) -> SyntaxProblem:
        if not self.text.strip():
            return SyntaxProblem(0, "the expression is empty")
        semicolon = self._after_expression(root)
        if semicolon is not None:
            return SyntaxProblem(semicolon, _SEMICOLON)
        worst = first_error(root)
        offset = self.offset(worst)
        if worst.is_missing and worst.start_byte < len(self._bytes) - 1:
            rest = self.text[offset:].strip()
            if rest:
                return _unexpected(offset, rest)
        rest = self.text[offset:].strip()
        if worst.is_missing or not rest:
            return SyntaxProblem(len(self.text.rstrip()), "the expression ends too early")
        return _unexpected(offset, rest)

    def _after_expression(self, root: Node) -> int | None:
        """Return where a `;` stands that is in no block and has an expression before it: that is the fault."""
        opened: list[str] = []
        waiting = [root]
        while waiting:
            node = waiting.pop()
            waiting.extend(reversed(node.children))
            if node.type in _PAIRS and node.start_byte >= len(_PREFIX):
                opened.append(_PAIRS[node.type])
            elif opened and node.type == opened[-1]:
                opened.pop()
            elif node.type == ";" and "}" not in opened:
                offset = self.offset(node)
                before = self.text[:offset] + "".join(reversed(opened))
                return offset if _is_expression(before) else None
        return None

    def _check_nesting(self, root: Node) -> None:
        """Refuse what is nested too deeply, so that no later pass meets the end of the stack."""
        waiting = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > MAX_NESTING + _WRAPPED:
                raise UnsupportedError(self.offset(node), "the expression is nested too deeply")
            for child in node.named_children:
                is_left = node.type in _LEFT_DEEP and child == node.child_by_field_name("left")
                waiting.append((child, depth if is_left else depth + 1))


class Body:
    """Parsed code, the body of an async function: places count its bytes, each of which is a character here."""

    def __init__(self, code: str) -> None:
        self._bytes = code.encode("utf-8", "replace")
        self.text = self._bytes.decode("latin-1")
        tree = tree_sitter.Parser(_language()).parse(_BODY + self._bytes + b"\n}")
        self.root = tree.root_node

    def offset(self, node: Node) -> int:
        """Return the number of bytes before `node`."""
        return node.start_byte - len(_BODY)

    def read(self, node: Node) -> str:
        """Return the text of `node`."""
        start = self.offset(node)
        return self.text[start : start + node.end_byte - node.start_byte]


def expression_in(root: Node) -> Node | None:
    """Return the one expression of a program that is one parenthesised expression."""
    statements = _meaningful(root)
    if len(statements) != 1 or statements[0].type != "expression_statement":
        return None
    outer = _meaningful(statements[0])
    if len(outer) != 1 or outer[0].type != "parenthesized_expression":
        return None
    inner = _meaningful(outer[0])
    return inner[0] if len(inner) == 1 else None


def children(node: Node) -> list[Node]:
    """Return the named children, comments apart."""
    return _meaningful(node)


def child(node: Node, field: str) -> Node:
    """Return the child in `field`, which the grammar promises."""
    found = node.child_by_field_name(field)
    if found is None:
        raise SyntaxProblem(0, f"the {field} is missing")
    return found


def _meaningful(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def first_error(root: Node) -> Node:
    """Return the innermost node of a tree with errors that the first of them comes down to."""
    node = root
    while True:
        inside = [child for child in node.children if child.has_error or child.is_missing]
        if not inside:
            return node
        errors = [child for child in inside if child.is_error or child.is_missing]
        node = errors[0] if errors else inside[0]
        if node.is_missing:
            return node
        if node.is_error and not any(kid.is_error or kid.is_missing for kid in node.children):
            return node


_PAIRS: Final = {"(": ")", "[": "]", "{": "}", "${": "}"}
_SEMICOLON: Final = "unexpected `;`: an expression is one value, and ends without `;`; statements stand in a function or in core.code"


def _is_expression(text: str) -> bool:
    source = _PREFIX + text.encode("utf-8", "replace") + b"\n)"
    return not tree_sitter.Parser(_language()).parse(source).root_node.has_error


_STATEMENTS = frozenset(
    {"if", "for", "while", "do", "switch", "const", "let", "var", "return", "throw", "try"}
)


def _unexpected(offset: int, rest: str) -> SyntaxProblem:
    """Return the problem of a text that does not go on like this, with what is written instead of a statement."""
    word = _word(rest)
    if word.rstrip("({") in _STATEMENTS:
        hint = ": an expression is one value, such as `a ? b : c`; statements stand in a function or in core.code"
        return SyntaxProblem(offset, f"unexpected `{word}`{hint}")
    return SyntaxProblem(offset, f"unexpected `{word}`")


def _word(rest: str) -> str:
    word = rest.split(maxsplit=1)[0]
    return word[:12]
