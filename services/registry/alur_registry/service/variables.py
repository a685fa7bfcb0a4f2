"""Variables of a project: what expressions read as `$vars`."""

from __future__ import annotations

from typing import Any

import orjson

from alur_common.cache import Cache
from alur_common.documents.port import Where
from alur_common.security.records import Page, Variable
from alur_common.security.rights import Caller, authorize
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.names import check_variable
from alur_registry.service.projects import Projects
from alur_registry.service.tools import Tools
from alur_sdk.errors import ConflictError, InvalidError, NotFoundError, Problem, StateError

MAX_BYTES = 64 * 1024
MAX_VARIABLES = 1_000


class Variables:
    """What is done with variables."""

    def __init__(
        self,
        tools: Tools,
        projects: Projects,
        *,
        fresh_seconds: float | None,
    ) -> None:
        self._store = tools.store
        self._projects = projects
        self._audit = tools.audit
        self._clock = tools.clock
        self._values: Cache[dict[str, Any]] = Cache(
            tools.clock, size=1_000, fresh_seconds=fresh_seconds
        )

    async def set_variable(
        self, caller: Caller, project: str, name: str, value: object, if_match: int | None = None
    ) -> Variable:
        """Create or replace a variable; its value is any JSON of at most `MAX_BYTES`.

        Raises `ConflictError` when `if_match` is not its revision; 0 is that of what does not exist.
        """
        authorize(caller, "write", "variables", project)
        check_variable(name)
        _check_value(value)
        await self._projects.ensure(caller, project)
        known = await self._store.variables.find(caller.tenant, project, name)
        if known is None:
            await self._check_count(caller.tenant, project)
        revision = 0 if known is None else known.revision
        if if_match not in {None, revision}:
            reason = "is there already" if if_match == 0 else "changed meanwhile"
            raise ConflictError(f"the variable {name} {reason}", variable=name)
        variable = Variable(caller.tenant, project, name, value, self._clock.now(), revision)
        repository = self._store.variables
        saved = await (repository.insert(variable) if known is None else repository.save(variable))
        self._values.drop(f"{caller.tenant}/{project}")
        await self._audit.record(caller, "set", "variables", name, project=project)
        return saved

    async def get_variable(self, caller: Caller, project: str, name: str) -> Variable:
        """Return a variable, or raise `NotFoundError`."""
        authorize(caller, "read", "variables", project)
        found = await self._store.variables.find(caller.tenant, project, name)
        if found is None:
            raise _unknown(project, name)
        return found

    async def list_variables(
        self, caller: Caller, project: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Variable]:
        """Return a page of a project's variables, by name."""
        authorize(caller, "read", "variables", project)
        await self._projects.need(caller.tenant, project)
        found = await self._store.variables.search(
            [Where("tenant", "eq", caller.tenant), Where("project", "eq", project)],
            sort=("name",),
            limit=check_limit(limit) + 1,
            after=decode_cursor(cursor, 2),
        )
        return page_of(found, limit, lambda v: [v.name, f"{v.tenant}/{v.project}/{v.name}"])

    async def delete_variable(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Delete a variable, or raise `NotFoundError`; `ConflictError` when `if_match` is not its revision."""
        authorize(caller, "delete", "variables", project)
        try:
            was_there = await self._store.variables.remove(
                caller.tenant, project, name, at_revision=if_match
            )
        except ConflictError as error:
            raise ConflictError(f"the variable {name} changed meanwhile", variable=name) from error
        if not was_there:
            raise _unknown(project, name)
        self._values.drop(f"{caller.tenant}/{project}")
        await self._audit.record(caller, "delete", "variables", name, project=project)

    async def variables(self, tenant: str, project: str) -> dict[str, Any]:
        """Return name -> value for an execution; never changed in place, by nobody."""

        async def load() -> dict[str, Any]:
            return {v.name: v.value for v in await self._all(tenant, project)}

        return await self._values.get(f"{tenant}/{project}", load)

    async def _all(self, tenant: str, project: str) -> list[Variable]:
        where = [Where("tenant", "eq", tenant), Where("project", "eq", project)]
        return await self._store.variables.search(where, sort=("name",), limit=MAX_VARIABLES)

    async def _check_count(self, tenant: str, project: str) -> None:
        if len(await self._all(tenant, project)) >= MAX_VARIABLES:
            raise StateError(f"a project may have {MAX_VARIABLES} variables")


def _check_value(value: object) -> None:
    try:
        size = len(orjson.dumps(value))
    except TypeError as error:
        problem = Problem("value", "type", "must be JSON")
        raise InvalidError("value must be JSON", [problem]) from error
    if size > MAX_BYTES:
        text = f"may have {MAX_BYTES} bytes as JSON"
        raise InvalidError(f"value {text}", [Problem("value", "too-large", text)])


def _unknown(project: str, name: str) -> NotFoundError:
    return NotFoundError(f"there is no variable {name} in the project {project}", variable=name)
