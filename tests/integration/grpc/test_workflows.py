"""`WorkflowsService` as a client sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]  # it has no stubs
    BadRequest,
    ErrorInfo,
)
from grpc_status import rpc_status

from alur_api.workflows.v1 import workflows_pb2 as pb
from tests.integration.grpc.conftest import Remote, document, struct
from tests.unit.gateway.rest import DOCUMENT, WORKFLOWS


def details(error: grpc.aio.AioRpcError, kind: type[Any]) -> Any:  # noqa: ANN401  # a message without stubs
    """Return the detail of this kind that an error carries."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # the stubs know the synchronous call alone
    assert status is not None
    found = kind()
    assert any(detail.Unpack(found) for detail in status.details)
    return found


async def create(remote: Remote, **more: Any) -> pb.Workflow:
    request = pb.CreateRequest(document=document(), **more)
    return (await remote.workflows.Create(request, metadata=remote.sign())).workflow  # type: ignore[no-any-return]  # the stub is untyped


async def test_a_workflow_is_created_and_read(remote: Remote) -> None:
    made = await create(remote)
    request = pb.GetRequest(name="orders")
    read = (await remote.workflows.Get(request, metadata=remote.sign())).workflow
    assert (read.name, read.project, read.active_version, read.etag) == (
        "orders",
        "default",
        1,
        "1",
    )
    assert read == made
    assert read.document["status"]["triggers"][0]["url"].startswith("http://alur.test/hooks/")


async def test_how_a_trigger_is_stands_in_fields_too(remote: Remote) -> None:
    (trigger,) = (await create(remote)).triggers
    assert (trigger.name, trigger.type, trigger.active) == ("in", "trigger.webhook", True)
    assert trigger.url.startswith("http://alur.test/hooks/")
    assert (trigger.HasField("lag"), trigger.HasField("next_due"), trigger.error) == (
        False,
        False,
        "",
    )


async def test_whole_numbers_stay_whole(remote: Remote) -> None:
    await create(remote)
    kept = await remote.world.people.active("default", "default", "orders")
    assert type(kept.document["spec"]["nodes"][0]["params"]["fields"]["a"]) is int


async def test_a_repeated_request_answers_what_the_first_made(remote: Remote) -> None:
    made = await create(remote, request_id="r-1")
    assert (await create(remote, request_id="r-1")) == made
    update = pb.UpdateRequest(name="orders", etag="*", document=document(title="Other"))
    await remote.workflows.Update(update, metadata=remote.sign())
    assert (await create(remote, request_id="r-1")).active_version == 2


