"""What an execution is driven by: its program, and the state in which it begins."""

from __future__ import annotations

from alur_common.executions import Execution
from alur_common.executions.content import input_of
from alur_engine.applying import begin
from alur_engine.state import State
from alur_executor.domain.programs import Program
from alur_executor.service.parts import Parts
from alur_executor.service.permitting import check_permitted
from alur_executor.service.programs import Programs
from alur_sdk.items import Item


async def loaded(parts: Parts, programs: Programs, execution: Execution) -> tuple[Program, State]:
    """Return both.

    Raises `AlurError` when its version or a node type is gone, its start is wrong, or its publisher may not use what it names.
    """
    version = await parts.definitions.version(execution.workflow_uid, execution.version)
    program = programs.of(version)
    await check_permitted(parts, programs, program, execution)
    items = [Item(json) for json in await input_of(execution, parts.blobs)]
    state = begin(
        program.graph,
        items,
        trigger=execution.trigger,
        start=execution.start,
        limits=parts.limits,
    )
    return program, state
