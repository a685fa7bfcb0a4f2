"""What every part of the compiler shares: the source, the names in sight, and the way back in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeAlias

from alur_engine.expressions.compiler.tree import Node, Source
from alur_engine.expressions.problems import UnsupportedError
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import Value

Env: TypeAlias = Any
"""The values of local names: a list whose first element is the environment around it."""

Code: TypeAlias = Callable[[Scope, Env], Value]


class Names:
    """The local names of one environment, and the environment around it."""

    def __init__(self, outer: Names | None) -> None:
        self.outer = outer
        self.slots: dict[str, int] = {}
        self.constants: set[str] = set()
        self.pending: set[str] = set()
        self.size = 1

    def declare(self, name: str, *, constant: bool = False) -> int:
        """Give `name` a place and return it."""
        self.slots[name] = self.size
        self.pending.discard(name)
        if constant:
            self.constants.add(name)
        self.size += 1
        return self.size - 1


class Context(ABC):
    """One compilation, and the ways that its parts need into one another."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names: Names | None = None
        self.thaws = False
        self.is_heavy = False

    @abstractmethod
    def compile(self, node: Node) -> Code:
        """Return the closure of an expression."""

    @abstractmethod
    def link(self, node: Node) -> Code:
        """Return the closure of a link of a chain, which passes on that `?.` cut it short."""

    @abstractmethod
    def is_data(self, node: Node) -> bool:
        """Whether a name stands for data, so that its paths can be read straight."""

    @abstractmethod
    def is_known(self, node: Node) -> bool:
        """Whether a name means anything here."""

    @abstractmethod
    def delete(self, operand: Node) -> Code:
        """Return the closure of `delete operand`."""

    @abstractmethod
    def instance_of(self, left: Code, right: Node) -> Code:
        """Return the closure of `left instanceof right`."""

    def read(self, node: Node) -> str:
        """Return the text of `node`."""
        return self.source.read(node)

    def refuse(self, node: Node, reason: str) -> UnsupportedError:
        """Return the error that says what is not compiled and where it stands."""
        return UnsupportedError(self.source.offset(node), reason)

    def find_name(self, node: Node, name: str) -> tuple[int, int] | None:
        """Return how many environments out, and in which place, a local name is."""
        names, depth = self.names, 0
        while names is not None:
            if name in names.pending:
                raise self.refuse(node, f"`{name}` is used before it is declared")
            if name in names.slots:
                return depth, names.slots[name]
            names, depth = names.outer, depth + 1
        return None

    def is_global(self, node: Node) -> bool:
        """Whether a name is no local one."""
        return self.find_name(node, self.read(node)) is None

    def is_constant(self, name: str) -> bool:
        """Whether the nearest local `name` was declared by `const`."""
        names = self.names
        while names is not None and name not in names.slots:
            names = names.outer
        return names is not None and name in names.constants
