"""Which allow list a project has: that of the installation, and what a setting adds for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from alur_common.labels import LABEL
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.pools import DEFAULT_TENANT

_OWNER = re.compile(rf"(?:{LABEL}/)?{LABEL}|{LABEL}/\*")
EVERY_PROJECT = "*"


@dataclass(frozen=True, slots=True)
class AllowLists:
    """What all nodes may reach beside the public internet, and what those of some projects may besides."""

    everyone: str
    owned: Mapping[str, str]
    """`project`, `tenant/project` or `tenant/*` -> its networks, comma-separated."""

    @classmethod
    def parse(cls, everyone: str, owned: str) -> Self:
        """Return what the two settings say, the second as `shop=10.0.0.0/8 10.1.2.3:5432, acme/*=10.9.0.0/16`.

        Raises `ValueError` that names the entry at fault.
        """
        AllowedNetworks.parse(everyone)
        lists: dict[str, str] = {}
        for entry in filter(None, map(str.strip, owned.split(","))):
            owner, _, networks = (part.strip() for part in entry.partition("="))
            if not _OWNER.fullmatch(owner) or not networks or owner in lists:
                raise ValueError(
                    f"{entry[:80]!r} gives no project its networks: write each project once, as in "
                    "`shop=10.0.0.0/8 10.1.2.3:5432, acme/billing=10.8.0.0/16, acme/*=10.9.0.0/16`"
                )
            lists[owner] = ",".join(networks.split())
            AllowedNetworks.parse(lists[owner])
        return cls(everyone, lists)

    def of(self, tenant: str, project: str) -> AllowedNetworks:
        """Return what nodes of this project may reach; a project without a tenant is one of the first tenant."""
        owners = [f"{tenant}/{EVERY_PROJECT}", f"{tenant}/{project}"]
        if tenant == DEFAULT_TENANT:
            owners.append(project)
        return AllowedNetworks.parse(
            ",".join([self.everyone, *(self.owned.get(owner, "") for owner in owners)])
        )

    def told(self, tenant: str) -> dict[str, str]:
        """Return a tenant's networks as they are written: `*` -> those of all its projects, a project -> its own besides."""
        every = f"{tenant}/{EVERY_PROJECT}"
        found = {EVERY_PROJECT: ",".join(filter(None, (self.everyone, self.owned.get(every))))}
        for owner, networks in self.owned.items():
            of, _, project = owner.rpartition("/")
            if (of or DEFAULT_TENANT) == tenant and owner != every:
                found[project] = ",".join(filter(None, (found.get(project), networks)))
        return {project: networks for project, networks in found.items() if networks}
