"""Find the class of a node type, importing no more than its own module."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import walk_packages
from typing import Any

import alur_nodes
from alur_sdk import Node
from alur_sdk.errors import NotFoundError

GROUP = "alur.nodes"
"""The entry points by which packages publish nodes: the name is the type, the value its class."""
_TYPE = re.compile(r"[a-z][a-z0-9-]{0,63}\.[a-z][a-z0-9_-]{0,63}", re.ASCII)


@lru_cache(maxsize=1024)
def node_class(type_: str) -> type[Node[Any]]:
    """Return the class of a node type, our own before those of plug-ins.

    Raises `NotFoundError` for a type that nobody publishes.
    """
    if _TYPE.fullmatch(type_) is None:
        raise NotFoundError(f"there is no node type {type_[:80]!r}", type=type_[:80])
    module = f"alur_nodes.{type_}"
    if "-" not in type_ and _is_ours(type_) and find_spec(module) is not None:
        return class_in(module)
    return _published(type_)


def own_types() -> list[str]:
    """Return the types of the nodes that come with Alur, sorted."""
    modules = walk_packages(alur_nodes.__path__, "alur_nodes.")
    names = [module.name.removeprefix("alur_nodes.") for module in modules]
    return sorted(name for name in names if "." in name)


def class_in(module: str) -> type[Node[Any]]:
    """Return the one node class that a module defines."""
    found = [
        value
        for value in vars(import_module(module)).values()
        if isinstance(value, type) and issubclass(value, Node) and value.__module__ == module
    ]
    if len(found) != 1:
        raise LookupError(f"{module} defines {len(found)} nodes instead of one")
    return found[0]


def _is_ours(type_: str) -> bool:
    return find_spec(f"alur_nodes.{type_.split('.', 1)[0]}") is not None


def _published(type_: str) -> type[Node[Any]]:
    # Reads the metadata of every package: slow, and needed for foreign nodes alone.
    from importlib.metadata import entry_points  # noqa: PLC0415  # start-up time

    for entry in entry_points(group=GROUP, name=type_):
        value = entry.load()
        if isinstance(value, type) and issubclass(value, Node):
            return value
        raise NotFoundError(f"what is published as {type_!r} is no node", type=type_)
    raise NotFoundError(f"there is no node type {type_!r}", type=type_)
