"""Calling the ports of other services."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import grpc

from alur_api.calls.v1 import calls_pb2, calls_pb2_grpc
from alur_common.calls.deadlines import DEFAULT_SECONDS, seconds_left
from alur_common.calls.faults import unpacked
from alur_common.calls.settings import LIMITS, CallSettings
from alur_common.calls.surface import Operation, operation_of
from alur_common.calls.tls import Identity
from alur_common.calls.tracing import calling, with_trace
from alur_common.telemetry.logs import get_logger
from alur_common.telemetry.tracing import NOTHING
from alur_sdk.errors import InvalidError

RENEW_SECONDS = 10.0
"""How often it is looked whether our certificate is another one."""
_log = get_logger("alur.calls")
_QUERY = {"service": "alur_api.calls.v1.CallsService", "method": "Query"}
SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [_QUERY],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
                },
            }
        ],
    }
)

RECONNECTS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
)
"""A service that restarts is back within the deadline of a call; gRPC's own pauses are longer than that.

So is one whose pods all have new addresses: gRPC would ask for them once in thirty seconds, whoever calls meanwhile.
"""


class Channel:
    """A connection to another service, opened at the first call and kept. `address` is `host:port` or `dns:///…`."""

    def __init__(self, address: str, settings: CallSettings) -> None:
        self.address = address
        self._identity = settings.identity
        self._stamp = None if self._identity is None else self._identity.stamp()
        self._look_at = time.monotonic() + RENEW_SECONDS
        self._leaving: asyncio.Task[None] | None = None
        self._open()
        bearer = settings.bearer
        self._metadata = () if bearer is None else (("authorization", bearer),)

    def _open(self) -> None:
        options = (*LIMITS, *RECONNECTS, ("grpc.service_config", SERVICE_CONFIG))
        if self._identity is None:
            self._channel = grpc.aio.insecure_channel(self.address, options=options)
        else:
            credentials = self._identity.channel_credentials()
            self._channel = grpc.aio.secure_channel(self.address, credentials, options=options)
        self._known = calls_pb2_grpc.CallsServiceStub(self._channel)

    @property
    def _stub(self) -> calls_pb2_grpc.CallsServiceStub:
        """The other side's methods, over a new connection once the certificate was renewed: gRPC reads it but once."""
        if self._identity is not None and time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + RENEW_SECONDS
            self._renew(self._identity)
        return self._known

    def _renew(self, identity: Identity) -> None:
        try:
            stamp = identity.stamp()
            if stamp == self._stamp:
                return
            old = self._channel
            self._open()
        except InvalidError as error:
            _log.warning("certificate not renewed", reason=error.message)
            return
        self._stamp = stamp
        self._leaving = asyncio.get_running_loop().create_task(old.close(grace=DEFAULT_SECONDS))

    async def close(self) -> None:
        """Close it."""
        if self._leaving is not None:
            await self._leaving
        await self._channel.close(grace=None)

    async def call(
        self, port: str, name: str, arguments: bytes, *, repeats: bool, seconds: float
    ) -> bytes:
        """Call a method and return its result as JSON; raises what it raised, or `UnavailableError`."""
        request: Any
        stub: Any
        if repeats:
            request = calls_pb2.QueryRequest(port=port, method=name, arguments=arguments)
            stub = self._stub.Query
        else:
            request = calls_pb2.CallRequest(port=port, method=name, arguments=arguments)
            stub = self._stub.Call
        with calling(port, name) or NOTHING:
            try:
                answer = await stub(
                    request,
                    timeout=seconds_left(seconds),
                    metadata=with_trace(self._metadata),
                    wait_for_ready=True,
                )
            except grpc.aio.AioRpcError as error:
                raise unpacked(error, f"{port}.{name} at {self.address}") from error
        result: bytes = answer.result
        return result

    async def follow(self, port: str, name: str, arguments: bytes) -> AsyncIterator[bytes]:
        """Yield what the method gives until it ends; raises what it raised, or `UnavailableError`."""
        request = calls_pb2.FollowRequest(port=port, method=name, arguments=arguments)
        stream: Any = self._stub.Follow(request, metadata=with_trace(self._metadata))
        try:
            async for message in stream:
                yield message.result
        except grpc.aio.AioRpcError as error:
            raise unpacked(error, f"{port}.{name} at {self.address}") from error
        finally:
            stream.cancel()


def methods_of(protocol: type, *, but: frozenset[str] = frozenset()) -> list[Callable[..., Any]]:
    """Return the methods of a protocol, inherited ones too, without those named in `but`."""
    names = [name for name in dir(protocol) if not name.startswith("_") and name not in but]
    return [method for name in names if inspect.isfunction(method := getattr(protocol, name))]


def add_calls(
    channel: Channel,
    port: str,
    methods: Sequence[Callable[..., Any]],
    *,
    target: object | None = None,
    once: frozenset[str] = frozenset(),
    seconds: float = DEFAULT_SECONDS,
) -> object:
    """Give `target`, or a new object, each of these methods, calling the other side. Those in `once` are never repeated."""
    called = SimpleNamespace() if target is None else target
    for method in methods:
        operation = operation_of(method)
        repeats = operation.name not in once
        setattr(called, operation.name, _caller(operation, channel, port, repeats, seconds))
    return called


def _caller(
    operation: Operation,
    channel: Channel,
    port: str,
    repeats: bool,
    seconds: float,
) -> Callable[..., Any]:
    async def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # as the protocol says
        arguments = operation.write_arguments(given, named)
        content = await channel.call(
            port, operation.name, arguments, repeats=repeats, seconds=seconds
        )
        return operation.read_result(content)

    async def follow(*given: Any, **named: Any) -> AsyncIterator[Any]:
        arguments = operation.write_arguments(given, named)
        async for content in channel.follow(port, operation.name, arguments):
            yield operation.read_result(content)

    return follow if operation.is_stream else call
