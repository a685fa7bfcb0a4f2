"""Keeps a warm parent small: each runner is a fork of it, and costs more the more it holds.

A third of what the engine of expressions would load is loaded for one function of it, or never used.
"""

from __future__ import annotations

import _datetime  # type: ignore[import-not-found]  # it has no types of its own
import ctypes
import resource
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, Final

_ZONES: Final = "/usr/share/zoneinfo"
_LOAD, _WRITABLE, _DONT_NEED = 1, 2, 4
_LIBC = ctypes.CDLL(None, use_errno=True)
_Told = Any
"""A pointer, which the types of ctypes have no public name for."""


class Later(ModuleType):
    """Stands for a module until more of it is wanted than the names that are given here."""

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name)
        vars(self).update(given)

    def __getattr__(self, wanted: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), wanted)


def import_lightly(name: str) -> ModuleType:
    """Import a module, and less than usual of what it needs of the standard library."""
    later = (
        Later("inspect", getmembers=_members, isfunction=_is_function),
        Later("ipaddress"),
        Later("sysconfig", get_config_var={"TZPATH": _ZONES}.get),
    )
    light = {each.__name__: each for each in later}
    # As later Pythons do: the same classes, without a second copy of them in Python.
    light["datetime"] = _datetime
    sys.modules.update({name: each for name, each in light.items() if name not in sys.modules})
    module = import_module(name)
    for each in later:
        if sys.modules.get(each.__name__) is each:
            del sys.modules[each.__name__]
    return module


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType)


def _members(holder: object, predicate: Callable[[object], bool]) -> list[tuple[str, object]]:
    found = ((name, getattr(holder, name)) for name in dir(holder))
    return [(name, member) for name, member in found if predicate(member)]


class _Segment(ctypes.Structure):
    """`Elf64_Phdr` (elf(5))."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("in_file", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("alignment", ctypes.c_uint64),
    )


class _Object(ctypes.Structure):
    """`struct dl_phdr_info` (dl_iterate_phdr(3)), as far as it is read: a program or a library."""

    _fields_ = (
        ("address", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("segments", ctypes.POINTER(_Segment)),
        ("count", ctypes.c_uint16),
    )


def give_back_code() -> None:
    """Let go of the pages of programs that starting needed; what is needed again comes from the page cache.

    Runners lose nothing: a fork takes over no such pages.
    """
    found: list[tuple[int, int]] = []

    def note(told: _Told, _size: int, _data: object) -> int:
        found.extend(_unwritable(told.contents))
        return 0

    taking = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(_Object), ctypes.c_size_t, ctypes.c_void_p
    )
    _LIBC.dl_iterate_phdr(taking(note), None)
    for start, size in found:
        _LIBC.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _DONT_NEED)


def _unwritable(of: _Object) -> Iterator[tuple[int, int]]:
    """Yield where each segment begins that nobody has written to, and its size, in whole pages."""
    page = resource.getpagesize()
    for segment in of.segments[: of.count]:
        if segment.type == _LOAD and not segment.flags & _WRITABLE:
            start = of.address + segment.address
            yield start - start % page, segment.size + start % page
