"""Pools: which node runs an executor is there for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

DEFAULT_POOL = "default"
"""Who serves it drives executions, and runs the nodes that name no pool."""
EVERY_POOL = "*"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pools:
    """The pools that an executor serves: their names, or `*` for all."""

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the pools that a setting names, comma-separated; raises `ValueError` for what is no name, or for none."""
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        wrong = [name for name in names if name != EVERY_POOL and not _NAME.fullmatch(name)]
        if wrong or not names:
            what = f"{wrong[0][:70]!r} is no name of a pool" if wrong else "it names no pool"
            raise ValueError(f"{what}: name pools by DNS labels, `default,gpu`, or all by `*`")
        return cls(names)

    def serves(self, pool: str) -> bool:
        """Return whether nodes of this pool run here."""
        return pool in self.names or EVERY_POOL in self.names

    @property
    def serves_all(self) -> bool:
        """Nodes of any pool run here."""
        return EVERY_POOL in self.names

    @property
    def own(self) -> tuple[str, ...]:
        """The pools by name whose node runs come from other executors."""
        return tuple(name for name in self.names if name not in (DEFAULT_POOL, EVERY_POOL))

    @property
    def takes_tasks(self) -> bool:
        """Node runs of other executors come here."""
        return self.serves_all or bool(self.own)


EVERY = Pools((EVERY_POOL,))
