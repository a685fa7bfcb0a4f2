from __future__ import annotations

import asyncio
import base64
from typing import Any, cast

import pytest

from alur_operator.adapters.cluster import ClusterApi
from alur_operator.domain.status import ENDED
from alur_operator.ports import Cluster
from alur_operator.service.following import Following
from alur_operator.service.workflows import LaterError
from alur_sdk.errors import AlurError, ForbiddenError, InvalidError, UnauthenticatedError
from tests.unit.operator.objects import run
from tests.unit.operator.outside import Outside, keeper, reasons

FROM = {"configMapKeyRef": {"name": "given", "key": "data"}}


async def test_a_run_whose_execution_alur_no_longer_has_has_failed_and_is_followed_no_more() -> (
    None
):
    outside = Outside()
    following = Following(keeper(outside), cast(Cluster, outside), iter(range(10**6)).__next__)
    following.take(run("Running"))
    looking = asyncio.create_task(following.run())
    told = await asyncio.wait_for(outside.told, 20)
    await asyncio.sleep(0)
    looking.cancel()
    assert (told["phase"], len(following)) == ("Failed", 0)
    assert told["phase"] in ENDED
    assert told["completionTime"]
    assert "e-1" in told["message"]
    assert outside.events == ["ExecutionGone"]
    assert reasons(told) == {
        "Succeeded": ("False", "ExecutionGone"),
        "Failed": ("True", "ExecutionGone"),
        "Reconciling": ("False", "ExecutionGone"),
        "Stalled": ("True", "ExecutionGone"),
    }


@pytest.mark.parametrize("text", ["who: them", "3", "[1]", "[NaN]", "[" * 100_000])
async def test_an_input_that_is_no_json_of_objects_is_refused(text: str) -> None:
    told = await keeper(Outside(text=text)).start(run(inputFrom=FROM))
    assert reasons(told)["Succeeded"] == ("False", "InputInvalid")


@pytest.mark.parametrize("error", [UnauthenticatedError("who?"), ForbiddenError("not you")])
async def test_a_token_that_is_refused_is_told_as_such(error: AlurError) -> None:
    with pytest.raises(LaterError) as raised:
        await keeper(Outside(refuses=error)).start(run())
    assert reasons(raised.value.status or {})["Reconciling"] == ("True", "TokenRefused")


@pytest.mark.parametrize(("plural", "field"), [("secrets", "data"), ("configmaps", "binaryData")])
async def test_what_is_no_text_is_told_with_its_place(plural: str, field: str) -> None:
    class Keys(ClusterApi):
        def __init__(self) -> None:
            pass

        async def call(self, *_: object, **__: object) -> dict[str, Any]:
            return {field: {"data": base64.b64encode(b"\xff").decode()}}

    with pytest.raises(InvalidError, match=f"{plural}/given: data is no text"):
        await Keys().read_key(plural, "shop", "given", "data")


async def test_a_start_that_an_operator_which_ended_may_have_asked_for_is_waited_for_and_cancelled() -> (
    None
):
    outside = Outside()
    cancelling = keeper(outside, 0.0, 1.0, 9.9, 10.0)
    for _ in range(2):
        with pytest.raises(LaterError):
            await cancelling.cancel(run(), 0, 1)
    outside.has = True
    await cancelling.cancel(run(), 0, 1)
    outside.has = False
    await cancelling.cancel(run(), 0, 1)  # by now nobody starts it
    assert outside.cancelled == 4


async def test_a_run_that_was_started_or_has_ended_goes_at_once() -> None:
    outside = Outside()
    await keeper(outside).cancel(run("Running"), 0, 1)
    await keeper(outside).cancel(run("Succeeded"), 0, 1)
    assert outside.cancelled == 1


async def test_a_forged_end_does_not_keep_a_run_from_being_cancelled() -> None:
    outside = Outside()
    forged = run("Succeeded")
    forged["status"]["observedGeneration"] = 9
    await keeper(outside).cancel(forged, 0, 1)
    assert outside.cancelled == 1


async def test_a_run_that_is_let_go_without_alur_tells_so() -> None:
    outside = Outside(refuses=AlurError("away"))
    with pytest.raises(LaterError):
        await keeper(outside).cancel(run(), 2, 2)
    await keeper(outside).cancel(run(), 2, 3)
    insisting = run()
    insisting["metadata"]["annotations"] = {"alur.dev/force-delete": "true"}
    await keeper(outside).cancel(insisting, 0, 1)
    assert outside.events == ["CleanupAbandoned"] * 2