@pytest.mark.parametrize(
    ("request_id", "title"), [("", ""), ("r-2", ""), ("r-1", "Other"), ("r", "")]
)
async def test_another_request_for_the_same_name_is_refused(
    remote: Remote, request_id: str, title: str
) -> None:
    await create(remote, request_id="r-1")
    wanted = document(title=title) if title else document()
    request = pb.CreateRequest(document=wanted, request_id=request_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.Create(request, metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_a_request_that_was_made_without_an_id_is_no_repeat(remote: Remote) -> None:
    await create(remote)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await create(remote, request_id="r-1")
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_a_check_keeps_nothing(remote: Remote) -> None:
    await create(remote, validate_only=True)
    listed = await remote.workflows.List(pb.ListRequest(), metadata=remote.sign())
    assert list(listed.workflows) == []


async def test_a_fault_carries_its_path(remote: Remote) -> None:
    wrong = document(nodes=[{"name": "a", "type": "core.nope"}])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.Create(pb.CreateRequest(document=wrong), metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    info = details(refused.value, ErrorInfo)
    assert (info.reason, info.domain) == ("INVALID", "alur.dev")
    fields = {v.field for v in details(refused.value, BadRequest).field_violations}
    assert "spec.nodes[0].type" in fields


async def test_more_faults_than_fit_into_trailers_are_cut_and_still_told(remote: Remote) -> None:
    nodes = [{"name": f"n{i}", "type": "core.nope" + "x" * 90} for i in range(200)]
    request = pb.CreateRequest(document=document(nodes=nodes, edges=[]))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.Create(request, metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert 5 < len(details(refused.value, BadRequest).field_violations) < 200


async def test_not_a_number_is_refused(remote: Remote) -> None:
    wrong = document(settings={"priority": float("nan")})
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.Create(pb.CreateRequest(document=wrong), metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_update_needs_the_newest_revision(remote: Remote) -> None:
    made = await create(remote)

    async def update(title: str, etag: str) -> pb.Workflow:
        request = pb.UpdateRequest(name="orders", document=document(title=title), etag=etag)
        return (await remote.workflows.Update(request, metadata=remote.sign())).workflow  # type: ignore[no-any-return]  # the stub is untyped

    assert (await update("Two", made.etag)).active_version == 2
    for etag, code in (
        (made.etag, grpc.StatusCode.ABORTED),
        ("", grpc.StatusCode.FAILED_PRECONDITION),
        ("x", grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await update("Three", etag)
        assert refused.value.code() is code
    assert (await update("Three", "*")).active_version == 3


async def test_a_mask_changes_what_it_names(remote: Remote) -> None:
    made = await create(remote)
    given = struct({"spec": {"title": "New", "nodes": []}})
    mask = FieldMask(paths=["spec.title", "spec.settings.timeout"])
    request = pb.UpdateRequest(name="orders", document=given, update_mask=mask, etag=made.etag)
    spec = (await remote.workflows.Update(request, metadata=remote.sign())).workflow.document[
        "spec"
    ]
    assert spec["title"] == "New"
    assert len(spec["nodes"]) == 1


async def test_a_deleted_workflow_is_gone(remote: Remote) -> None:
    made = await create(remote)
    await remote.workflows.Delete(
        pb.DeleteRequest(name="orders", etag=made.etag), metadata=remote.sign()
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.Get(pb.GetRequest(name="orders"), metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_lists_go_page_by_page(remote: Remote) -> None:
    for name in ("a", "b", "c"):
        named = document()
        named["metadata"] = {"name": name}
        await remote.workflows.Create(pb.CreateRequest(document=named), metadata=remote.sign())
    names, token = [], ""
    for _ in range(3):
        request = pb.ListRequest(page_size=1, page_token=token)
        page = await remote.workflows.List(request, metadata=remote.sign())
        names += [workflow.name for workflow in page.workflows]
        token = page.next_page_token
    assert (names, token) == (["a", "b", "c"], "")


async def test_versions_are_listed_the_newest_first(remote: Remote) -> None:
    await create(remote)
    request = pb.UpdateRequest(name="orders", document=document(title="Two"), etag="*")
    await remote.workflows.Update(request, metadata=remote.sign())
    listed = await remote.workflows.ListVersions(
        pb.ListVersionsRequest(name="orders"), metadata=remote.sign()
    )
    assert [version.version for version in listed.versions] == [2, 1]


async def test_validation_names_every_problem_and_fails_not(remote: Remote) -> None:
    wrong = document(nodes=[{"name": "b", "tiemout": "x"}])
    answer = await remote.workflows.Validate(
        pb.ValidateRequest(document=wrong), metadata=remote.sign()
    )
    paths = {problem.path for problem in answer.problems}
    assert {"spec.nodes[0].tiemout", "spec.nodes[0].type", "spec.edges[0].to"} <= paths


async def test_changes_are_watched_and_gone_on_with(remote: Remote) -> None:
    watch = remote.workflows.Watch(pb.WatchRequest(), metadata=remote.sign())
    begin = await watch.read()
    assert begin.WhichOneof("change") == "bookmark"
    made = await create(remote)
    changed = await watch.read()
    assert (changed.changed.name, changed.changed.etag) == ("orders", made.etag)
    watch.cancel()
    await remote.workflows.Delete(pb.DeleteRequest(name="orders", etag="*"), metadata=remote.sign())
    again = remote.workflows.Watch(
        pb.WatchRequest(resume_token=changed.resume_token), metadata=remote.sign()
    )
    assert (await again.read()).WhichOneof("change") == "bookmark"
    assert (await again.read()).deleted == "orders"


@pytest.mark.parametrize("token", ["elsewhere.1", "nonsense", "."])
async def test_a_token_that_is_not_known_means_list_again(remote: Remote, token: str) -> None:
    watch = remote.workflows.Watch(pb.WatchRequest(resume_token=token), metadata=remote.sign())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await watch.read()
    assert refused.value.code() is grpc.StatusCode.OUT_OF_RANGE


async def test_a_server_that_goes_away_sends_its_watchers_elsewhere(remote: Remote) -> None:
    watch = remote.workflows.Watch(pb.WatchRequest(), metadata=remote.sign())
    await watch.read()
    stopping = asyncio.create_task(remote.server.stop(grace=5))
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await watch.read()
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
    await stopping


@pytest.mark.parametrize("etag", ["", "*", "1", "7"])
@pytest.mark.parametrize("call", ["Update", "Delete"])
async def test_a_workflow_of_kubernetes_is_changed_there_whatever_revision_is_named(
    remote: Remote, call: str, etag: str
) -> None:
    of_cluster = {"alur-managed-by": "kubernetes", "if-none-match": "*"}
    made = await remote.world.ask("PUT", f"{WORKFLOWS}/orders", DOCUMENT, headers=of_cluster)
    more = {"document": document(title="Mine")} if call == "Update" else {}
    request = getattr(pb, f"{call}Request")(name="orders", etag=etag, **more)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(remote.workflows, call)(request, metadata=remote.sign())
    assert made.status == 201
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert details(refused.value, ErrorInfo).reason == "MANAGED"
    assert "kubectl edit workflow.alur.dev/orders" in str(refused.value.details())
