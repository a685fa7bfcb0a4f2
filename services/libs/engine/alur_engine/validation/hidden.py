"""Characters that nobody sees in a text that somebody wrote or pasted, by which it is another than it looks.

They turn addresses and names into others, and code around for whoever reads it (CVE-2021-42574). The editor finds the same
ones in what is typed (`graph/hidden.ts`); a test holds both lists together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from alur_engine.reading.limits import child_path
from alur_sdk.errors import Problem

RANGES: Final = (
    (0x00, 0x08),
    (0x0B, 0x0C),
    (0x0E, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x180E, 0x180E),
    (0x200B, 0x200B),
    (0x200E, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xE0000, 0xE007F),
)
"""First and last of each: controls but tab and line ends, marks of direction, what has no width, tags."""
_HIDDEN: Final = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in RANGES)}]")
_SHOWN: Final = 3


def find_hidden(spec: dict[str, Any]) -> Iterator[Problem]:
    """Yield the texts and names of a document's `spec` that hold such characters."""
    for path, text in _texts(spec, "spec"):
        if not text.isprintable() and (found := _HIDDEN.findall(text)):
            kinds = list(dict.fromkeys(f"U+{ord(char):04X}" for char in found))
            more = " …" if len(kinds) > _SHOWN else ""
            message = (
                f"holds {len(found)} characters that nobody sees ({', '.join(kinds[:_SHOWN])}{more}), "
                "so it is not what it looks like: remove them"
            )
            yield Problem(path, "hidden-characters", message)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield each text with its path, and each name of a member with its own."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield child_path(path, key), key
            yield from _texts(member, child_path(path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _texts(member, child_path(path, index))
