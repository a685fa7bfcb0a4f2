"""Code in parameters: whether it can be read as the language that it is said to be in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import tree_sitter
import tree_sitter_javascript

from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.expressions.compiler.tree import Node, first_error
from alur_engine.reading.limits import child_path
from alur_engine.validation.drafts import Draft, Step
from alur_engine.validation.python_check import python_fault
from alur_sdk.errors import Problem

MAX_CODE: Final = 100_000
"""How many characters are looked at in one code, and of all code of a document that takes time: Python, and what is refused."""
_MISREAD: Final = re.compile(
    # Escapes that only a tagged template may have; a comment over lines that ends a statement; a
    # field and then a generator; `async` as a variable; a block and then an array's literal.
    r"[\w$)\]]`[^`]*\\[ux0-9]|\n[^\n*]*\*/[ \t]*\S|\n[ \t]*\*[ \t]*[\w$#'\"\[]"
    r"|\(\s{0,9}async\s{1,9}of\b|\}\s{0,99}\["
)
"""What is valid, but not to the grammar: code that has it is left for its run to judge."""
_PAIRS: Final = {"(": ")", "[": "]", "{": "}", "${": "}"}
_ONLY_IN_MODULES: Final = {
    "import_statement": "`import` has no place here",
    "export_statement": "`export` has no place here",
}


def code_problems(draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield the code that is no code. The type says by `x-ui` which parameter names its language."""
    left = MAX_CODE
    for step in draft.steps:
        kind = catalogue.find(step.type)
        for name, language, code in _codes(step, kind) if kind is not None else ():
            fault = find_fault(code, language) if len(code) <= left else None
            if fault is not None or language == "python":
                left -= len(code)
            if fault is not None:
                yield Problem(child_path(f"{step.path}.params", name), "code", fault)


def find_fault(code: str, language: str) -> str | None:
    """Return where the body of a function is no code of this language and why, or None.

    What the grammar misreads, and code longer than `MAX_CODE`, has no fault here.
    """
    read = {"javascript": _javascript_fault, "python": python_fault}.get(language)
    return read(code) if read is not None and len(code) <= MAX_CODE else None


def _javascript_fault(code: str) -> str | None:
    text = code.encode("utf-8", "replace")
    root = tree_sitter.Parser(_language()).parse(text).root_node
    if not root.has_error:
        return _module_fault(root, text)
    if _MISREAD.search(code):
        return None
    return _told(*_reason(first_error(root), text), text)


@lru_cache(maxsize=1)
def _language() -> tree_sitter.Language:
    return tree_sitter.Language(tree_sitter_javascript.language())


def _codes(step: Step, kind: NodeType) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the language and the text of each parameter that is code."""
    properties: dict[str, Any] = kind.parameters.get("properties", {})
    for name, schema in properties.items():
        named_by = schema.get("x-ui", {}).get("language")
        code = step.params.get(name)
        if named_by is not None and name in kind.raw and isinstance(code, str):
            default = properties.get(named_by, {}).get("default")
            yield name, str(step.params.get(named_by, default)), code


def _module_fault(root: Node, text: bytes) -> str | None:
    for child in root.named_children:
        if child.type in _ONLY_IN_MODULES:
            return _told(child.start_byte, _ONLY_IN_MODULES[child.type], text)
    return None


def _reason(worst: Node, text: bytes) -> tuple[int, str]:
    """Return the byte of the fault, and what is wrong there."""
    if worst.is_missing:
        return (
            worst.start_byte,
            f"{'a name or value' if worst.is_named else f'`{worst.type}`'} is missing",
        )
    opened: list[Node] = []
    for child in worst.children:
        if child.type in _PAIRS:
            opened.append(child)
        elif opened and child.type == _PAIRS[opened[-1].type]:
            opened.pop()
    if opened:
        return opened[-1].start_byte, f"`{opened[-1].type}` is never closed"
    rest = text[worst.start_byte : worst.start_byte + 200].decode("utf-8", "replace").strip()
    if not rest:
        return worst.start_byte, "it ends too early"
    return worst.start_byte, f"this is no JavaScript, from `{rest.splitlines()[0][:40]}` on"


def _told(offset: int, reason: str, text: bytes) -> str:
    before = text[:offset].decode("utf-8", "replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"line {line}, column {column}: {reason}"
