"""Whether a workflow may still use what it names: asked again at each run, of the one who published it."""

from __future__ import annotations

from alur_common.executions import Execution
from alur_common.security.rights import NAMED
from alur_engine.naming import Reference
from alur_executor.domain.programs import Program
from alur_executor.service.noting import note_failures
from alur_executor.service.parts import Parts
from alur_sdk.errors import ForbiddenError


async def check_permitted(parts: Parts, program: Program, execution: Execution) -> None:
    """Raise `ForbiddenError` with the path of what the version names and its publisher may not use (any more).

    A version of before publishers were recorded is not asked about. A program that names nothing costs nothing.
    """
    if not program.named:
        return
    try:
        await _check(parts, program)
    except ForbiddenError as error:
        note_failures(parts.security, execution, "", [error])
        raise


async def _check(parts: Parts, program: Program) -> None:
    version = program.version
    for one in program.named:
        if one.kind == "pool":
            parts.pool_projects.check(one.name, one.path, version.tenant, version.project)
    if not version.created_by:
        return
    granted = await parts.definitions.granted(version.tenant, version.project, version.created_by)
    for one in program.named:
        action, resource = NAMED[one.kind]
        if f"{resource}:{action}" not in granted:
            raise ForbiddenError(
                f"{one.path}: {version.created_by}, who published version {version.version}, may not {action} "
                f"{_shown(one)} any more: let somebody who may save the workflow as it is",
                path=one.path,
            )


def _shown(one: Reference) -> str:
    return f"the {one.kind} {one.name}" if one.name else f"a {one.kind} that an expression names"
