"""What workflows name, and whether it may be used: by whoever saves them, and still by whoever published them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.pools import PoolProjects
from alur_common.security.rights import NAMED, Caller
from alur_engine.catalogue import Catalogue
from alur_engine.naming import Reference, find_references
from alur_registry.domain.entities import KeptWorkflow
from alur_registry.service.sessions import Sessions
from alur_sdk.errors import ForbiddenError

_FOR_PEOPLE = frozenset({"title", "description", "notes", "position", "suspend"})
_EVERY = frozenset(f"{resource}:{action}" for action, resource in NAMED.values())


class Naming:
    """Checks each credential, workflow, variable, pool and topic that a document names, however deep."""

    def __init__(self, catalogue: Catalogue, sessions: Sessions, pools: PoolProjects) -> None:
        self._catalogue = catalogue
        self._sessions = sessions
        self._pools = pools

    def check(
        self, caller: Caller, project: str, document: Mapping[str, Any], known: KeptWorkflow | None
    ) -> None:
        """Raise `ForbiddenError` with the path of the first thing that it names and the caller may not use.

        Who changes nothing of what the workflow does needs no right to what it names, but to its pools: they may be kept
        for other projects since. Any other change may turn what is named to another purpose.
        """
        does_the_same = known is not None and _deeds(document) == _deeds(known.document)
        for one in self._named(document):
            if one.kind == "pool":
                self._pools.check(one.name, one.path, caller.tenant, project)
            action, resource = NAMED[one.kind]
            if does_the_same or caller.may(action, resource, project):
                continue
            who = f"{caller.role} {caller.name or caller.user}"
            raise ForbiddenError(
                f"{one.path}: {who} may not {action} {_shown(one)}: that takes `{resource}:{action}`",
                path=one.path,
                action=action,
                resource=resource,
            )

    async def lost(self, record: KeptWorkflow) -> Reference | None:
        """Return the first thing that the active version names and its publisher may not use any more."""
        if not record.activated_by:
            return None
        granted = await self._sessions.granted(record.tenant, record.project, record.activated_by)
        if _EVERY.issubset(granted):
            return None
        return next((n for n in self._named(record.document) if right_of(n) not in granted), None)

    def _named(self, document: Mapping[str, Any]) -> list[Reference]:
        return find_references(document, self._catalogue)


def right_of(one: Reference) -> str:
    """Return the right that it takes to name it, as `credentials:use`."""
    action, resource = NAMED[one.kind]
    return f"{resource}:{action}"


def _deeds(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document does: all but what is for people, and whether its triggers rest."""
    spec = {name: value for name, value in document["spec"].items() if name not in _FOR_PEOPLE}
    for part in ("triggers", "nodes"):
        spec[part] = [
            {name: value for name, value in step.items() if name not in _FOR_PEOPLE}
            for step in spec.get(part, ())
        ]
    return spec


def _shown(one: Reference) -> str:
    return f"the {one.kind} {one.name}" if one.name else f"a {one.kind} that an expression names"
