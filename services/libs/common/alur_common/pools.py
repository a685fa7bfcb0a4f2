"""Pools: which node runs an executor is there for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from alur_common.labels import is_label
from alur_sdk.errors import ForbiddenError

DEFAULT_TENANT = "default"
"""The tenant that an installation begins with: its projects go by their names alone."""
DEFAULT_POOL = "default"
"""Who serves it drives executions, and runs the nodes that name no pool."""
EVERY_POOL = "*"


@dataclass(frozen=True, slots=True)
class Pools:
    """The pools that an executor serves: their names, or `*` for all."""

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the pools that a setting names, comma-separated; raises `ValueError` for what is no name, or for none."""
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        wrong = [name for name in names if name != EVERY_POOL and not is_label(name)]
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


@dataclass(frozen=True, slots=True)
class PoolProjects:
    """Which projects may name a pool; one that is not listed is for all."""

    allowed: Mapping[str, frozenset[str]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a setting says, `gpu=vision ml, browser=shop`; raises `ValueError` for what cannot be read so."""
        allowed: dict[str, frozenset[str]] = {}
        for entry in filter(None, map(str.strip, text.split(","))):
            pool, _, projects = entry.partition("=")
            names = frozenset(projects.split())
            if not is_label(pool.strip()) or not names:
                raise ValueError(
                    f"{entry[:70]!r} keeps no pool for projects: write `gpu=vision ml, browser=shop`"
                )
            allowed[pool.strip()] = names
        return cls(allowed)

    def permits(self, pool: str, tenant: str, project: str) -> bool:
        """Return whether workflows of this project may name the pool; `tenant/project` names that of another tenant."""
        names = self.allowed.get(pool)
        own = tenant == DEFAULT_TENANT and names is not None and project in names
        return names is None or own or f"{tenant}/{project}" in names

    def check(self, pool: str, path: str, tenant: str, project: str) -> None:
        """Raise `ForbiddenError` with this path unless it permits."""
        if not self.permits(pool, tenant, project):
            raise ForbiddenError(
                f"{path}: the pool {pool} is kept for other projects than {project} (ALUR_POOL_PROJECTS)",
                path=path,
                action="use",
                resource="pools",
            )


FOR_ALL = PoolProjects({})
EVERY = Pools((EVERY_POOL,))
