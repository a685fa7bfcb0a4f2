"""The gRPC interface of a real `alur dev`."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration

from alur_api.executions.v1 import executions_pb2 as ex
from alur_api.executions.v1.executions_pb2_grpc import ExecutionsServiceStub
from alur_api.workflows.v1 import workflows_pb2 as wf
from alur_api.workflows.v1.workflows_pb2_grpc import WorkflowsServiceStub
from tests.integration.grpc.conftest import struct
from tests.support.alur_dev import AlurDev

DOCUMENT = {
    "metadata": {"name": "by-grpc"},
    "spec": {
        "nodes": [
            {
                "name": "double",
                "type": "core.set",
                "params": {"fields": {"x": "{{ $json.x * 2 }}"}},
            },
            {"name": "wait", "type": "core.wait", "params": {"signal": "go"}},
        ],
        "edges": [{"from": "double", "to": "wait"}],
    },
}


async def test_a_workflow_is_made_run_watched_and_signalled(platform: AlurDev) -> None:
    metadata = [("authorization", f"Bearer {platform.token}")]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{platform.grpc_port}") as channel:
        workflows: Any = WorkflowsServiceStub(channel)
        executions: Any = ExecutionsServiceStub(channel)
        await workflows.Create(wf.CreateRequest(document=struct(DOCUMENT)), metadata=metadata)
        request = ex.RunRequest(workflow="by-grpc", input=[struct({"x": 21})])
        started = (await executions.Run(request, metadata=metadata)).execution
        watch = executions.Watch(ex.WatchRequest(id=started.id), metadata=metadata)
        seen = []
        async for message in watch:
            seen.append(message)
            if message.node.name == "wait" and message.node.status == ex.STATUS_WAITING:
                go = ex.SignalRequest(id=started.id, name="go", payload=struct({"by": "Budi"}))
                await executions.Signal(go, metadata=metadata)
        assert seen[-1].execution.status == ex.STATUS_SUCCEEDED
        assert dict(seen[-1].execution.output[0]) == {"by": "Budi"}
        assert {m.node.name for m in seen if m.WhichOneof("change") == "node"} == {"double", "wait"}
        await workflows.Delete(wf.DeleteRequest(name="by-grpc", etag="*"), metadata=metadata)


async def test_waiting_for_the_end_answers_with_it(platform: AlurDev) -> None:
    metadata = [("authorization", f"Bearer {platform.token}")]
    document = {"metadata": {"name": "by-grpc-2"}, "spec": {"nodes": DOCUMENT["spec"]["nodes"][:1]}}  # type: ignore[index]  # a document of this file
    async with grpc.aio.insecure_channel(f"127.0.0.1:{platform.grpc_port}") as channel:
        workflows: Any = WorkflowsServiceStub(channel)
        executions: Any = ExecutionsServiceStub(channel)
        await workflows.Create(wf.CreateRequest(document=struct(document)), metadata=metadata)
        request = ex.RunRequest(
            workflow="by-grpc-2", input=[struct({"x": 21})], wait=Duration(seconds=20)
        )
        ended = (await executions.Run(request, metadata=metadata)).execution
    assert ended.status == ex.STATUS_SUCCEEDED
    assert [dict(item) for item in ended.output] == [{"x": 42.0}]
    assert [(node.name, node.items) for node in ended.nodes] == [("double", 1)]
