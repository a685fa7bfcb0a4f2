"""Who may call what, node types, health, reflection and ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from alur_api.executions.v1 import executions_pb2
from alur_api.nodes.v1 import nodes_pb2
from alur_api.workflows.v1 import workflows_pb2
from alur_common.security.rights import Role, role_allows
from alur_gateway.adapters.grpc.guard import OPERATIONS
from alur_gateway.adapters.grpc.server import SERVICES, serve_grpc
from alur_gateway.domain.rights import RIGHTS
from alur_gateway.service.changes import Changed
from alur_sdk.errors import UnavailableError
from tests.integration.grpc.conftest import Remote


def rpcs() -> Iterator[MethodDescriptor]:
    for module in (workflows_pb2, executions_pb2, nodes_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def address(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


ALL = {address(method): method for method in rpcs()}


async def code_of(remote: Remote, path: str, metadata: list[tuple[str, str]]) -> grpc.StatusCode:
    """Call an RPC with an empty request and return how it ended."""
    request: Any = GetMessageClass(ALL[path].input_type)()
    streams = ALL[path].server_streaming
    channel: Any = remote.channel
    make = channel.unary_stream if streams else channel.unary_unary
    call = make(path, request_serializer=lambda message: message.SerializeToString())
    try:
        answer = call(request, metadata=metadata, timeout=5)
        await (answer.read() if streams else answer)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def test_every_rpc_has_a_row_in_the_table_of_rights() -> None:
    assert set(OPERATIONS) == set(ALL)
    assert set(OPERATIONS.values()) <= set(RIGHTS)


@pytest.mark.parametrize("path", ALL)
async def test_strangers_stay_out(remote: Remote, path: str) -> None:
    for metadata in ([], [("authorization", "Bearer wrong")], [("authorization", "Basic x")]):
        assert await code_of(remote, path, metadata) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
async def test_each_role_may_what_the_table_says(remote: Remote, role: Role) -> None:
    token = remote.sign(await remote.world.member(role))
    for path, operation in OPERATIONS.items():
        code = await code_of(remote, path, token)
        may = role_allows(role, *RIGHTS[operation])
        assert (code is not grpc.StatusCode.PERMISSION_DENIED) == may, path
        assert code not in {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}, path


async def test_what_is_refused_is_a_security_event_with_whose_it_is(remote: Remote) -> None:
    viewer = remote.sign(await remote.world.member("viewer"))
    for metadata in (viewer, [("authorization", "Bearer wrong")], []):
        with pytest.raises(grpc.aio.AioRpcError):
            await remote.workflows.Delete(
                workflows_pb2.DeleteRequest(name="orders"), metadata=metadata
            )
    refused, unknown = remote.world.noted.events
    assert (refused.kind, refused.target) == ("permission-refused", "delete_workflow")
    assert (unknown.kind, unknown.who) == ("sign-in-refused", "")
    assert {refused.source, unknown.source} == {"127.0.0.1"}


async def test_a_project_out_of_reach_does_not_exist(remote: Remote) -> None:
    token = await remote.world.token_of(remote.world.owner, projects=["default"])
    request = workflows_pb2.ListRequest(project="shop")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.List(request, metadata=remote.sign(token))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_node_types_are_listed_and_read(remote: Remote) -> None:
    names, token = [], ""
    while True:
        request = nodes_pb2.ListRequest(page_size=7, page_token=token)
        page = await remote.nodes.List(request, metadata=remote.sign())
        names += [entry.type for entry in page.node_types]
        token = page.next_page_token
        if not token:
            break
    assert names == sorted(set(names))
    one = await remote.nodes.Get(nodes_pb2.GetRequest(type="core.filter"), metadata=remote.sign())
    assert list(one.node_type.outputs) == ["kept", "dropped"]
    assert one.node_type.effect == nodes_pb2.EFFECT_PURE


@pytest.mark.parametrize("page", [{"page_token": "x"}, {"page_size": -1}])
async def test_a_page_that_is_none_is_refused(remote: Remote, page: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.nodes.List(nodes_pb2.ListRequest(**page), metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_token_that_is_none_is_told_by_its_name(remote: Remote) -> None:
    page: dict[str, Any] = {"page_token": "x"}
    request = workflows_pb2.ListRequest(**page)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await remote.workflows.List(request, metadata=remote.sign())
    trailers: Any = refused.value.trailing_metadata()
    assert b"page_token" in dict(trailers)["grpc-status-details-bin"]


def sized(content: bytes) -> bytes:
    """Return content with its length before it, as the wire format has it."""
    length, head = len(content), b""
    while length >= 0x80:
        head += bytes([length & 0x7F | 0x80])
        length >>= 7
    return head + bytes([length]) + content


def nested_document(depth: int) -> bytes:
    """Return the bytes of a request whose field 2 is a struct with lists within lists."""
    value = b""
    for _ in range(depth):
        value = b"\x32" + sized(b"\x0a" + sized(value))
    entry = b"\x0a\x01a\x12" + sized(value)
    return b"\x12" + sized(b"\x0a" + sized(entry))


@pytest.mark.parametrize(
    "content", [b"\xff\xff", nested_document(10_000)], ids=["no message", "too deep"]
)
async def test_bytes_that_cannot_be_read_are_wrong_input(remote: Remote, content: bytes) -> None:
    channel: Any = remote.channel
    call = channel.unary_unary("/alur_api.workflows.v1.WorkflowsService/Validate")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(content, metadata=remote.sign())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_fault_of_our_own_is_internal_and_tells_nothing(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(remote.world.people, "get_node_type", broken)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await remote.nodes.Get(nodes_pb2.GetRequest(type="core.set"), metadata=remote.sign())
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(failed.value.details())


async def test_calls_are_counted_by_operation_and_code(remote: Remote) -> None:
    await remote.nodes.List(nodes_pb2.ListRequest(), metadata=remote.sign())
    await code_of(remote, "/alur_api.nodes.v1.NodeTypesService/List", [])
    await code_of(remote, "/alur_api.workflows.v1.WorkflowsService/Watch", [])
    text = remote.metrics.text()
    for operation, code in (
        ("list_node_types", "OK"),
        ("list_node_types", "UNAUTHENTICATED"),
        ("watch_workflows", "UNAUTHENTICATED"),
    ):
        assert f'alur_gateway_grpc_calls_total{{code="{code}",operation="{operation}"}} 1.0' in text
    assert 'grpc_call_duration_seconds_count{operation="watch_workflows"}' not in text


async def test_a_watcher_that_leaves_leaves_nothing_behind(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()

    async def follow(*_: str) -> AsyncIterator[Changed]:
        try:
            yield Changed("t")
            await asyncio.Event().wait()
        finally:
            closed.set()

    monkeypatch.setattr(remote.world.gateway.use_cases.changes, "follow", follow)
    watch = remote.workflows.Watch(workflows_pb2.WatchRequest(), metadata=remote.sign())
    await watch.read()
    watch.cancel()
    async with asyncio.timeout(5):
        await closed.wait()


async def test_health_needs_no_token_and_turns_when_the_server_goes_away(remote: Remote) -> None:
    stub: Any = health_pb2_grpc.HealthStub(remote.channel)
    for name in ("", *SERVICES):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICES[0]))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    await remote.server.begin_drain()
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_the_services_can_be_discovered(remote: Remote) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(remote.channel)
    call = stub.ServerReflectionInfo()
    await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    answer = await call.read()
    call.cancel()
    assert set(SERVICES) <= {s.name for s in answer.list_services_response.service}


async def test_a_taken_port_is_told(remote: Remote) -> None:
    server, port = await serve_grpc(remote.world.gateway.use_cases, "127.0.0.1", 0)
    with pytest.raises(UnavailableError, match="--grpc-port"):
        await serve_grpc(remote.world.gateway.use_cases, "127.0.0.1", port)
    await server.stop()
