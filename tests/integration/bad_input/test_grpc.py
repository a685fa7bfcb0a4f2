"""What is no document is refused over gRPC with `BadRequest` details that name the place."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from google.rpc import (  # type: ignore[import-untyped]  # it has no stubs
    error_details_pb2,
    status_pb2,
)

from alur_api.workflows.v1 import workflows_pb2 as wf
from alur_api.workflows.v1.workflows_pb2_grpc import WorkflowsServiceStub
from tests.integration.bad_input.conftest import WRONG, document, many_nodes
from tests.integration.grpc.conftest import struct
from tests.support.alur_dev import AlurDev

# The rest is wrong as text, which a message of gRPC is not.
AS_TEXT = {"an alias bomb", "an unsafe tag", "a repeated key", "NaN", "NaN in YAML"}
NO_MESSAGE = {"a lone surrogate", "depth", "depth of objects", "a hundred thousand nodes"}


@dataclass(frozen=True)
class Refusal:
    """The code, the message, and the fields that the details name."""

    code: grpc.StatusCode
    said: str
    fields: list[str]


Refuse = Callable[..., Refusal]


@pytest.fixture
def refusal(platform: AlurDev) -> Iterator[Refuse]:
    """What becomes of a document that is created."""
    options = [("grpc.max_send_message_length", -1)]
    metadata = [("authorization", f"Bearer {platform.token}")]
    with grpc.insecure_channel(f"127.0.0.1:{platform.grpc_port}", options=options) as channel:
        stub: Any = WorkflowsServiceStub(channel)

        def create(sent: Struct, **more: object) -> Refusal:
            request = wf.CreateRequest(document=sent)
            with pytest.raises(grpc.RpcError) as caught:
                stub.Create(request, metadata=metadata, timeout=30, **more)
            return refusal_of(caught.value)

        yield create


def refusal_of(error: Any) -> Refusal:  # noqa: ANN401  # gRPC's errors are calls too, and typed as neither
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    bad = error_details_pb2.BadRequest()
    fields = [f.field for any_ in status.details if any_.Unpack(bad) for f in bad.field_violations]
    return Refusal(error.code(), error.details(), fields)


@pytest.mark.parametrize("what", [w for w in WRONG if w not in AS_TEXT | NO_MESSAGE])
def test_what_is_wrong_is_refused_with_its_field(refusal: Refuse, what: str) -> None:
    text, word = WRONG[what]
    found = refusal(struct(json.loads(text)))
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.fields
    assert word in found.said


def test_a_hundred_thousand_nodes_are_counted_quickly(refusal: Refuse) -> None:
    nodes = [{"name": f"n{n}", "type": "core.set"} for n in range(50_000)]
    sent, begun = struct(document(nodes=nodes)), time.monotonic()
    found = refusal(sent)
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["spec.nodes"])
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_what_is_too_large_is_refused(
    refusal: Refuse, compression: grpc.Compression | None
) -> None:
    sent = struct(document(description="x" * 11 * 1024 * 1024))
    found = refusal(sent, compression=compression)
    assert found.code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_the_largest_documents_are_read_and_refused(refusal: Refuse) -> None:
    found = refusal(struct(json.loads(many_nodes())))
    assert found.code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_not_a_number_is_refused(refusal: Refuse) -> None:
    sent = struct({"metadata": {"name": "bad"}})
    sent.fields["spec"].struct_value.fields["a"].number_value = float("nan")
    found = refusal(sent)
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["spec.a"])


def deep(levels: int) -> bytes:
    """Return the bytes of a request whose document nests this deep, which no library would write."""
    value = b""
    for _ in range(levels):
        value = tagged(0x0A, tagged(0x0A, b"a") + tagged(0x12, tagged(0x2A, value)))
    return tagged(wf.CreateRequest.DESCRIPTOR.fields_by_name["document"].number << 3 | 2, value)


def tagged(tag: int, content: bytes) -> bytes:
    size, length = len(content), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([tag, *length, size]) + content


@pytest.mark.parametrize("request_bytes", [deep(10_000), b"\xff\xff\xff"], ids=["deep", "garbage"])
def test_bytes_that_are_no_message_are_refused(platform: AlurDev, request_bytes: bytes) -> None:
    method = "/alur_api.workflows.v1.WorkflowsService/Create"
    metadata = [("authorization", f"Bearer {platform.token}")]
    with grpc.insecure_channel(f"127.0.0.1:{platform.grpc_port}") as channel:
        call: Any = channel.unary_unary(method, None, None)
        with pytest.raises(grpc.RpcError) as caught:
            call(request_bytes, metadata=metadata, timeout=30)
    assert refusal_of(caught.value).code is grpc.StatusCode.INVALID_ARGUMENT
