"""Whether a workflow may still use what it names: asked again at each run, of the one who published it."""

from __future__ import annotations

from alur_common.executions import Execution
from alur_common.security.rights import NAMED
from alur_engine.naming import Reference
from alur_executor.domain.programs import Program
from alur_executor.service.noting import note_failures
from alur_executor.service.parts import Parts
from alur_executor.service.programs import Programs
from alur_sdk.errors import ForbiddenError, NotFoundError


async def check_permitted(
    parts: Parts, programs: Programs, program: Program, execution: Execution
) -> None:
    """Raise `ForbiddenError` with the path of what the version names and its publisher may not use (any more).

    Whoever published the active version vouches for older ones that name no more than it does. A version of before publishers
    were recorded is not asked about. A program that names nothing costs nothing.
    """
    if not program.named:
        return
    try:
        _check_pools(parts, program)
        lost = await _lost(parts, program)
        if lost is not None and not await _is_vouched_for(parts, programs, program):
            raise _refusal(program, lost)
    except ForbiddenError as error:
        note_failures(parts.security, execution, "", [error])
        raise


def _check_pools(parts: Parts, program: Program) -> None:
    version = program.version
    for one in program.named:
        if one.kind == "pool":
            parts.pool_projects.check(one.name, one.path, version.tenant, version.project)


async def _lost(parts: Parts, program: Program) -> Reference | None:
    """Return the first thing that its publisher may not use."""
    version = program.version
    if not version.created_by:
        return None
    granted = await parts.definitions.granted(version.tenant, version.project, version.created_by)
    return next((one for one in program.named if _right_of(one) not in granted), None)


async def _is_vouched_for(parts: Parts, programs: Programs, program: Program) -> bool:
    """Return whether somebody who may has published it anew since: executions of before go on."""
    version = program.version
    try:
        active = await parts.definitions.active(version.tenant, version.project, version.name)
        if active.uid != version.uid or active.version == version.version:
            return False
        newest = programs.of(await parts.definitions.version(active.uid, active.version))
    except NotFoundError:
        return False  # the workflow was deleted
    names = {(one.kind, one.name) for one in newest.named}
    is_covered = all((one.kind, one.name) in names for one in program.named)
    return is_covered and await _lost(parts, newest) is None


def _refusal(program: Program, one: Reference) -> ForbiddenError:
    version, (action, _) = program.version, NAMED[one.kind]
    return ForbiddenError(
        f"{one.path}: {version.created_by}, who published version {version.version}, may not {action} "
        f"{_shown(one)} any more: somebody who may has to save the workflow again",
        path=one.path,
    )


def _right_of(one: Reference) -> str:
    action, resource = NAMED[one.kind]
    return f"{resource}:{action}"


def _shown(one: Reference) -> str:
    return f"the {one.kind} {one.name}" if one.name else f"a {one.kind} that an expression names"
