"""The history of executions that failed before they began, and of those whose journal cannot be read now."""

from __future__ import annotations

from typing import cast

import pytest

from alur_common.blobs import Blobs
from alur_common.executions import Execution, Journals
from alur_engine.catalogue import Catalogue
from alur_gateway.adapters.history import JournalHistory
from alur_gateway.ports import Definitions
from alur_sdk.errors import AlurError, NotFoundError, StorageError, UnavailableError


class Failing:
    """Definitions that cannot be read."""

    def __init__(self, error: AlurError) -> None:
        self.error = error

    async def version(self, uid: str, number: int) -> None:
        raise self.error


class Failed:
    """As much of a failed execution as is read of it."""

    status, workflow_uid, version = "failed", "u", 1


def history_of(error: AlurError) -> JournalHistory:
    definitions = cast("Definitions", Failing(error))
    return JournalHistory(
        cast("Journals", None), cast("Blobs", None), definitions, cast("Catalogue", None)
    )


FAILED = cast("Execution", Failed())


@pytest.mark.parametrize("error", [UnavailableError("away"), StorageError("full")])
async def test_an_outage_is_never_told_as_an_execution_without_files(error: AlurError) -> None:
    history = history_of(error)
    for asked in (history.files(FAILED), history.logs(FAILED, None), history.overview(FAILED)):
        with pytest.raises(type(error)):
            await asked


async def test_a_failed_execution_that_could_not_begin_has_no_files() -> None:
    history = history_of(NotFoundError("there is no such version"))
    assert await history.files(FAILED) == []
    assert await history.logs(FAILED, None) == []
    assert (await history.overview(FAILED)).nodes == []
